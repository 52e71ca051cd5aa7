"""Notices: one thing to tell one person by one line of channels. Their ids are the same however often an event comes.

ntf_…   event, rule, recipient          the same for all that tell one person of one thing
snd_…   ntf_…, channel, round           one message by one channel
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from hub.contracts.base import Priority
from hub.contracts.events import Event
from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import derived_id
from hub.kernel.regions import BASE

WECOM = "wecom"
UNREACHED = "rung.unreached"
TEXTS = ("ticket_id", "ticket_type", "rung", "visit_id", "connection_id")
"""What a card is made of, where the event says it."""
ABOUT = {
    "ticket.noticed": ("notice",),
    "platform.noticed": ("channel", "kind", "status"),
    "glass.broken": ("person_id", "thing"),
    "endpoint.disabled": ("endpoint_id", "cause"),
}


@dataclass(frozen=True)
class Notice:
    """One thing to tell one person (`recipient`, a person's or a customer's id) through one channel. A digest has
    `members`: the ids of the sends that it tells at once. A platform's notice has no ticket, but a connection, and says
    what it is about (`<channel>/<kind>/<status>`); one of broken glass says who looked at what (`<person>/<thing>`),
    one of an endpoint why it was switched off (`<endpoint>/<cause>`).

    fallback: it was for others, of whom there is nobody. region, store: the recipient's, when it was made: who oversees
    them there may see it. rest: the channels that go where this one fails; fallback_of: the send that failed before.
    since: the event's moment; cancels: the marks that take it back where they are later. words: what a rule of the
    tenant's says, sealed. round: how often it was told before. asks_ack: somebody has to say that they heard.
    """

    id: str
    kind: str
    event_id: str
    recipient: str
    channel: str
    ticket_id: str
    ticket_type: str
    priority: Priority
    rung: str = ""
    visit_id: str = ""
    members: tuple[str, ...] = ()
    connection_id: str = ""
    about: str = ""
    region: str = BASE
    store: str = ""
    fallback: bool = False
    notification_id: str = ""
    rule: str = ""
    audience: Literal["staff", "customer"] = "staff"
    rest: tuple[str, ...] = ()
    fallback_of: str = ""
    since: str = ""
    cancels: tuple[str, ...] = ()
    words: str = ""
    round: int = 0
    asks_ack: bool = False

    @property
    def channels(self) -> tuple[str, ...]:
        """The whole line, from the channel that goes first."""
        return (self.channel, *self.rest)


def notification_id(event: Event, rule: str, recipient: str) -> str:
    """`ntf_…`: one person hears of one thing, by one rule."""
    return derived_id("ntf", event.at, event.id, rule, recipient)


def send_id(at: datetime, notification: str, channel: str, round_number: int = 0) -> str:
    """`snd_…` from what makes a send the same send: the notification (and its event's time), the channel, the round."""
    return derived_id("snd", at, notification, channel, str(round_number))


def facts_of(event: Event) -> dict[str, Any]:
    """What the card of an event is made of."""
    facts = {name: str(getattr(event, name, "")) for name in TEXTS}
    return {**facts, "about": about(event), "fallback": bool(getattr(event, "fallback", False))}


def about(event: Event) -> str:
    """In few words what an event without a ticket is about."""
    kind = getattr(event, "type", "")
    names = ABOUT.get(kind, ())
    return "/".join(str(getattr(event, name)) for name in names)


def by_next_channel(notice: Notice) -> Notice:
    """The same by the next channel of its line."""
    following, *rest = notice.rest
    return replace(
        notice,
        id=send_id(parse_rfc3339(notice.since), notice.notification_id, following, notice.round),
        channel=following,
        rest=tuple(rest),
        fallback_of=notice.id,
    )


def unreached_notices(notice: Notice, at: datetime, operators: Sequence[str]) -> tuple[Notice, ...]:
    """What those who run the hub hear of a rung that did not reach its recipient (`about`): an escalation that reached
    nobody must not end there. at: the event's own time, or that of the notice's id."""
    return tuple(
        replace(
            notice,
            id=derived_id("snd", at, notice.notification_id, UNREACHED, person),
            notification_id=derived_id("ntf", at, notice.notification_id, UNREACHED, person),
            kind=UNREACHED,
            recipient=person,
            about=notice.recipient,
            words="",
            fallback_of="",
        )
        for person in operators
        if person != notice.recipient
    )
