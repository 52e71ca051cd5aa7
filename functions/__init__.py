"""The rooms."""

import gc

gc.set_threshold(200_000)
"""What a start imports stays, some 120,000 objects: to look for circles among them took a tenth of a cold start."""
