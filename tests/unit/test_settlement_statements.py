"""Periods and statements: where a period ends, and what a statement of its lines is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.settlement.ledger.ledger import Why
from functions.settlement.ledger.lines import PartyLine
from functions.settlement.runs.calendars import Calendar, Period, Rhythm, period_after, period_at, period_named
from functions.settlement.runs.spans import Span, span_named
from functions.settlement.statements.disputes import disputed, resolved
from functions.settlement.statements.statements import (
    PAGE_BYTES,
    Progress,
    Statement,
    head_document,
    head_from_document,
    make_statement,
    page_lines,
    paged,
)
from hub.kernel.errors import Conflict, Invalid, NotFound
from hub.kernel.ids import is_id
from hub.kernel.money import Money
from tests.support.ledger import ZONE, moment

URUMQI = ZoneInfo("Asia/Urumqi")
MONTH, WEEK, DAY = Rhythm("month"), Rhythm("week"), Rhythm("day")
NOON = moment("2026-11-21 12:00")
ENDS = moment("2026-12-01 00:00")
WHY = Why("提成", "commission", "repair_commission", 1, {"ticket_id": "tkt_1"})


def line(fact: str, minor: int = 3600, why: Why = WHY) -> PartyLine:
    return PartyLine("person:wang.wei", f"ent_{fact}", fact, "commission", NOON, Money(minor), why)


def statement(*minors: int, carried: dict[str, int] | None = None) -> Statement:
    taken = Progress()
    for page in paged((str(nth), line(f"evt_{nth}", minor)) for nth, minor in enumerate(minors)):
        taken = taken.with_page(page)
    return make_statement("base.2026-11", "person:wang.wei", ENDS, taken, carried or {})


@pytest.mark.parametrize(
    ("utc", "zone", "name"),
    [
        ("2026-11-30T15:59:59.999+00:00", ZONE, "2026-11"),
        ("2026-11-30T16:00:00+00:00", ZONE, "2026-12"),
        ("2026-11-30T16:00:00+00:00", URUMQI, "2026-11"),
    ],
)
def test_a_month_ends_in_the_tenants_zone(utc: str, zone: ZoneInfo, name: str) -> None:
    """Midnight in Shanghai is 22:00 in Urumqi, where the month goes on."""
    assert period_at("base", MONTH, datetime.fromisoformat(utc), zone).name == name


def test_a_week_that_closes_on_sunday_takes_the_whole_sunday() -> None:
    """Up to 2026-11-29T15:59:59.999Z, and what follows is the next week's."""
    last = period_at("base", WEEK, datetime.fromisoformat("2026-11-29T15:59:59.999+00:00"), ZONE)
    after = period_at("base", WEEK, datetime.fromisoformat("2026-11-29T16:00:00+00:00"), ZONE)
    assert (last.name, last.first, last.last) == ("2026-11-23.week", date(2026, 11, 23), date(2026, 11, 29))
    assert after == period_after(last, WEEK)


def test_a_run_is_due_in_the_morning_after_its_period() -> None:
    """At the hour that its calendar says, of the tenant's zone."""
    assert period_named("base.2026-11").starts_at(6, ZONE) == moment("2026-12-01 06:00")


@given(
    st.sampled_from([DAY, MONTH, *(Rhythm("week", weekday) for weekday in range(7))]),
    st.integers(0, 3 * 366 * 24),
)
def test_periods_follow_each_other_without_gap_or_overlap(rhythm: Rhythm, hours: int) -> None:
    """Each moment lies in one; its name leads back to it; the next begins where it ends."""
    at = moment("2026-01-01 00:00") + timedelta(hours=hours)
    period = period_at("310000", rhythm, at, ZONE)
    assert period.begins(ZONE) <= at < period.ends(ZONE)
    assert period_named(period.run_id) == period
    assert period_after(period, rhythm).begins(ZONE) == period.ends(ZONE)


def test_the_most_specific_scope_holds() -> None:
    """A district closes as its city does, where only that says so."""
    calendar = Calendar({"base": DAY, "310000": MONTH, "440300": WEEK})
    asked = [calendar.of_region(code)[0] for code in ("310101", "440305", "440106", "base")]
    assert asked == ["310000", "440300", "base", "base"]


@pytest.mark.parametrize("name", ["base", "base.2026-13", "base.2026-11-31", "x.2026-11", "base.2026-1-1", "base.", ""])
def test_a_name_that_no_run_can_have_is_not_found(name: str) -> None:
    """It is not guessed at."""
    with pytest.raises(NotFound):
        period_named(name)


