"""Three-way match (三方对账): a platform's bill, our orders and our ledger, and each difference by its kind. Pure.

By number first; rows without one go to the nearest in time of the same amount; several bookings of one number match one
row of their sum. A refund is less than nothing, and rows of refunds are matched with refunds. Nothing is used twice,
nothing is left out, and rows in any order give the same report. Rows of a number need nothing but what is booked under
it, so a bill is matched in parts, each with the numbers of a shard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby
from typing import Any, Literal, get_args

from functions.settlement.reconciliation.nearest import nearest_pairs
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass

DifferenceKind = Literal["missing", "extra", "amount", "fee", "duplicate", "wrong_period", "currency"]
KINDS: tuple[str, ...] = get_args(DifferenceKind)
Side = Literal["bill", "orders", "ledger"]
SIDES: tuple[str, ...] = get_args(Side)


@dataclass(frozen=True, slots=True)
class BillRow:
    """A row of the platform's bill. number: the order's, "" where the platform says none. amount_minor: of a refund
    less than nothing. fee_minor: None where the bill says nothing of fees."""

    id: str
    number: str
    at: datetime
    amount_minor: int
    fee_minor: int | None = None
    currency: str = "CNY"

    @property
    def is_refund(self) -> bool:
        """Whether money goes back by it."""
        return self.amount_minor < 0

    def document(self) -> list[Any]:
        """As plain values, for a file."""
        return [self.id, self.number, rfc3339(self.at), self.amount_minor, self.fee_minor, self.currency]

    @classmethod
    def of(cls, raw: Sequence[Any]) -> BillRow:
        """What `document` wrote."""
        name, number, at, *rest = raw
        return cls(name, number, parse_rfc3339(at), *rest)


@dataclass(frozen=True, slots=True)
class Booked:
    """What we have of an order, or of a refund of it (less than nothing). order_minor, ledger_minor: what orders and
    ledger say; None where one of them has nothing of it."""

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

    @property
    def is_refund(self) -> bool:
        """Whether money went back by it."""
        return self.amount_minor < 0


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
    agree on and our books do not. expected, actual: minor units by us and by the bill, each of its own currency: they
    are one but where the kind is `currency`."""

    kind: DifferenceKind
    number: str
    bill_id: str = ""
    booked_ids: tuple[str, ...] = ()
    side: Side = "bill"
    expected_minor: int = 0
    actual_minor: int = 0
    currency: str = "CNY"
    bill_currency: str = "CNY"

    @property
    def off_minor(self) -> int:
        """By how much it is off, without its sign; all that the bill says where that is other money."""
        is_same = self.currency == self.bill_currency
        return abs(self.expected_minor - self.actual_minor if is_same else self.actual_minor)

    def document(self) -> list[Any]:
        """As plain values, for a file."""
        figures = self.side, self.expected_minor, self.actual_minor, self.currency, self.bill_currency
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


@dataclass(frozen=True, slots=True)
class Part:
    """What the rows of some numbers came to, with all that is booked under these numbers. free: what no row names, of
    the bill's period."""

    matches: tuple[Match, ...]
    differences: tuple[Difference, ...]
    free: tuple[Booked, ...]

    def document(self) -> list[Any]:
        """As plain values, for a file."""
        matches = [[match.bill_id, list(match.booked_ids), match.how] for match in self.matches]
        return [matches, *([each.document() for each in some] for some in (self.differences, self.free))]

    @classmethod
    def of(cls, raw: Sequence[Any]) -> Part:
        """What `document` wrote."""
        matches, differences, free = raw
        made = (Match(bill_id, tuple(booked_ids), how) for bill_id, booked_ids, how in matches)
        return cls(tuple(made), tuple(map(Difference.of, differences)), tuple(map(Booked.of, free)))


def match_bill(rows: Iterable[BillRow], bookings: Iterable[Booked], terms: Terms) -> Report:
    """Match a bill at once: the same report as of its parts."""
    named = list(rows)
    part = match_numbers((row for row in named if row.number), bookings, terms)
    return match_rest([part], (row for row in named if not row.number), terms)


