"""Windows and pages of the pull, for every way in which platforms page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.webhooks.orders.orders import Facts, Noting, Unmapped
from functions.webhooks.orders.pull import PAGES_LIMIT, READS_LIMIT, Window, page_numbers, plan_window
from functions.webhooks.orders.refresh import Refresher, Shop
from hub.channels.base import NotUnderstood
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import StatusTable
from hub.channels.market import Feed, Paging, Row, Rows
from hub.kernel.errors import Refuse, Retry
from hub.store.messages import Arrival

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SIZE = 100
BACKWARD = Feed("order", "backward", SIZE)
FEEDS = (BACKWARD, Feed("order", "forward", SIZE), Feed("order", "cursor", SIZE))


def by(paging: Paging) -> Feed:
    return next(feed for feed in FEEDS if feed.paging == paging)


@given(behind=st.timedeltas(timedelta(0), timedelta(days=40)))
def test_windows_touch_and_never_reach_what_is_still_being_written(behind: timedelta) -> None:
    """A window begins an overlap before the watermark, ends after it, never within the lag, and is never longer than
    the platform allows."""
    watermark = NOW - behind
    window = plan_window(BACKWARD, watermark, NOW)
    if window is None:
        assert behind <= BACKWARD.lag + timedelta(seconds=1)
        return
    assert window.start == watermark - BACKWARD.overlap
    assert watermark < window.end <= NOW - BACKWARD.lag
    assert window.end - window.start <= BACKWARD.window


@given(st.integers(0, PAGES_LIMIT * SIZE), st.sampled_from([0, 1]), st.sampled_from(["forward", "backward"]))
def test_the_pages_hold_every_row_once(total: int, first_page: int, paging: Paging) -> None:
    """Up to the bound, the pages cover each row exactly once, from the last to the first where rows move; none at all
    is one page."""
    pages = list(page_numbers(total, replace(by(paging), first_page=first_page)))
    counted = [page - first_page for page in pages]
    rows = [row for page in counted for row in range(page * SIZE, min(total, (page + 1) * SIZE))]
    assert sorted(rows) == list(range(total))
    assert pages == sorted(pages, reverse=paging == "backward")


@given(st.integers(1, 86_400), st.booleans())
def test_a_narrowed_window_is_shorter_and_still_makes_progress(seconds: int, overlap: bool) -> None:
    """First the overlap goes, then the later half; what is left always ends after the watermark."""
    window = Window(NOW - BACKWARD.overlap if overlap else NOW, NOW, NOW + timedelta(seconds=seconds))
    for _ in range(20):
        narrowed = window.narrowed()
        assert narrowed.end > narrowed.watermark
        assert narrowed.start >= window.start
        assert narrowed.end <= window.end
        window = narrowed
    assert window.is_shortest
    assert window.fits(PAGES_LIMIT * SIZE, replace(BACKWARD, complete=False))
    assert not window.fits(PAGES_LIMIT * SIZE + 1, BACKWARD)


class Platform:
    """So many orders, one a second from NOW on; one of them changes while the pages are read.

    counted: pages by number, newest change first where pages are to be read backward, and the total told. Else the
    platform says what comes next.
    """

    def __init__(self, count: int, feed: Feed = BACKWARD, restless: int | None = None) -> None:
        self.times = {str(n + 1): NOW + timedelta(seconds=n) for n in range(count)}
        self.feed, self.restless = feed, restless
        self.calls = self.reads = 0

    def read(self, entity: str, number: str, order_no: str = "") -> Row:
        self.reads += 1
        return self._row(number)

    def page(self, entity: str, start: datetime, end: datetime, position: str) -> Rows:
        self.calls += 1
        found = sorted((t, int(n)) for n, t in self.times.items() if start <= t <= end)
        if self.feed.paging == "backward":
            found.reverse()
        page = int(position or 1) - 1
        rows = tuple(self._row(str(number)) for _, number in found[page * SIZE : (page + 1) * SIZE])
        if self.restless and self.calls == 3:
            self.times[str(self.restless)] = NOW + timedelta(days=300)
        if self.feed.paging == "cursor":
            more = (page + 1) * SIZE < len(found)
            return Rows(rows, None, str(page + 2) if more else "")
        return Rows(rows, len(found))

    def _row(self, number: str) -> Row:
        return Row(number, {"at": int(self.times[number].timestamp())})


class Reader:
    """Reads a platform's rows."""

    def canonical_order(self, detail: Any, table: StatusTable) -> OrderFacts:
        if "puzzle" in detail:
            raise NotUnderstood("unknown-status")
        return OrderFacts(str(detail["at"]), "1", "paid", 30, 1, "CNY", datetime.fromtimestamp(detail["at"], UTC))

    def canonical_after_sale(self, detail: Any, table: StatusTable) -> AfterSaleFacts:
        raise NotUnderstood("unknown-status")


