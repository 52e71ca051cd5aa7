"""Orders and after-sales over HTTP, as they were first noted day by day."""

from __future__ import annotations

from typing import Any

from functions.webhooks.api.views import after_sale_view, order_view
from functions.webhooks.desk import Desk
from functions.webhooks.orders.orders import AFTER_SALE_SORT, SORT
from functions.webhooks.room import READERS, room
from hub.contracts.http import Page
from hub.contracts.webhooks_orders import AfterSaleView, OrderQuery, OrderView
from hub.edge import cursors
from hub.edge.requests import Request
from hub.kernel.errors import NotFound


@room.http(
    "GET",
    "/webhooks/orders",
    query=OrderQuery,
    answer=Page[OrderView],
    roles=READERS,
    summary="订单列表 · Orders of one connection that were first noted on one day, oldest first",
)
def list_orders(desk: Desk, request: Request) -> Page[OrderView]:
    """May be two seconds behind."""
    items, position = _page(desk, request.query, SORT)
    return Page[OrderView](
        data=tuple(map(order_view, items)), next_cursor=cursors.encode(position), has_more=bool(position)
    )


@room.http(
    "GET",
    "/webhooks/after-sales",
    query=OrderQuery,
    answer=Page[AfterSaleView],
    roles=READERS,
    summary="售后列表 · After-sales of one connection that were first noted on one day, oldest first",
)
def list_after_sales(desk: Desk, request: Request) -> Page[AfterSaleView]:
    """May be two seconds behind."""
    items, position = _page(desk, request.query, AFTER_SALE_SORT)
    return Page[AfterSaleView](
        data=tuple(map(after_sale_view, items)), next_cursor=cursors.encode(position), has_more=bool(position)
    )


@room.http(
    "GET",
    "/webhooks/after-sales/{after_sale_id}",
    answer=AfterSaleView,
    roles=READERS,
    summary="售后详情 · One after-sale: its own state and the money's",
)
def read_after_sale(desk: Desk, request: Request) -> AfterSaleView:
    """As the platform told it last."""
    item = desk.orders.table.find(request.path["after_sale_id"])
    if item is None or "after_sale_id" not in item:
        raise NotFound("no such after-sale", after_sale_id=request.path["after_sale_id"][:64])
    return after_sale_view(item)


def _page(desk: Desk, query: OrderQuery, sort: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    day = f"{query.day:%Y%m%d}"
    return desk.orders.table.page(query.connection_id, day, query.limit, cursors.decode(query.cursor), sort)
