"""Feeds (会话拉取): WeChat customer service says only that there is something, and tells what when it is asked. One
reader walks an account page by page; the cursor is kept after each page is stored, and the rows go through the inbox
like anything that is pushed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from functions.webhooks.inbox.greetings import Failures
from functions.webhooks.inbox.pulled import pulled_text
from hub.channels.samples import account_of
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, HubError, Refuse, Retry
from hub.kernel.platforms import PlatformGone
from hub.store.connection import Connection
from hub.store.messages import Arrival, InboxItem

CHANNEL = "wechat_kf"
PREFIX = "conversation#"
PAGES_LIMIT = 20
"""So many pages of up to 1000 rows are read in one run; the next run goes on from the cursor."""
LATE_SECONDS = 60
"""A greeting's code lives for 20 seconds; after three times that, for clocks apart, the platform is not even asked."""


class FeedClient(Protocol):
    """The part of hub.channels.wechat_kf.client that is needed here."""

    def sync(self, open_kfid: str, cursor: str, token: str = "") -> tuple[list[Any], str, bool]: ...
    def send_on_event(self, code: str, text: str, msgid: str) -> str: ...


class FeedReader(Protocol):
    """The part of hub.channels.wechat_kf.inbound that is needed here."""

    def callback_token(self, plaintext: bytes) -> str: ...
    def row_key(self, row: Any) -> str: ...
    def welcome_code_of(self, row: Any) -> str: ...


class Cursors(Protocol):
    """Where a feed was read to: functions.webhooks.connections.connections_table."""

    def watermark(self, connection_id: str, feed: str) -> str: ...
    def feeds(self, connection_id: str) -> list[str]: ...
    def move_watermark(self, connection_id: str, feed: str, watermark: str, was: str | None = None) -> None: ...


class Inbox(Protocol):
    """Stored messages: hub.store.inbox."""

    def read(self, message_id: str) -> InboxItem | None: ...
    def store(self, arrival: Arrival, business_now: datetime, wall_now: datetime) -> bool: ...


class Connections(Protocol):
    """The tenant's connections. current: of this moment, where it is cached as disabled."""

    def current(self, connection_id: str) -> Connection | None: ...
    def every(self) -> tuple[Connection, ...]: ...


class Platforms(Protocol):
    """The clients of connections, here each a FeedClient."""

    def client(self, connection: Connection) -> Any: ...


@dataclass(frozen=True)
class Feeds:
    """The conversations of every connection. A row that can't be read is stored like all, and quarantined alone.

    A customer's id holds within the corp, so the corp is the account, and one person on two desks is one customer.
    """

    inbox: Inbox
    cursors: Cursors
    reader: FeedReader
    connections: Connections
    platforms: Platforms
    failures: Failures
    business_now: Callable[[], datetime]
    wall_now: Callable[[], datetime]

    def sources(self) -> list[str]:
        """The ids of the connections that have conversations to read."""
        return [each.id for each in self.connections.every() if _is_open(each)]

    def walk_all(self, connection_id: str) -> None:
        """Read every feed that was ever read: what no callback told of still comes. One that fails, such as that of an
        account that is no more, holds up no other; the last failure is raised in the end."""
        failure: HubError | None = None
        for feed in self.cursors.feeds(connection_id):
            if feed.startswith(PREFIX):
                try:
                    self.walk(connection_id, feed.removeprefix(PREFIX))
                except (Refuse, Retry) as error:
                    failure = error
        if failure is not None:
            raise failure

    def walk(self, connection_id: str, open_kfid: str, message_id: str = "") -> None:
        """Read one feed from its cursor to its end. message_id: the callback, whose token lifts the rate limit while it
        is fresh. Where another reader was faster, this one goes on from where that one is: what is stored is known when
        it comes again. Raises Retry when there is more than one run reads, and what the client raises."""
        connection = self.connections.current(connection_id)
        if connection is None or not _is_open(connection):
            return
        client: FeedClient = self.platforms.client(connection)
        corp_id, greeting = account_of(connection.settings), str(connection.settings.get("greeting", ""))
        feed, token = f"{PREFIX}{open_kfid}", self._token(message_id)
        cursor = self.cursors.watermark(connection_id, feed)
        for _ in range(PAGES_LIMIT):
            rows, following, more = client.sync(open_kfid, cursor, token)
            for row in rows:
                if self._store(connection_id, corp_id, row) and greeting:
                    self._greet(connection_id, client, greeting, row)
            if following and following != cursor:
                cursor = self._move(connection_id, feed, cursor, following)
            if not more:
                return
        raise Retry("there is more to read", connection_id=connection_id, feed=open_kfid)

    def _move(self, connection_id: str, feed: str, cursor: str, following: str) -> str:
        """The cursor as it is then: `following`, or where another reader moved it meanwhile."""
        try:
            self.cursors.move_watermark(connection_id, feed, following, was=cursor)
        except Conflict:
            return self.cursors.watermark(connection_id, feed)
        return following

    def _store(self, connection_id: str, corp_id: str, row: Any) -> bool:
        arrival = Arrival(
            connection_id=connection_id,
            channel=CHANNEL,
            account=corp_id,
            dedupe_key=self.reader.row_key(row),
            plaintext=pulled_text("message", row),
            source="pull",
        )
        return self.inbox.store(arrival, self.business_now(), self.wall_now())

    def _greet(self, connection_id: str, client: FeedClient, greeting: str, row: Any) -> None:
        """A greeting that fails holds up no message: its code lives for 20 seconds, and a second try would not."""
        code = self.reader.welcome_code_of(row)
        sent_at = row.get("send_time") if code else None
        late = isinstance(sent_at, int) and self.wall_now().timestamp() - sent_at > LATE_SECONDS
        if not code or late:
            return
        number = hashlib.sha256(self.reader.row_key(row).encode()).hexdigest()[:32]
        try:
            client.send_on_event(code, greeting, number)
        except PlatformGone:
            return
        except (Refuse, Retry) as error:
            self.failures.note(connection_id, error.detail if "-" in error.detail else error.code)

    def _token(self, message_id: str) -> str:
        item = self.inbox.read(message_id) if message_id else None
        return self.reader.callback_token(item.plaintext) if item else ""


def _is_open(connection: Connection) -> bool:
    return connection.enabled and connection.channel == CHANNEL
