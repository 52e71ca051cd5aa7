"""The one way out: which channels a tenant has, and one message to one person by one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from typing import Protocol

from functions.notifications.gateways.message import Address, Message, Template
from functions.notifications.gateways.senders import GROUPS, KINDS, NEEDED, SENDERS
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Refuse
from hub.platforms.clients import Platforms
from hub.store.secrets import UNKNOWN_SECONDS, Connection, ConnectionSecrets

SMS_TEMPLATE = "notice_template"
"""The setting of an SMS connection that names the template for notices which have none of their own."""


class NoConnection(Refuse):
    """The tenant has no enabled connection by which this could be sent."""

    code = "no-connection"


@dataclass(frozen=True)
class Posted:
    """What a platform said: its message id, and why the message will not arrive ("" when it will); what it costs."""

    platform_id: str = ""
    refused: str = ""
    cost: str = "0"


class Carrier(Protocol):
    """What the room sends by."""

    def usable(self, channels: Sequence[str], address: Address) -> tuple[str, ...]:
        """Those of the channels that the tenant has and that reach this person, in their order."""

    def send(self, channel: str, address: Address, message: Message, send_id: str, claim: Callable[[], None]) -> Posted:
        """One message by one channel. claim: called last before the platform is. Raises Retry, Refuse (a code says
        why), NoConnection, and what `claim` raises."""


def choose_connection(connections: Iterable[Connection], channel: str, connection_id: str = "") -> Connection | None:
    """The first enabled connection by id by which a channel is told; or this one."""
    able = [
        c
        for c in connections
        if c.enabled
        and c.channel in KINDS[channel]
        and all(map(c.settings.get, NEEDED.get(c.channel, ())))
        and connection_id in ("", c.id)
    ]
    return min(able, key=lambda connection: connection.id, default=None)


@dataclass(frozen=True)
class Gateways:
    """The platforms' clients of one tenant."""

    secrets: ConnectionSecrets = field(repr=False)
    platforms: Platforms

    def usable(self, channels: Sequence[str], address: Address) -> tuple[str, ...]:
        """As Carrier. A connection made just now is looked for once more before a person has none."""
        usable = self._usable(self.secrets.every(), channels, address)
        return usable or self._usable(self.secrets.every(UNKNOWN_SECONDS), channels, address)

    def send(self, channel: str, address: Address, message: Message, send_id: str, claim: Callable[[], None]) -> Posted:
        """As Carrier: by the chosen connection, unless its platform does not answer just now, in whichever room."""
        chosen = choose_connection(self.secrets.every(), channel, address.connections.get(channel, ""))
        if chosen is None:
            raise NoConnection("no enabled connection", channel=channel)
        if channel == "sms" and message.sms is None:
            message = _with_template(message, chosen)
        with self.platforms.guard(chosen.id):
            client = self.platforms.client(chosen)
            if hasattr(client, "fetch_token"):
                client.token()  # renewed before the claim, if it has to be
            claim()
            sent = SENDERS[channel](client, address.names.get(channel, ""), message, send_id)
        return Posted(sent.message_id, "unreachable" if sent.unreached else "")

    def _usable(self, connections: Sequence[Connection], channels: Sequence[str], address: Address) -> tuple[str, ...]:
        return tuple(
            channel
            for channel in dict.fromkeys(channels)
            if (address.names.get(channel) or (address.is_staff and channel in GROUPS))
            and not address.refuses & {channel, "all"}
            and choose_connection(connections, channel, address.connections.get(channel, ""))
        )


def _with_template(message: Message, connection: Connection) -> Message:
    """By the connection's own template for notices, whose one variable is `title`."""
    code = str(connection.settings.get(SMS_TEMPLATE) or "")
    template = Template(code, {"title": message.title}) if code else None
    return Message(message.title, message.text, message.url, sms=template)
