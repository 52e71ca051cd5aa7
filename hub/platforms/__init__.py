"""A connection to its client: one access token, one limiter and one circuit, whichever room calls."""
