"""Conversations (会话) in the room's table: which ticket a customer's messages join, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence

from functions.tickets.intake.intake import TOPIC
from functions.tickets.tables import Items, Record
from functions.tickets.ticket.ticket import Thread
from functions.tickets.ticket.tickets_table import Pointer
from hub.kernel.dataclass import dataclass
from hub.store.table import Put


@dataclass(frozen=True)
class ThreadTable:
    """The conversations of one tenant, and its messages and taps: each opens or joins a ticket once."""

    items: Items

    def thread(self, customer_id: str, identity_id: str = "") -> tuple[Record | None, Thread | None]:
        """What the customer talks about, if there ever was anything, and the record that holds it. Who was merged
        lately goes on with what they talked about before, by the record of their name."""
        record = self.items.find(_pk(customer_id), "thread")
        if record is None and identity_id not in ("", customer_id):
            earlier = self.items.find(_pk(identity_id), "thread")
            return None, earlier.read(Thread) if earlier else None
        return record, record.read(Thread) if record else None

    def read_ahead(self, customer_ids: Sequence[str]) -> None:
        """Have what these customers talk about at hand for what follows in this batch."""
        self.items.table.read_ahead([(self.items.key(_pk(customer_id)), "thread") for customer_id in customer_ids])

    def move(self, record: Record | None, customer_id: str, thread: Thread) -> Put:
        """A write that makes this what the customer talks about, in place of what was read."""
        version = record.version if record else 0
        return self.items.next(_pk(customer_id), "thread", thread, version)

    def occasion(self, key: str) -> tuple[Record | None, str]:
        """The ticket that an after-sale, review or lead opened last, "" for none, and the record that says so."""
        record = self.items.find(f"occasion#{key}", "occasion")
        return record, record.read(Pointer).ticket_id if record else ""

    def move_occasion(self, record: Record | None, key: str, ticket_id: str) -> Put:
        """A write that makes this the occasion's ticket, in place of the one that was read."""
        version = record.version if record else 0
        return self.items.next(f"occasion#{key}", "occasion", Pointer(ticket_id=ticket_id), version)

    def message_ticket(self, message_id: str) -> str:
        """The ticket that this message opened or joined, "" when it did neither yet."""
        record = self.items.find(f"message#{message_id}", "message")
        return record.read(Pointer).ticket_id if record else ""

    def note_message(self, message_id: str, ticket_id: str, identity_id: str = "") -> Put:
        """The write that says that a message has opened or joined this ticket; it happens once. identity_id: of the
        name that it came by."""
        pointer = Pointer(ticket_id=ticket_id, identity_id=identity_id)
        return self.items.new(f"message#{message_id}", "message", pointer)


def _pk(customer_id: str) -> str:
    return f"thread#{customer_id}#{TOPIC}"
