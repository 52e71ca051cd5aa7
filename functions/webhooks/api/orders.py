"""Orders and after-sales over HTTP."""

from __future__ import annotations

from typing import Any

from functions.webhooks.api.subjects import after_sale_of
from functions.webhooks.api.views import after_sale_view, order_view
from functions.webhooks.desk import Desk
from functions.webhooks.orders.orders import AFTER_SALE_SORT, SORT
from functions.webhooks.room import READERS, room
from hub.contracts.http import Page
from hub.contracts.webhooks_orders import AfterSaleView, OrderQuery, OrderView
from hub.edge import cursors
from hub.edge.access import Reach
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, Problem
from hub.store.lists import Within


@room.http(
    "GET",
    "/webhooks/orders",
    query=OrderQuery,
    answer=Page[OrderView],
    roles=READERS,
    scope="store",
    summary="订单列表 · Orders within your reach, newest first; or those of one connection and day, oldest first",
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


def _read_page(desk: Desk, request: Request, sort: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    query, start = request.query, cursors.decode(request.query.cursor)
    if query.connection_id:
        _check_connection_query(query, request.reach)
        return desk.orders.table.page(query.connection_id, f"{query.day:%Y%m%d}", query.limit, start, sort)
    within = _within(request.reach)
    if within is None:
        return [], None
    listed = desk.orders.table.list_within(
        within, sort, now=request.now, day=query.day, limit=query.limit, position=start
    )
    return listed.items, listed.position


def _check_connection_query(query: OrderQuery, reach: Reach) -> None:
    """A connection's list says nothing of places. Raises Invalid."""
    if query.day is None:
        raise Invalid("orders", problems=[Problem("query:day", "must be there: a connection's list has one a day")])
    if reach.level != "tenant":
        raise Invalid("orders", problems=[Problem("query:connection_id", "is for who reaches the whole tenant")])


def _within(reach: Reach) -> Within | None:
    """The orders that a principal reaches: they belong to regions and stores, to no person and no team."""
    if reach.level in ("tenant", "region"):
        return Within(region=reach.region)
    return Within(stores=reach.stores) if reach.level == "store" else None
