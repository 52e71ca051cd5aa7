"""Rehearsal (发布前模拟): a draft over the tickets of the last days, in memory."""