class Orders:
    """Remembers what was noted."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.unknown: list[Unmapped] = []

    def identity(self, facts: Facts, channel: str) -> tuple[str, str]:
        return f"ord_{facts.order_no}", "order"

    def transition(self, facts: Facts, noting: Noting) -> bool:
        self.noted.append(facts.order_no)
        return True

    def note_unknown(self, unmapped: Unmapped, shop_id: str, noting: Noting) -> None:
        self.unknown.append(unmapped)

    def list_unmapped(self, start: Any = None) -> tuple[list[Unmapped], dict[str, Any] | None]:
        return [], None

    def forget_unmapped(self, unmapped: Unmapped, channel: str, shop_id: str) -> None:
        raise AssertionError(unmapped)


class Kept:
    """Remembers notes and messages that were quarantined (`put`), and rows that went to the inbox (`stored`)."""

    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []
        self.stored: list[Arrival] = []

    def put(self, *what: Any) -> None:
        self.said.append(what)

    def store(self, arrival: Arrival, business_now: datetime, wall_now: datetime) -> bool:
        self.stored.append(arrival)
        return True

    def refresher(self, orders: Any) -> Refresher:
        return Refresher(orders, content=self, inbox=self, quarantine=self)


def shop_of(platform: Any, feed: Feed = BACKWARD) -> Shop:
    return Shop("con_1", "douyin", "1", platform, Reader(), StatusTable({}), (feed,))


def noting(**changes: Any) -> Noting:
    later = NOW + timedelta(days=1)
    return Noting("con_1", "douyin", later, later, **{"by": "pull", **changes})


def pulled(platform: Platform, runs: int) -> tuple[set[str], datetime]:
    orders, watermark = Orders(), NOW - timedelta(seconds=1)
    for _ in range(runs):
        watermark = Kept().refresher(orders).pull(shop_of(platform), platform.feed, watermark, noting())
    known = {str(int(at.timestamp())): number for number, at in platform.times.items()}
    return {known[at] for at in orders.noted if at in known}, watermark


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.paging)
def test_more_orders_than_a_run_can_read_come_over_several_runs(feed: Feed) -> None:
    """5,000 orders in one window are all read, in narrower windows, and the watermark never passes an unread one."""
    noted, watermark = pulled(Platform(5000, feed), runs=1)
    assert noted
    assert all(str(n + 1) in noted for n in range(5000) if NOW + timedelta(seconds=n) <= watermark)
    assert len(pulled(Platform(5000, feed), runs=24)[0]) == 5000


@given(st.integers(1, 350))
def test_an_order_that_changes_meanwhile_hides_no_other(restless: int) -> None:
    """While pages are read, the newest change first, one order leaves the window: all the others are still read."""
    noted, _ = pulled(Platform(350, BACKWARD, restless), runs=1)
    assert {str(n + 1) for n in range(350)} - {str(restless)} <= noted


def test_reading_such_pages_forward_would_lose_rows() -> None:
    """The same platform read from its first page on skips an order: that is what backward reading is for."""
    lying = replace(BACKWARD, paging="forward")
    platform = Platform(350, BACKWARD, restless=349)
    orders = Orders()
    Kept().refresher(orders).pull(shop_of(platform), lying, NOW - timedelta(seconds=1), noting())
    assert len(set(orders.noted)) == 349  # the changed one was seen on page one, and pushed another over an edge


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.paging)
def test_rows_that_are_read_one_by_one_come_over_several_runs(feed: Feed) -> None:
    """Where a list does not tell all, a run reads no more rows than its minute allows: 300 orders in one day's window
    are all read in the end, and none twice in a run."""
    platform, orders, watermark = Platform(300, replace(feed, complete=False)), Orders(), NOW - timedelta(seconds=1)
    for _ in range(20):
        before = platform.reads
        watermark = Kept().refresher(orders).pull(shop_of(platform), platform.feed, watermark, noting())
        assert platform.reads - before <= READS_LIMIT
    assert len(set(orders.noted)) == 300


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.paging)
def test_a_second_with_more_rows_than_a_run_can_read_is_no_silent_loss(feed: Feed) -> None:
    """Where even one second holds too many rows, the run says so and the watermark stays."""
    platform = Platform(3000, feed)
    platform.times = dict.fromkeys(platform.times, NOW)
    with pytest.raises(Retry):
        pulled(platform, runs=1)


class Reluctant(Platform):
    """It lists an order that it refuses to tell in full."""

    def __init__(self, code: str) -> None:
        super().__init__(3)
        self.refused = Refuse("douyin")
        self.refused.code = code

    def read(self, entity: str, number: str, order_no: str = "") -> Row:
        if number == "2":
            raise self.refused
        return super().read(entity, number, order_no)


def test_a_listed_order_that_the_platform_does_not_tell_holds_up_no_other() -> None:
    """It is remembered, the others are noted, and the watermark moves."""
    orders, feed = Orders(), replace(BACKWARD, complete=False)
    watermark = Kept().refresher(orders).pull(shop_of(Reluctant("douyin-gone"), feed), feed, NOW, noting())
    assert watermark > NOW
    assert len(orders.noted) == 2
    assert [(one.number, one.reason) for one in orders.unknown] == [("2", "douyin-gone")]


def test_a_pull_that_is_misconfigured_moves_nothing() -> None:
    """An operator has to act first: nothing is taken for read."""
    feed = replace(BACKWARD, complete=False)
    with pytest.raises(Refuse):
        Kept().refresher(Orders()).pull(shop_of(Reluctant("douyin-misconfigured"), feed), feed, NOW, noting())


def test_rows_that_are_no_orders_go_to_the_inbox() -> None:
    """A review is stored as it came, and read by the channel like anything pushed."""
    kept, feed = Kept(), Feed("review", "forward", SIZE)
    shop = shop_of(Platform(1, feed), feed)
    kept.refresher(Orders()).pull(shop, feed, NOW - timedelta(seconds=1), noting())
    assert [(arrival.dedupe_key, arrival.source) for arrival in kept.stored] == [("review:1", "pull")]


class Odd(Platform):
    """One of its rows can't be read: it has no number."""

    def _row(self, number: str) -> Row:
        return Row("", {"item": 7}) if number == "2" else super()._row(number)


