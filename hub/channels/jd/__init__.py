"""JD (京东): orders, cancel refunds and service bills pulled from JOS, and hints that a relay brings."""
