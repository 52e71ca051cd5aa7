"""Orders and after-sales: read again by API, one transition each, reconciled by day."""
