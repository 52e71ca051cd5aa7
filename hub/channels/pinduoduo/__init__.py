"""Pinduoduo (拼多多): orders and after-sales pulled from its open API, coupons sent to it, PMC messages by a relay."""
