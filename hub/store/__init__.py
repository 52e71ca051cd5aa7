"""DynamoDB and secrets: keys, versions, the inbox, the content store, idempotency, sealing, token caches."""
