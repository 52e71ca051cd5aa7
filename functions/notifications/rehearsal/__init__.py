"""Rehearsal (发布前模拟): a notice rule over what really happened, in memory."""
