"""Greetings (欢迎语): a new contact brings a code that lives for 20 seconds, so greeting goes before all else. Pure:
the message, the client and the text are handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hub.channels.client import PlatformGone
from hub.kernel.errors import Refuse

if TYPE_CHECKING:
    from hub.store.inbox import InboxItem


class WelcomeClient(Protocol):
    """The part of WeCom's client that is needed here."""

    def send_welcome(self, welcome_code: str, text: str) -> None: ...


@dataclass(frozen=True)
class Greeter:
    """read: a stored message by its id. code_of: the code in its plaintext, "" without one. open_client: a connection's
    id to its client and greeting text, None when there is nothing to say. note: hears of a greeting that was refused,
    the connection's id and the error's code."""

    read: Callable[[str], InboxItem | None]
    code_of: Callable[[bytes], str]
    open_client: Callable[[str], tuple[WelcomeClient, str] | None]
    note: Callable[[str, str], None]

    def greet(self, message_id: str) -> bool:
        """Whether a greeting was sent. The code can be used once, so a repeat says nothing twice: a code that is used,
        or too old, ends it. Raises Retry while the platform is busy."""
        item = self.read(message_id)
        opened = self.open_client(item.connection_id) if item else None
        code = self.code_of(item.plaintext) if item and opened else ""
        if item is None or opened is None or not code:
            return False
        client, text = opened
        try:
            client.send_welcome(code, text)
        except PlatformGone:
            return False
        except Refuse as refused:
            self.note(item.connection_id, refused.code)
            return False
        return True
