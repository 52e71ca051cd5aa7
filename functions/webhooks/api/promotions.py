"""Promotions over HTTP, and their lanes behind a queue and a schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.webhooks.promotions.lanes import Promoter, turn_of
from functions.webhooks.promotions.promotions import promotions_of, view_of
from functions.webhooks.promotions.promotions_table import Promotions, partition, promoter, takes_promotions
from functions.webhooks.room import WATCHERS, room, tools
from hub.contracts.http import Page
from hub.contracts.webhooks_live import NewPromotions, PromotionQuery, PromotionsView, PromotionView
from hub.edge import cursors
from hub.edge.requests import Request
from hub.kernel.clock import UNTIL_CALLED
from hub.kernel.errors import Invalid, Problem


@room.http(
    "POST",
    "/webhooks/promotions",
    body=NewPromotions,
    answer=PromotionsView,
    status=202,
    roles=WATCHERS,
    summary="同步促销 · Put promotions on a platform, at the pace that it allows",
)
def queue_promotions(request: Request) -> PromotionsView:
    """Those that are new, changed, or failed before are queued; the answer says how far each one is."""
    connection_id = request.body.connection_id
    connection = tools().secrets.find(connection_id)
    if connection is None or not connection.enabled or not takes_promotions(connection.channel):
        rule = "must be an enabled connection of a channel that takes promotions"
        raise Invalid("promotions", problems=[Problem("/connection_id", rule)])
    stored = _promoter().enqueue(connection_id, promotions_of(request.body.promotions))
    return PromotionsView(data=tuple(map(view_of, stored)))


@room.http(
    "GET",
    "/webhooks/promotions",
    query=PromotionQuery,
    answer=Page[PromotionView],
    roles=WATCHERS,
    summary="促销列表 · One connection's promotions by their ids, and how far each one got",
)
def list_promotions(request: Request) -> Page[PromotionView]:
    """A promotion that failed says why; posted again, it is tried again."""
    query = request.query
    promotions = Promotions(partition(tools()))
    found, position = promotions.page(query.connection_id, query.limit, cursors.decode(query.cursor))
    return Page[PromotionView](
        data=tuple(map(view_of, found)), next_cursor=cursors.encode(position), has_more=bool(position)
    )


@room.queue("promotions")
def push_promotions(message: dict[str, Any]) -> None:
    """One turn of a lane."""
    _promoter().take(turn_of(message))


@room.schedule("rate(1 minute)")
def resume(now: datetime) -> datetime:  # noqa: ARG001 - limits are kept in real time
    """Begin the turns anew that were lost."""
    _promoter().resume()
    return UNTIL_CALLED


def _promoter() -> Promoter:
    return promoter(tools(), room)
