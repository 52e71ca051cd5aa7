"""Greetings (欢迎语): a new contact brings a code that lives for 20 seconds, so greeting goes before all else. Pure:
messages, clients and texts are handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Refuse
from hub.kernel.platforms import PlatformGone
from hub.store.connection import Connection
from hub.store.messages import InboxItem

CHANNEL = "wecom"


class Inbox(Protocol):
    def read(self, message_id: str) -> InboxItem | None: ...


class Connections(Protocol):
    def find(self, connection_id: str) -> Connection | None: ...


class Platforms(Protocol):
    """The clients of connections. Here one is WeCom's: `send_welcome(welcome_code, text)`."""

    def client(self, connection: Connection) -> Any: ...


class Failures(Protocol):
    """Hears of a call that a platform did not take: functions.webhooks.connections.failures."""

    def note(self, connection_id: str, code: str) -> None: ...


@dataclass(frozen=True)
class Greeter:
    """code_of: the code in a message's plaintext, "" without one."""

    inbox: Inbox
    code_of: Callable[[bytes], str]
    connections: Connections
    platforms: Platforms
    failures: Failures

    def greet(self, message_id: str) -> bool:
        """Whether a greeting was sent. The code can be used once, so a repeat says nothing twice: a code that is used,
        or too old, ends it. Raises Retry while the platform is busy."""
        item = self.inbox.read(message_id)
        connection = self._greeting(item) if item else None
        code = self.code_of(item.plaintext) if item and connection else ""
        if connection is None or not code:
            return False
        try:
            self.platforms.client(connection).send_welcome(code, str(connection.settings["greeting"]))
        except PlatformGone:
            return False
        except Refuse as refused:
            self.failures.note(connection.id, refused.code)
            return False
        return True

    def _greeting(self, item: InboxItem) -> Connection | None:
        """The message's connection, if it greets."""
        connection = self.connections.find(item.connection_id)
        if connection is None or not connection.enabled or connection.channel != CHANNEL:
            return None
        return connection if connection.settings.get("greeting") else None
