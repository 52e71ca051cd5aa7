"""Windows and pages of the pull."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.webhooks.orders import OrderFacts, Unmapped
from functions.webhooks.pull import LAG, OVERLAP, PAGES_LIMIT, WINDOW, Window, page_numbers, plan_window
from functions.webhooks.refresh import Refresher, Shop
from hub.channels.douyin.orders import canonical_order
from hub.kernel.errors import Refuse, Retry

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SIZE = 100


@given(behind=st.timedeltas(timedelta(0), timedelta(days=40)))
def test_windows_touch_and_never_reach_what_is_still_being_written(behind: timedelta) -> None:
    """A window begins an overlap before the watermark, ends after it, and never within the lag."""
    watermark = NOW - behind
    window = plan_window(watermark, NOW)
    if window is None:
        assert behind <= LAG + timedelta(seconds=1)
        return
    assert window.start == watermark - OVERLAP
    assert watermark < window.end <= min(NOW - LAG, watermark + WINDOW)


@given(st.integers(0, PAGES_LIMIT * SIZE))
def test_the_pages_hold_every_row_once(total: int) -> None:
    """Up to the bound, the pages from the last to the first cover each row exactly once; none at all is one page."""
    pages = list(page_numbers(total, SIZE))
    rows = [row for page in pages for row in range(page * SIZE, min(total, (page + 1) * SIZE))]
    assert sorted(rows) == list(range(total))
    assert pages == sorted(pages, reverse=True)


def test_no_run_reads_more_than_its_bound() -> None:
    """However many rows there are, a run reads at most PAGES_LIMIT pages."""
    assert len(list(page_numbers(PAGES_LIMIT * SIZE + 1, SIZE))) == PAGES_LIMIT


@given(st.integers(1, 86_400), st.booleans())
def test_a_narrowed_window_is_shorter_and_still_makes_progress(seconds: int, overlap: bool) -> None:
    """First the overlap goes, then the later half; what is left always ends after the watermark."""
    window = Window(NOW - OVERLAP if overlap else NOW, NOW, NOW + timedelta(seconds=seconds))
    for _ in range(20):
        narrowed = window.narrowed()
        assert narrowed.end > narrowed.watermark
        assert narrowed.start >= window.start
        assert narrowed.end <= window.end
        window = narrowed
    assert window.fits(10**9, SIZE)


class Platform:
    """So many orders, one a second from NOW on; one of them changes while the pages are read."""

    def __init__(self, count: int, restless: int | None = None) -> None:
        self.times = {str(n + 1): NOW + timedelta(seconds=n) for n in range(count)}
        self.restless = restless
        self.calls = 0

    def order_detail(self, order_no: str) -> dict[str, Any]:
        return self._order(order_no)

    def search_orders(self, updated_from: datetime, updated_to: datetime, page: int = 0) -> Any:
        self.calls += 1
        found = sorted((t, int(n)) for n, t in self.times.items() if updated_from <= t <= updated_to)
        rows = found[page * SIZE : (page + 1) * SIZE]
        if self.restless and self.calls == 3:
            self.times[str(self.restless)] = NOW + timedelta(days=300)
        return _Page(tuple(self._order(str(number)) for _, number in rows), len(found))

    def _order(self, order_no: str) -> dict[str, Any]:
        seconds = int(self.times[order_no].timestamp())
        return {
            "order_id": order_no,
            "shop_id": 1,
            "order_status": 2,
            "pay_amount": 1,
            "pay_time": seconds,
            "update_time": seconds,
        }


class _Page:
    def __init__(self, orders: tuple[dict[str, Any], ...], total: int) -> None:
        self.orders, self.total = orders, total


class Orders:
    """Remembers what was noted."""

    def __init__(self) -> None:
        self.noted: set[str] = set()

    def transition(self, facts: OrderFacts, **_: Any) -> bool:
        self.noted.add(facts.order_no)
        return True

    def note_unmapped(self, unmapped: Unmapped) -> None:
        raise AssertionError(unmapped)

    def list_unmapped(self) -> list[Unmapped]:
        return []

    def forget_unmapped(self, unmapped: Unmapped) -> None:
        raise AssertionError(unmapped)


def pulled(platform: Platform, runs: int) -> tuple[set[str], datetime]:
    orders, watermark = Orders(), NOW - timedelta(seconds=1)
    shop = Shop("con_1", "douyin", platform, canonical_order, SIZE)
    later = NOW + timedelta(days=1)
    for _ in range(runs):
        watermark = Refresher(orders).pull(shop, watermark, wall_now=later, now=later)
    return orders.noted, watermark


def test_more_orders_than_a_run_can_read_come_over_several_runs() -> None:
    """5,000 orders in one window are all read, in narrower windows, and the watermark never passes an unread one."""
    noted, watermark = pulled(Platform(5000), runs=1)
    assert 0 < len(noted) <= PAGES_LIMIT * SIZE
    assert all(str(n + 1) in noted for n in range(5000) if NOW + timedelta(seconds=n) <= watermark)
    assert len(pulled(Platform(5000), runs=20)[0]) == 5000


@given(st.integers(1, 350))
def test_an_order_that_changes_meanwhile_hides_no_other(restless: int) -> None:
    """While pages are read one order leaves the window: all the others are still read."""
    noted, _ = pulled(Platform(350, restless), runs=1)
    assert {str(n + 1) for n in range(350)} - {str(restless)} <= noted


class Puzzles(Orders):
    """Three orders that were not understood."""

    def __init__(self) -> None:
        super().__init__()
        self.unmapped = [Unmapped("con_1", order_no, "unknown-status") for order_no in ("1", "2", "3")]

    def list_unmapped(self) -> list[Unmapped]:
        return list(self.unmapped)

    def forget_unmapped(self, unmapped: Unmapped) -> None:
        self.unmapped.remove(unmapped)


class Silent(Platform):
    """Does not tell order 1."""

    def __init__(self, error: Exception) -> None:
        super().__init__(3)
        self.error = error

    def order_detail(self, order_no: str) -> dict[str, Any]:
        if order_no == "1":
            raise self.error
        return super().order_detail(order_no)


def test_an_order_that_is_gone_holds_up_no_other_that_was_not_understood() -> None:
    """One that the platform refuses to tell stays noted; the others are read."""
    orders = Puzzles()
    shop = Shop("con_1", "douyin", Silent(Refuse("no such order")), canonical_order, SIZE)
    Refresher(orders).retry_unmapped({"con_1": shop}, NOW)
    assert (orders.noted, [one.order_no for one in orders.unmapped]) == ({"2", "3"}, ["1"])


def test_a_platform_that_is_busy_for_one_order_is_asked_for_the_others() -> None:
    """A passing fault is told to the schedule once all the others were read."""
    orders = Puzzles()
    shop = Shop("con_1", "douyin", Silent(Retry("busy")), canonical_order, SIZE)
    with pytest.raises(Retry):
        Refresher(orders).retry_unmapped({"con_1": shop}, NOW)
    assert orders.noted == {"2", "3"}
