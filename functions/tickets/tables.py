"""The room's table. Everything that changes a ticket is one transaction on the ticket's version.

Keys (each pk begins with the tenant):
    …#ticket#<id>       ticket · visit#<id> · rung#<name> · trail#<seq>     a ticket and all that belongs to it
    …#open              ticket#<id>             every open ticket, for the sweep
    …#thread#<customer>#<topic>   thread        …#message#<id>   message        …#link#<token>   link
    …#people            person#<id>             …#rosters        team#<team>    …#load           person#<id>
    …#flow#<key>        current · v#000001
Lists come from `by_list` (`…#tickets`, by opening time), two seconds behind at most; what decides is read consistently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any, Self, TypeVar

from pynamodb.attributes import MapAttribute, NumberAttribute
from pynamodb.connection import Connection
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from functions.tickets.intake.intake import TOPIC
from functions.tickets.ticket.ticket import Case, Move, Note, Rung, Stored, Thread, Ticket, Visit
from functions.tickets.ticket.trail import Entry, append_notes
from hub.contracts.tickets import TicketQuery
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Conflict, NotFound, Retry
from hub.store.model import RoomModel, bind, saving
from hub.store.paging import Position, read_page

RACES_LIMIT = 8
"""How often a change is decided anew when somebody else's came first."""
VISITS_LIMIT = 500
TRAIL_LIMIT = 5000
SCAN_LIMIT = 500
"""How many tickets one call to DynamoDB looks at for a filtered list."""
PEOPLE_LIMIT = 10_000
OPEN = "open"
OPEN_LIMIT = 100_000

Kind = TypeVar("Kind", bound=Stored)
Decide = Callable[[Case], Move | None]


class Record(RoomModel):
    """Any item of the table: `body` is the Stored model, `open_tickets` counts a person's load."""

    class Meta(RoomModel.Meta):
        pass

    body: Any = MapAttribute(null=True)  # type: ignore[no-untyped-call] # PynamoDB leaves maps untyped
    open_tickets = NumberAttribute(null=True)

    def read(self, kind: type[Kind]) -> Kind:
        """The body as its model."""
        return kind.model_validate(self.body.as_dict() if self.body else {})

    def hold(self, item: Stored) -> Self:
        """This record with another body."""
        self.body = item.body()
        return self


