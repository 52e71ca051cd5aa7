"""Tickets in the room's table. Everything that changes one is one transaction on the ticket's version."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Any

from functions.tickets.dispatch.loads import load_changes
from functions.tickets.dispatch.queues import Queued, queued
from functions.tickets.flows.flow import ORDER_EVENTS
from functions.tickets.tables import LOOK, RACES_LIMIT, UNOWNED, Items, Record, shard_of
from functions.tickets.ticket.boards_table import LISTING, Extent, list_writes
from functions.tickets.ticket.case_table import OLD_TRAIL, TRAIL, case_of_items, sum_of, trail_of
from functions.tickets.ticket.past import as_of, before, state_hash
from functions.tickets.ticket.ticket import Case, Claims, Move, Note, Stored, Ticket, Visit, apply_move
from functions.tickets.ticket.trail import Entry, append_notes
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Broken, Conflict, NotFound, Retry
from hub.store.due import due_keys
from hub.store.lists import list_keys
from hub.store.rehearsal import is_rehearsal
from hub.store.table import Delete, Key, Lost, Put, Update, Write

PARTS_LIMIT = 5000
"""So many visits, and rungs, one ticket may have: twice what lint lets a year of a flow come to. One more is refused,
and none is ever left out."""
AWAITED_LIMIT = 500
CASE_LIMIT = 2 * PARTS_LIMIT + 1
TRAIL_LIMIT = 100_000
PAST_LIMIT = 200
"""So many entries back a version is looked for."""
OPEN_SHARDS = 16
QUEUE_SHARDS = 4
ALL, OPEN, CHANGED = "tickets", "tickets-open", "tickets-changed"
"""The lists that tickets stand in: by when they were opened, all and the open ones; by the day of their last change."""
Decide = Callable[[Case], Move | None]


class Pointer(Stored):
    """What leads to a ticket. identity_id: the customer's record of the name that it came by."""

    ticket_id: str = ""
    identity_id: str = ""


