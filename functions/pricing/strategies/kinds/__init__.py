"""The kinds of strategies, one a file; the list of them is functions.pricing.strategies.catalogue."""
