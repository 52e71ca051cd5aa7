"""Refreshing (回查): a push is a hint; the order is read again from the platform, and one write decides.
Pure: the platform, the orders and the connections are handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, Protocol

from functions.webhooks.inbox.pulled import pulled_text
from functions.webhooks.orders.orders import Facts, Noting, Unmapped
from functions.webhooks.orders.pull import PAGES_LIMIT, Window, page_numbers, plan_window
from hub.channels.base import NotUnderstood
from hub.channels.facts import OrderFacts
from hub.channels.mapping import StatusTable
from hub.channels.market import Feed, MarketClient, Row, Rows
from hub.channels.market import Orders as Reader
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Refuse, Retry
from hub.kernel.regions import BASE
from hub.store.messages import Arrival

Kept = Literal["order", "after_sale"]


class Orders(Protocol):
    """The order items: functions.webhooks.orders.orders_table."""

    def transition(self, facts: Facts, noting: Noting) -> bool: ...
    def note_unknown(self, unmapped: Unmapped, shop_id: str, noting: Noting) -> None: ...
    def list_unmapped(self, start: Mapping[str, Any] | None = None) -> tuple[list[Unmapped], dict[str, Any] | None]: ...
    def forget_unmapped(self, unmapped: Unmapped, channel: str, shop_id: str) -> None: ...
    def identity(self, facts: Facts, channel: str) -> tuple[str, str]: ...


@dataclass(frozen=True)
class Shop:
    """One connection of a marketplace: its client, how its rows are read, its mapping, what is pulled, and where its
    orders belong."""

    connection_id: str
    channel: str
    shop_id: str
    client: MarketClient
    reader: Reader
    table: StatusTable
    feeds: tuple[Feed, ...] = ()
    region: str = BASE
    store_id: str = ""

    def noting(self, now: datetime, wall_now: datetime, by: Literal["push", "pull"], **push: Any) -> Noting:
        """How something of this shop is noted. now: business time. push: `replay` and `message_id` of the hint."""
        place: Any = {"region": self.region, "store_id": self.store_id}
        return Noting(self.connection_id, self.channel, now, wall_now, by, **place, **push)


class Content(Protocol):
    """What people wrote: hub.store.content."""

    def put(self, ref: str, body: dict[str, Any], wall_epoch: int) -> None: ...


class Inbox(Protocol):
    """Stored messages: hub.store.inbox."""

    def store(self, arrival: Arrival, business_now: datetime, wall_now: datetime) -> bool: ...


class Quarantine(Protocol):
    """Of messages that were published: functions.webhooks.inbox.quarantine."""

    def put(self, message_id: str, reason: str) -> None: ...


@dataclass(frozen=True)
class Refresher:
    """Brings what a platform says about orders into our table.

    content: gets what a buyer wrote, by the order's id. inbox: gets a pulled row that is no order. quarantine: gets the
    stored message that told of an order in words that we don't know. time_scale: of business time, where it is scaled.
    """

    orders: Orders
    content: Content
    inbox: Inbox
    quarantine: Quarantine
    time_scale: int = 1

    def refresh(self, shop: Shop, entity: Kept, number: str, order_no: str, noting: Noting) -> bool:
        """Read one order or after-sale and note it. True when that changed what we know. Raises what the client
        raises."""
        return self.note(shop, entity, shop.client.read(entity, number, order_no), noting)

    def note(self, shop: Shop, entity: Kept, row: Row, noting: Noting) -> bool:
        """Note what a row says. In words that we don't know, it is kept as unknown, and its message is quarantined."""
        facts = self._read(shop, entity, row)
        if isinstance(facts, NotUnderstood):
            unmapped = Unmapped(shop.connection_id, entity, row.number, row.order_no, facts.reason)
            self.orders.note_unknown(unmapped, shop.shop_id, noting)
            if noting.message_id:
                self.quarantine.put(noting.message_id, facts.reason)
            return False
        return self.keep(facts, noting)

    def keep(self, facts: Facts, noting: Noting) -> bool:
        """Keep what is known. True when it is the later truth."""
        if isinstance(facts, OrderFacts) and facts.note:
            identity, _ = self.orders.identity(facts, noting.channel)
            note = {"schema": 1, "kind": "order", "note": facts.note}
            self.content.put(identity, note, int(noting.wall_now.timestamp()))
        return self.orders.transition(facts, noting)

    def pull(self, shop: Shop, feed: Feed, watermark: datetime, noting: Noting) -> datetime:
        """Note every row that changed since the watermark; the new watermark, once the last page is noted.

        noting.wall_now: real time, in which platforms stamp their rows. Raises what the client raises: then the
        watermark stays, and the next run reads again.
        """
        window = plan_window(feed, watermark, noting.wall_now, self.time_scale)
        if window is None:
            return watermark
        first = shop.client.page(feed.entity, window.start, window.end, "")
        if first.total is None:
            return self._follow(shop, feed, window, first, noting).end
        return self._count(shop, feed, window, first, noting).end

    def retry_unmapped(
        self, shops: Mapping[str, Shop], now: datetime, wall_now: datetime, start: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """Read some of what we did not understand again: a newer status table may. Where the next ones start, None
        after the last. One that the platform does not tell holds up none of the others, and a platform that does not
        answer is asked once: the next schedule reads again."""
        page, following = self.orders.list_unmapped(start)
        silent = set[str]()
        for unmapped in page:
            if unmapped.connection_id in silent:
                continue
            try:
                self._retry(unmapped, shops, now, wall_now)
            except Retry:
                silent.add(unmapped.connection_id)
            except Refuse:
                continue
        return following

    def _retry(self, unmapped: Unmapped, shops: Mapping[str, Shop], now: datetime, wall_now: datetime) -> None:
        shop = shops.get(unmapped.connection_id)
        if shop is None:
            return
        facts = self._read(shop, unmapped.entity, shop.client.read(unmapped.entity, unmapped.number, unmapped.order_no))
        if not isinstance(facts, NotUnderstood):
            self.keep(facts, shop.noting(now, wall_now, "pull"))
            self.orders.forget_unmapped(unmapped, shop.channel, shop.shop_id)

    def _count(self, shop: Shop, feed: Feed, window: Window, first: Rows, noting: Noting) -> Window:
        """Read numbered pages, of a window that is narrowed until they fit into one run."""
        while not window.fits(first.total or 0, feed):
            window = _narrowed(shop, feed, window)
            first = shop.client.page(feed.entity, window.start, window.end, "")
        for number in page_numbers(first.total or 0, feed):
            page = shop.client.page(feed.entity, window.start, window.end, str(number))
            self._note_all(shop, feed, page.rows, noting)
        return window

    def _follow(self, shop: Shop, feed: Feed, window: Window, first: Rows, noting: Noting) -> Window:
        """Read pages as each says which comes next, then note their rows; a window with too many is narrowed and begun
        again."""
        while (rows := _gather(shop, feed, window, first)) is None:
            window = _narrowed(shop, feed, window)
            first = shop.client.page(feed.entity, window.start, window.end, "")
        self._note_all(shop, feed, rows, noting)
        return window

    def _note_all(self, shop: Shop, feed: Feed, rows: Iterable[Row], noting: Noting) -> None:
        """What is no order or after-sale, or can't be read, is a message: the inbox quarantines it alone."""
        for row in rows:
            if row.number and (feed.entity == "order" or feed.entity == "after_sale"):
                whole = row if feed.complete else self._whole(shop, feed.entity, row, noting)
                if whole is not None:
                    self.note(shop, feed.entity, replace(whole, order_no=whole.order_no or row.order_no), noting)
            else:
                self.inbox.store(arrival_of(shop, feed, row), noting.now, noting.wall_now)

    def _whole(self, shop: Shop, entity: Kept, row: Row, noting: Noting) -> Row | None:
        """A listed row in full. One that its platform does not tell is remembered, to be read again, and holds up none
        of the others. Raises Retry, and what an operator has to set right."""
        try:
            return shop.client.read(entity, row.number, row.order_no)
        except Refuse as refused:
            if refused.code.endswith("-misconfigured"):
                raise
            unmapped = Unmapped(shop.connection_id, entity, row.number, row.order_no, refused.code)
            self.orders.note_unknown(unmapped, shop.shop_id, noting)
            return None

    @staticmethod
    def _read(shop: Shop, entity: Kept, row: Row) -> Facts | NotUnderstood:
        try:
            if entity == "order":
                return shop.reader.canonical_order(row.detail, shop.table)
            return shop.reader.canonical_after_sale(row.detail, shop.table)
        except NotUnderstood as error:
            return error


def arrival_of(shop: Shop, feed: Feed, row: Row) -> Arrival:
    """A pulled row as a message for the inbox."""
    plaintext = pulled_text(feed.entity, row.detail)
    number = row.number or hashlib.sha256(plaintext).hexdigest()
    return Arrival(
        connection_id=shop.connection_id,
        channel=shop.channel,
        account=shop.shop_id,
        dedupe_key=f"{feed.entity}:{number}",
        plaintext=plaintext,
        source="pull",
    )


def _gather(shop: Shop, feed: Feed, window: Window, page: Rows) -> list[Row] | None:
    """The rows of a page and of those that follow it, None where there are more than one run can read."""
    rows = list(page.rows)
    for _ in range(PAGES_LIMIT):
        if not window.fits(len(rows), feed):
            return None
        if not page.next_position:
            return rows
        page = shop.client.page(feed.entity, window.start, window.end, page.next_position)
        rows += page.rows
    return None


def _narrowed(shop: Shop, feed: Feed, window: Window) -> Window:
    """A shorter window. Raises Retry where there is none: nothing may be left out, so the watermark stays."""
    if window.is_shortest:
        raise Retry("more rows in a second than a run can read", connection_id=shop.connection_id, entity=feed.entity)
    return window.narrowed()
