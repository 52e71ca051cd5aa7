"""The directory over HTTP."""