def test_a_listed_row_that_cannot_be_read_goes_to_the_inbox_alone() -> None:
    """It will be quarantined there, once however often it is read; the others are noted, and the watermark moves."""
    kept, orders = Kept(), Orders()
    for _ in range(2):
        assert kept.refresher(orders).pull(shop_of(Odd(3)), BACKWARD, NOW, noting()) > NOW
    assert len(set(orders.noted)) == 2
    assert not orders.unknown
    assert {arrival.plaintext for arrival in kept.stored} == {b'{"pulled": "order", "row": {"item": 7}}'}
    assert len({arrival.dedupe_key for arrival in kept.stored}) == 1


def test_a_message_in_words_that_nobody_knows_is_quarantined_with_its_order() -> None:
    """The order is remembered as unknown, and the push that told of it waits for a mapping."""

    class Puzzle(Platform):
        def _row(self, number: str) -> Row:
            return Row(number, {"puzzle": True})

    kept, orders = Kept(), Orders()
    told = noting(by="push", message_id="msg_1")
    assert not kept.refresher(orders).refresh(shop_of(Puzzle(1)), "order", "1", "1", told)
    assert (orders.unknown[0].number, kept.said) == ("1", [("msg_1", "unknown-status")])


class Puzzles(Orders):
    """Orders of two shops that were not understood, listed on two pages."""

    def __init__(self) -> None:
        super().__init__()
        places = (("con_1", "1"), ("con_1", "2"), ("con_2", "3"), ("con_2", "4"))
        self.unmapped = [Unmapped(one, "order", order_no, "", "unknown-status") for one, order_no in places]
        self.forgotten: list[str] = []

    def list_unmapped(self, start: Any = None) -> tuple[list[Unmapped], dict[str, Any] | None]:
        return (self.unmapped[:3], {"at": 3}) if start is None else (self.unmapped[3:], None)

    def forget_unmapped(self, unmapped: Unmapped, channel: str, shop_id: str) -> None:
        self.forgotten.append(unmapped.number)


class Silent(Platform):
    """Does not tell order 1."""

    def __init__(self, error: Exception) -> None:
        super().__init__(4)
        self.error = error

    def read(self, entity: str, number: str, order_no: str = "") -> Row:
        if number == "1":
            raise self.error
        return super().read(entity, number, order_no)


@pytest.mark.parametrize(
    ("error", "forgotten"), [(Refuse("no such order"), ["2", "3"]), (Retry("busy"), ["3"])], ids=["gone", "busy"]
)
def test_an_order_that_the_platform_does_not_tell_holds_up_no_other(error: Exception, forgotten: list[str]) -> None:
    """The others are read and forgotten; a platform that does not answer is asked once, and again by the next schedule.
    One page is read at a time, and the next one begins where it ended."""
    orders, shops = Puzzles(), {"con_1": shop_of(Silent(error)), "con_2": shop_of(Platform(4))}
    following = Kept().refresher(orders).retry_unmapped(shops, NOW, NOW)
    assert (orders.forgotten, following) == (forgotten, {"at": 3})
    assert Kept().refresher(orders).retry_unmapped(shops, NOW, NOW, following) is None
    assert orders.forgotten == [*forgotten, "4"]