@dataclass
class TicketTable:
    """The tickets of one tenant, with their visits, rungs and trails. look_at: from when on a ticket may need looking
    after, None for one that won't. keep_time: a ticket as it is to be, with its clocks as they are then. place_of: by
    which moment a visit stands in its team's queue."""

    items: Items
    look_at: Callable[[Case], datetime | None]
    keep_time: Callable[[Case, Case, datetime], Ticket]
    place_of: Callable[[Case, Visit], datetime] = field(default=lambda _case, visit: visit.entered_at)
    _oldest: str = field(default="", repr=False)

    def case(self, ticket_id: str) -> Case:
        """The ticket, its visits and its rungs, by one query. Raises NotFound.

        A query may see a part of a transaction: the ticket keeps the sum of the versions that its visits and rungs were
        written by, and what does not sum up to it is read again. What is newer than its ticket can't be written upon.
        """
        pk = f"ticket#{ticket_id}"
        for _ in range(RACES_LIMIT):
            rows = self.items.span(pk, "rung#", "visit#~", CASE_LIMIT + 1)
            if len(rows) > CASE_LIMIT:
                raise Broken("a ticket has more parts than it may", ticket=ticket_id, limit=PARTS_LIMIT)
            records = {str(record.item["sk"]): record for record in rows}
            head = records.pop("ticket", None)
            if head is None:
                raise NotFound("no such ticket", ticket=ticket_id)
            if "parts" not in head.item:
                return self._older_case(pk)
            case = case_of_items(head, records.values())
            if sum((case.parts or {}).values()) == int(head.item["parts"]):
                return case
        raise Retry("too many changes of one ticket at once", ticket=ticket_id)

    def _older_case(self, pk: str) -> Case:
        """Of a ticket from before 2026-12. It is read first: whatever changes in between has raised its version, so a
        decision that was made on a mixture cannot be written."""
        head = self.items.find(pk, "ticket")
        if head is None:
            raise NotFound("no such ticket", ticket=pk)
        parts = (self._parts(pk, prefix) for prefix in ("rung#", "visit#"))
        return replace(case_of_items(head, [record for records in parts for record in records]), parts=None)

    def _parts(self, pk: str, prefix: str) -> list[Record]:
        """All of a kind that belong to a ticket. Raises Broken where there are more than there may be."""
        records = self.items.all_of(pk, prefix, PARTS_LIMIT + 1)
        if len(records) > PARTS_LIMIT:
            raise Broken("a ticket has more parts than it may", ticket=pk, part=prefix, limit=PARTS_LIMIT)
        return records

    def trail(self, ticket: Ticket) -> list[Entry]:
        """All entries of the trail of a ticket as it was read, in order: those that others wrote since are left out.
        What no ticket ever had at its head is not, so that it is found."""
        pk = f"ticket#{ticket.id}"
        records = self.items.all_of(pk, TRAIL, TRAIL_LIMIT) or self.items.all_of(pk, OLD_TRAIL, TRAIL_LIMIT)
        entries = [record.read(Entry) for record in records]
        if entries and entries[-1].seq > ticket.trail_seq:
            head = self.items.find(pk, "ticket")
            if head and entries[-1].seq <= head.read(Ticket).trail_seq:
                return [entry for entry in entries if entry.seq <= ticket.trail_seq]
        return entries

    def past(self, case: Case, version: int) -> Ticket | None:
        """The ticket as it was in a version before the case's; None where so much has happened since, or so long ago,
        that nobody knows."""
        pk, trail = self.items.key(f"ticket#{case.ticket.id}"), trail_of(case)
        page = self.items.table.query(pk, sk_between=(trail, f"{trail}~"), newest_first=True, limit=PAST_LIMIT)
        entries = [Record(item).read(Entry) for item in page.items]
        return as_of(case, [entry for entry in entries if entry.seq <= case.ticket.trail_seq], version)

    def link_ticket(self, token: str) -> str:
        """The ticket behind a progress link. Raises NotFound."""
        record = self.items.find(f"link#{token}", "link")
        if record is None:
            raise NotFound("no such link")
        return record.read(Pointer).ticket_id

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
        nothing = Case(ticket.but(state="cancelled", assignee=""), parts={})
        return self._write(nothing, Move(ticket, tuple(notes)), at, (link, *extra))

    def extent(self) -> Extent:
        """How far lists reach back, and by which keys."""
        item = self.items.table.get(self._oldest_key, consistent=False) or {}
        is_keyed = int(item.get("listing", 0)) == LISTING
        return Extent(str(item.get("month", "")), is_keyed, dict(item.get("position") or {}))

    def _reach_back(self, opened_at: datetime) -> None:
        """Note the month, if it is older than any before; a process that knows an older one asks nobody."""
        month = rfc3339(opened_at)[:7]
        if (self._oldest and self._oldest <= month) or is_rehearsal():
            return
        values = {":month": month}
        try:
            first = {**values, ":listing": LISTING}
            self._note("SET #month = :month, listing = :listing", first, "attribute_not_exists(#month)")
        except Lost:
            with suppress(Lost):
                self._note("SET #month = :month", values, "#month > :month")
        self._oldest = month

    def _note(self, change: str, values: Mapping[str, Any], condition: str) -> None:
        self.items.table.update(self._oldest_key, change, values, condition)

    def relist(self, ticket_id: str, at: datetime) -> None:
        """Give a ticket of before its entries of lists; nothing else of it changes. Raises Retry."""
        case, pk = self.case(ticket_id), f"ticket#{ticket_id}"
        if case.ticket.listing == LISTING:
            return
        foreseen = self.foresee(case, Move(case.ticket), at).ticket
        ticket = case.ticket.but(due_at=foreseen.due_at, listing=LISTING)
        item = self.items.table.get((self.items.key(pk), "ticket")) or {}
        unchanged = Put({**item, "body": ticket.body()}, "#version = :version", {":version": case.version})
        with suppress(Lost):  # whoever changed it has listed it
            self.items.write(unchanged, *list_writes(self.items, None, ticket))

    def relisted(self, position: Mapping[str, str] | None) -> None:
        """Note how far that has come; None: every ticket has its entries."""
        change = "SET #position = :position" if position else "SET listing = :listing REMOVE #position"
        values = {":position": dict(position)} if position else {":listing": LISTING}
        self._note(change, values, "attribute_exists(#month)")

    @property
    def _oldest_key(self) -> tuple[str, str]:
        return self.items.key("lists"), ALL

    def foresee(self, case: Case, move: Move, at: datetime) -> Case:
        """The case as it would be with the move written, its clocks among it."""
        after = apply_move(case, move)
        return replace(after, ticket=self.keep_time(case, after, at))

    def _write(self, case: Case, move: Move, at: datetime, extra: tuple[Write, ...]) -> Case:
        """The version of the ticket stands for all that belongs to it."""
        foreseen = self.foresee(case, move, at).ticket.but(changed_at=at, listing=LISTING)
        was = before(case.ticket, foreseen) if case.version else {}
        if was and not move.notes:
            raise Broken("a change of a ticket that its trail does not tell", ticket=foreseen.id, fields=sorted(was))
        state = state_hash(foreseen)
        ticket, entries = append_notes(foreseen, move.notes, at, case.version + 1, was=was, state=state)
        pk, items = f"ticket#{ticket.id}", self.items
        after = apply_move(case, replace(move, ticket=ticket))
        if max(len(after.visits), len(after.rungs)) > PARTS_LIMIT:
            raise Broken("a ticket would have more parts than it may", ticket=ticket.id, limit=PARTS_LIMIT)
        ticket = ticket.but(stands=tuple(visit.node for visit in after.waiting()))
        written = {f"visit#{visit.id}": case.version + 1 for visit in move.visits}
        written |= {f"rung#{rung.key}": case.version + 1 for rung in move.rungs}
        parts = None if case.parts is None else {**case.parts, **written}
        after = replace(after, ticket=ticket, version=case.version + 1, parts=parts)
        looked_at = due_keys(items.tenant, LOOK, ticket.id, self.look_at(after))
        self.items.write(
            items.next(pk, "ticket", ticket, case.version, **self._listed(ticket), **looked_at, **sum_of(parts)),
            *(Put(items.item(pk, f"visit#{visit.id}", visit, by=after.version)) for visit in move.visits),
            *(items.new(pk, f"rung#{rung.key}", rung, by=after.version) for rung in move.rungs),
            *(items.new(pk, f"{trail_of(case)}{entry.seq:06d}", entry) for entry in entries),
            *extra,
            *self._open_list(case, after),
            *self._changed_list(case, after),
            *list_writes(items, case.ticket if case.version else None, ticket),
            *self._awaited(case, move),
            *self._claimed(move),
            *self._queued(case, after),
            *self._loads(case.ticket, ticket, move.limits, at),
            made=ticket.id,
        )
        return after

    def _listed(self, ticket: Ticket) -> dict[str, str]:
        """Where the ticket is found: by its place, and by its customer."""
        keys = _list_keys(self.items.tenant, ALL, ticket)
        if not ticket.customer_id:
            return keys
        return {**keys, "list_pk": self.items.key(f"customer#{ticket.customer_id}"), "list_sk": keys["l_at"]}

    def _open_list(self, old: Case, new: Case) -> list[Write]:
        """The open ticket's own entry, while it is one; it moves when its place does, or what nobody has."""
        ticket = new.ticket
        pk, sk = self.items.key(f"open#{shard_of(ticket.id, OPEN_SHARDS)}"), f"ticket#{ticket.id}"
        keys = _open_keys(self.items.tenant, new)
        if old.ticket.is_open and not ticket.is_open:
            return [Delete((pk, sk))]
        if not ticket.is_open or (old.ticket.is_open and keys == _open_keys(self.items.tenant, old)):
            return []
        return [Put({"pk": pk, "sk": sk, "schema": 1, "body": Pointer(ticket_id=ticket.id).kept(), **keys})]

    def _changed_list(self, old: Case, new: Case) -> list[Write]:
        """The ticket's entry among those that changed; it moves once a day at most, and when its place does."""
        ticket = new.ticket
        keys = _changed_keys(self.items.tenant, ticket)
        if old.version and keys == _changed_keys(self.items.tenant, old.ticket):
            return []
        pk, sk = self.items.key(f"changed#{shard_of(ticket.id, OPEN_SHARDS)}"), f"ticket#{ticket.id}"
        return [Put({"pk": pk, "sk": sk, "schema": 1, "body": Pointer(ticket_id=ticket.id).kept(), **keys})]

    def _awaited(self, case: Case, move: Move) -> list[Write]:
        """What leads from an event of an order to the visits that wait for it."""
        writes: list[Write] = []
        for visit in move.visits:
            before = case.visits.get(visit.id)
            name, _, order_no = visit.event.partition("#")
            if name not in ORDER_EVENTS or not order_no:
                continue
            pk, sk = f"await#{visit.event}", f"{visit.ticket_id}#{visit.id}"
            if visit.waits and before is None:
                writes.append(Put(self.items.item(pk, sk, Pointer(ticket_id=visit.ticket_id))))
            elif not visit.waits and (before is None or before.waits):
                writes.append(Delete((self.items.key(pk), sk)))
        return writes

    def claims(self, customer_id: str, kind: str) -> Claims:
        """What of a kind the customer has claimed lately (strongly consistent)."""
        record = self.items.find(f"claims#{customer_id}", kind)
        if record is None:
            return Claims(customer_id=customer_id, kind=kind)
        return record.read(Claims).but(seen=record.version)

    def _claimed(self, move: Move) -> list[Write]:
        claims = move.claims
        if claims is None:
            return []
        return [self.items.next(f"claims#{claims.customer_id}", claims.kind, claims.but(seen=0), claims.seen)]

    def hangs_on(self, child_id: str, parent_id: str) -> Put:
        """What leads from a ticket to one that hangs on it."""
        return Put(self.items.item(f"family#{parent_id}", child_id, Pointer(ticket_id=child_id)))

    def children(self, ticket_id: str) -> list[str]:
        """The ids of the tickets that hang on it, the oldest first."""
        records = self.items.all_of(f"family#{ticket_id}", "tkt_", AWAITED_LIMIT)
        return [record.read(Pointer).ticket_id for record in records]

    def awaiting(self, event: str, order_no: str) -> list[tuple[str, str]]:
        """The (ticket, visit) that wait for this event of an order."""
        pk = f"await#{event}#{order_no}"
        records = self.items.all_of(pk, "tkt_", AWAITED_LIMIT) if order_no else []
        return [(record.read(Pointer).ticket_id, str(record.item["sk"]).partition("#")[2]) for record in records]

    def queue(self, team: str, limit: int) -> list[Queued]:
        """What waits in a team's queue, in its order (strongly consistent)."""
        shards = (self.items.all_of(f"queue#{team}#{shard}", "2", limit) for shard in range(QUEUE_SHARDS))
        rows = [record.read(Queued).but(seen=record.version) for records in shards for record in records]
        return sorted(rows, key=lambda row: (row.place, row.visit_id))[:limit]

    def drop_queued(self, team: str, row: Queued) -> None:
        """Take a row off that its visit left behind, as it was read: places are reckoned anew where a ticket is
        changed, and another release of the hub may reckon otherwise."""
        pk, sk = _place_key(team, row.visit_id, row.place)
        as_read = ("#version = :seen", {":seen": row.seen}) if row.seen else ("attribute_not_exists(#version)", {})
        with suppress(Lost):
            self.items.table.delete((self.items.key(pk), sk), *as_read)

    def _queued(self, old: Case, new: Case) -> list[Write]:
        """Where visits stand in the queues of their teams, while they do; a place moves with its head start."""
        before, after = self._places(old), self._places(new)
        gone = [Delete((self.items.key(pk), sk)) for pk, sk in before.keys() - after.keys()]
        come = {key: row for key, row in after.items() if key not in before}
        return [*gone, *(Put(self.items.item(*key, row, version=new.version)) for key, row in come.items())]

    def _places(self, case: Case) -> dict[tuple[str, str], Queued]:
        places = {}
        for visit in case.waiting() if case.ticket.is_open else ():
            if visit.queue:
                row = queued(case.ticket, visit, self.place_of(case, visit))
                places[_place_key(visit.queue, visit.id, row.place)] = row
        return places

    def _loads(self, old: Ticket, new: Ticket, limits: Mapping[str, int], at: datetime) -> list[Write]:
        """One less for who had it, one more for who gets it: if there is room, where there is a limit."""
        writes: list[Write] = []
        for person, step in load_changes(old, new).items():
            key: Key = (self.items.key(f"load#{person}"), "load")
            values: dict[str, Any] = {":step": step}
            if step < 0:
                writes.append(Update(key, "ADD #open_tickets :step", values))
                continue
            values, change = {**values, ":at": rfc3339(at)}, "SET #given_at = :at ADD #open_tickets :step"
            if limit := limits.get(person, 0):
                room = "attribute_not_exists(#open_tickets) OR #open_tickets < :limit"
                writes.append(Update(key, change, {**values, ":limit": limit}, room))
            else:
                writes.append(Update(key, change, values))
        return writes


