"""Items of the room's table: a body under a key, and a version that every write raises.

Keys (each pk begins with the tenant):
    …#ticket#<id>       rung#<name> · ticket · visit#<id> · ~trail#<seq>    a ticket, its case in one span; the trail
                        of a ticket from before 2026-12 lies at trail#<seq>
    …#open#<shard>      ticket#<id>             every open ticket, for the list of those that are open
    …#changed#<shard>   ticket#<id>             every ticket, for the list by the day of its last change
    …#thread#<customer>#<topic>   thread        …#message#<id>   message        …#link#<token>   link
    …#occasion#<hash>   occasion                the ticket of an after-sale, review or lead
    …#people#<shard>    person#<id>             …#team#<team>    roster         …#load#<person>  load
    …#submission#<id>   submission              …#figures#<form>   <day>#<version>
    …#upload#<id>       upload                  a file that may come: once it has, …#ticket#<id> / file#<id>
    …#store#<id>        store                   where a store lies
    …#customer#<id>     level                   what they are to us
    …#family#<ticket>   <child>                 the tickets that hang on one
    …#claims#<customer> <kind>                  what they claimed lately
    …#plan#<key>        plan · month#<month>    that a plan is looked after, and which devices have their ticket
    …#patrol#<key>#<store>   patrol · review#<id>   the reviews that wait for a store's next inspection
    …#review#<id>       patrol#<key>            that a patrol has heard of the review (…#ticket#<id> / issues)
    …#await#<event>#<order>   <ticket>#<visit>  the visits that wait for an event of an order
    …#queue#<team>#<shard>    <place>#<visit>   the visits that any of a team may take, in their order
    …#supply#<item>     site#<site>             …#lists          tickets: the month of the oldest ticket
    …#parcel#<number>   move#<when>#<state>     how a parcel travelled: …#ticket#<id> / order says which is whose
    …#flow#<key>, …#rules                       what was published before flows and rules were documents
Documents (hub.documents) and used Idempotency-Keys lie beside them. Nothing that grows with the tenant shares a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from zlib import crc32

from functions.tickets.ticket.ticket import Stored
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Retry
from hub.store.table import NEW, Put, Table, Write

LOOK, UNOWNED = "look", "unowned"
"""What the sweep finds by a key (hub.store.due): tickets and people to look after, when their moment has come; and the
entries of open tickets whose work waits for nobody."""
RACES_LIMIT = 8
"""How often a change is decided anew when somebody else's came first."""

Kind = TypeVar("Kind", bound=Stored)


@dataclass(frozen=True)
class Record:
    """An item as it was read. version: how often it has been written."""

    item: Mapping[str, Any]

    @property
    def version(self) -> int:
        return int(self.item.get("version", 0))

    def read(self, kind: type[Kind]) -> Kind:
        """The body as its model."""
        return kind.model_validate(self.item.get("body") or {})


@dataclass(frozen=True)
class Items:
    """The room's table of one tenant. Errors: Lost (a Conflict) when somebody was first, Retry."""

    table: Table
    tenant: str

    def find(self, pk: str, sk: str) -> Record | None:
        """One item, strongly consistent."""
        item = self.table.get((self.key(pk), sk))
        return Record(item) if item else None

    def all_of(self, pk: str, sk_prefix: str, limit: int) -> list[Record]:
        """The items of a partition whose sort key begins so, in order, strongly consistent; at most `limit`."""
        return [
            Record(i) for i in self.table.query_all(self.key(pk), sk_prefix=sk_prefix, limit=limit, consistent=True)
        ]

    def span(self, pk: str, first: str, last: str, limit: int) -> list[Record]:
        """The items of a partition from one sort key to another, as `all_of`."""
        items = self.table.query_all(self.key(pk), sk_between=(first, last), limit=limit, consistent=True)
        return [Record(item) for item in items]

    def new(self, pk: str, sk: str, body: Stored, **attributes: Any) -> Put:
        """A write that only happens while its key is free."""
        return Put(self.item(pk, sk, body, version=1, **attributes), NEW)

    def next(self, pk: str, sk: str, body: Stored, version: int, **attributes: Any) -> Put:
        """A write that only happens while the item is at `version`, as it was read; at none, while its key is free."""
        if not version:
            return self.new(pk, sk, body, **attributes)
        item = self.item(pk, sk, body, version=version + 1, **attributes)
        return Put(item, "#version = :version", {":version": version})

    def write(self, *writes: Write, made: str = "") -> None:
        """All of these or none. made: what a request that this is part of came to, for whoever repeats it."""
        self.table.transact(*writes, made=made)

    def keep_newest(self, pk: str, sk: str, body: Stored, version: int, **attributes: Any) -> bool:
        """Replace a copy of another room's item unless what is there is as new. Says whether it was replaced."""
        for _ in range(RACES_LIMIT):
            record = self.find(pk, sk)
            if record is not None and int(record.item["body"].get("version", 0)) >= version:
                return False
            try:
                self.write(self.next(pk, sk, body, record.version if record else 0, **attributes))
            except (Conflict, Retry):
                continue
            return True
        raise Retry("too many changes of one item at once", key=f"{pk}/{sk}")

    def key(self, pk: str) -> str:
        """A partition key of this tenant."""
        return f"{self.tenant}#{pk}"

    def item(self, pk: str, sk: str, body: Stored, **attributes: Any) -> dict[str, Any]:
        """An item with this body."""
        return {"pk": self.key(pk), "sk": sk, "schema": 1, "body": body.kept(), **attributes}


def shard_of(text: str, shards: int) -> int:
    """The same of so many for the same text, in every process."""
    return crc32(text.encode()) % shards
