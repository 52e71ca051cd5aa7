"""Statements in the table: heads, pages of lines, disputes, and what a party carries on to its next statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from functions.settlement.ledger.lines import PartyLine
from functions.settlement.statements.disputes import Dispute, dispute_document, dispute_from_document
from functions.settlement.statements.statements import (
    Progress,
    Statement,
    StatementPage,
    head_document,
    head_from_document,
    page_lines,
)
from functions.settlement.tables import SPREAD, party_pk, statement_pk
from hub.kernel.errors import NotFound, Retry
from hub.store.lists import ListQuery, Within, list_keys, read_list, spread_out
from hub.store.paging import Position
from hub.store.table import NEW, Item, Lost, Put, Table

LIST = "statements"
LONGEST = timedelta(days=31)
DISPUTES_LIMIT = 500
"""Lines of one statement that may be disputed."""


class Statements:
    """The statements of a tenant."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    # Made by a run.

    def store_page(self, statement_id: str, page: StatementPage, progress: Progress) -> None:
        """Write a page, and what the statement has come to with it; again writes the same."""
        self._table.put(
            {
                "pk": statement_pk(self._tenant, statement_id),
                "sk": _page_sk(page.first),
                "schema": 1,
                "document": page.text(),
                "first": page.first,
                "progress": progress.document(),
            }
        )

    def progress(self, statement_id: str) -> Progress:
        """How far the pages of a statement are written; strongly consistent."""
        pk = statement_pk(self._tenant, statement_id)
        page = self._table.query(pk, sk_prefix="page#", limit=1, newest_first=True, consistent=True)
        return Progress.of(page.items[0]["progress"]) if page.items else Progress()

    def carried(self, party: str, scope: str, before: str) -> dict[str, int]:
        """What a party owes from its last statement of a scope before the period of that name, by currency."""
        name = f"statement#{scope}."
        page = self._table.query(
            party_pk(self._tenant, party),
            sk_between=(name, f"{name}{before}"),
            newest_first=True,
            limit=1,
            consistent=True,
        )
        earlier = [item for item in page.items if item["sk"] != f"{name}{before}"]
        return {currency: int(minor) for currency, minor in earlier[0]["carried_out"].items()} if earlier else {}

    def store(self, statement: Statement, place: Mapping[str, str]) -> Statement:
        """Store a head, once, and have its party know of it. Answers what is stored. place: region, store and person,
        where they are known, under which it is listed."""
        head = self._head_item(statement, place)
        pointer = {
            "pk": party_pk(self._tenant, statement.party),
            "sk": f"statement#{statement.run_id}",
            "schema": 1,
            "statement_id": statement.id,
            "carried_out": dict(statement.carried_out),
        }
        try:
            self._table.transact(Put(head, NEW), Put(pointer))
        except Lost:
            return self.get(statement.id)
        return statement

    # Read.

    def find(self, statement_id: str) -> Statement | None:
        """A statement's head, or None; strongly consistent."""
        item = self._table.get((statement_pk(self._tenant, statement_id), "head"))
        return head_from_document(item["head"]) if item else None

    def get(self, statement_id: str) -> Statement:
        """A statement's head; strongly consistent. Raises NotFound."""
        statement = self.find(statement_id)
        if statement is None:
            raise NotFound("no such statement", statement=statement_id)
        return statement

    def heads(self, statement_ids: Sequence[str]) -> list[Statement]:
        """The heads of these that there are, in this order."""
        keys = [(statement_pk(self._tenant, statement_id), "head") for statement_id in statement_ids]
        return [head_from_document(item["head"]) for item in self._table.get_many(keys)]

    def page(
        self, within: Within, now: datetime, limit: int, position: Position | None, since: datetime
    ) -> tuple[list[Statement], Position | None]:
        """Heads within a scope, the latest period first; may be two seconds behind. since: no statement is older."""
        until = now + LONGEST  # a batch is listed as of its month's end, which may lie ahead
        query = ListQuery(self._tenant, LIST, within, until, limit, since, None, position, spread=SPREAD)
        listed = read_list(self._table, query)
        return [head_from_document(item["head"]) for item in listed.items], listed.position

    def of_party(self, party: str, limit: int, before: str) -> tuple[list[Statement], str]:
        """A party's heads, the latest first, and behind which sort key the next ones are, "" at the end."""
        page = self._table.query(
            party_pk(self._tenant, party),
            sk_between=("statement#", before or "statement#~"),
            newest_first=True,
            limit=limit + 2,
            consistent=True,
        )
        rows = [item for item in page.items if item["sk"] != before]
        heads = self.heads([item["statement_id"] for item in rows[:limit]])
        return heads, rows[limit - 1]["sk"] if len(rows) > limit else ""

    def lines_from(self, statement: Statement, first: int) -> tuple[int, tuple[PartyLine, ...]]:
        """The page that holds the line of this number: the number of its first line, and its lines. Raises NotFound
        for a number that the statement has not."""
        if not 1 <= first <= statement.lines:
            raise NotFound("no such line", statement=statement.id, line=str(first))
        page = self._table.query(
            statement_pk(self._tenant, statement.id),
            sk_between=(_page_sk(1), _page_sk(first)),
            newest_first=True,
            limit=1,
            consistent=True,
        )
        (item,) = page.items
        return int(item["first"]), page_lines(item["document"], statement.party, statement.id)

    def every_line(self, statement: Statement, first: int, limit: int) -> Iterator[PartyLine]:
        """Lines of a statement from a number on, page by page. Raises NotFound for a number that it has not."""
        until = min(statement.lines + 1, first + limit)
        while True:
            start, lines = self.lines_from(statement, first)
            yield from lines[first - start : until - start]
            first = start + len(lines)
            if first >= until:
                return

    # What becomes of it.

    def change(self, seen: Statement, changed: Statement, *disputes: Dispute) -> Statement:
        """Write what has become of a statement, and of its lines, if it is as it was seen. Raises Retry."""
        newer = replace(changed, version=seen.version + 1)
        pk = statement_pk(self._tenant, seen.id)
        item = self._table.get((pk, "head"), consistent=True) or {}
        head = {**item, "head": head_document(newer), "version": newer.version, "state": newer.state}
        writes = [Put(head, "version = :seen", {":seen": seen.version})]
        writes += [
            Put({"pk": pk, "sk": _dispute_sk(dispute.line), "schema": 1, "dispute": dispute_document(dispute)})
            for dispute in disputes
        ]
        try:
            self._table.transact(*writes, made=seen.id)
        except Lost:
            raise Retry("the statement is being changed", statement=seen.id) from None
        return newer

    def disputes(self, statement_id: str) -> list[Dispute]:
        """The lines of a statement that were disputed, in their order."""
        pk = statement_pk(self._tenant, statement_id)
        items = self._table.query_all(pk, sk_prefix="dispute#", limit=DISPUTES_LIMIT, consistent=True)
        return [dispute_from_document(item["dispute"]) for item in items]

    def dispute(self, statement_id: str, line: int) -> Dispute | None:
        """What was said of a line, or None."""
        item = self._table.get((statement_pk(self._tenant, statement_id), _dispute_sk(line)))
        return dispute_from_document(item["dispute"]) if item else None

    def _head_item(self, statement: Statement, place: Mapping[str, str]) -> Item:
        keys = list_keys(self._tenant, LIST, statement.id, statement.ends_at, **place)
        return {
            "pk": statement_pk(self._tenant, statement.id),
            "sk": "head",
            "schema": 1,
            "version": statement.version,
            "state": statement.state,
            "head": head_document(statement),
            **spread_out(keys, statement.id, SPREAD),
        }


def _page_sk(first: int) -> str:
    return f"page#{first:09}"


def _dispute_sk(line: int) -> str:
    return f"dispute#{line:09}"
