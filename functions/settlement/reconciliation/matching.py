"""Three-way match (三方对账): a platform's bill, our orders and our ledger, and each difference by its kind. Pure.

By number first; rows without one go to the nearest in time of the same amount; several bookings of one number match one
row of their sum. Nothing is used twice, nothing is left out, and rows in any order give the same report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.frozen import dataclass

DifferenceKind = Literal["missing", "extra", "amount", "fee", "duplicate", "wrong_period", "currency"]
KINDS: tuple[str, ...] = get_args(DifferenceKind)
Side = Literal["bill", "orders", "ledger"]
SIDES: tuple[str, ...] = get_args(Side)


@dataclass(frozen=True, slots=True)
class BillRow:
    """A row of the platform's bill. number: the order's, "" where the platform says none. period: of the bill."""

    id: str
    number: str
    at: datetime
    amount_minor: int
    fee_minor: int = 0
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Booked:
    """What we have of an order. order_minor, ledger_minor: what orders and ledger say; None where one of them has
    nothing of it."""

    id: str
    number: str
    at: datetime
    order_minor: int | None
    ledger_minor: int | None
    fee_minor: int | None = None
    currency: str = "CNY"

    def document(self) -> list[Any]:
        """As plain values, for a file."""
        figures = self.order_minor, self.ledger_minor, self.fee_minor
        return [self.id, self.number, rfc3339(self.at), *figures, self.currency]

    @classmethod
    def of(cls, raw: Sequence[Any]) -> Booked:
        """What `document` wrote."""
        name, number, at, *rest = raw
        return cls(name, number, parse_rfc3339(at), *rest)

    @property
    def amount_minor(self) -> int:
        """What it is matched by: the order's, else the ledger's."""
        return self.order_minor if self.order_minor is not None else self.ledger_minor or 0


@dataclass(frozen=True, slots=True)
class Terms:
    """since, until: the bill's period. tolerance: so far amounts and fees may differ. nearest: so far apart in time may
    lie what has no number."""

    since: datetime
    until: datetime
    tolerance_minor: int = 0
    fee_tolerance_minor: int = 0
    nearest: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One thing that does not agree. side: who lacks it, of what is missing; "ledger" of an amount that orders and bill
    agree on and our books do not. expected, actual: minor units by us and by
    the bill."""

    kind: DifferenceKind
    number: str
    bill_id: str = ""
    booked_ids: tuple[str, ...] = ()
    side: Side = "bill"
    expected_minor: int = 0
    actual_minor: int = 0

    def document(self) -> list[Any]:
        """As plain values, for a file."""
        figures = self.side, self.expected_minor, self.actual_minor
        return [self.kind, self.number, self.bill_id, list(self.booked_ids), *figures]

    @classmethod
    def of(cls, raw: Sequence[Any]) -> Difference:
        """What `document` wrote."""
        kind, number, bill_id, booked_ids, *figures = raw
        return cls(kind, number, bill_id, tuple(booked_ids), *figures)


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """One row with what it stands for. how: by number, by time."""

    bill_id: str
    booked_ids: tuple[str, ...]
    how: Literal["number", "time"]


@dataclass(frozen=True, slots=True)
class Report:
    """Every row and every booking is in exactly one match or in one difference as missing, extra or duplicate."""

    matches: tuple[Match, ...]
    differences: tuple[Difference, ...]


def match_bill(rows: Iterable[BillRow], bookings: Iterable[Booked], terms: Terms) -> Report:
    """Match a bill. Bookings outside the bill's period are asked only where a row names them (then its period is
    wrong)."""
    ordered = sorted(rows, key=lambda row: (row.number, row.at, row.id))
    by_number: dict[str, list[Booked]] = {}
    for booked in sorted(bookings, key=lambda booked: (booked.number, booked.at, booked.id)):
        by_number.setdefault(booked.number, []).append(booked)
    pairs, differences, left = _by_number(ordered, by_number)
    named = {booked.id for _, group, _ in pairs for booked in group}
    free = [b for group in by_number.values() for b in group if b.id not in named and _within(b.at, terms)]
    timed, alone = _by_time(left, free, terms.nearest)
    pairs += timed
    used = {booked.id for _, group, _ in pairs for booked in group}
    differences += [Difference("extra", row.number, row.id, actual_minor=row.amount_minor) for row in alone]
    missing = (booked for booked in free if booked.id not in used)
    differences += [Difference("missing", b.number, "", (b.id,), "bill", b.amount_minor) for b in missing]
    for row, group, _ in pairs:
        differences += _compare(row, group, terms)
    matches = (Match(row.id, tuple(sorted(booked.id for booked in group)), how) for row, group, how in pairs)
    return Report(tuple(sorted(matches)), tuple(sorted(differences)))


