"""Connections: one app on one platform, its health and self-check."""
