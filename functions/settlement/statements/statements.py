"""Statements (结算单): what a run confirms to one party: a head with totals and hash, and pages of lines. Pure.

A statement's content never changes: its lines are those of a bucket that is sealed, in canonical order, and its hash is
over them and what it carries over. What becomes of it (sent, approved, a line disputed) stands in its head beside that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from functions.settlement.ledger.lines import PartyLine, line_document, line_from_document
from functions.settlement.runs.runs import chained, summed
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict
from hub.kernel.ids import derived_id

PAGE_BYTES = 90_000
"""A page of lines is below this, if it has more than one."""
State = Literal["draft", "sent", "approved", "disputed"]


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Lines of a statement, from the line of number `first` (from 1) on. places: of the first and the last in their
    bucket."""

    first: int
    lines: tuple[PartyLine, ...]
    places: tuple[str, str]

    def text(self) -> str:
        """The lines as canonical JSON: what is stored and hashed."""
        return _canonical([line_document(line) for line in self.lines])


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the lines of a statement are progress: what they come to so far. place: of the last one in its bucket.
    chain: the hash of the pages, each with those before it."""

    lines: int = 0
    totals: Mapping[str, int] = field(default_factory=dict)
    chain: str = ""
    place: str = ""

    def with_page(self, page: StatementPage) -> Progress:
        """After one page more."""
        totals = summed([self.totals, *({line.amount.currency: line.amount.amount_minor} for line in page.lines)])
        digest = sha256(page.text().encode()).hexdigest()
        return Progress(self.lines + len(page.lines), totals, chained(self.chain, digest), page.places[1])

    def document(self) -> dict[str, Any]:
        """As plain values, for the store and the machine."""
        return {"lines": self.lines, "totals": dict(self.totals), "chain": self.chain, "place": self.place}

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Progress:
        """What `document` wrote."""
        totals = {currency: int(minor) for currency, minor in raw["totals"].items()}
        return cls(int(raw["lines"]), totals, raw["chain"], raw["place"])


@dataclass(frozen=True, slots=True)
class Statement:
    """The head of a statement. Amounts are minor units by currency: total of its lines; carried_in, what the party owed
    from before (never positive); payout, what is to be paid (never negative); carried_out, what it owes on."""

    id: str
    run_id: str
    party: str
    ends_at: datetime
    lines: int
    totals: Mapping[str, int]
    carried_in: Mapping[str, int]
    payout: Mapping[str, int]
    carried_out: Mapping[str, int]
    hash: str
    state: State = "draft"
    frozen: Mapping[str, int] = field(default_factory=dict)
    disputes: int = 0
    memo: str = ""
    sent_at: datetime | None = None
    approved_at: datetime | None = None
    approved_by: str = ""
    version: int = 0

    def payable(self) -> dict[str, int]:
        """What may be paid now: the payout without what is disputed."""
        return {
            currency: max(0, minor - max(0, self.frozen.get(currency, 0))) for currency, minor in self.payout.items()
        }

    def require(self, *states: State) -> None:
        """Raises Conflict, saying which state it is in, unless it is in one of these."""
        if self.state not in states:
            raise Conflict("the statement is not in a state for this", statement=self.id, state=self.state)


def statement_id_of(run_id: str, party: str, ends_at: datetime) -> str:
    """`stl_…`, the same for the same run and party: making it again changes nothing."""
    return derived_id("stl", ends_at, run_id, party)


def paged(lines: Iterable[tuple[str, PartyLine]], first: int = 1) -> Iterator[StatementPage]:
    """Placed lines in pages, as many in each as it may hold; the same lines always make the same pages. first: the
    number of the first line."""
    held: list[PartyLine] = []
    places: list[str] = []
    size = 0
    for place, line in lines:
        line_bytes = len(_canonical(line_document(line)).encode()) + 1
        if held and size + line_bytes > PAGE_BYTES:
            yield StatementPage(first, tuple(held), (places[0], places[-1]))
            first, held, places, size = first + len(held), [], [], 0
        held.append(line)
        places.append(place)
        size += line_bytes
    if held:
        yield StatementPage(first, tuple(held), (places[0], places[-1]))


def make_statement(
    run_id: str, party: str, ends_at: datetime, progress: Progress, carried_in: Mapping[str, int]
) -> Statement:
    """The statement of these lines. carried_in: what the party owes from its last statement, by currency."""
    totals = summed([progress.totals])
    owed = {currency: minor for currency, minor in carried_in.items() if minor}
    due = summed([totals, owed])
    content = {"run": run_id, "party": party, "lines": progress.lines, "totals": totals, "carried_in": owed}
    return Statement(
        id=statement_id_of(run_id, party, ends_at),
        run_id=run_id,
        party=party,
        ends_at=ends_at,
        lines=progress.lines,
        totals=totals,
        carried_in=owed,
        payout={currency: max(0, minor) for currency, minor in due.items()},
        carried_out={currency: minor for currency, minor in due.items() if minor < 0},
        hash=chained(progress.chain, _canonical(content)),
    )


def page_lines(text: str, party: str, statement_id: str) -> tuple[PartyLine, ...]:
    """The lines of a stored page."""
    return tuple(line_from_document(raw, party, statement_id) for raw in json.loads(text))


def head_document(statement: Statement) -> dict[str, Any]:
    """The head as plain values, for the store."""
    moments = {"ends_at": statement.ends_at, "sent_at": statement.sent_at, "approved_at": statement.approved_at}
    names = ("id", "run_id", "party", "lines", "hash", "state", "disputes", "memo", "approved_by", "version")
    amounts = ("totals", "carried_in", "payout", "carried_out", "frozen")
    return (
        {name: getattr(statement, name) for name in names}
        | {name: dict(getattr(statement, name)) for name in amounts}
        | {name: rfc3339(moment) for name, moment in moments.items() if moment}
    )


def head_from_document(raw: Mapping[str, Any]) -> Statement:
    """What `head_document` wrote."""
    names = ("id", "run_id", "party", "hash", "state", "memo", "approved_by")
    counts = ("lines", "disputes", "version")
    amounts = ("totals", "carried_in", "payout", "carried_out", "frozen")
    moments = ("ends_at", "sent_at", "approved_at")
    values: dict[str, Any] = {name: raw[name] for name in names}
    values |= {name: int(raw[name]) for name in counts}
    values |= {name: {currency: int(minor) for currency, minor in raw[name].items()} for name in amounts}
    values |= {name: parse_rfc3339(raw[name]) for name in moments if raw.get(name)}
    return Statement(**values)


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
