"""One order over HTTP, stored or live, and the check before a decision."""

from __future__ import annotations

from functions.webhooks.api.subjects import order_of
from functions.webhooks.api.views import order_view
from functions.webhooks.desk import Desk
from functions.webhooks.orders.live import LiveOrder
from functions.webhooks.room import DECIDERS, READERS, room
from hub.contracts.webhooks_live import CheckOrder, Freshness, LiveOrderView, OrderReadQuery
from hub.edge.requests import Request


@room.http(
    "GET",
    "/webhooks/orders/{order_id}",
    query=OrderReadQuery,
    answer=LiveOrderView,
    roles=READERS,
    scope="store",
    subject=order_of,
    summary="订单详情 · One order as stored, or with live=true as the platform has it now",
)
def read_order(desk: Desk, request: Request) -> LiveOrderView:
    """Live, a platform that does not answer within three seconds is answered for by what it said in the last five
    minutes (`freshness.stale`); past that, 503 `platform-unavailable` with Retry-After."""
    live, order = desk.orders.live, request.subject
    return _view(live.read(order) if request.query.live else live.stored(order))


@room.http(
    "POST",
    "/webhooks/orders/{order_id}/check",
    body=CheckOrder,
    answer=LiveOrderView,
    roles=DECIDERS,
    scope="store",
    subject=order_of,
    summary="决策前核对 · Read an order live before deciding on it; a decision on a stale state is checked later",
)
def check_order(desk: Desk, request: Request) -> LiveOrderView:
    """When the platform answers again and the state was another, `decision.corrected` says so."""
    return _view(desk.orders.live.check(request.subject, request.body.decision))


def _view(order: LiveOrder) -> LiveOrderView:
    freshness = Freshness(stale=order.stale, age_seconds=order.age_seconds, source=order.source)
    return LiveOrderView(**dict(order_view(order.item)), freshness=freshness)
