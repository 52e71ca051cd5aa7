"""A sample a room for the walk over all routes. An owner adds a file beside these, and a line here."""

from __future__ import annotations

from tests.support.access import Sample
from tests.support.access_samples import (
    customers,
    directory,
    notifications,
    outbound,
    pricing,
    settlement,
    tickets,
    webhooks,
)

SAMPLES: dict[str, Sample] = {
    "customers": customers.SAMPLE,
    "directory": directory.SAMPLE,
    "notifications": notifications.SAMPLE,
    "outbound": outbound.SAMPLE,
    "pricing": pricing.SAMPLE,
    "settlement": settlement.SAMPLE,
    "tickets": tickets.SAMPLE,
    "webhooks": webhooks.SAMPLE,
}
