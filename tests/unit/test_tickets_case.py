"""A case is one query: what it saw of a transaction half is read again, and tickets from before are read as before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.tickets.tables import RACES_LIMIT, Items
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, Visit
from functions.tickets.ticket.tickets_table import TicketTable
from hub.kernel.errors import Retry
from hub.store.table import Key, Page
from tests.support.memory_table import MemoryTable

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TICKET = Ticket(id="tkt_1", type="repair", priority="urgent", customer_id="cus_1", region="base", title_zh="维修",
                title_en="Repair", opened_at=AT)  # fmt: skip
VISIT = Visit(id="vis_1", ticket_id="tkt_1", node="accept", kind="human", number=1, run=1, entered_at=AT)
PK = "demo#ticket#tkt_1"


class Torn(MemoryTable):
    """Of the next queries some items are as they were before."""

    def __init__(self) -> None:
        super().__init__()
        self.queries = 0
        self.stale: list[dict[Key, Mapping[str, Any] | None]] = []

    def query(self, pk: str, **options: Any) -> Page:
        self.queries += 1
        page = super().query(pk, **options)
        stale = self.stale.pop(0) if self.stale else {}
        seen = [stale.get((item["pk"], item["sk"]), item) for item in page.items]
        return Page([dict(item) for item in seen if item is not None], page.start)


def room(table: MemoryTable) -> TicketTable:
    items = Items(table, "demo")  # type: ignore[arg-type]
    return TicketTable(items, lambda _case: None, lambda _before, after, _at: after.ticket)


def opened(table: MemoryTable) -> TicketTable:
    """A ticket of one visit, which was changed once."""
    tickets = room(table)
    tickets.create(TICKET, [Note("opened", "amy")], AT)
    tickets.change("tkt_1", AT, lambda case: Move(case.ticket, (Note("entered", "amy"),), (VISIT,)))
    return tickets


def leave(case: Case) -> Move:
    ended = case.visits["vis_1"].but(outcome="done", edge="done", actor="li", left_at=AT)
    return Move(case.ticket, (Note("completed", "li"),), (ended,))


def test_a_case_is_one_query() -> None:
    """The ticket, its visits and rungs, however long its trail is."""
    table = Torn()
    tickets = opened(table)
    for _ in range(30):
        tickets.change("tkt_1", AT, lambda case: Move(case.ticket, (Note("comment", "amy"),)))
    table.queries = 0
    case = tickets.case("tkt_1")
    assert (case.version, case.visits["vis_1"], table.queries) == (32, VISIT, 1)
    assert len(tickets.trail(case.ticket)) == 32


@pytest.mark.parametrize("missing", [("visit#vis_1",), ("ticket",), ("visit#vis_1", "ticket")])
def test_what_was_seen_half_is_read_again_or_cannot_be_written(missing: tuple[str, ...]) -> None:
    """A visit as it was before under the new ticket is not taken for the truth; an old ticket loses its write, and the
    next try sees all."""
    table = Torn()
    tickets = opened(table)
    before = {key: dict(item) for key, item in table.items.items()}
    tickets.change("tkt_1", AT, leave)
    table.stale = [{(PK, sk): before[PK, sk] for sk in missing}]
    case = tickets.change("tkt_1", AT, lambda case: Move(case.ticket, (Note("comment", "amy"),)))
    assert (case.visits["vis_1"].outcome, case.version, len(tickets.trail(case.ticket))) == ("done", 4, 4)


def test_what_never_sums_up_is_busy() -> None:
    """The reads are bounded."""
    table = Torn()
    tickets = opened(table)
    table.stale = [{(PK, "visit#vis_1"): None}] * RACES_LIMIT
    with pytest.raises(Retry):
        tickets.case("tkt_1")
    assert tickets.case("tkt_1").visits == {"vis_1": VISIT}


def test_a_ticket_from_before_is_read_and_goes_on_as_before() -> None:
    """No sum, and its trail before its visits: what is written of it then lies where it did."""
    table = Torn()
    tickets = opened(table)
    for key in [key for key in table.items if key[1].startswith("~trail#")]:
        table.put({**table.items.pop(key), "sk": key[1].removeprefix("~")})
    table.put({name: value for name, value in table.items[PK, "ticket"].items() if name != "parts"})
    case = tickets.change("tkt_1", AT, leave)
    assert (case.visits["vis_1"].outcome, case.parts) == ("done", None)
    assert sorted(sk for _, sk in table.items if "trail#" in sk) == [f"trail#{n:06d}" for n in (1, 2, 3)]
    assert [entry.what for entry in tickets.trail(case.ticket)] == ["opened", "entered", "completed"]
    assert replace(case, version=3) == tickets.case("tkt_1")
