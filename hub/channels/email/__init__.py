"""E-mail: notices through the tenant's own mail server (SMTP)."""
