"""From a message to a ticket: the rules that say which."""
