"""Statements in the table, and which lines are still without one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from functions.settlement.ledger.entries_table import line_of
from functions.settlement.ledger.lines import PartyLine
from functions.settlement.statements.statements import (
    LINES_LIMIT,
    Statement,
    statement_document,
    statement_from_document,
)
from functions.settlement.tables import DueItem, LineItem, PartyItem, StatementItem
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Broken, Conflict, NotFound, Retry
from hub.store.model import saving
from hub.store.paging import Position, read_page
from hub.store.sharded import read_sharded, shard_pk


class Statements:
    """Statements, and which lines are still without one."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def parties_after(self, cursor: str, limit: int) -> list[str]:
        """Parties in alphabetical order, those after `cursor`; strongly consistent."""
        start = {"list": "parties", "after": cursor} if cursor else None
        items, _ = read_sharded(
            PartyItem.query, PartyItem.sk, self._tenant, "parties", limit=limit, start=start, consistent_read=True
        )
        return [item.sk for item in items]

    def due_lines(self, party: str, cut_off: datetime) -> list[PartyLine]:
        """The party's lines booked up to the cut-off that are in no statement, LINES_LIMIT at most; strongly
        consistent. Hints to lines that are settled are cleared on the way."""
        until = DueItem.sk < f"{rfc3339(cut_off)}$"  # "$" follows "#": the cut-off itself is included
        due: list[PartyLine] = []
        with saving(party=party):
            query = DueItem.query(f"{self._tenant}#due#{party}", until, page_size=LINES_LIMIT, consistent_read=True)
            while len(due) < LINES_LIMIT and (hints := list(islice(query, LINES_LIMIT))):
                due += self._unsettled(party, hints)
        return due[:LINES_LIMIT]

    def _unsettled(self, party: str, hints: Sequence[DueItem]) -> list[PartyLine]:
        """The lines that these hints lead to and that are in no statement; hints to others are cleared."""
        keys = [(f"{self._tenant}#party#{party}", hint.line_sk) for hint in hints]
        items = {item.sk: item for item in LineItem.batch_get(keys, consistent_read=True)}
        for hint in hints:
            if hint.line_sk in items and items[hint.line_sk].statement_id:
                self._clear(hint)
        return [line_of(item, party) for item in items.values() if not item.statement_id]

    def find(self, party: str, statement_id: str) -> Statement | None:
        """A party's statement, or None; strongly consistent."""
        try:
            with saving():
                item = StatementItem.get(
                    f"{self._tenant}#party#{party}", f"statement#{statement_id}", consistent_read=True
                )
        except NotFound:
            return None
        return statement_from_document(item.document)

    def store(self, statement: Statement) -> Statement:
        """Store a statement, once: answers the one that is stored, which may be an earlier attempt's."""
        item = StatementItem(
            f"{self._tenant}#party#{statement.party}",
            f"statement#{statement.id}",
            document=statement_document(statement),
            list_pk=shard_pk(self._tenant, "statements", statement.id),
            list_sk=statement.id,
        )
        if item.create_if_absent():
            return statement
        return self.find(statement.party, statement.id) or statement

    def settle(self, statement: Statement) -> None:
        """Mark the statement's lines as settled by it, and clear their hints; again changes nothing. Raises Retry
        when another worker marks the same line, Broken should a line ever be in another statement."""
        for line in statement.lines:
            sk = f"line#{rfc3339(line.occurred_at)}#{line.entry_id}"
            try:
                self._mark(line.party, sk, statement.id)
            except Conflict:
                raise Retry("another worker marks this line", statement=statement.id) from None
            due_sk = f"{rfc3339(line.booked_at)}#{line.entry_id}"
            self._clear(DueItem(f"{self._tenant}#due#{line.party}", due_sk))

    def _mark(self, party: str, sk: str, statement_id: str) -> None:
        with saving(statement=statement_id):
            item = LineItem.get(f"{self._tenant}#party#{party}", sk, consistent_read=True)
            if item.statement_id not in (None, statement_id):
                raise Broken("a line in two statements", line=sk, first=item.statement_id, second=statement_id)
            if item.statement_id is None:
                item.statement_id = statement_id
                item.save()

    def get(self, statement_id: str) -> Statement:
        """A statement by its id alone; may be two seconds behind. Raises NotFound."""
        pages = StatementItem.by_list.query(
            shard_pk(self._tenant, "statements", statement_id), StatementItem.list_sk == statement_id, limit=1
        )
        with saving():
            for item in pages:
                return statement_from_document(item.document)
        raise NotFound("no such statement", statement=statement_id)

    def page(self, prefix: str, limit: int, start: Position | None) -> tuple[list[Statement], Position | None]:
        """Statements whose id begins with `prefix`, the latest first; may be two seconds behind."""
        query, by = StatementItem.by_list.query, StatementItem.list_sk
        items, position = read_sharded(
            query, by, self._tenant, "statements", limit=limit, start=start, prefix=prefix, newest_first=True
        )
        return [statement_from_document(item.document) for item in items], position

    def page_of_party(
        self, party: str, prefix: str, limit: int, start: Position | None
    ) -> tuple[list[Statement], Position | None]:
        """A party's statements, the latest first."""
        condition = StatementItem.sk.startswith(f"statement#{prefix}")
        query, pk = StatementItem.query, f"{self._tenant}#party#{party}"
        items, position = read_page(query, pk, condition, limit=limit, start=start, scan_index_forward=False)
        return [statement_from_document(item.document) for item in items], position

    @staticmethod
    def _clear(hint: DueItem) -> None:
        with saving():
            hint.delete(add_version_condition=False)
