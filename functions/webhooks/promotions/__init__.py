"""Promotions: paced pushes to marketplaces."""
