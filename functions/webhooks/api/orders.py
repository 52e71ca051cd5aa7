"""Orders and after-sales over HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from functions.webhooks.api.subjects import after_sale_of
from functions.webhooks.api.views import after_sale_view, order_view
from functions.webhooks.desk import Desk
from functions.webhooks.orders.orders import AFTER_SALE_SORT, SORT
from functions.webhooks.room import INTEGRATORS, READERS, room
from hub.contracts.http import Page
from hub.contracts.webhooks_orders import AfterSaleView, OrderQuery, OrderView, ToldOrder, ToldView
from hub.edge import cursors
from hub.edge.access import Place, Reach
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, Invalid, Problem
from hub.kernel.positions import read_shown
from hub.kernel.regions import BASE, covers
from hub.store.lists import Within
from hub.store.messages import Arrival

OPEN = "open"
PAGES_LIMIT = 5
"""Of a store's list that goes beyond one's reach so many pages are looked at."""


@room.http(
    "GET",
    "/webhooks/orders",
    query=OrderQuery,
    answer=Page[OrderView],
    roles=READERS,
    scope="store",
    summary="订单列表 · Orders within your reach, newest first, of a region or a store; or of one connection and day",
)
def list_orders(desk: Desk, request: Request) -> Page[OrderView]:
    """May be two seconds behind."""
    items, position = _read_page(desk, request, SORT)
    return page(map(order_view, items), position)


@room.http(
    "GET",
    "/webhooks/after-sales",
    query=OrderQuery,
    answer=Page[AfterSaleView],
    roles=READERS,
    scope="store",
    summary="售后列表 · After-sales within your reach, newest first; or those of one connection and day, oldest first",
)
def list_after_sales(desk: Desk, request: Request) -> Page[AfterSaleView]:
    """May be two seconds behind."""
    items, position = _read_page(desk, request, AFTER_SALE_SORT)
    return page(map(after_sale_view, items), position)


@room.http(
    "GET",
    "/webhooks/after-sales/{after_sale_id}",
    answer=AfterSaleView,
    roles=READERS,
    scope="store",
    subject=after_sale_of,
    summary="售后详情 · One after-sale: its own state and the money's",
)
def read_after_sale(desk: Desk, request: Request) -> AfterSaleView:
    """As the platform told it last."""
    return after_sale_view(request.subject)


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/orders",
    body=ToldOrder,
    answer=ToldView,
    roles=INTEGRATORS,
    scope="tenant",
    status=202,
    replay=lambda desk, request, _made: _tell(desk, request),
    dry_run="rehearsed",
    summary="录入订单 · Tell of an order, by a connection of the open channel",
)
def tell_order(desk: Desk, request: Request) -> ToldView:
    """It goes the way of what the open webhook delivers: stored once, then published. Just the same again is known. 409
    for a connection of another channel: there the platform itself says what its orders are."""
    return _tell(desk, request)


def _tell(desk: Desk, request: Request) -> ToldView:
    connection_id = request.path["connection_id"]
    channel = str(desk.connections.table.get(connection_id).channel)
    if channel != OPEN:
        raise Conflict("only a connection of the open channel is told of orders", channel=channel)
    plaintext = order_text(request.body)
    name = hashlib.sha256(plaintext).hexdigest()
    arrival = Arrival(connection_id, OPEN, "", name, plaintext)
    is_new = desk.inbox.messages.store(arrival, request.now, desk.wall_now())
    return ToldView(message_id=desk.inbox.messages.message_id(connection_id, name), is_new=is_new)


def order_text(order: ToldOrder) -> bytes:
    """As an integrator would post it. Raises Invalid for what they could not tell either."""
    from hub.channels.open.inbound import check  # its models are for few requests

    data = order.model_dump(mode="json", exclude={"occurred_at"}, exclude_none=True)
    document = {"type": "order.updated", "occurred_at": order.model_dump(mode="json")["occurred_at"], "data": data}
    plaintext = json.dumps(document, ensure_ascii=False).encode()
    if problems := check(plaintext):
        raise Invalid("order", problems=[Problem(p.pointer.removeprefix("/data"), p.rule) for p in problems])
    return plaintext


def _read_page(desk: Desk, request: Request, sort: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    query, start = request.query, cursors.decode(request.query.cursor)
    if query.connection_id:
        _check_connection_query(query, request.reach)
        return desk.orders.table.page(query.connection_id, f"{query.day:%Y%m%d}", query.limit, start, sort)
    within = _within(request.reach)
    if within is None:
        return [], None
    key = Within(stores=(query.store,)) if query.store else Within(region=query.region) if query.region else within
    read = partial(_read_rows, desk, request, sort, key)

    def is_near(item: Mapping[str, Any]) -> bool:
        return request.reach.covers(Place(region=item["region"], store=item["store_id"]))

    def is_asked(item: Mapping[str, Any]) -> bool:
        return covers(query.region or BASE, item["region"])

    name = f"{sort}s"
    return read_shown(name, read, is_near, is_asked, query.limit, start, size=0, pages=PAGES_LIMIT)


def _read_rows(
    desk: Desk, request: Request, sort: str, key: Within, limit: int, start: Mapping[str, Any] | None
) -> tuple[list[tuple[str, dict[str, Any]]], Mapping[str, Any] | None]:
    day, table = request.query.day, desk.orders.table
    listed = table.list_within(key, sort, now=request.now, day=day, limit=limit, position=start)
    return [(str(item["l_at"]), item) for item in listed.items], listed.position


def _check_connection_query(query: OrderQuery, reach: Reach) -> None:
    """A connection's list says nothing of places. Raises Invalid."""
    if query.day is None:
        raise Invalid("orders", problems=[Problem("query:day", "must be there: a connection's list has one a day")])
    other = [name for name in ("region", "store", "sort") if getattr(query, name)]
    if other:
        rule = "does not go with connection_id: a connection's list is all of a day, oldest first"
        raise Invalid("orders", problems=[Problem(f"query:{name}", rule) for name in other])
    if reach.level != "tenant":
        raise Invalid("orders", problems=[Problem("query:connection_id", "is for who reaches the whole tenant")])


def _within(reach: Reach) -> Within | None:
    """The orders that a principal reaches: they belong to regions and stores, to no person and no team."""
    if reach.level in ("tenant", "region"):
        return Within(region=reach.region)
    return Within(stores=reach.stores) if reach.level == "store" else None
