"""From what is kept to what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.outbound.deliveries.deliveries import Attempt, Delivery
from functions.outbound.deliveries.turns_table import Turn
from functions.outbound.endpoints.endpoints import Endpoint
from functions.outbound.endpoints.statistics import Figures
from hub.contracts.outbound import AttemptView, DeliveryDetail, DeliveryView, EndpointView, StatisticsView

KEPT_TO_OURSELVES = {"header_names", "headers_sealed", "secrets", "key_sealed"}


def show_endpoint(endpoint: Endpoint, now: datetime) -> EndpointView:
    """An endpoint without its secrets."""
    old = [secret.until for secret in endpoint.live_secrets(now) if secret.until]
    return EndpointView(
        **endpoint.model_dump(exclude=KEPT_TO_OURSELVES),
        headers=endpoint.header_names,
        asymmetric=bool(endpoint.public_key),
        old_secret_until=max(old, default=None),
    )


def show_delivery(delivery: Delivery) -> DeliveryView:
    """A delivery in a list."""
    return DeliveryView(**{name: value for name, value in asdict(delivery).items() if name != "replay"})


def show_detail(delivery: Delivery, attempts: Sequence[tuple[int, Attempt]], body: Mapping[str, Any]) -> DeliveryDetail:
    """A delivery with all that was tried."""
    history = tuple(AttemptView(number=number, **asdict(attempt)) for number, attempt in attempts)
    return DeliveryDetail(**show_delivery(delivery).model_dump(), history=history, body=dict(body))


def show_statistics(figures: Figures, turn: Turn, waiting: int) -> StatisticsView:
    """How an endpoint does."""
    health = turn.health
    return StatisticsView(
        delivered=figures.delivered,
        failed_attempts=figures.failed,
        p95_ms=figures.p95_ms,
        waiting=waiting,
        failing_since=health.failing_since,
        failures=health.failures,
        last_error=health.last_error,
        last_error_at=health.last_error_at,
        next_attempt_at=health.not_before,
    )
