"""What people fill in when they end a node."""
