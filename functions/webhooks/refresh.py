"""Refreshing (回查): a push is a hint; the order is read again from the platform, and one write decides.
Pure: the platform, the orders and the connections are handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.webhooks.orders import OrderFacts, Unmapped
from functions.webhooks.pull import LAG, Window, page_numbers, plan_window
from hub.channels.base import NotUnderstood
from hub.kernel.errors import Refuse, Retry

NARROWINGS_LIMIT = 20
"""A day halved this often is one second."""


class Page(Protocol):
    """One page of orders by update time, and how many there are in all."""

    @property
    def orders(self) -> tuple[Mapping[str, Any], ...]: ...
    @property
    def total(self) -> int: ...


class Platform(Protocol):
    """The part of a marketplace's client that is needed here."""

    def order_detail(self, order_no: str) -> Mapping[str, Any]: ...
    def search_orders(self, updated_from: datetime, updated_to: datetime, page: int = 0) -> Page: ...


class OrdersPort(Protocol):
    """The order items: functions.webhooks.orders_port."""

    def transition(
        self, facts: OrderFacts, *, connection_id: str, channel: str, now: datetime, replay: bool = False
    ) -> bool: ...
    def note_unmapped(self, unmapped: Unmapped) -> None: ...
    def list_unmapped(self) -> list[Unmapped]: ...
    def forget_unmapped(self, unmapped: Unmapped) -> None: ...


@dataclass(frozen=True)
class Shop:
    """One connection of a marketplace: its client, how it reads an order, and how many orders a page has."""

    connection_id: str
    channel: str
    platform: Platform
    canonical_order: Callable[[Mapping[str, Any]], OrderFacts]
    page_size: int


@dataclass(frozen=True)
class Refresher:
    """Brings what a platform says about orders into our table. lag: rows younger than this are left to the next run."""

    orders: OrdersPort
    lag: timedelta = LAG

    def refresh(self, shop: Shop, order_no: str, now: datetime, replay: bool = False) -> bool:
        """Read one order and note it. True when that changed what we know. Raises what the client raises."""
        return self._note(shop, shop.platform.order_detail(order_no), order_no, now, replay=replay)

    def pull(self, shop: Shop, watermark: datetime, *, wall_now: datetime, now: datetime) -> datetime:
        """Note every order that changed since the watermark; the new watermark, once the last page is noted.

        wall_now: real time, in which platforms stamp their rows; now: business time, at which we note them.
        Raises what the client raises: then the watermark stays, and the next run reads again.
        """
        window = plan_window(watermark, wall_now, self.lag)
        if window is None:
            return watermark
        window, first = self._narrow(shop, window)
        for number in page_numbers(first.total, shop.page_size):
            page = shop.platform.search_orders(window.start, window.end, number)
            for order in page.orders:
                self._note(shop, order, str(order.get("order_id", "")), now)
        return window.end

    def retry_unmapped(self, shops: Mapping[str, Shop], now: datetime) -> None:
        """Read again what we did not understand: a newer status table may. One that the platform does not tell holds
        up none of the others. Raises the last Retry."""
        passing: Retry | None = None
        for unmapped in self.orders.list_unmapped():
            try:
                self._retry(unmapped, shops, now)
            except Retry as error:
                passing = error
            except Refuse:
                continue
        if passing:
            raise passing

    def _retry(self, unmapped: Unmapped, shops: Mapping[str, Shop], now: datetime) -> None:
        shop = shops.get(unmapped.connection_id)
        if shop is None:
            return
        facts = self._read(shop, shop.platform.order_detail(unmapped.order_no))
        if not isinstance(facts, NotUnderstood):
            self._transition(shop, facts, now)
            self.orders.forget_unmapped(unmapped)

    def _narrow(self, shop: Shop, window: Window) -> tuple[Window, Page]:
        """The window, narrowed until its orders fit into one run, and its first page."""
        first = shop.platform.search_orders(window.start, window.end, 0)
        for _ in range(NARROWINGS_LIMIT):
            if window.fits(first.total, shop.page_size):
                break
            window = window.narrowed()
            first = shop.platform.search_orders(window.start, window.end, 0)
        return window, first

    def _note(self, shop: Shop, order: Mapping[str, Any], order_no: str, now: datetime, replay: bool = False) -> bool:
        facts = self._read(shop, order)
        if isinstance(facts, NotUnderstood):
            self.orders.note_unmapped(Unmapped(shop.connection_id, order_no, facts.reason))
            return False
        return self._transition(shop, facts, now, replay)

    def _transition(self, shop: Shop, facts: OrderFacts, now: datetime, replay: bool = False) -> bool:
        return self.orders.transition(
            facts, connection_id=shop.connection_id, channel=shop.channel, now=now, replay=replay
        )

    @staticmethod
    def _read(shop: Shop, order: Mapping[str, Any]) -> OrderFacts | NotUnderstood:
        try:
            return shop.canonical_order(order)
        except NotUnderstood as error:
            return error
