"""Lists of tickets: those within a scope, of one customer, or of one assignee, newest first, each read by its key.

What is asked beside that (a state, an entry; of one person's or customer's, whether it is within reach) is looked at
after reading, PAGES_LIMIT pages at most: a page may be short, and says where the list goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.tickets.tables import Items, Record
from functions.tickets.ticket.ticket import Case, Ticket
from functions.tickets.ticket.tickets_table import ALL, OPEN, Pointer
from hub.contracts.tickets import TicketQuery
from hub.kernel.clock import parse_rfc3339
from hub.kernel.positions import place_before, position_before
from hub.store.lists import ListQuery, Within, read_list
from hub.store.table import Index

PAGES_LIMIT = 5
PAGE = 100
BY_CUSTOMER = Index("by_list", "list_pk", "list_sk")

Position = dict[str, Any]
Rows = tuple[list[dict[str, Any]], Position | None]


@dataclass(frozen=True)
class TicketLists:
    """The lists of one tenant, two seconds behind at most. oldest_month: of any ticket, "" where there is none: a walk
    from month to month ends there."""

    items: Items
    oldest_month: Callable[[], str]

    def page(
        self,
        query: TicketQuery,
        within: Within,
        reaches: Callable[[Ticket], bool],
        now: datetime,
        position: Position | None,
    ) -> tuple[list[Case], Position | None]:
        """A page of tickets without their visits, and where the next one starts.

        within: the scope of whoever asks; reaches: whether a ticket lies in it. Raises Invalid for a foreign position.
        """
        cases: list[Case] = []
        for _ in range(PAGES_LIMIT):
            items, position = self._rows(query, within, now, query.limit - len(cases), position)
            cases += [case for case in map(_case, items) if _fits(query, case.ticket) and reaches(case.ticket)]
            if position is None or len(cases) >= query.limit:
                break
        return cases, position

    def open_of(self, assignee: str, now: datetime) -> Iterator[str]:
        """The ids of the open tickets of one of us, the newest first."""
        position: Position | None = None
        while since := self._since():
            scope = Within(people=(assignee,))
            page = read_list(
                self.items.table, ListQuery(self.items.tenant, OPEN, scope, now, PAGE, since, None, position)
            )
            yield from (Record(entry).read(Pointer).ticket_id for entry in page.items)
            position = page.position
            if position is None:
                return

    def _since(self) -> datetime | None:
        """From when on there are tickets, None where there are none."""
        month = self.oldest_month()
        return parse_rfc3339(f"{month}-01T00:00:00Z") if month else None

    def _rows(self, query: TicketQuery, within: Within, now: datetime, limit: int, position: Position | None) -> Rows:
        if query.customer:
            return self._of_customer(query.customer, limit, position)
        scope = Within(people=(query.assignee,)) if query.assignee else within
        name = OPEN if query.state == "open" else ALL
        since = self._since()
        if since is None:
            return [], None
        page = read_list(self.items.table, ListQuery(self.items.tenant, name, scope, now, limit, since, None, position))
        return (self._tickets(page.items) if name == OPEN else page.items), page.position

    def _of_customer(self, customer_id: str, limit: int, position: Position | None) -> Rows:
        name = f"customer/{customer_id}"
        page = self.items.table.query(
            self.items.key(f"customer#{customer_id}"),
            index=BY_CUSTOMER,
            sk_before=place_before(name, position) or "~",
            newest_first=True,
            limit=limit,
        )
        last = str(page.items[-1]["list_sk"]) if page.start and page.items else ""
        return page.items, position_before(name, last)

    def _tickets(self, entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The tickets behind entries of the list of open ones."""
        ids = (Record(entry).read(Pointer).ticket_id for entry in entries)
        return self.items.table.get_many((self.items.key(f"ticket#{ticket_id}"), "ticket") for ticket_id in ids)


def _case(item: Mapping[str, Any]) -> Case:
    record = Record(item)
    return Case(record.read(Ticket), version=record.version)


def _fits(query: TicketQuery, ticket: Ticket) -> bool:
    """Whether the ticket is what was asked for, as it is now."""
    facts = {"state": query.state, "customer_id": query.customer, "assignee": query.assignee}
    return all(getattr(ticket, name) == value for name, value in facts.items() if value) and (
        not query.entry or query.entry in ticket.entries
    )
