"""The rooms."""

import gc

gc.set_threshold(50_000)
"""What a start imports stays: to look for circles in it at every 700 new objects took a tenth of a cold start."""
