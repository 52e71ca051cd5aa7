"""Out through WeCom: which of the tenant's apps sends, with which token, and to whom by WeCom's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.channels.wecom.cards import Card
from hub.channels.wecom.client import BASE_URL, Client, Sent
from hub.kernel.errors import Refuse
from hub.store.secrets import UNKNOWN_SECONDS, Connection, ConnectionSecrets
from hub.store.tokens import TokenCache

CHANNEL = "wecom"
NEEDED = ("agent_id", "secret")


class NoConnection(Refuse):
    """The tenant has no enabled WeCom app that could send."""

    code = "no-connection"


@dataclass(frozen=True)
class Posted:
    """What WeCom said: its message id, and why the message will not arrive ("" when it will)."""

    platform_id: str = ""
    refused: str = ""


def choose_connection(connections: Iterable[Connection]) -> Connection:
    """The first enabled WeCom connection by id that has an agent and its secret. Raises NoConnection."""
    able = [c for c in connections if c.channel == CHANNEL and c.enabled and all(map(c.settings.get, NEEDED))]
    if not able:
        raise NoConnection("no enabled WeCom connection with an agent")
    return min(able, key=lambda connection: connection.id)


@dataclass
class Wecom:
    """Sends for one tenant. platforms_url: the local doubles, "" for the platform itself. wall_now: real time."""

    tenant: str
    table: str
    platforms_url: str
    wall_now: Callable[[], datetime]
    secrets: ConnectionSecrets = field(repr=False)
    dynamodb: Any = field(repr=False)
    _client: tuple[Connection, Client] | None = field(default=None, repr=False)

    def send_card(self, userid: str, card: Card) -> Posted:
        """One card to one member. Raises Retry, Refuse (a code says why), NoConnection."""
        return _posted(self._wecom().send_card([userid], card))

    def send_text(self, userid: str, text: str) -> Posted:
        """One text to one member. Raises as send_card."""
        return _posted(self._wecom().send_text([userid], text))

    def _wecom(self) -> Client:
        """The client of the chosen connection, kept until its settings change."""
        chosen = self._choose()
        if self._client is None or self._client[0] != chosen:
            self._client = (chosen, self._connect(chosen))
        return self._client[1]

    def _choose(self) -> Connection:
        """A connection made just now is looked for once more before a notice has failed for want of one."""
        try:
            return choose_connection(self.secrets.every())
        except NoConnection:
            return choose_connection(self.secrets.every(UNKNOWN_SECONDS))

    def _connect(self, connection: Connection) -> Client:
        base_url = f"{self.platforms_url.rstrip('/')}/wecom" if self.platforms_url else BASE_URL
        bare = Client(connection.settings, wall_now=self.wall_now, base_url=base_url)
        key = f"{self.tenant}#token#{connection.id}"
        tokens = TokenCache(self.table, key, self.dynamodb, bare.fetch_token)
        return Client(connection.settings, tokens, wall_now=self.wall_now, base_url=base_url)


def _posted(sent: Sent) -> Posted:
    """One receiver was named: whoever WeCom calls invalid is that one."""
    return Posted(sent.message_id, "unreachable" if sent.invalid_users else "")