@pytest.mark.parametrize(
    ("period", "first", "until"),
    [
        ("now", date(2026, 11, 1), date(2026, 12, 1)),
        ("2026-02", date(2026, 2, 1), date(2026, 3, 1)),
        ("2026-11-21", date(2026, 11, 21), date(2026, 11, 22)),
    ],
)
def test_a_span_is_a_month_or_a_day(period: str, first: date, until: date) -> None:
    """In the tenant's zone; `now` is this month."""
    assert span_named(period, NOON, ZONE) == Span(first, until)


def test_a_day_that_no_calendar_has_is_refused() -> None:
    """There is no 31st of February."""
    with pytest.raises(Invalid):
        span_named("2026-02-31", NOON, ZONE)


def test_a_late_line_is_earned_where_it_stands() -> None:
    """It occurred in October and came when that was closed: it shows in November."""
    november, late = period_named("base.2026-11"), replace(line("evt_1"), late_for="base.2026-10")
    held = [span_named(name, NOON, ZONE).holds(late, november, ZONE) for name in ("2026-11", "2026-10", "2026-11-21")]
    assert held == [True, False, False]


def test_a_statement_is_the_sum_of_its_lines_and_says_so_by_its_hash() -> None:
    """The same lines make the same statement; another amount, or another order, another hash."""
    made = statement(3600, -50)
    assert is_id(made.id, "stl")
    assert (made.lines, made.totals, made.payout, made.carried_out) == (2, {"CNY": 3550}, {"CNY": 3550}, {})
    assert made == statement(3600, -50)
    assert len({made.hash, statement(3600, -51).hash, statement(-50, 3600).hash, statement(3550).hash}) == 4


def test_what_a_party_owes_is_carried_on_and_never_paid_out() -> None:
    """−4,600.00 from before and 500.00 now: nothing is paid, −4,100.00 is carried on."""
    made = statement(50_000, carried={"CNY": -460_000})
    assert (made.payout, made.carried_out) == ({"CNY": 0}, {"CNY": -410_000})
    assert statement(900_000, carried={"CNY": -460_000}).payout == {"CNY": 440_000}


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=80))
def test_pages_hold_every_line_once_and_stay_below_their_size(lengths: list[int]) -> None:
    """However long the reasons are; read again from any page on they are the same pages."""
    lines = [(f"{n:04}", line(f"evt_{n}", 1, Why("提" * length, "x", "r", 1))) for n, length in enumerate(lengths)]
    pages = list(paged(lines))
    assert [one for page in pages for one in page.lines] == [one for _, one in lines]
    assert all(len(page.text().encode()) < PAGE_BYTES + 1000 or len(page.lines) == 1 for page in pages)
    last = pages[-1]
    assert list(paged(lines[last.first - 1 :], last.first)) == [last]
    assert page_lines(last.text(), "person:wang.wei", "") == last.lines


def test_a_head_reads_back_as_it_was_written() -> None:
    """The stored form loses nothing."""
    made = replace(statement(3600, carried={"CNY": -50}), state="approved", approved_at=ENDS, approved_by="li")
    assert head_from_document(head_document(made)) == made


def test_only_the_disputed_line_is_frozen() -> None:
    """Released, it is payable again; corrected, it stays out; a draft is nobody's to dispute."""
    sent = replace(statement(3600, 2000), state="sent")
    frozen, dispute = disputed(sent, 2, line("evt_2", 2000), "?", "wang.wei", NOON)
    assert (frozen.state, frozen.payable(), frozen.disputes) == ("disputed", {"CNY": 3600}, 1)
    released, corrected = (resolved(frozen, dispute, outcome, "!")[0] for outcome in ("released", "corrected"))
    assert [(one.state, one.payable()) for one in (released, corrected)] == [
        ("sent", {"CNY": 5600}),
        ("sent", {"CNY": 3600}),
    ]
    with pytest.raises(Conflict):
        disputed(statement(1), 1, line("evt_1", 1), "?", "wang.wei", NOON)


def test_a_period_knows_its_last_day() -> None:
    """A February of a leap year has 29."""
    assert period_named("base.2028-02") == Period("base", "2028-02", date(2028, 2, 1), date(2028, 2, 29))
    assert period_named("base.2026-11").ends(ZONE) - timedelta(seconds=1) < ENDS
