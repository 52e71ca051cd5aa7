"""Kuaishou shop (快手小店): encrypted message push in, signed API out."""
