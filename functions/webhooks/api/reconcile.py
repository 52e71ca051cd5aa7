"""The reconcile report over HTTP, and the fold that keeps counters few."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.webhooks.inbox.counts import day_key, day_text, next_day
from functions.webhooks.orders.reconcile import MEANINGS, day_figures, days_asked, sum_figures
from functions.webhooks.room import WATCHERS, room, tools
from hub.channels.registry import inbound_channels
from hub.contracts.webhooks_reconcile import ReconcileQuery, Reconciliation
from hub.edge.requests import Request

FOLDED_AFTER = timedelta(days=2)
"""A day is counted on while its messages settle: what comes later than that makes a small row, folded in its turn."""


@room.http(
    "GET",
    "/webhooks/connections/{connection_id}/reconcile",
    query=ReconcileQuery,
    answer=Reconciliation,
    roles=WATCHERS,
    summary="对账报告 · What was pushed, pulled, recovered, repeated, refused and lost, by day (31 at most)",
)
def reconcile(request: Request) -> Reconciliation:
    """Counts of messages are exact; those of orders may be two seconds behind."""
    connection = tools().connections.get(request.path["connection_id"])
    days = days_asked(request.query)
    keys = [day_text(day) for day in days]
    figures = day_figures(
        days,
        tools().counters.days(connection.connection_id, keys[0], keys[-1]),
        tools().order_days.count(connection.connection_id, keys),
        pushes=connection.channel in inbound_channels(),
    )
    return Reconciliation(
        connection_id=connection.connection_id,
        channel=connection.channel,
        days=tuple(figures),
        total=sum_figures(figures),
        meanings=dict(MEANINGS),
    )


@room.schedule("rate(1 hour)")
def fold(now: datetime) -> datetime | None:
    """Fold the counters of days that are over; the next one is when another day is."""
    folded = tools().counters.fold(day_key(now - FOLDED_AFTER, room.settings.timezone))
    return None if folded else next_day(now, room.settings.timezone)
