"""Periods, runs and statements: what is in which statement, and that it is in exactly one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.settlement.api.views import earnings_view
from functions.settlement.ledger.ledger import Entry, Line, Why
from functions.settlement.ledger.lines import PartyLine, party_lines, totals_of
from functions.settlement.runs.periods import Closing, Run, book_entry, new_run, period_bounds
from functions.settlement.statements.statements import (
    LINES_LIMIT,
    make_statement,
    statement_document,
    statement_from_document,
)
from hub.kernel.errors import Invalid
from hub.kernel.ids import is_id
from hub.kernel.money import Money

ZONE = ZoneInfo("Asia/Shanghai")
SIX = datetime(2026, 11, 21, 6, 0, tzinfo=ZONE).astimezone(UTC)
DAY = date(2026, 11, 21)
WHY = Why("提成", "commission", "repair_commission", 1, {"ticket_id": "tkt_1"})
RUN = new_run("demo", DAY, SIX, ZONE)


def entry(fact: str, amount_minor: int = 3600, occurred_at: datetime = SIX, party: str = "person:wang.wei") -> Entry:
    lines = (
        Line("expense:commission", Money(amount_minor)),
        Line(f"payable:{party}", Money(-amount_minor)),
    )
    return Entry(fact, "commission", occurred_at, lines, WHY)


def line(fact: str, amount_minor: int = 3600, occurred_at: datetime = SIX) -> PartyLine:
    made = entry(fact, amount_minor, occurred_at)
    return party_lines(made, book_entry(occurred_at, occurred_at, Closing(), ZONE))[0]


def test_a_day_has_one_run_whoever_starts_it() -> None:
    """The run's id comes from tenant and day alone."""
    later = new_run("demo", DAY, SIX + timedelta(hours=3), ZONE)
    assert is_id(RUN.id, "run")
    assert later.id == RUN.id != new_run("demo", DAY - timedelta(days=1), SIX, ZONE).id


def test_a_run_cuts_off_when_it_opens() -> None:
    """Today's run takes everything up to now."""
    assert RUN.cut_off == SIX


def test_a_run_made_up_for_later_cuts_off_where_the_next_one_began() -> None:
    """A missed day takes nothing that belongs to the next day's run."""
    assert new_run("demo", DAY, SIX + timedelta(days=5), ZONE).cut_off == SIX + timedelta(days=1)


def test_no_run_of_a_day_to_come() -> None:
    """Tomorrow's run cannot be started today; the refusal names /day."""
    with pytest.raises(Invalid) as refused:
        new_run("demo", DAY + timedelta(days=1), SIX, ZONE)
    assert refused.value.problems[0].pointer == "/day"


def test_what_occurs_after_the_cut_off_is_booked_when_it_occurred() -> None:
    """An open period takes its entries under their own day."""
    occurred = SIX + timedelta(microseconds=1)
    booking = book_entry(occurred, SIX + timedelta(hours=1), Closing(SIX, RUN.id), ZONE)
    assert (booking.booked_at, booking.period, booking.late_for) == (occurred, DAY, None)


def test_what_comes_late_is_booked_in_the_open_period_with_a_reference() -> None:
    """An entry of a closed period goes to the open one, names its own period, and the run that closed it."""
    occurred, posted = SIX - timedelta(hours=12), SIX + timedelta(hours=1)
    booking = book_entry(occurred, posted, Closing(SIX, RUN.id), ZONE)
    assert (booking.booked_at, booking.period) == (posted, DAY)
    assert (booking.late_for, booking.late_for_run) == (DAY - timedelta(days=1), RUN.id)


def test_a_statement_holds_its_lines_in_canonical_order() -> None:
    """Lines stand by when they occurred, then by fact, whatever order they were read in."""
    lines = [line("evt_2"), line("evt_1"), line("evt_0", occurred_at=SIX - timedelta(hours=1))]
    statement = make_statement(RUN, "person:wang.wei", 0, lines, SIX)
    assert [one.fact_id for one in statement.lines] == ["evt_0", "evt_1", "evt_2"]
    assert {one.statement_id for one in statement.lines} == {statement.id}
    assert statement.totals() == (Money(10800),)


def test_a_statement_of_the_same_run_and_party_is_the_same_statement() -> None:
    """Its id does not depend on when or from what it is made."""
    first = make_statement(RUN, "person:wang.wei", 0, [line("evt_1")], SIX)
    again = make_statement(RUN, "person:wang.wei", 0, [line("evt_2")], SIX + timedelta(hours=1))
    other = make_statement(RUN, "person:li.na", 0, [], SIX)
    assert first.id == again.id != other.id


def test_a_statement_reads_back_as_it_was_written() -> None:
    """The stored form of a statement loses nothing."""
    statement = make_statement(RUN, "person:wang.wei", 0, [line("evt_1"), line("evt_2", -50)], SIX)
    assert statement_from_document(statement_document(statement)) == statement


