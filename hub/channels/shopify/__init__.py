"""Shopify: signed webhooks of a store, and its GraphQL Admin API."""