class Tables:
    """The table of one tenant."""

    def __init__(self, tenant: str, table: str) -> None:
        self._tenant = tenant
        self._connection = Connection()
        bind(table, Record)

    # Reading.

    def find(self, pk: str, sk: str) -> Record | None:
        """One item, strongly consistent."""
        try:
            with saving():
                return Record.get(f"{self._tenant}#{pk}", sk, consistent_read=True)
        except NotFound:
            return None

    def all_of(self, pk: str, sk_prefix: str, limit: int) -> list[Record]:
        """The items of a partition whose sort key begins so, in order, strongly consistent; at most `limit`."""
        condition = Record.sk.startswith(sk_prefix)
        with saving():
            return list(Record.query(f"{self._tenant}#{pk}", condition, consistent_read=True, limit=limit))

    def case(self, ticket_id: str) -> Case:
        """The ticket, its visits and its rungs. Raises NotFound.

        The ticket is read first: whatever changes in between has raised its version, so a decision that was made on
        a mixture cannot be written.
        """
        return self._read_case(ticket_id)[0]

    def trail(self, ticket_id: str) -> list[Entry]:
        """All entries of the ticket's trail, in order."""
        return [record.read(Entry) for record in self.all_of(f"ticket#{ticket_id}", "trail#", TRAIL_LIMIT)]

    def thread(self, customer_id: str) -> tuple[Record | None, Thread | None]:
        """The customer's conversation, if there ever was one, and the record that holds it."""
        record = self.find(f"thread#{customer_id}#{TOPIC}", "thread")
        return record, record.read(Thread) if record else None

    def message_ticket(self, message_id: str) -> str:
        """The ticket that this message opened or joined, "" when it did neither yet."""
        record = self.find(f"message#{message_id}", "message")
        return record.read(Pointer).ticket_id if record else ""

    def link_ticket(self, token: str) -> str:
        """The ticket behind a progress link. Raises NotFound."""
        record = self.find(f"link#{token}", "link")
        if record is None:
            raise NotFound("no such link")
        return record.read(Pointer).ticket_id

    def open_tickets(self) -> list[str]:
        """The ids of the open tickets, the oldest first; OPEN_LIMIT at most."""
        return [record.read(Pointer).ticket_id for record in self.all_of(OPEN, "ticket#", OPEN_LIMIT)]

    def loads(self) -> dict[str, int]:
        """How many open tickets each person has."""
        records = self.all_of("load", "person#", PEOPLE_LIMIT)
        return {record.sk.partition("#")[2]: int(record.open_tickets or 0) for record in records}

    def page(
        self, condition: Condition | None, start: Position | None, limit: int
    ) -> tuple[list[Case], Position | None]:
        """A page of tickets, the newest first, and where the next one starts. Raises Invalid for a foreign `start`."""
        records, position = read_page(
            Record.by_list.query,
            f"{self._tenant}#tickets",
            limit=limit,
            start=start,
            filter_condition=condition,
            scan_index_forward=False,
            page_size=SCAN_LIMIT,
        )
        return [Case(record.read(Ticket), version=int(record.version)) for record in records], position

    # Writing.

    def change(self, ticket_id: str, at: datetime, decide: Decide, extra: Iterable[Record] = ()) -> Case:
        """Decide on the ticket as it is and write all of it, or nothing; when somebody was faster, decide anew.

        extra: records that have to be new as well (then a lost race is theirs too, and raised as Conflict).
        Raises what `decide` raises, NotFound, and Retry after RACES_LIMIT lost races.
        """
        others = tuple(extra)
        for _ in range(RACES_LIMIT):
            case, records = self._read_case(ticket_id)
            move = decide(case)
            if move is None:
                return case
            try:
                return self._write(case, move, records, at, others)
            except (Conflict, Retry):
                if others:
                    raise
        raise Retry("too many changes of one ticket at once", ticket=ticket_id)

    def create(self, ticket: Ticket, notes: Iterable[Note], at: datetime, extra: Iterable[Record] = ()) -> Case:
        """Put a new ticket with its link and first entries. Raises Conflict when it, or any of `extra`, is there."""
        link = self.new(f"link#{ticket.link}", "link", Pointer(ticket_id=ticket.id))
        return self._write(Case(ticket.but(state="cancelled")), Move(ticket, tuple(notes)), {}, at, (link, *extra))

    def new(self, pk: str, sk: str, item: Stored) -> Record:
        """A record that is only written when its key is free."""
        return Record(f"{self._tenant}#{pk}", sk, schema=1).hold(item)

    def new_thread(self, customer_id: str, thread: Thread) -> Record:
        """A customer's conversation."""
        return self.new(f"thread#{customer_id}#{TOPIC}", "thread", thread)

    def new_message(self, message_id: str, ticket_id: str) -> Record:
        """The note that a message has opened or joined this ticket."""
        return self.new(f"message#{message_id}", "message", Pointer(ticket_id=ticket_id))

    def write_all(self, *records: Record) -> None:
        """Write records in one transaction, each new or at the version it was read. Raises Conflict or Retry."""
        with saving(), TransactWrite(connection=self._connection) as transaction:
            for record in records:
                transaction.save(record)

    def keep_newest(self, pk: str, sk: str, item: Stored, version: int) -> bool:
        """Replace a copy of another room's item unless what is there is as new. Says whether it was replaced."""
        for _ in range(RACES_LIMIT):
            record = self.find(pk, sk)
            if record is not None and int(record.body.as_dict().get("version", 0)) >= version:
                return False
            try:
                self.write_all(record.hold(item) if record else self.new(pk, sk, item))
            except (Conflict, Retry):
                continue
            return True
        raise Retry("too many changes of one item at once", key=f"{pk}/{sk}")

    def _read_case(self, ticket_id: str) -> tuple[Case, dict[str, Record]]:
        head = self.find(f"ticket#{ticket_id}", "ticket")
        if head is None:
            raise NotFound("no such ticket", ticket=ticket_id)
        rungs = self.all_of(f"ticket#{ticket_id}", "rung#", VISITS_LIMIT)
        visits = self.all_of(f"ticket#{ticket_id}", "visit#", VISITS_LIMIT)
        case = Case(
            head.read(Ticket),
            {visit.id: visit for visit in (record.read(Visit) for record in visits)},
            {rung.name: rung for rung in (record.read(Rung) for record in rungs)},
            int(head.version),
        )
        return case, {record.sk: record for record in (head, *visits)}

    def _write(
        self, case: Case, move: Move, records: dict[str, Record], at: datetime, extra: tuple[Record, ...]
    ) -> Case:
        ticket, entries = append_notes(move.ticket, move.notes, at)
        pk = f"ticket#{ticket.id}"
        head = (records.get("ticket") or self.new(pk, "ticket", ticket)).hold(ticket)
        head.list_pk, head.list_sk = f"{self._tenant}#tickets", f"{rfc3339(ticket.opened_at)}#{ticket.id}"
        writes = [head, *extra]
        for visit in move.visits:
            sk = f"visit#{visit.id}"
            writes.append((records.get(sk) or self.new(pk, sk, visit)).hold(visit))
        writes += [self.new(pk, f"rung#{rung.name}", rung) for rung in move.rungs]
        writes += [self.new(pk, f"trail#{entry.seq:06d}", entry) for entry in entries]
        listed = self.new(OPEN, f"ticket#{ticket.id}", Pointer(ticket_id=ticket.id))
        if ticket.is_open and not case.ticket.is_open:
            writes.append(listed)
        with saving(ticket=ticket.id), TransactWrite(connection=self._connection) as transaction:
            for record in writes:
                transaction.save(record)
            if case.ticket.is_open and not ticket.is_open:
                transaction.delete(listed, add_version_condition=False)
            for person, change in load_changes(case.ticket, ticket).items():
                key = Record(f"{self._tenant}#load", f"person#{person}")
                actions: list[Action] = [Record.open_tickets.add(change), Record.schema.set(1)]
                transaction.update(key, actions, add_version_condition=False)
        return replace(
            case,
            ticket=ticket,
            visits={**case.visits, **{visit.id: visit for visit in move.visits}},
            rungs={**case.rungs, **{rung.name: rung for rung in move.rungs}},
            version=int(head.version),
        )


class Pointer(Stored):
    """What leads to a ticket."""

    ticket_id: str = ""


def load_changes(old: Ticket, new: Ticket) -> dict[str, int]:
    """By how much each person's number of open tickets changes."""
    before = old.assignee if old.is_open else ""
    after = new.assignee if new.is_open else ""
    if before == after:
        return {}
    return {person: step for person, step in ((before, -1), (after, 1)) if person}


def filters(query: TicketQuery, region: str) -> Condition | None:
    """The filter of a list: what was asked for, and the principal's region ("base" sees all)."""
    given = {"state": query.state, "customer_id": query.customer, "assignee": query.assignee}
    conditions = [Record.body[name] == value for name, value in given.items() if value]
    if query.entry:
        conditions.append(Record.body["entries"].contains(query.entry))
    if region != "base":
        code = region[:2] if region.endswith("0000") else region[:4] if region.endswith("00") else region
        conditions.append(Record.body["region"].startswith(code))
    return reduce(and_, conditions) if conditions else None
