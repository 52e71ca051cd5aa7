"""One order over HTTP, stored or live; decisions on stale orders, and the run that checks them."""

from __future__ import annotations

from datetime import datetime

from functions.webhooks.api.orders import READERS
from functions.webhooks.api.views import order_view
from functions.webhooks.orders.live import LiveOrder
from functions.webhooks.orders.tags_table import live_orders
from functions.webhooks.room import room, tools
from hub.contracts.webhooks_live import CheckOrder, Freshness, LiveOrderView, OrderReadQuery
from hub.edge.requests import Request
from hub.kernel.clock import UNTIL_CALLED

DECIDERS = ("integrator", "supervisor", "agent")


@room.http(
    "GET",
    "/webhooks/orders/{order_id}",
    query=OrderReadQuery,
    answer=LiveOrderView,
    roles=READERS,
    summary="订单详情 · One order as stored, or with live=true as the platform has it now",
)
def read_order(request: Request) -> LiveOrderView:
    """Live, a platform that does not answer within three seconds is answered for by what it said in the last five
    minutes (`freshness.stale`); past that, 503 `platform-unavailable` with Retry-After."""
    found, order_id = live_orders(tools()), request.path["order_id"]
    return _view(found.read(order_id) if request.query.live else found.stored(order_id))


@room.http(
    "POST",
    "/webhooks/orders/{order_id}/check",
    body=CheckOrder,
    answer=LiveOrderView,
    roles=DECIDERS,
    summary="决策前核对 · Read an order live before deciding on it; a decision on a stale state is checked later",
)
def check_order(request: Request) -> LiveOrderView:
    """When the platform answers again and the state was another, `decision.corrected` says so."""
    return _view(live_orders(tools()).check(request.path["order_id"], request.body.decision))


@room.schedule("rate(1 minute)")
def recheck(now: datetime) -> datetime:  # noqa: ARG001 - how old a read is, is real time
    """Check the decisions that were taken while a platform did not answer."""
    live_orders(tools()).recheck(sorted(tools().shops()))
    return UNTIL_CALLED


def _view(order: LiveOrder) -> LiveOrderView:
    freshness = Freshness(stale=order.stale, age_seconds=order.age_seconds, source=order.source)
    return LiveOrderView(**dict(order_view(order.item)), freshness=freshness)
