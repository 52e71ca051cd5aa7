"""Doubles of the platforms' APIs: they check what a platform checks, record what the hub sends, and can misbehave."""