def _place_key(team: str, visit_id: str, place: datetime) -> tuple[str, str]:
    return f"queue#{team}#{shard_of(visit_id, QUEUE_SHARDS)}", f"{rfc3339(place)}#{visit_id}"


def _open_keys(tenant: str, case: Case) -> dict[str, str]:
    """Where the entry of an open ticket is found: by the ticket's place, and as one that nobody has."""
    ticket = case.ticket
    unowned = any(visit.is_orphan for visit in case.waiting())
    waits_since = due_keys(tenant, UNOWNED, ticket.id, ticket.opened_at if unowned else None)
    return _list_keys(tenant, OPEN, ticket) | waits_since


def _changed_keys(tenant: str, ticket: Ticket) -> dict[str, str]:
    return _list_keys(tenant, CHANGED, ticket, day_of(ticket.changed_at or ticket.opened_at))


def day_of(moment: datetime) -> datetime:
    """When the day of a moment began, in UTC: the list of what changed is no finer."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _list_keys(tenant: str, name: str, ticket: Ticket, at: datetime | None = None) -> dict[str, str]:
    return list_keys(
        tenant,
        name,
        ticket.id,
        at or ticket.opened_at,
        region=ticket.region,
        store=ticket.store_id,
        person=ticket.assignee,
    )
