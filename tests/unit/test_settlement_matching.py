"""The three-way match: planted defects are found, and nothing else; nothing is used twice."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.settlement.facts.facts_table import number_shard
from functions.settlement.reconciliation.matching import (
    BillRow,
    Booked,
    Part,
    Report,
    Terms,
    match_bill,
    match_numbers,
    match_rest,
)
from functions.settlement.reconciliation.nearest import nearest_pairs

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
TERMS = Terms(SINCE, UNTIL)
TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return TEN.replace(hour=hour, minute=minute, second=second)


def booked(name: str, number: str, minor: int, moment: datetime = TEN) -> Booked:
    return Booked(name, number, moment, minor, minor, minor // 20)


def row(name: str, number: str, minor: int, moment: datetime = TEN) -> BillRow:
    return BillRow(name, number, moment, minor, minor // 20)


def planted() -> tuple[list[BillRow], list[Booked], Counter[str]]:
    """1,000 rows with 15 defects of 6 kinds."""
    bookings = [booked(f"b{n}", f"o{n}", 1000 + n, SINCE + timedelta(minutes=n)) for n in range(1000)]
    rows = [row(f"r{n}", f"o{n}", 1000 + n, SINCE + timedelta(minutes=n, seconds=5)) for n in range(1000)]
    for n in (10, 20, 30):
        rows[n] = replace(rows[n], amount_minor=rows[n].amount_minor + 7)
    for n in (40, 50, 60):
        rows[n] = replace(rows[n], fee_minor=rows[n].fee_minor + 3)
    for n in (70, 80):
        bookings[n] = replace(bookings[n], at=SINCE - timedelta(days=1))
    rows[90], rows[91] = (replace(rows[n], id=f"again{n}") for n in (92, 93))
    rows[94], rows[95] = (replace(rows[n], number=f"stranger{n}", amount_minor=99_999_000 + n) for n in (94, 95))
    bookings = [b for n, b in enumerate(bookings) if n not in (90, 91, 94, 95)]
    bookings += [booked(f"left{n}", f"left{n}", 77_000 + n) for n in range(3)]
    return rows, bookings, Counter(amount=3, fee=3, wrong_period=2, duplicate=2, extra=2, missing=3)


def test_fifteen_planted_defects_are_found_and_nothing_else() -> None:
    """Six kinds in 1,000 rows: exactly those, each with its row."""
    rows, bookings, kinds = planted()
    report = match_bill(rows, bookings, TERMS)
    assert len(rows) == 1000
    assert Counter(difference.kind for difference in report.differences) == kinds
    assert {d.bill_id for d in report.differences if d.kind == "amount"} == {"r10", "r20", "r30"}
    assert sum(kinds.values()) == 15


def test_three_alike_and_one_for_two() -> None:
    """By number, by the nearest in time, and two bookings for one row; the one that is left over is extra."""
    rows = [
        row("A", "o1", 5000),
        row("B", "", 5000, at(10, 0, 5)),
        row("C", "", 5000, at(10, 7)),
        row("D", "o9", 18000),
    ]
    bookings = [
        booked("o1", "o1", 5000),
        booked("o2", "o2", 5000, at(10, 6, 58)),
        booked("o9a", "o9", 10000),
        booked("o9b", "o9", 8000),
    ]
    report = match_bill(rows, bookings, TERMS)
    assert [(m.bill_id, m.booked_ids, m.how) for m in report.matches] == [
        ("A", ("o1",), "number"),
        ("C", ("o2",), "time"),
        ("D", ("o9a", "o9b"), "number"),
    ]
    assert [(d.kind, d.bill_id, d.actual_minor) for d in report.differences] == [("extra", "B", 5000)]


def test_the_third_side_is_asked_too() -> None:
    """What the bill and the orders have and the ledger has not is missing there; another currency is told alone."""
    lacking = Booked("b1", "o1", TEN, 5000, None, 250)
    foreign = Booked("b2", "o2", TEN, 5000, 5000, 250, "USD")
    report = match_bill([row("A", "o1", 5000), row("B", "o2", 5000)], [lacking, foreign], TERMS)
    assert [(d.kind, d.number, d.side) for d in report.differences] == [
        ("currency", "o2", "bill"),
        ("missing", "o1", "ledger"),
    ]


def test_money_of_one_currency_never_stands_for_another() -> None:
    """50 dollars and 50 yuan under one number find their own, whichever comes first; two bookings of two currencies
    are no sum; and who was told 5,000 yen in place of 50.00 yuan reads both as what they are."""
    dollars = replace(row("A", "o1", 5000), currency="USD")
    bookings = [booked("b1", "o1", 5000), replace(booked("b2", "o1", 5000), currency="USD")]
    assert match_bill([dollars, row("B", "o1", 5000)], bookings, TERMS).differences == ()
    mixed = match_bill([row("B", "o1", 10_000)], bookings, TERMS).differences
    assert [(d.kind, d.expected_minor, d.currency, d.bill_currency) for d in mixed] == [
        ("currency", 5000, "USD", "CNY")
    ]
    yen = replace(row("C", "o1", 5000), currency="JPY")
    (told,) = match_bill([yen], bookings[:1], TERMS).differences
    assert (told.currency, told.bill_currency, told.off_minor) == ("CNY", "JPY", 5000)


def test_two_rows_of_one_id_are_two_rows() -> None:
    """A platform that prints a row twice, without a number: one is matched, the other one is extra, not forgotten."""
    twice = [row("A", "", 5000, at(10, 1)), row("A", "", 5000, at(10, 1))]
    report = match_bill(twice, [booked("b1", "o1", 5000)], TERMS)
    assert ([m.bill_id for m in report.matches], [(d.kind, d.bill_id) for d in report.differences]) == (
        ["A"], [("extra", "A")],
    )  # fmt: skip


def test_our_books_are_held_against_the_bill_as_well() -> None:
    """Orders and bill agree on 50.00 and the ledger booked 45.00: an amount, of the ledger; where the order differs
    too, that is told alone."""
    short = Booked("b1", "o1", TEN, 5000, 4500, 250)
    both = Booked("b2", "o2", TEN, 4800, 4500, 250)
    report = match_bill([row("A", "o1", 5000), row("B", "o2", 5000)], [short, both], TERMS)
    assert [(d.kind, d.number, d.side, d.expected_minor) for d in report.differences if d.kind == "amount"] == [
        ("amount", "o1", "ledger", 4500),
        ("amount", "o2", "bill", 4800),
    ]


def test_twenty_thousand_rows_are_matched_in_one_pass() -> None:
    """A full bill: every row finds its booking without looking at the others (which would be 400 million looks)."""
    count = 20_000
    rows = [row(f"r{n}", f"o{n}", 1000, SINCE + timedelta(minutes=n)) for n in range(count)]
    bookings = [booked(f"b{n}", f"o{n}", 1000, SINCE + timedelta(minutes=n)) for n in range(count)]
    report = match_bill(rows, bookings, TERMS)
    assert (len(report.matches), report.differences) == (count, ())


def test_what_lies_within_tolerance_agrees() -> None:
    """A fen is forgiven where the terms say so, two are not."""
    rows, bookings = [row("A", "o1", 5001), row("B", "o2", 5002)], [booked("b1", "o1", 5000), booked("b2", "o2", 5000)]
    report = match_bill(rows, bookings, replace(TERMS, tolerance_minor=1))
    assert [d.bill_id for d in report.differences] == ["B"]


def told(rows: list[BillRow], bookings: list[Booked]) -> list[tuple[str, str, int, int]]:
    """kind, row, expected, actual of each difference."""
    report = match_bill(rows, bookings, TERMS)
    return [(d.kind, d.bill_id, d.expected_minor, d.actual_minor) for d in report.differences]


ORDER, SOLD = booked("o", "o1", 20_000), row("A", "o1", 20_000)
THIRTY, TWENTY = (Booked(f"back{n}", "o1", TEN, -n * 100, -n * 100) for n in (30, 20))


def back(name: str, minor: int) -> BillRow:
    return BillRow(name, "o1", TEN, -minor, 0)


@pytest.mark.parametrize(
    ("rows", "differences"),
    [
        ([back("B", 3_000), back("C", 2_000)], []),
        ([back("C", 2_000), back("B", 3_000)], []),
        ([back("B", 5_000)], []),
        ([], [("missing", "", -2_000, 0), ("missing", "", -3_000, 0)]),
        ([back("B", 3_000)], [("missing", "", -2_000, 0)]),
        ([back("B", 3_000), back("C", 2_000), back("D", 1_000)], [("extra", "D", 0, -1_000)]),
        ([back("B", 3_000), back("C", 2_000), back("D", 2_000)], [("duplicate", "D", 0, -2_000)]),
        ([back("B", 3_000), back("C", 2_500)], [("amount", "C", -2_000, -2_500)]),
        ([back("B", 3_000), back("D", 3_000)], [("duplicate", "D", 0, -3_000), ("missing", "", -2_000, 0)]),
    ],
)
def test_refunds_of_an_order_are_matched_beside_it(
    rows: list[BillRow], differences: list[tuple[str, str, int, int]]
) -> None:
    """An order of 200.00 of which 30.00 and 20.00 went back: its own row is never a duplicate of theirs, in one row or
    two; what is missing, unknown, printed twice or of another amount is told as that."""
    assert told([SOLD, *rows], [ORDER, THIRTY, TWENTY]) == differences
    assert told([*rows, SOLD], [TWENTY, ORDER, THIRTY]) == differences


def test_a_row_that_is_net_of_its_refunds_takes_both() -> None:
    """150.00 for an order of 200.00 less 50.00 agrees; 160.00 is a wrong amount, and the refunds are missing."""
    assert told([replace(SOLD, amount_minor=15_000)], [ORDER, THIRTY, TWENTY]) == []
    wrong = told([replace(SOLD, amount_minor=16_000)], [ORDER, THIRTY, TWENTY])
    assert wrong == [("amount", "A", 20_000, 16_000), ("missing", "", -2_000, 0), ("missing", "", -3_000, 0)]


def test_refunds_of_another_period_are_not_missing_here() -> None:
    """30.00 of October and 30.00 of November: November's one row is November's; a row of October's alone is of a wrong
    period."""
    october = replace(THIRTY, id="october", at=SINCE - timedelta(days=1))
    assert told([SOLD, back("B", 3_000)], [ORDER, october, THIRTY]) == []
    assert told([SOLD, back("B", 3_000)], [ORDER, october]) == [("wrong_period", "B", -3_000, -3_000)]


def test_a_refund_of_nobodys_order_is_extra_and_without_a_number_the_nearest_in_time() -> None:
    """A row of a refund never takes an order, though the amount be the same."""
    assert told([back("B", 20_000)], [ORDER]) == [("extra", "B", 0, -20_000), ("missing", "", 20_000, 0)]
    assert told([SOLD, replace(back("B", 3_000), number="")], [ORDER, THIRTY]) == []


Rows = list[tuple[str, int, int]]
NUMBERS = st.sampled_from(["", "o1", "o2", "o3"])
ROWS = st.lists(st.tuples(NUMBERS, st.sampled_from([5000, 10000, -5000, -2000]), st.integers(0, 59)), max_size=8)


@given(left=ROWS, right=ROWS, seed=st.integers())
def test_nothing_is_used_twice_or_left_out_in_any_order(left: Rows, right: Rows, seed: int) -> None:
    """Each row and each booking is in one match, or missing, extra or duplicate; the order of rows changes nothing."""
    rows = [row(f"r{n}", number, minor, at(10, minute)) for n, (number, minor, minute) in enumerate(left)]
    bookings = [
        booked(f"b{n}", name or f"x{n}", minor, at(11, minute)) for n, (name, minor, minute) in enumerate(right)
    ]
    report = match_bill(rows, bookings, TERMS)
    assert Counter(_places(report)) == Counter([*(r.id for r in rows), *(b.id for b in bookings)])
    shuffled_rows, shuffled_bookings = random.Random(seed).sample(rows, len(rows)), bookings[::-1]
    assert match_bill(shuffled_rows, shuffled_bookings, TERMS) == report


@given(left=ROWS, right=ROWS, shards=st.integers(1, 5))
def test_a_bill_in_shards_comes_to_the_same_report(left: Rows, right: Rows, shards: int) -> None:
    """However many shards of numbers a bill is matched in, and read back from files: the report of the whole."""
    rows = [row(f"r{n}", number, minor, at(10, minute)) for n, (number, minor, minute) in enumerate(left)]
    bookings = [
        booked(f"b{n}", name or f"x{n}", minor, at(11, minute)) for n, (name, minor, minute) in enumerate(right)
    ]
    parts = []
    for shard in range(shards):
        mine = [r for r in rows if r.number and number_shard(r.number) % shards == shard]
        part = match_numbers(mine, [b for b in bookings if number_shard(b.number) % shards == shard], TERMS)
        parts.append(Part.of(json.loads(json.dumps(part.document()))))
    assert match_rest(parts, [r for r in rows if not r.number], TERMS) == match_bill(rows, bookings, TERMS)


@given(
    left=st.lists(st.integers(0, 12), max_size=9).map(sorted),
    right=st.lists(st.integers(0, 12), max_size=9).map(sorted),
    limit=st.integers(0, 6),
)
def test_neighbours_alone_come_to_what_each_pair_would(left: list[int], right: list[int], limit: int) -> None:
    """Just what all pairs, sorted by how close they are, come to, equals told apart in the same way."""
    near = timedelta(minutes=limit)
    ours, theirs = ([at(10, minute) for minute in minutes] for minutes in (left, right))
    every = sorted((abs(a - b), i, j) for i, a in enumerate(ours) for j, b in enumerate(theirs) if abs(a - b) <= near)
    expected: dict[int, int] = {}
    for _, i, j in every:
        if i not in expected and j not in expected.values():
            expected[i] = j
    assert nearest_pairs(ours, theirs, near) == expected


class Counting(datetime):
    """A moment that counts how often it is held against another."""

    held = 0

    def __sub__(self, other: Any) -> Any:
        type(self).held += 1
        return super().__sub__(other)


def test_a_day_of_one_amount_without_numbers_is_not_held_pair_by_pair() -> None:
    """A thousand rows and a thousand orders of 10.00 on one day: each is held against its neighbours, not against a
    thousand others."""
    moments = [Counting(2026, 11, 20, n // 60, n % 60, tzinfo=UTC) for n in range(1000)]
    bookings = [booked(f"b{n}", f"o{n}", 1000, moment) for n, moment in enumerate(moments)]
    Counting.held = 0
    report = match_bill([row(f"r{n}", "", 1000, moment) for n, moment in enumerate(moments)], bookings, TERMS)
    assert (len(report.matches), report.differences) == (1000, ())
    assert Counting.held < 20 * 1000


def test_many_rows_of_one_number_are_not_held_pair_by_pair() -> None:
    """Five hundred rows and bookings of one number, in contrary order: an amount is looked up."""
    asked = 0

    class Asked(Booked):
        @property
        def amount_minor(self) -> int:
            nonlocal asked
            asked += 1
            return super().amount_minor

    bookings = [Asked(f"b{n}", "o1", at(10, 0), 1000 + n, 1000 + n) for n in range(500)]
    rows = [row(f"r{n:03}", "o1", 1499 - n) for n in range(500)]
    report = match_bill(rows, bookings, TERMS)
    assert (len(report.matches), report.differences) == (500, ())
    assert asked < 20 * 500


def _places(report: Report) -> list[str]:
    unmatched = [
        d for d in report.differences if d.kind in ("extra", "duplicate") or (d.kind == "missing" and not d.bill_id)
    ]
    names = [name for match in report.matches for name in (match.bill_id, *match.booked_ids)]
    return [*names, *(name for d in unmatched for name in ((d.bill_id,) if d.bill_id else d.booked_ids))]
