"""Orders and after-sales over HTTP, as they were first noted day by day."""

from __future__ import annotations

from typing import Any

from functions.webhooks.api.views import after_sale_view, order_view
from functions.webhooks.orders.orders import AFTER_SALE_SORT, SORT
from functions.webhooks.room import room, tools
from hub.contracts.http import Page
from hub.contracts.webhooks_orders import AfterSaleView, OrderQuery, OrderView
from hub.edge import cursors
from hub.edge.requests import Request
from hub.kernel.errors import NotFound

READERS = ("integrator", "supervisor", "agent", "finance", "store_manager")


@room.http(
    "GET",
    "/webhooks/orders",
    query=OrderQuery,
    answer=Page[OrderView],
    roles=READERS,
    summary="订单列表 · Orders of one connection that were first noted on one day, oldest first",
)
def list_orders(request: Request) -> Page[OrderView]:
    """May be two seconds behind."""
    found, position = _page(request.query, SORT)
    return Page[OrderView](
        data=tuple(map(order_view, found)), next_cursor=cursors.encode(position), has_more=bool(position)
    )


@room.http(
    "GET",
    "/webhooks/after-sales",
    query=OrderQuery,
    answer=Page[AfterSaleView],
    roles=READERS,
    summary="售后列表 · After-sales of one connection that were first noted on one day, oldest first",
)
def list_after_sales(request: Request) -> Page[AfterSaleView]:
    """May be two seconds behind."""
    found, position = _page(request.query, AFTER_SALE_SORT)
    return Page[AfterSaleView](
        data=tuple(map(after_sale_view, found)), next_cursor=cursors.encode(position), has_more=bool(position)
    )


@room.http(
    "GET",
    "/webhooks/after-sales/{after_sale_id}",
    answer=AfterSaleView,
    roles=READERS,
    summary="售后详情 · One after-sale: its own state and the money's",
)
def read_after_sale(request: Request) -> AfterSaleView:
    """As the platform told it last."""
    found = tools().orders.find(request.path["after_sale_id"])
    if found is None or "after_sale_id" not in found:
        raise NotFound("no such after-sale", after_sale_id=request.path["after_sale_id"][:64])
    return after_sale_view(found)


def _page(query: OrderQuery, sort: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    day = f"{query.day:%Y%m%d}"
    return tools().orders.page(query.connection_id, day, query.limit, cursors.decode(query.cursor), sort)