def match_numbers(rows: Iterable[BillRow], bookings: Iterable[Booked], terms: Terms) -> Part:
    """Match rows that have numbers. Bookings outside the bill's period are asked only where a row names them (then its
    period is wrong)."""
    by_number: dict[str, list[Booked]] = {}
    for booked in sorted(bookings, key=lambda booked: (booked.number, booked.at, booked.id)):
        by_number.setdefault(booked.number, []).append(booked)
    pairs, differences = _by_number(sorted(rows, key=lambda row: (row.number, row.at, row.id)), by_number, terms)
    for row, group in pairs:
        differences += _compare(row, group, terms)
    named = {booked.id for _, group in pairs for booked in group}
    free = (b for group in by_number.values() for b in group if b.id not in named and _within(b.at, terms))
    return Part(tuple(_match(row, group, "number") for row, group in pairs), tuple(differences), tuple(free))


def match_rest(parts: Sequence[Part], rows: Iterable[BillRow], terms: Terms) -> Report:
    """The whole report: of all parts, and of the rows without a number, which go to the nearest in time of what is
    free."""
    free = sorted((booked for part in parts for booked in part.free), key=lambda booked: (booked.at, booked.id))
    pairs, alone = _by_time(sorted(rows, key=lambda row: (row.at, row.id, row.amount_minor)), free, terms.nearest)
    differences = [difference for part in parts for difference in part.differences]
    differences += [_unmatched("extra", row) for row in alone]
    used = {booked.id for _, group in pairs for booked in group}
    missing = (booked for booked in free if booked.id not in used)
    differences += [_differs("missing", None, (booked,), "bill", booked.amount_minor, 0) for booked in missing]
    for row, group in pairs:
        differences += _compare(row, group, terms)
    matches = [match for part in parts for match in part.matches]
    matches += [_match(row, group, "time") for row, group in pairs]
    return Report(tuple(sorted(matches)), tuple(sorted(differences)))


Pairing = tuple[BillRow, Sequence[Booked]]


def _match(row: BillRow, group: Sequence[Booked], how: Literal["number", "time"]) -> Match:
    return Match(row.id, tuple(sorted(booked.id for booked in group)), how)


def _by_number(
    rows: Sequence[BillRow], by_number: dict[str, list[Booked]], terms: Terms
) -> tuple[list[Pairing], list[Difference]]:
    """Rows of orders with orders, rows of refunds with refunds; one row that is net of refunds takes both."""
    pairs: list[Pairing] = []
    differences: list[Difference] = []
    for number, same in groupby(rows, key=lambda row: row.number):
        mine, group = list(same), by_number.get(number, [])
        refunds = [booked for booked in group if booked.is_refund]
        if len(mine) == 1 and refunds and not mine[0].is_refund and _is_sum(mine[0], group):
            pairs.append((mine[0], tuple(group)))
            continue
        orders = [booked for booked in group if not booked.is_refund]
        for paired, unmatched in (
            _orders([row for row in mine if not row.is_refund], orders),
            _refunds([row for row in mine if row.is_refund], refunds, terms),
        ):
            pairs += paired
            differences += unmatched
    return pairs, differences


def _orders(mine: list[BillRow], group: list[Booked]) -> tuple[list[Pairing], list[Difference]]:
    """Of several rows of one number each takes a booking of its amount; one alone takes all; a row too many is a
    duplicate, one of a number that nobody has is extra."""
    if not group:
        return [], [_unmatched("extra", row) for row in mine]
    pairs: list[Pairing] = []
    if len(mine) > 1 and len(group) > 1:
        pairs, mine, group = _one_by_one(mine, group)
    if mine and group:
        pairs.append((mine[0], tuple(group)))
        mine = mine[1:]
    return pairs, [_unmatched("duplicate", row) for row in mine]


def _refunds(mine: list[BillRow], group: list[Booked], terms: Terms) -> tuple[list[Pairing], list[Difference]]:
    """One row may be the sum of an order's refunds; else each takes a refund of its amount, and what is left of both
    goes together one by one. A row too many is a duplicate where another one of its amount was matched, else extra: a
    refund that we do not know."""
    if len(mine) == 1 and group and _is_sum(mine[0], group):
        return [(mine[0], tuple(group))], []
    pairs, rows, rest = _one_by_one(mine, sorted(group, key=lambda booked: not _within(booked.at, terms)))
    matched, differences = {(row.amount_minor, row.currency) for row, _ in pairs}, list[Difference]()
    for row in rows:
        if (row.amount_minor, row.currency) in matched:
            differences.append(_unmatched("duplicate", row))
        elif rest:
            pairs.append((row, (rest.pop(0),)))
            matched.add((row.amount_minor, row.currency))
        else:
            differences.append(_unmatched("extra", row))
    return pairs, differences


def _is_sum(row: BillRow, group: Sequence[Booked]) -> bool:
    """Whether a row is all of these together."""
    return _sum(group) == row.amount_minor and all(booked.currency == row.currency for booked in group)


