"""Pulls: what no push told of is asked for by schedule, feed by feed, and what nobody understood is read again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from functions.webhooks.desk import Desk
from functions.webhooks.handlers.payloads import (
    Pull,
    PullConversations,
    PullFeed,
    ReadTouched,
    ReadUnmapped,
    body_of,
    parse_pull,
)
from functions.webhooks.handlers.touched import read_touched
from functions.webhooks.orders.refresh import Shop
from functions.webhooks.room import room
from hub.channels.market import Feed
from hub.kernel.clock import UNTIL_CALLED, parse_rfc3339, rfc3339

WINDOWS_LIMIT = 6
"""So many windows of a feed are read in one run; each is a page at least, and ten at most."""
RUN_TAKES = timedelta(seconds=20)
"""No window is begun later in a run: what is read of it must be noted before the function's minute is up."""
RETRIES_LIMIT = 20
"""So many pages of orders that nobody understood are read again, each in a run of its own, until the next schedule."""


@room.schedule("rate(10 minutes)")
def pull(desk: Desk, now: datetime) -> datetime:
    """Ask for a pull of every feed: one message each, so that none waits for another."""
    feeds: list[Pull] = [
        PullFeed(connection_id=shop.connection_id, entity=feed.entity)
        for shop in desk.orders.shops.every().values()
        for feed in shop.feeds
    ]
    feeds += [PullConversations(connection_id=each) for each in desk.inbox.feeds.sources()]
    desk.send("pulls", *map(body_of, (*feeds, ReadUnmapped())))
    return UNTIL_CALLED


@room.queue("pulls")
def pull_feed(desk: Desk, payload: dict[str, Any]) -> None:
    """Pull what changed in one feed of one connection; or read again what was not understood, or told of just now."""
    match parse_pull(payload):
        case ReadUnmapped() as request:
            _read_unmapped(desk, request)
        case ReadTouched(event=event):
            read_touched(desk, event)
        case PullConversations(connection_id=connection_id):
            with desk.connections.failures.noted(connection_id, dropped=True):
                desk.inbox.feeds.walk_all(connection_id)
        case PullFeed(connection_id=connection_id, entity=entity):
            if shop := desk.orders.shops.find(connection_id):
                failures, platforms = desk.connections.failures, desk.connections.platforms
                with failures.noted(shop.connection_id, dropped=True), platforms.guard(shop.connection_id):
                    _pull(desk, shop, next(feed for feed in shop.feeds if feed.entity == entity))


def _read_unmapped(desk: Desk, request: ReadUnmapped) -> None:
    """One page; the next one is a run of its own, so that many orders which nobody understands hold up no pull."""
    shops, refresher = desk.orders.shops.every(), desk.orders.refresher
    following = refresher.retry_unmapped(shops, desk.now(), desk.wall_now(), request.start)
    if following and request.pages < RETRIES_LIMIT:
        desk.send("pulls", body_of(ReadUnmapped(start=following, pages=request.pages + 1)))


def _pull(desk: Desk, shop: Shop, feed: Feed) -> None:
    """Window after window; one that has fallen far behind asks to be gone on with."""
    noting = shop.noting(desk.now(), desk.wall_now(), "pull")
    text = desk.connections.table.watermark(shop.connection_id, feed.entity)
    watermark = parse_rfc3339(text) if text else noting.wall_now - feed.first
    for _ in range(WINDOWS_LIMIT):
        reached = desk.orders.refresher.pull(shop, feed, watermark, noting)
        if reached == watermark:
            return
        desk.connections.table.move_watermark(shop.connection_id, feed.entity, rfc3339(reached))
        watermark = reached
        if desk.wall_now() - noting.wall_now > RUN_TAKES:
            break
    desk.send("pulls", body_of(PullFeed(connection_id=shop.connection_id, entity=feed.entity)))
