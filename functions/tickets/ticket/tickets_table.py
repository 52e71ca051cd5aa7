"""Tickets in the room's table. Everything that changes one is one transaction on the ticket's version."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from functions.tickets.tables import RACES_LIMIT, Items, shard_of
from functions.tickets.ticket.ticket import Case, Move, Note, Rung, Stored, Ticket, Visit, apply_move
from functions.tickets.ticket.trail import Entry, append_notes
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Conflict, NotFound, Retry
from hub.store.lists import list_keys
from hub.store.table import Delete, Lost, Put, Update, Write

VISITS_LIMIT = 500
TRAIL_LIMIT = 5000
OPEN_SHARDS = 16
OPEN_LIMIT = 100_000
ALL, OPEN = "tickets", "tickets-open"
"""The lists that tickets stand in."""

Decide = Callable[[Case], Move | None]


class Pointer(Stored):
    """What leads to a ticket. identity_id: the customer's record of the name that it came by."""

    ticket_id: str = ""
    identity_id: str = ""


@dataclass
class TicketTable:
    """The tickets of one tenant, with their visits, rungs and trails."""

    items: Items
    _oldest: str = field(default="", repr=False)

    def case(self, ticket_id: str) -> Case:
        """The ticket, its visits and its rungs. Raises NotFound.

        The ticket is read first: whatever changes in between has raised its version, so a decision that was made on
        a mixture cannot be written.
        """
        pk = f"ticket#{ticket_id}"
        head = self.items.find(pk, "ticket")
        if head is None:
            raise NotFound("no such ticket", ticket=ticket_id)
        rungs = [record.read(Rung) for record in self.items.all_of(pk, "rung#", VISITS_LIMIT)]
        visits = [record.read(Visit) for record in self.items.all_of(pk, "visit#", VISITS_LIMIT)]
        return Case(
            head.read(Ticket),
            {visit.id: visit for visit in visits},
            {rung.name: rung for rung in rungs},
            head.version,
        )

    def trail(self, ticket_id: str) -> list[Entry]:
        """All entries of the ticket's trail, in order."""
        return [record.read(Entry) for record in self.items.all_of(f"ticket#{ticket_id}", "trail#", TRAIL_LIMIT)]

    def link_ticket(self, token: str) -> str:
        """The ticket behind a progress link. Raises NotFound."""
        record = self.items.find(f"link#{token}", "link")
        if record is None:
            raise NotFound("no such link")
        return record.read(Pointer).ticket_id

    def open_tickets(self) -> list[str]:
        """The ids of the open tickets; OPEN_LIMIT at most of each shard."""
        shards = (self.items.all_of(f"open#{shard}", "ticket#", OPEN_LIMIT) for shard in range(OPEN_SHARDS))
        return [record.read(Pointer).ticket_id for shard in shards for record in shard]

    def change(
        self, ticket_id: str, at: datetime, decide: Decide, *, extra: Iterable[Write] = (), seen: Case | None = None
    ) -> Case:
        """Decide on the ticket as it is and write all of it, or nothing; when somebody was faster, decide anew.

        extra: writes that have to happen as well (then a lost race is theirs too, and raised as Conflict). seen: the
        ticket as it has just been read, to begin with. Raises what `decide` raises, NotFound, and Retry after
        RACES_LIMIT lost races.
        """
        others = tuple(extra)
        for _ in range(RACES_LIMIT):
            case, seen = seen or self.case(ticket_id), None
            move = decide(case)
            if move is None:
                return case
            try:
                return self._write(case, move, at, others)
            except (Conflict, Retry):
                if others:
                    raise
        raise Retry("too many changes of one ticket at once", ticket=ticket_id)

    def create(self, ticket: Ticket, notes: Iterable[Note], at: datetime, extra: Iterable[Write] = ()) -> Case:
        """Put a new ticket with its link and first entries. Raises Conflict when it, or any of `extra`, is there."""
        self._reach_back(ticket.opened_at)
        link = self.items.new(f"link#{ticket.link}", "link", Pointer(ticket_id=ticket.id))
        nothing = Case(ticket.but(state="cancelled", assignee=""))
        return self._write(nothing, Move(ticket, tuple(notes)), at, (link, *extra))

    def oldest_month(self) -> str:
        """The month of the oldest ticket, "2026-11", "" where there is none: lists reach back no further."""
        item = self.items.table.get(self._oldest_key, consistent=False)
        return str(item["month"]) if item else ""

    def _reach_back(self, opened_at: datetime) -> None:
        """Note the month, if it is older than any before; a process that knows an older one asks nobody."""
        month = rfc3339(opened_at)[:7]
        if self._oldest and self._oldest <= month:
            return
        older = "attribute_not_exists(#month) OR #month > :month"
        with suppress(Lost):
            self.items.table.update(self._oldest_key, "SET #month = :month", {":month": month}, older)
        self._oldest = month

    @property
    def _oldest_key(self) -> tuple[str, str]:
        return self.items.key("lists"), ALL

    def _write(self, case: Case, move: Move, at: datetime, extra: tuple[Write, ...]) -> Case:
        """The version of the ticket stands for all that belongs to it."""
        ticket, entries = append_notes(move.ticket.but(changed_at=at), move.notes, at)
        pk, items = f"ticket#{ticket.id}", self.items
        self.items.write(
            items.next(pk, "ticket", ticket, case.version, **self._listed(ticket)),
            *(Put(items.item(pk, f"visit#{visit.id}", visit)) for visit in move.visits),
            *(items.new(pk, f"rung#{rung.name}", rung) for rung in move.rungs),
            *(items.new(pk, f"trail#{entry.seq:06d}", entry) for entry in entries),
            *extra,
            *self._open_list(case.ticket, ticket),
            *self._loads(case.ticket, ticket),
        )
        return replace(apply_move(case, replace(move, ticket=ticket)), version=case.version + 1)

    def _listed(self, ticket: Ticket) -> dict[str, str]:
        """Where the ticket is found: by its place, and by its customer."""
        keys = _list_keys(self.items.tenant, ALL, ticket)
        if not ticket.customer_id:
            return keys
        return {**keys, "list_pk": self.items.key(f"customer#{ticket.customer_id}"), "list_sk": keys["l_at"]}

    def _open_list(self, old: Ticket, new: Ticket) -> list[Write]:
        """The open ticket's own entry, while it is one; it moves when its place does."""
        pk, sk = self.items.key(f"open#{shard_of(new.id, OPEN_SHARDS)}"), f"ticket#{new.id}"
        keys = _list_keys(self.items.tenant, OPEN, new)
        if old.is_open and not new.is_open:
            return [Delete((pk, sk))]
        if not new.is_open or (old.is_open and keys == _list_keys(self.items.tenant, OPEN, old)):
            return []
        return [Put({"pk": pk, "sk": sk, "schema": 1, "body": Pointer(ticket_id=new.id).body(), **keys})]

    def _loads(self, old: Ticket, new: Ticket) -> list[Write]:
        return [
            Update((self.items.key(f"load#{person}"), "load"), "ADD #open_tickets :step", {":step": step})
            for person, step in load_changes(old, new).items()
        ]


def load_changes(old: Ticket, new: Ticket) -> dict[str, int]:
    """By how much each person's number of open tickets changes."""
    before = old.assignee if old.is_open else ""
    after = new.assignee if new.is_open else ""
    if before == after:
        return {}
    return {person: step for person, step in ((before, -1), (after, 1)) if person}


def _list_keys(tenant: str, name: str, ticket: Ticket) -> dict[str, str]:
    return list_keys(
        tenant,
        name,
        ticket.id,
        ticket.opened_at,
        region=ticket.region,
        store=ticket.store_id,
        person=ticket.assignee,
    )
