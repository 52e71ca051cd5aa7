"""Lists of tickets: those within a scope, of one customer, or of one assignee, each read by its key (list_choice).

A customer's tickets are few, an assignee's may lie out of reach, and of what is open, or changed since, one may ask by
more than the key: those are looked at after reading, PAGES_LIMIT pages at most. Where tickets of before have no entries
yet (boards_table) their lists are read so, too: a page may be short, and says where the list goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from functions.tickets.tables import Items, Record
from functions.tickets.ticket.boards_table import DUE, Extent, of_state, of_team, of_type
from functions.tickets.ticket.list_choice import Choice, choose_list
from functions.tickets.ticket.ticket import Case, Ticket
from functions.tickets.ticket.tickets_table import ALL, CHANGED, OPEN, Pointer, day_of
from hub.contracts.tickets import TicketQuery
from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry
from hub.kernel.positions import Read, place_before, position_before, read_shown
from hub.kernel.regions import covers
from hub.store.lists import ListQuery, Within, read_list, read_soonest
from hub.store.table import Index

PAGES_LIMIT = 5
PAGE = 100
BY_CUSTOMER = Index("by_list", "list_pk", "list_sk")

Position = Mapping[str, Any]
Rows = tuple[Sequence[tuple[str, Case]], Position | None]


@dataclass(frozen=True)
class TicketLists:
    """The lists of one tenant, two seconds behind at most. extent: how far they reach: a walk from month to month ends
    there."""

    items: Items
    extent: Callable[[], Extent]

    def page(
        self,
        query: TicketQuery,
        within: Within,
        reaches: Callable[[Ticket], bool],
        now: datetime,
        position: Position | None,
    ) -> tuple[list[Case], Position | None]:
        """A page of tickets without their visits, and where the next one starts.

        within: the scope of whoever asks; reaches: whether a ticket lies in it. Raises Invalid for what no list answers
        and for a foreign position, Retry.
        """
        choice = choose_list(query)
        query = choice.query

        def is_near(case: Case) -> bool:
            return reaches(case.ticket)

        def is_asked(case: Case) -> bool:
            return _fits(query, case.ticket)

        name, read = self._wanted(query, choice, within, now)
        if query.customer or query.assignee or choice.looks:
            mark = "after" if choice.by == "due" else "before"
            return read_shown(
                name, read, is_near, is_asked, query.limit, position, size=PAGE, pages=PAGES_LIMIT, mark=mark
            )
        cases: list[Case] = []
        for _ in range(PAGES_LIMIT):
            rows, position = read(query.limit - len(cases), position)
            cases += [case for _, case in rows if is_near(case) and is_asked(case)]
            if position is None or len(cases) >= query.limit:
                break
        return cases, position

    def open_of(self, assignee: str, now: datetime) -> Iterator[str]:
        """The ids of the open tickets of one of us, the newest first."""
        position: Position | None = None
        while since := _since(self.extent()):
            scope = Within(people=(assignee,))
            page = read_list(
                self.items.table, ListQuery(self.items.tenant, OPEN, scope, now, PAGE, since, None, position)
            )
            yield from (Record(entry).read(Pointer).ticket_id for entry in page.items)
            position = page.position
            if position is None:
                return

    def _wanted(self, query: TicketQuery, choice: Choice, scope: Within, now: datetime) -> tuple[str, Read[Case]]:
        """The list's name and how it is read: a customer's, an assignee's, or what lies in the scope. Some of the first
        two may lie out of reach, and then nothing tells of them."""
        if query.customer:
            return _of_customer(query.customer), partial(self._customers, query.customer)
        scope = Within(people=(query.assignee,)) if query.assignee else scope
        extent = self.extent()
        name, since = _name(query, choice, extent), _since(extent)
        if since is None:
            return name, lambda _limit, _position: ([], None)
        wish = ListQuery(self.items.tenant, name, scope, now, PAGE, since)
        if choice.by == "due":
            return name, partial(self._listed, replace(wish, since=query.due_after, until=query.due_before))
        if query.updated_since is not None:
            wish = replace(wish, since=max(since, day_of(query.updated_since)))
        return name, partial(self._listed, wish)

    def _listed(self, wish: ListQuery, limit: int, position: Position | None) -> Rows:
        """Tickets, each with its place in this list."""
        read = read_soonest if wish.name == DUE else read_list
        page = read(self.items.table, replace(wish, limit=limit, position=position))
        places = [str(entry["l_at"]) for entry in page.items]
        if wish.name == ALL:
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
        """The ticket behind an entry of a list."""
        return self.items.key(f"ticket#{Record(entry).read(Pointer).ticket_id}"), "ticket"


def _name(query: TicketQuery, choice: Choice, extent: Extent) -> str:
    """The list's name; while tickets of before have no entries of their own, that of the list which has them too."""
    if choice.by == "due" and extent.month and not extent.is_keyed:
        raise Retry("tickets of before are being listed by when they are due")
    names = {"all": ALL, "changed": CHANGED, "due": DUE, "type": of_type(query.type), "team": of_team(query.team)}
    if choice.by == "state":
        names["state"] = OPEN if query.state == "open" else of_state(str(query.state))
    elsewhere = not extent.is_keyed and choice.by in ("state", "type", "team")
    return (OPEN if query.state == "open" else ALL) if elsewhere else names[choice.by]


def _since(extent: Extent) -> datetime | None:
    """From when on there are tickets, None where there are none."""
    return parse_rfc3339(f"{extent.month}-01T00:00:00Z") if extent.month else None


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
        and _is_due(query, ticket)
    )


def _is_due(query: TicketQuery, ticket: Ticket) -> bool:
    due_at = ticket.due_at
    return (query.due_after is None or (due_at is not None and due_at >= query.due_after)) and (
        query.due_before is None or (due_at is not None and due_at < query.due_before)
    )
