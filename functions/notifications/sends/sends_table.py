"""Sends in the room's table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.notifications.sends.delivery import Send
from functions.notifications.sends.notices import Notice
from functions.notifications.tables import SendItem
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict
from hub.kernel.positions import place_before, position_before
from hub.store.lists import ListQuery, list_keys, read_list
from hub.store.model import find_item, saving
from hub.store.table import Index, Table

LIST = "sends"
LISTED = ("members", "rest", "cancels")
"""Parts of a notice that are many."""
BY_TICKET = Index("by_list", "list_pk", "list_sk")

Position = Mapping[str, Any]
Rows = tuple[Sequence[tuple[str, Send]], Position | None]
"""Sends, each with its place in the list, and where the next ones start."""


def ticket_list(ticket_id: str) -> str:
    """The name of the list of what was told of a ticket."""
    return f"ticket/{ticket_id}"


class SendTable:
    """Sends of one tenant. Errors: Conflict for a lost race, Retry for what passes."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    def read(self, send_id: str) -> Send | None:
        """A send as it is now (strongly consistent)."""
        item = find_item(SendItem, self._pk(send_id), "send")
        return _to_send(item.attribute_values) if item else None

    def read_many(self, send_ids: Sequence[str]) -> list[Send]:
        """Those that there are (strongly consistent)."""
        keys = [(self._pk(send_id), "send") for send_id in send_ids]
        return [_to_send(item) for item in self._table.get_many(keys, consistent=True)]

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
            delivered_at=rfc3339(send.delivered_at) if send.delivered_at else None,
            acknowledged_at=rfc3339(send.acknowledged_at) if send.acknowledged_at else None,
            cost=send.cost,
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
        notice=Notice(**{**notice, **{name: tuple(notice.get(name) or ()) for name in LISTED}}),
        state=item["state"],
        created_at=parse_rfc3339(item["created_at"]),
        attempt=int(item["attempt"]),
        reason=item["reason"],
        release_at=_moment(item, "release_at"),
        sent_at=_moment(item, "sent_at"),
        digest_id=item["digest_id"],
        platform_id=item["platform_id"],
        owner=item.get("owner") or "",
        claimed_at=_moment(item, "claimed_at"),
        delivered_at=_moment(item, "delivered_at"),
        acknowledged_at=_moment(item, "acknowledged_at"),
        cost=item.get("cost") or "0",
        version=int(item["version"]),
    )


def _moment(item: Mapping[str, Any], name: str) -> datetime | None:
    return parse_rfc3339(item[name]) if item.get(name) else None
