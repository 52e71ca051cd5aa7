"""Out through WeCom: which of the tenant's apps sends, and to whom by WeCom's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field

from hub.channels.outbound import Sent
from hub.channels.wecom.cards import Card
from hub.channels.wecom.client import Client
from hub.kernel.errors import Refuse
from hub.kernel.frozen import dataclass
from hub.platforms.clients import Platforms
from hub.store.secrets import UNKNOWN_SECONDS, Connection, ConnectionSecrets

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


@dataclass(frozen=True)
class Wecom:
    """Sends for one tenant."""

    secrets: ConnectionSecrets = field(repr=False)
    platforms: Platforms

    def send_card(self, userid: str, card: Card, claim: Callable[[], None]) -> Posted:
        """One card to one member. claim: called last before WeCom is. Raises Retry, Refuse (a code says why),
        NoConnection, and what `claim` raises."""
        return self._send(lambda client: client.send_card([userid], card), claim)

    def send_text(self, userid: str, text: str, claim: Callable[[], None]) -> Posted:
        """One text to one member. As send_card."""
        return self._send(lambda client: client.send_text([userid], text), claim)

    def _send(self, call: Callable[[Client], Sent], claim: Callable[[], None]) -> Posted:
        """By the chosen app, unless WeCom does not answer it just now, in whichever room."""
        chosen = self._choose()
        with self.platforms.guard(chosen.id):
            client = self.platforms.client(chosen)
            client.token()  # renewed before the claim, if it has to be
            claim()
            return _posted(call(client))

    def _choose(self) -> Connection:
        """A connection made just now is looked for once more before a notice has failed for want of one."""
        try:
            return choose_connection(self.secrets.every())
        except NoConnection:
            return choose_connection(self.secrets.every(UNKNOWN_SECONDS))


def _posted(sent: Sent) -> Posted:
    """One receiver was named: whoever WeCom did not reach is that one."""
    return Posted(sent.message_id, "unreachable" if sent.unreached else "")
