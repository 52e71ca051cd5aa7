"""One party's part of a run: its lines read in order, paged, added up and stored, as far as one step may go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from functions.settlement.ledger.entries_table import Entries
from functions.settlement.runs.runs import Mode, Run
from functions.settlement.statements.statements import (
    Progress,
    Statement,
    make_statement,
    paged,
    statement_id_of,
)
from functions.settlement.statements.statements_table import Statements
from hub.kernel.dataclass import dataclass

DISAGREES = "an entry says otherwise"
"""In place of a hash: a statement with a line that its entry does not bear out is none."""


@dataclass(frozen=True)
class Settling:
    """A run in one of its modes. lines_left: how many lines may still be read in this step."""

    entries: Entries
    statements: Statements
    zone: ZoneInfo
    run: Run
    mode: Mode
    sends: bool
    now: datetime

    def settle(self, party: str, progress: Progress | None, lines_left: int) -> tuple[Statement | None, Progress]:
        """A party's statement, or None when there is more of it than this step may read; and how far it got. progress:
        how far an earlier step got, None at the beginning. A party without a line has a statement of none."""
        ends_at = self.run.period.ends(self.zone)
        statement_id = statement_id_of(self.run.id, party, ends_at)
        stored = self.statements.find(statement_id) if self.mode == "close" else None
        if stored:
            return stored, Progress(stored.lines)
        if progress is None:
            progress = self.statements.progress(statement_id) if self.mode == "close" else Progress()
        progress, done = self._take(party, statement_id, progress, lines_left)
        if not done:
            return None, progress
        carried = self.statements.carried(party, self.run.period.scope, self.run.period.name)
        made = make_statement(self.run.id, party, ends_at, progress, carried)
        return (self._store(made) if self.mode == "close" and made.lines else made), progress

    def _take(self, party: str, statement_id: str, progress: Progress, lines_left: int) -> tuple[Progress, bool]:
        """Read on in the party's bucket, page by page: how far that got, and whether it was all."""
        limit = progress.lines + lines_left
        pages = paged(self.entries.lines(self.run.id, party, progress.place), progress.lines + 1)
        for page in pages:
            progress = progress.with_page(page)
            if self.mode == "prove" and not self.entries.agree_with(page.lines):
                progress = replace(progress, chain=DISAGREES)
            if self.mode == "close":
                self.statements.store_page(statement_id, page, progress)
            if progress.lines >= limit:
                return progress, next(chain(pages, [None])) is None
        return progress, True

    def _store(self, made: Statement) -> Statement:
        if self.sends:
            made = replace(made, state="sent", sent_at=self.now)
        kind, _, name = made.party.partition(":")
        place = {"region": name if kind == "region" else self.run.period.scope}
        if kind in ("store", "dealer", "person"):
            place["person" if kind == "person" else "store"] = name
        return self.statements.store(made, place)
