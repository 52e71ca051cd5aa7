"""Sends in the room's table, and which of them are due."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from functions.notifications.delivery import Send
from functions.notifications.notices import Notice
from functions.notifications.tables import DueItem, SendItem
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict
from hub.store.model import find_item, saving
from hub.store.paging import Position, read_page

DUE_LIMIT = 1000
"""So many delayed sends are looked at in one sweep; the next minute takes the next."""
FILTER_PAGES = 5
FILTER_PAGE_SIZE = 200
"""A filtered list looks through so many sends at most, then hands back a cursor."""


class SendTable:
    """Sends and due rows of one tenant. Errors: Conflict for a lost race, Retry for what passes."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def read(self, send_id: str) -> Send | None:
        """A send as it is now (strongly consistent)."""
        item = find_item(SendItem, self._pk(send_id), "send")
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

    def newest(
        self, limit: int, start: Position | None, recipient: str, ticket: str
    ) -> tuple[list[Send], Position | None]:
        """Sends, newest first, up to two seconds behind; only those of a recipient or a ticket where one is named."""
        if not recipient and not ticket:
            items, position = self._read_newest(limit, start)
            return [_to_send(item) for item in items], position
        matching: list[SendItem] = []
        for _ in range(FILTER_PAGES):
            items, start = self._read_newest(FILTER_PAGE_SIZE, start)
            matching += [item for item in items if _is_of(item.notice, recipient, ticket)]
            if len(matching) > limit:
                return [_to_send(item) for item in matching[:limit]], _position(matching[limit - 1])
            if start is None:
                break
        return [_to_send(item) for item in matching], start

    def _read_newest(self, limit: int, start: Position | None) -> tuple[list[SendItem], Position | None]:
        listed = f"{self._tenant}#sends"
        return read_page(SendItem.by_list.query, listed, limit=limit, start=start, scan_index_forward=False)

    # What is due.

    def put_due(self, send: Send) -> None:
        """Have a delayed send swept when its time has come. Doing it again changes nothing."""
        DueItem(f"{self._tenant}#due", _due_key(send), send_id=send.notice.id).create_if_absent()

    def due(self, now: datetime) -> list[Send]:
        """Delayed sends whose time has come, oldest first, at most DUE_LIMIT."""
        after = rfc3339(now + timedelta(microseconds=1))
        pk = f"{self._tenant}#due"
        rows, _ = read_page(DueItem.query, pk, DueItem.sk < after, limit=DUE_LIMIT, consistent_read=True)
        sends = [self.read(row.send_id) for row in rows]
        return [send for send in sends if send is not None]

    def drop_due(self, send: Send) -> None:
        """This send needs no sweep any more."""
        with saving(send=send.notice.id):
            DueItem(f"{self._tenant}#due", _due_key(send)).delete(add_version_condition=False)

    def _send_item(self, send: Send) -> SendItem:
        item = SendItem(
            self._pk(send.notice.id),
            "send",
            list_pk=f"{self._tenant}#sends",
            list_sk=f"{rfc3339(send.created_at)}#{send.notice.id}",
            notice=asdict(send.notice),
            state=send.state,
            attempt=send.attempt,
            reason=send.reason,
            created_at=rfc3339(send.created_at),
            release_at=rfc3339(send.release_at) if send.release_at else None,
            sent_at=rfc3339(send.sent_at) if send.sent_at else None,
            digest_id=send.digest_id,
            platform_id=send.platform_id,
        )
        if send.version:
            item.version = send.version
        return item

    def _pk(self, send_id: str) -> str:
        return f"{self._tenant}#send#{send_id}"


def _to_send(item: SendItem) -> Send:
    return Send(
        notice=Notice(**{**item.notice, "members": tuple(item.notice["members"])}),
        state=item.state,  # type: ignore[arg-type] # only states are ever written
        created_at=parse_rfc3339(item.created_at),
        attempt=int(item.attempt),
        reason=item.reason,
        release_at=parse_rfc3339(item.release_at) if item.release_at else None,
        sent_at=parse_rfc3339(item.sent_at) if item.sent_at else None,
        digest_id=item.digest_id,
        platform_id=item.platform_id,
        version=int(item.version),
    )


def _is_of(notice: dict[str, Any], recipient: str, ticket: str) -> bool:
    return recipient in ("", notice["recipient"]) and ticket in ("", notice["ticket_id"])


def _position(item: SendItem) -> Position:
    """Where a list goes on after this item."""
    names = ("pk", "sk", "list_pk", "list_sk")
    return {name: {"S": getattr(item, name)} for name in names}


def _due_key(send: Send) -> str:
    return f"{rfc3339(send.release_at or send.created_at)}#{send.notice.id}"