def _one_by_one(rows: list[BillRow], group: list[Booked]) -> tuple[list[Pairing], list[BillRow], list[Booked]]:
    pairs: list[Pairing] = []
    rest, by_amount = list[BillRow](), _by_amount(group)
    for row in rows:
        equal = by_amount.get((row.amount_minor, row.currency))
        if not equal:
            rest.append(row)
        else:
            pairs.append((row, (group[equal.popleft()],)))
    return pairs, rest, [group[place] for place in sorted(chain.from_iterable(by_amount.values()))]


def _by_amount(some: Iterable[BillRow | Booked]) -> dict[tuple[int, str], deque[int]]:
    """The places of each amount, in order."""
    places: dict[tuple[int, str], deque[int]] = {}
    for place, each in enumerate(some):
        places.setdefault((each.amount_minor, each.currency), deque()).append(place)
    return places


def _by_time(
    rows: Sequence[BillRow], free: Sequence[Booked], nearest: timedelta
) -> tuple[list[Pairing], list[BillRow]]:
    """Each row to the nearest booking of its amount, the closest pair first. Rows and bookings are told apart by their
    places: a platform may give one id to two rows."""
    pairs, ours = dict[int, int](), _by_amount(free)
    for amount, theirs in _by_amount(rows).items():
        nths, places = list(theirs), list(ours.get(amount, ()))
        moments = [rows[nth].at for nth in nths], [free[place].at for place in places]
        pairs |= {nths[nth]: places[place] for nth, place in nearest_pairs(*moments, nearest).items()}
    made: list[Pairing] = [(rows[nth], (free[place],)) for nth, place in pairs.items()]
    return made, [row for nth, row in enumerate(rows) if nth not in pairs]


def _compare(row: BillRow, group: Sequence[Booked], terms: Terms) -> Iterator[Difference]:
    """What of a matched row does not agree; the first that explains the others is told alone."""
    currency = next((booked.currency for booked in group if booked.currency != row.currency), row.currency)
    if currency != row.currency:
        foreign = sum(booked.amount_minor for booked in group if booked.currency == currency)
        yield _differs("currency", row, group, "bill", foreign, row.amount_minor, currency)
        return
    if not all(_within(booked.at, terms) for booked in group):
        yield _differs("wrong_period", row, group, "bill", _sum(group), row.amount_minor)
    for side, of in (("orders", "order_minor"), ("ledger", "ledger_minor")):
        if any(getattr(booked, of) is None for booked in group):
            missing: Side = "orders" if side == "orders" else "ledger"
            yield _differs("missing", row, group, missing, 0, row.amount_minor)
    if abs(_sum(group) - row.amount_minor) > terms.tolerance_minor:
        yield _differs("amount", row, group, "bill", _sum(group), row.amount_minor)
    elif (ours := _in_ledger(group)) is not None and abs(ours - row.amount_minor) > terms.tolerance_minor:
        yield _differs("amount", row, group, "ledger", ours, row.amount_minor)
    fees = [booked.fee_minor for booked in group if booked.fee_minor is not None]
    if fees and row.fee_minor is not None and abs(sum(fees) - row.fee_minor) > terms.fee_tolerance_minor:
        yield _differs("fee", row, group, "bill", sum(fees), row.fee_minor)


def _differs(
    kind: DifferenceKind,
    row: BillRow | None,
    group: Sequence[Booked],
    side: Side,
    expected_minor: int,
    actual_minor: int,
    currency: str = "",
) -> Difference:
    """currency: of what we expected, where it is not the row's."""
    ids = tuple(sorted(booked.id for booked in group))
    number, name, money = (row.number, row.id, row.currency) if row else (group[0].number, "", group[0].currency)
    return Difference(kind, number, name, ids, side, expected_minor, actual_minor, currency or money, money)


def _unmatched(kind: DifferenceKind, row: BillRow) -> Difference:
    """A row that has nothing of ours."""
    return _differs(kind, row, (), "bill", 0, row.amount_minor)


def _sum(group: Sequence[Booked]) -> int:
    return sum(booked.amount_minor for booked in group)


def _in_ledger(group: Sequence[Booked]) -> int | None:
    """What the ledger says of all of them; None where it says nothing of one."""
    booked = [booked.ledger_minor for booked in group]
    return None if None in booked else sum(minor for minor in booked if minor is not None)


def _within(at: datetime, terms: Terms) -> bool:
    return terms.since <= at < terms.until
