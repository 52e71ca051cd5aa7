"""Lists of tickets: those within a scope, of one customer, or of one assignee, newest first, each read by its key; of
`updated_since` those that changed since, by the day of their last change.

What is asked beside that (a state, a type, a team, an entry; of one person's or customer's, whether it is within reach)
is looked at after reading, PAGES_LIMIT pages at most: a page may be short, and says where the list goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from functions.tickets.tables import Items, Record
from functions.tickets.ticket.ticket import Case, Ticket
from functions.tickets.ticket.tickets_table import ALL, CHANGED, OPEN, Pointer, day_of
from hub.contracts.tickets import TicketQuery
from hub.kernel.clock import parse_rfc3339
from hub.kernel.frozen import dataclass
from hub.kernel.positions import Read, place_before, position_before, read_shown
from hub.kernel.regions import covers
from hub.store.lists import ListQuery, Within, read_list
from hub.store.table import Index

PAGES_LIMIT = 5
PAGE = 100
BY_CUSTOMER = Index("by_list", "list_pk", "list_sk")

Position = Mapping[str, Any]
Rows = tuple[Sequence[tuple[str, Case]], Position | None]


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

        def is_near(case: Case) -> bool:
            return reaches(case.ticket)

        def is_asked(case: Case) -> bool:
            return _fits(query, case.ticket)

        if query.customer or query.assignee:  # some of theirs may be out of reach, and then nothing tells of them
            name, read = self._theirs(query, now)
            return read_shown(name, read, is_near, is_asked, query.limit, position, size=PAGE, pages=PAGES_LIMIT)
        cases: list[Case] = []
        for _ in range(PAGES_LIMIT):
            count = query.limit - len(cases)
            rows, position = self._listed(_name(query), within, now, count, position, query.updated_since)
            cases += [case for _, case in rows if is_near(case) and is_asked(case)]
            if position is None or len(cases) >= query.limit:
                break
        return cases, position

    def _theirs(self, query: TicketQuery, now: datetime) -> tuple[str, Read[Case]]:
        """The list of a customer's or an assignee's, and how it is read."""
        if query.customer:
            return _of_customer(query.customer), partial(self._customers, query.customer)
        listed = partial(self._listed, _name(query), Within(people=(query.assignee,)), now)
        return _name(query), partial(listed, changed_since=query.updated_since)

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

    def _listed(
        self,
        name: str,
        scope: Within,
        now: datetime,
        limit: int,
        position: Position | None,
        changed_since: datetime | None = None,
    ) -> Rows:
        since = self._since()
        if since is None:
            return [], None
        if changed_since is not None and name == CHANGED:
            since = max(since, day_of(changed_since))
        page = read_list(self.items.table, ListQuery(self.items.tenant, name, scope, now, limit, since, None, position))
        places = [str(entry["l_at"]) for entry in page.items]
        if name == ALL:
            return [*zip(places, map(_case, page.items), strict=True)], page.position
        keys = [self._key_behind(entry) for entry in page.items]
        tickets = {(item["pk"], item["sk"]): _case(item) for item in self.items.table.get_many(keys)}
        return [(place, tickets[key]) for place, key in zip(places, keys, strict=True) if key in tickets], page.position

    def _customers(self, customer_id: str, limit: int, position: Position | None) -> Rows:
        name = _of_customer(customer_id)
        page = self.items.table.query(
            self.items.key(f"customer#{customer_id}"),
            index=BY_CUSTOMER,
            sk_before=place_before(name, position) or "~",
            newest_first=True,
            limit=limit,
        )
        rows = [(str(item["list_sk"]), _case(item)) for item in page.items]
        return rows, position_before(name, rows[-1][0] if page.start and rows else "")

    def _key_behind(self, entry: Mapping[str, Any]) -> tuple[str, str]:
        """The ticket behind an entry of the list of open ones."""
        return self.items.key(f"ticket#{Record(entry).read(Pointer).ticket_id}"), "ticket"


def _name(query: TicketQuery) -> str:
    if query.updated_since is not None and not query.customer:
        return CHANGED
    return OPEN if query.state == "open" else ALL


def _of_customer(customer_id: str) -> str:
    return f"customer/{customer_id}"


def _case(item: Mapping[str, Any]) -> Case:
    record = Record(item)
    return Case(record.read(Ticket), version=record.version)


def _fits(query: TicketQuery, ticket: Ticket) -> bool:
    """Whether the ticket is what was asked for, as it is now."""
    facts = {
        "state": query.state,
        "customer_id": query.customer,
        "assignee": query.assignee,
        "type": query.type,
        "team": query.team,
    }
    return (
        all(getattr(ticket, name) == value for name, value in facts.items() if value)
        and (not query.entry or query.entry in ticket.entries)
        and (not query.region or covers(query.region, ticket.region))
        and (query.updated_since is None or (ticket.changed_at or ticket.opened_at) >= query.updated_since)
    )
