"""What a party earned in a span of time (收益): read from its buckets, live, with what is confirmed already."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from functions.settlement.ledger.entries_table import Entries
from functions.settlement.ledger.holds_table import Holds
from functions.settlement.ledger.lines import PartyLine
from functions.settlement.runs.runs_table import Runs
from functions.settlement.runs.spans import LONGEST_PERIOD, Span
from functions.settlement.statements.statements import statement_id_of
from hub.kernel.errors import Invalid, Problem

EARNINGS_LIMIT = 2000
"""Lines of one person and period in one answer."""


def awaited_lines(holds: Holds, zone: ZoneInfo, party: str, span: Span) -> list[PartyLine]:
    """A party's lines of a span that await acceptance; strongly consistent."""
    return [replace(line, held=True) for line in holds.lines(party) if span.covers(line.occurred_at, zone)]


def earned_lines(entries: Entries, runs: Runs, zone: ZoneInfo, party: str, span: Span) -> list[PartyLine]:
    """A party's lines of a span; strongly consistent. Those of a closed period name their statement. Raises Invalid
    when they are more than one answer holds."""
    run_ids = entries.buckets(party, span.first - LONGEST_PERIOD, span.until)
    known = runs.many(run_ids)
    lines: list[PartyLine] = []
    for run_id in run_ids:
        run = known[run_id]
        is_closed = run.state == "closed"
        statement_id = statement_id_of(run_id, party, run.period.ends(zone)) if is_closed else ""
        for _, line in entries.lines(run_id, party):
            if span.holds(line, run.period, zone):
                lines.append(replace(line, statement_id=statement_id))
            if len(lines) > EARNINGS_LIMIT:
                rule = f"has more than {EARNINGS_LIMIT} lines: ask for a shorter period"
                raise Invalid("period", problems=[Problem("query:period", rule)])
    return lines
