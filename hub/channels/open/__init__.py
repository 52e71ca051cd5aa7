"""The open channel (开放接入): a tenant's own systems write one documented form, signed as Standard Webhooks say."""
