"""Official accounts (公众号): what followers send and do, replies at the door, messages and templates out."""
