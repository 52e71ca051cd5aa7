"""Reviews over HTTP."""

from __future__ import annotations

from functions.webhooks.api.subjects import review_of
from functions.webhooks.desk import Desk
from functions.webhooks.room import READERS, room
from hub.contracts.webhooks_orders import ReviewView
from hub.edge.requests import Request
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import NotFound


@room.http(
    "GET",
    "/webhooks/reviews/{review_id}",
    answer=ReviewView,
    roles=READERS,
    scope="store",
    subject=review_of,
    summary="评价详情 · One review: the stars, what was written, and of which store",
)
def read_review(desk: Desk, request: Request) -> ReviewView:
    """As the platform told it first; what was written is kept for 90 days."""
    item = request.subject
    try:
        content = desk.contents.get(item["content_ref"])
    except NotFound:
        content = {}
    return ReviewView(
        id=item["review_id"],
        region=item["region"],
        store_id=item["store_id"],
        connection_id=item["connection_id"],
        channel=item["channel"],
        shop_id=item["shop_id"],
        review_no=item["review_no"],
        order_no=item["order_no"],
        item_no=item["item_no"],
        rating=int(item["rating"]) if "rating" in item else None,
        text=str(content.get("text", "")),
        noted_at=parse_rfc3339(item["noted_at"]),
    )
