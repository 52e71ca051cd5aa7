"""Sub-books and the one table of headquarters (各算各账、总账一张表). Pure.

A line is in the book that it names (`book`), else in that of its store, else in headquarters'. What one book owes
another (a line with a `counterparty`) stands in both, and is eliminated where they are consolidated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from functions.settlement.ledger.ledger import Entry, Line
from hub.kernel.dataclass import dataclass

HQ = "hq"


@dataclass
class Sums:
    """Minor units by (account, currency). eliminated: what stood between books and cancels out."""

    accounts: dict[tuple[str, str], int] = field(default_factory=dict)
    eliminated: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, account: str, currency: str, minor: int, *, between: bool = False) -> None:
        """One line more."""
        sums = self.eliminated if between else self.accounts
        sums[account, currency] = sums.get((account, currency), 0) + minor


def book_of(line: Line) -> str:
    """Whose book a line is in."""
    return line.dims.get("book") or line.dims.get("store") or HQ


def books_of(entry: Entry) -> set[str]:
    """The books that an entry has lines in."""
    return {book_of(line) for line in entry.lines}


def book_sums(entries: Iterable[Entry], book: str) -> Sums:
    """One book: its lines alone, what it owes others and is owed included."""
    sums = Sums()
    for entry in entries:
        for line in entry.lines:
            if book_of(line) == book:
                sums.add(line.account, entry.currency, line.amount.amount_minor)
    return sums


def consolidated(entries: Iterable[Entry]) -> Sums:
    """All books as one: what stands between two of them is eliminated, and comes to nothing."""
    sums = Sums()
    for entry in entries:
        for line in entry.lines:
            sums.add(line.account, entry.currency, line.amount.amount_minor, between="counterparty" in line.dims)
    return sums


def total(sums: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """By currency."""
    totals: dict[str, int] = {}
    for (_, currency), minor in sums.items():
        totals[currency] = totals.get(currency, 0) + minor
    return totals
