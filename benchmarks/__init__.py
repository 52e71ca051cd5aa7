"""Promises about cost, kept as ratios measured in one run: `python -m benchmarks`."""
