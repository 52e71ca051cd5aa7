"""Promotions over HTTP: queued, and how far each one got."""

from __future__ import annotations

from functions.webhooks.api.subjects import connection_of_body, connection_of_query
from functions.webhooks.desk import Desk
from functions.webhooks.promotions.promotions import promotions_of, view_of
from functions.webhooks.room import WATCHERS, room
from hub.contracts.http import Page
from hub.contracts.webhooks_live import NewPromotions, PromotionQuery, PromotionsView, PromotionView
from hub.edge import cursors
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, Problem


@room.http(
    "POST",
    "/webhooks/promotions",
    body=NewPromotions,
    answer=PromotionsView,
    status=202,
    roles=WATCHERS,
    scope="store",
    subject=connection_of_body,
    summary="同步促销 · Put promotions on a platform, at the pace that it allows",
)
def queue_promotions(desk: Desk, request: Request) -> PromotionsView:
    """Those that are new, changed, or failed before are queued; the answer says how far each one is."""
    connection_id = request.body.connection_id
    if desk.promotions.takers.client(connection_id) is None:
        rule = "must be an enabled connection of a channel that takes promotions"
        raise Invalid("promotions", problems=[Problem("/connection_id", rule)])
    stored = desk.promotions.promoter.enqueue(connection_id, promotions_of(request.body.promotions))
    return PromotionsView(data=tuple(map(view_of, stored)))


@room.http(
    "GET",
    "/webhooks/promotions",
    query=PromotionQuery,
    answer=Page[PromotionView],
    roles=WATCHERS,
    scope="store",
    subject=connection_of_query,
    summary="促销列表 · One connection's promotions by their ids, and how far each one got",
)
def list_promotions(desk: Desk, request: Request) -> Page[PromotionView]:
    """A promotion that failed says why; posted again, it is tried again."""
    query, start = request.query, cursors.decode(request.query.cursor)
    promotions, position = desk.promotions.table.page(query.connection_id, query.limit, start)
    return page(map(view_of, promotions), position)