def test_a_full_statement_still_fits_an_item_of_the_store() -> None:
    """The longest lines that are allowed, as many as a statement takes, stay below 400 KB."""
    long = Why(
        "提" * 200, "x" * 200, "repair_commission", 1, {"ticket_id": "t" * 30, "region": "310101", "r": "x" * 99}
    )
    lines = [
        PartyLine("person:" + "w" * 64, "ent_" + "0" * 26, f"evt_{i:026}", "commission", SIX, SIX, Money(10**14), long)
        for i in range(LINES_LIMIT + 1)
    ]
    statement = make_statement(RUN, "person:" + "w" * 64, 0, lines, SIX)
    assert len(statement.lines) == LINES_LIMIT
    assert len(statement_document(statement).encode()) < 400_000


def test_earnings_tell_pending_from_confirmed() -> None:
    """What is in a statement is confirmed, the rest pending, and both add up to the total."""
    settled = make_statement(RUN, "person:wang.wei", 0, [line("evt_1", 3600)], SIX).lines
    view = earnings_view("wang.wei", "now", [line("evt_2", 62), *settled])
    assert [(one.ticket_id, one.amount, one.state) for one in view.lines] == [
        ("tkt_1", "36.00", "confirmed"),
        ("tkt_1", "0.62", "pending"),
    ]
    assert [(t.pending, t.confirmed, t.total) for t in view.totals] == [("0.62", "36.00", "36.62")]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("now", "2026-11-01T00:00:00+08:00", "2026-12-01T00:00:00+08:00"),
        ("2026-12", "2026-12-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"),
        ("2026-11-21", "2026-11-21T00:00:00+08:00", "2026-11-22T00:00:00+08:00"),
    ],
)
def test_a_period_is_a_month_or_day_of_the_tenants_zone(period: str, first: str, last: str) -> None:
    """From local midnight to local midnight."""
    assert period_bounds(period, SIX, ZONE) == (datetime.fromisoformat(first), datetime.fromisoformat(last))


def test_a_day_that_no_calendar_has_is_refused() -> None:
    """There is no 31st of February."""
    with pytest.raises(Invalid):
        period_bounds("2026-02-31", SIX, ZONE)


FACTS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(-5000, 5000).filter(bool), st.integers(0, 47), st.sampled_from("ab")),
    min_size=1,
    max_size=30,
    unique_by=lambda fact: fact[0],
)


def post(store: dict[tuple[str, str], Entry], made: Entry) -> None:
    """The store's one conditional put."""
    store.setdefault((made.fact_id, made.purpose), made)


@given(FACTS, st.randoms(), st.integers(1, 3))
def test_any_order_and_any_repeats_of_facts_give_the_same_totals(
    facts: list[tuple[int, int, int, str]], order: Random, copies: int
) -> None:
    """Delivered shuffled and repeated, the totals of every party equal a plain sum over the distinct facts."""
    deliveries = facts * copies
    order.shuffle(deliveries)
    store: dict[tuple[str, str], Entry] = {}
    for number, minor, hours, party in deliveries:
        post(store, entry(f"evt_{number}", minor, SIX + timedelta(hours=hours), f"person:{party}"))
    booking = book_entry(SIX, SIX, Closing(), ZONE)
    for party in "ab":
        lines = [one for made in store.values() for one in party_lines(made, booking) if one.party == f"person:{party}"]
        expected = sum(minor for _, minor, _, to in facts if to == party)
        assert sum(total.amount_minor for total in totals_of(lines)) == expected


@given(FACTS, st.lists(st.integers(0, 60), min_size=1, max_size=4, unique=True))
def test_runs_settle_every_line_once_and_lose_none(facts: list[tuple[int, int, int, str]], hours: list[int]) -> None:
    """However runs cut through time, each line is in at most one statement, and statements and what is due together
    are what was earned."""
    due = [line(f"evt_{number}", minor, SIX + timedelta(hours=at)) for number, minor, at, _ in facts]
    settled: list[PartyLine] = []
    for hour in sorted(hours):
        run = Run(f"run_{hour}", DAY, SIX + timedelta(hours=hour), SIX)
        taken = [one for one in due if one.booked_at <= run.cut_off]
        settled += make_statement(run, "person:wang.wei", 0, taken, SIX).lines
        due = [one for one in due if one.booked_at > run.cut_off]
    assert len({one.entry_id for one in settled}) == len(settled) == len(facts) - len(due)
    assert all(one.occurred_at <= SIX + timedelta(hours=max(hours)) for one in settled)
    earned = sum(minor for _, minor, _, _ in facts)
    assert sum(one.amount.amount_minor for one in [*settled, *due]) == earned
