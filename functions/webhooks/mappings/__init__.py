"""Status mappings: a platform's codes to our states."""