Pairing = tuple[BillRow, Sequence[Booked], Literal["number", "time"]]


def _by_number(
    rows: Sequence[BillRow], by_number: dict[str, list[Booked]]
) -> tuple[list[Pairing], list[Difference], list[BillRow]]:
    """Rows that name what we have. Of several rows of one number each takes a booking of its amount; one alone takes
    all; a row too many is a duplicate."""
    pairs: list[Pairing] = []
    differences: list[Difference] = []
    left = [row for row in rows if row.number not in by_number or not row.number]
    named: dict[str, list[BillRow]] = {}
    for row in rows:
        named.setdefault(row.number, []).append(row)
    for number, group in by_number.items():
        mine = named.get(number, []) if number else []
        if len(mine) > 1 and len(group) > 1:
            equal, mine, group = _one_by_one(mine, group)
            pairs += equal
        if mine and group:
            pairs.append((mine[0], tuple(group), "number"))
            mine = mine[1:]
        differences += [Difference("duplicate", number, row.id, actual_minor=row.amount_minor) for row in mine]
    return pairs, differences, left


def _one_by_one(rows: list[BillRow], group: list[Booked]) -> tuple[list[Pairing], list[BillRow], list[Booked]]:
    pairs: list[Pairing] = []
    rest, free = [], list(group)
    for row in rows:
        equal = next((booked for booked in free if booked.amount_minor == row.amount_minor), None)
        if equal is None:
            rest.append(row)
        else:
            free.remove(equal)
            pairs.append((row, (equal,), "number"))
    return pairs, rest, free


def _by_time(
    rows: Sequence[BillRow], free: Sequence[Booked], nearest: timedelta
) -> tuple[list[Pairing], list[BillRow]]:
    """Rows without a number, each to the nearest booking of its amount, the closest pair first."""
    unnumbered = [row for row in rows if not row.number]
    by_amount: dict[tuple[int, str], list[Booked]] = {}
    for booked in free:
        by_amount.setdefault((booked.amount_minor, booked.currency), []).append(booked)
    candidates = sorted(
        (abs(row.at - booked.at), row.id, booked.id, row, booked)
        for row in unnumbered
        for booked in by_amount.get((row.amount_minor, row.currency), ())
        if abs(row.at - booked.at) <= nearest
    ) if unnumbered else []  # fmt: skip
    pairs: list[Pairing] = []
    gone: set[str] = set()
    for _, row_id, booked_id, row, booked in candidates:
        if not {f"r{row_id}", f"b{booked_id}"} & gone:
            gone |= {f"r{row_id}", f"b{booked_id}"}
            pairs.append((row, (booked,), "time"))
    return pairs, [row for row in rows if f"r{row.id}" not in gone]


def _compare(row: BillRow, group: Sequence[Booked], terms: Terms) -> Iterator[Difference]:
    """What of a matched row does not agree; the first that explains the others is told alone."""
    ids = tuple(sorted(booked.id for booked in group))
    first = group[0]
    if row.currency != first.currency:
        yield Difference("currency", row.number, row.id, ids, "bill", first.amount_minor, row.amount_minor)
        return
    if not all(_within(booked.at, terms) for booked in group):
        yield Difference("wrong_period", row.number, row.id, ids, "bill", _sum(group), row.amount_minor)
    for side, of in (("orders", "order_minor"), ("ledger", "ledger_minor")):
        if any(getattr(booked, of) is None for booked in group):
            missing: Side = "orders" if side == "orders" else "ledger"
            yield Difference("missing", row.number, row.id, ids, missing, 0, row.amount_minor)
    if abs(_sum(group) - row.amount_minor) > terms.tolerance_minor:
        yield Difference("amount", row.number, row.id, ids, "bill", _sum(group), row.amount_minor)
    elif (ours := _in_ledger(group)) is not None and abs(ours - row.amount_minor) > terms.tolerance_minor:
        yield Difference("amount", row.number, row.id, ids, "ledger", ours, row.amount_minor)
    fees = [booked.fee_minor for booked in group if booked.fee_minor is not None]
    if fees and abs(sum(fees) - row.fee_minor) > terms.fee_tolerance_minor:
        yield Difference("fee", row.number, row.id, ids, "bill", sum(fees), row.fee_minor)


def _sum(group: Sequence[Booked]) -> int:
    return sum(booked.amount_minor for booked in group)


def _in_ledger(group: Sequence[Booked]) -> int | None:
    """What the ledger says of all of them; None where it says nothing of one."""
    booked = [booked.ledger_minor for booked in group]
    return None if None in booked else sum(minor for minor in booked if minor is not None)


def _within(at: datetime, terms: Terms) -> bool:
    return terms.since <= at < terms.until
