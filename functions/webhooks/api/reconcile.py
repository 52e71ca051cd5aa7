"""The reconcile report over HTTP."""

from __future__ import annotations

from functions.webhooks.api.connections import find_connection
from functions.webhooks.connections.connections_table import ConnectionItem
from functions.webhooks.desk import Desk
from functions.webhooks.inbox.counts import day_text
from functions.webhooks.orders.reconcile import MEANINGS, day_figures, report_days, sum_figures
from functions.webhooks.room import WATCHERS, room
from hub.channels.registry import inbound_channels
from hub.contracts.webhooks_reconcile import ReconcileQuery, Reconciliation
from hub.edge.requests import Request


@room.http(
    "GET",
    "/webhooks/connections/{connection_id}/reconcile",
    query=ReconcileQuery,
    answer=Reconciliation,
    roles=WATCHERS,
    scope="store",
    subject=find_connection,
    summary="对账报告 · What was pushed, pulled, recovered, repeated, refused and lost, by day (31 at most)",
)
def reconcile(desk: Desk, request: Request) -> Reconciliation:
    """Counts of messages are exact; those of orders may be two seconds behind."""
    connection: ConnectionItem = request.subject
    days = report_days(request.query)
    keys = [day_text(day) for day in days]
    figures = day_figures(
        days,
        desk.inbox.counters.days(connection.connection_id, keys[0], keys[-1]),
        desk.orders.days.count(connection.connection_id, keys),
        pushes=connection.channel in inbound_channels(),
    )
    return Reconciliation(
        connection_id=connection.connection_id,
        channel=connection.channel,
        days=tuple(figures),
        total=sum_figures(figures),
        meanings=dict(MEANINGS),
    )
