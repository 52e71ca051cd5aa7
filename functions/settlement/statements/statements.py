"""Statements (结算单): what a run confirms to one party, with every line that makes it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from functions.settlement.ledger.lines import PartyLine, line_document, line_from_document, totals_of
from functions.settlement.runs.periods import Run, statement_id_of
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.frozen import dataclass
from hub.kernel.money import Money

SCHEMA = 1
LINES_LIMIT = 200
"""Lines of one statement: an item of the store holds 400 KB, a line up to 1.6; a party with more gets a
statement of several parts."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A run's totals for one party, with every line that makes them. Immutable once stored."""

    id: str
    run_id: str
    party: str
    cut_off: datetime
    created_at: datetime
    lines: tuple[PartyLine, ...]

    def totals(self) -> tuple[Money, ...]:
        """One total a currency, in alphabetical order, added up from the lines."""
        return totals_of(self.lines)


def make_statement(run: Run, party: str, part: int, due: Iterable[PartyLine], now: datetime) -> Statement:
    """The run's statement for a party out of the lines that are due, in canonical order, LINES_LIMIT at
    most."""
    statement_id = statement_id_of(run, party, part)
    lines = sorted(due, key=lambda line: line.order)[:LINES_LIMIT]
    settled = tuple(replace(line, statement_id=statement_id) for line in lines)
    return Statement(statement_id, run.id, party, run.cut_off, now, settled)


def statement_document(statement: Statement) -> str:
    """A statement as canonical JSON, for the store."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "id": statement.id,
            "run_id": statement.run_id,
            "party": statement.party,
            "cut_off": rfc3339(statement.cut_off),
            "created_at": rfc3339(statement.created_at),
            "lines": [line_document(line) for line in statement.lines],
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def statement_from_document(document: str) -> Statement:
    """What `statement_document` wrote."""
    raw = json.loads(document)
    lines = tuple(line_from_document(line, raw["party"], raw["id"]) for line in raw["lines"])
    moments = parse_rfc3339(raw["cut_off"]), parse_rfc3339(raw["created_at"])
    return Statement(raw["id"], raw["run_id"], raw["party"], *moments, lines)
