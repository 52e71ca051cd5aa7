"""Which lists a ticket stands in beside the one of all (tickets_table): entries in its own partition, each with the
keys of one list.

    …#ticket#<id>   list#type · list#team   an open ticket among those of its type, of its team; newest first
                    list#due                an open ticket of which a clock runs, by when the first is due
                    list#over               a closed or cancelled ticket among those of its state; newest first

A change of a ticket writes only those whose keys are others than before. What was written before there were such
entries (`listing`) gets all of them with its next change, or by `relist` (handlers/listing.py).
"""

from collections.abc import Mapping
from dataclasses import field

from functions.tickets.tables import Items
from functions.tickets.ticket.stored import Stored
from functions.tickets.ticket.ticket import Ticket
from hub.kernel.dataclass import dataclass
from hub.store.lists import AHEAD, list_keys
from hub.store.table import Delete, Put, Write

LISTING = 1
"""Which entries a ticket has: raised when there are others."""
DUE = "tickets-due"


@dataclass(frozen=True)
class Extent:
    """How far the lists reach. month: of the oldest ticket, "2026-11", "" where there is none. is_keyed: whether every
    ticket has its entries of lists (boards_table); where one of before has none they are being made. position: how far
    that has come."""

    month: str = ""
    is_keyed: bool = False
    position: Mapping[str, str] = field(default_factory=dict)


class Entry(Stored):
    """What leads to a ticket."""

    ticket_id: str = ""


def of_type(ticket_type: str) -> str:
    """The list of the open tickets of a type."""
    return f"tickets-type-{ticket_type}"


def of_team(team: str) -> str:
    """The list of the open tickets of a team."""
    return f"tickets-team-{team}"


def of_state(state: str) -> str:
    """The list of the tickets that are over in this way."""
    return f"tickets-{state}"


def list_writes(items: Items, old: Ticket | None, new: Ticket) -> list[Write]:
    """The entries that change with a ticket. old: as it was read, None for a new one."""
    before = _entries(items.tenant, old) if old is not None and old.listing == LISTING else {}
    after, pk = _entries(items.tenant, new), f"ticket#{new.id}"
    entry = Entry(ticket_id=new.id)
    puts = [Put(items.item(pk, sk, entry, **keys)) for sk, keys in after.items() if before.get(sk) != keys]
    return [*puts, *(Delete((items.key(pk), sk)) for sk in before.keys() - after.keys())]


def _entries(tenant: str, ticket: Ticket) -> Mapping[str, dict[str, str]]:
    """The keys of each of a ticket's entries."""
    place = {"region": ticket.region, "store": ticket.store_id, "person": ticket.assignee}
    if not ticket.is_open:
        return {"list#over": list_keys(tenant, of_state(ticket.state), ticket.id, ticket.opened_at, **place)}
    entries = {"list#type": list_keys(tenant, of_type(ticket.type), ticket.id, ticket.opened_at, **place)}
    if ticket.team:
        entries["list#team"] = list_keys(tenant, of_team(ticket.team), ticket.id, ticket.opened_at, **place)
    if ticket.due_at is not None:
        entries["list#due"] = list_keys(tenant, DUE, ticket.id, ticket.due_at, **place, period=AHEAD)
    return entries
