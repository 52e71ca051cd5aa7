"""Feeds (会话拉取): WeChat customer service says only that there is something, and tells what when it is asked. One
reader walks an account page by page; the cursor is kept after each page is stored, and the rows go through the inbox
like anything that is pushed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from hub.kernel.errors import Refuse, Retry
from hub.store.inbox import Arrival, Inbox

CHANNEL = "wechat_kf"
PREFIX = "conversation#"
PAGES_LIMIT = 20
"""So many pages of up to 1000 rows are read in one run; the next run goes on from the cursor."""


class FeedClient(Protocol):
    """The part of hub.channels.wechat_kf.client that is needed here."""

    def sync(self, open_kfid: str, cursor: str, token: str = "") -> tuple[list[dict[str, Any]], str, bool]: ...
    def send_on_event(self, code: str, text: str, msgid: str) -> str: ...


class FeedReader(Protocol):
    """The part of hub.channels.wechat_kf.inbound that is needed here."""

    def callback_token(self, plaintext: bytes) -> str: ...
    def row_key(self, row: Mapping[str, Any]) -> str: ...
    def welcome_code_of(self, row: Mapping[str, Any]) -> str: ...


class Cursors(Protocol):
    """Where a feed was read to: functions.webhooks.tables."""

    def watermark(self, connection_id: str, feed: str) -> str: ...
    def feeds(self, connection_id: str) -> list[str]: ...
    def move_watermark(self, connection_id: str, feed: str, watermark: str, was: str | None = None) -> None: ...


@dataclass(frozen=True)
class Feeds:
    """The conversations of every connection. open_client: a connection's id to its client, its corp and its greeting,
    None when it is gone or disabled. business_now, wall_now: both clocks.

    A customer's id holds within the corp, so the corp is the account, and one person on two desks is one customer.
    """

    inbox: Inbox
    cursors: Cursors
    reader: FeedReader
    open_client: Callable[[str], tuple[FeedClient, str, str] | None]
    known: Callable[[], Sequence[str]]
    business_now: Callable[[], datetime]
    wall_now: Callable[[], datetime]
    log: Callable[[str], None] = field(default=lambda _: None)

    def connections(self) -> Sequence[str]:
        """The ids of the enabled connections that have feeds."""
        return self.known()

    def walk_all(self, connection_id: str) -> None:
        """Read every feed that was ever read: what no callback told of still comes."""
        for feed in self.cursors.feeds(connection_id):
            if feed.startswith(PREFIX):
                self.walk(connection_id, feed.removeprefix(PREFIX))

    def walk(self, connection_id: str, open_kfid: str, message_id: str = "") -> None:
        """Read one feed from its cursor to its end. message_id: the callback, whose token lifts the rate limit while it
        is fresh. Raises Conflict when another reader was faster, Retry when there is more than one run reads: what is
        stored stays stored, and is known when it comes again. Raises what the client raises."""
        opened = self.open_client(connection_id)
        if opened is None:
            return
        client, corp_id, greeting = opened
        feed, token = f"{PREFIX}{open_kfid}", self._token(message_id)
        cursor = self.cursors.watermark(connection_id, feed)
        for _ in range(PAGES_LIMIT):
            rows, following, more = client.sync(open_kfid, cursor, token)
            for row in rows:
                if self._store(connection_id, corp_id, row) and greeting:
                    self._greet(client, greeting, row)
            if following and following != cursor:
                self.cursors.move_watermark(connection_id, feed, following, was=cursor)
                cursor = following
            if not more:
                return
        raise Retry("there is more to read", connection_id=connection_id, feed=open_kfid)

    def _store(self, connection_id: str, corp_id: str, row: Mapping[str, Any]) -> bool:
        arrival = Arrival(
            connection_id=connection_id,
            channel=CHANNEL,
            account=corp_id,
            dedupe_key=self.reader.row_key(row),
            plaintext=json.dumps({"pulled": "message", "row": row}, ensure_ascii=False).encode(),
            source="pull",
        )
        return self.inbox.store(arrival, self.business_now(), self.wall_now())

    def _greet(self, client: FeedClient, greeting: str, row: Mapping[str, Any]) -> None:
        """A greeting that fails holds up no message: its code lives for 20 seconds, and a second try would not."""
        if code := self.reader.welcome_code_of(row):
            try:
                client.send_on_event(code, greeting, str(row.get("msgid", ""))[:32])
            except (Refuse, Retry) as error:
                self.log(error.code)

    def _token(self, message_id: str) -> str:
        item = self.inbox.read(message_id) if message_id else None
        return self.reader.callback_token(item.plaintext) if item else ""
