"""Sends in the room's table, and which of them are due."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.notifications.delivery import Send
from functions.notifications.notices import Notice
from functions.notifications.tables import DueItem, SendItem
from hub.kernel.clock import UNTIL_CALLED, parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict
from hub.kernel.positions import place_before, position_before
from hub.store.lists import ListQuery, list_keys, read_list
from hub.store.model import find_item, saving
from hub.store.sharded import HIGHEST, read_sharded, shard_pk
from hub.store.table import Index, Table

DUE_LIMIT = 1000
"""So many delayed sends are looked at in one sweep; the next minute takes the next."""
LIST = "sends"
BY_TICKET = Index("by_list", "list_pk", "list_sk")

Position = Mapping[str, Any]
Rows = tuple[Sequence[tuple[str, Send]], Position | None]
"""Sends, each with its place in the list, and where the next ones start."""


def ticket_list(ticket_id: str) -> str:
    """The name of the list of what was told of a ticket."""
    return f"ticket/{ticket_id}"


class SendTable:
    """Sends and due rows of one tenant. Errors: Conflict for a lost race, Retry for what passes."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    def read(self, send_id: str) -> Send | None:
        """A send as it is now (strongly consistent)."""
        item = find_item(SendItem, self._pk(send_id), "send")
        return _to_send(item.attribute_values) if item else None

    def write(self, send: Send) -> Send | None:
        """Store a send on the condition that nobody wrote since it was read; None when somebody did."""
        item = self._send_item(send)
        try:
            with saving(send=send.notice.id):
                item.save()
        except Conflict:
            return None
        return _to_send(item.attribute_values)

    def newest(self, query: ListQuery) -> Rows:
        """Sends within a scope, newest first, up to two seconds behind. Raises Invalid for a wrong cursor."""
        listing = read_list(self._table, query)
        return [(str(item["l_at"]), _to_send(item)) for item in listing.items], listing.position

    def of_ticket(self, ticket_id: str, limit: int, start: Position | None) -> Rows:
        """What was told of a ticket, newest first, up to two seconds behind. Raises Invalid for a wrong cursor."""
        name = ticket_list(ticket_id)
        page = self._table.query(
            f"{self._tenant}#ticket#{ticket_id}",
            index=BY_TICKET,
            sk_before=place_before(name, start) or "~",
            newest_first=True,
            limit=limit,
        )
        rows = [(str(item["list_sk"]), _to_send(item)) for item in page.items]
        return rows, position_before(name, rows[-1][0] if page.start and rows else "")

    # What is due.

    def put_due(self, send: Send) -> None:
        """Have a delayed send swept when its time has come. Doing it again changes nothing."""
        DueItem(self._due_pk(send), _due_key(send), send_id=send.notice.id).create_if_absent()

    def due(self, now: datetime) -> list[Send]:
        """Delayed sends whose time has come, oldest first, at most DUE_LIMIT."""
        until = f"{rfc3339(now)}$"  # "$" follows "#"
        sends = [self.read(row.send_id) for row in self._due(DUE_LIMIT, until)]
        return [send for send in sends if send is not None]

    def next_due(self) -> datetime:
        """When the first delayed send is due, UNTIL_CALLED when none is delayed."""
        rows = self._due(1)
        return parse_rfc3339(rows[0].sk.partition("#")[0]) if rows else UNTIL_CALLED

    def drop_due(self, send: Send) -> None:
        """This send needs no sweep any more."""
        with saving(send=send.notice.id):
            DueItem(self._due_pk(send), _due_key(send)).delete(add_version_condition=False)

    def _due(self, limit: int, until: str = HIGHEST) -> list[DueItem]:
        """The rows of what is delayed, the earliest first (strongly consistent)."""
        query, by = DueItem.query, DueItem.sk
        return read_sharded(query, by, self._tenant, "due", limit=limit, until=until, consistent_read=True)[0]

    def _due_pk(self, send: Send) -> str:
        return shard_pk(self._tenant, "due", _due_key(send))

    def _send_item(self, send: Send) -> SendItem:
        notice = send.notice
        keys = list_keys(
            self._tenant, LIST, notice.id, send.created_at,
            region=notice.region, store=notice.store, person=notice.recipient,
        )  # fmt: skip
        item = SendItem(
            self._pk(notice.id),
            "send",
            notice=asdict(notice),
            state=send.state,
            attempt=send.attempt,
            reason=send.reason,
            created_at=rfc3339(send.created_at),
            release_at=rfc3339(send.release_at) if send.release_at else None,
            sent_at=rfc3339(send.sent_at) if send.sent_at else None,
            digest_id=send.digest_id,
            platform_id=send.platform_id,
            owner=send.owner,
            claimed_at=rfc3339(send.claimed_at) if send.claimed_at else None,
        )
        item.list_under(keys)
        if notice.ticket_id:
            item.list_pk, item.list_sk = f"{self._tenant}#ticket#{notice.ticket_id}", keys["l_at"]
        if send.version:
            item.version = send.version
        return item

    def _pk(self, send_id: str) -> str:
        return f"{self._tenant}#send#{send_id}"


def _to_send(item: Mapping[str, Any]) -> Send:
    """The send that an item holds, as PynamoDB or the table itself has read it."""
    notice = item["notice"] if isinstance(item["notice"], dict) else json.loads(item["notice"])
    return Send(
        notice=Notice(**{**notice, "members": tuple(notice["members"])}),
        state=item["state"],
        created_at=parse_rfc3339(item["created_at"]),
        attempt=int(item["attempt"]),
        reason=item["reason"],
        release_at=parse_rfc3339(item["release_at"]) if item.get("release_at") else None,
        sent_at=parse_rfc3339(item["sent_at"]) if item.get("sent_at") else None,
        digest_id=item["digest_id"],
        platform_id=item["platform_id"],
        owner=item.get("owner") or "",
        claimed_at=parse_rfc3339(item["claimed_at"]) if item.get("claimed_at") else None,
        version=int(item["version"]),
    )


def _due_key(send: Send) -> str:
    return f"{rfc3339(send.release_at or send.created_at)}#{send.notice.id}"
