"""Clocks, ladders, and tickets that got stuck."""
