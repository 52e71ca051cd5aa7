"""From an event to notices: who hears of it, under which id. The id is the same however often the event comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hub.contracts.events import (
    EndpointDisabled,
    GlassBroken,
    PlatformNoticed,
    Priority,
    RungFired,
    TicketAssigned,
    TicketStranded,
)
from hub.kernel.frozen import dataclass
from hub.kernel.ids import derived_id
from hub.kernel.regions import BASE

WECOM = "wecom"
UNREACHED = "rung.unreached"


@dataclass(frozen=True)
class Notice:
    """One thing to tell one person (`recipient`, a person id) through one channel. A digest has `members`: the ids
    of the sends that it tells at once. A platform's notice has no ticket, but a connection, and says what it is about
    (`<channel>/<kind>/<status>`); one of broken glass says who looked at what (`<person>/<thing>`).

    fallback: it was for others, of whom there is nobody. region, store: the recipient's, when it was made: who oversees
    them there may see it."""

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


def notices_of(
    event: TicketAssigned | RungFired | TicketStranded, channel: str = WECOM, operators: tuple[str, ...] = ()
) -> tuple[Notice, ...]:
    """The notices that an event asks for, one a recipient; where it names nobody, those who run the hub (`operators`).
    A replayed event asks for none: it is old news."""
    if event.replay:
        return ()
    if isinstance(event, TicketAssigned):
        return (_notice(event, event.assignee, channel, visit_id=event.visit_id),)
    people = dict.fromkeys(event.recipients or operators)
    if isinstance(event, TicketStranded):
        return tuple(_notice(event, person, channel) for person in people)
    fallback = event.fallback or not event.recipients
    return tuple(_notice(event, person, channel, rung=event.rung, fallback=fallback) for person in people)


def operator_notices(
    event: PlatformNoticed | GlassBroken | EndpointDisabled, operators: tuple[str, ...]
) -> tuple[Notice, ...]:
    """What those who run the hub hear: of a platform only what somebody has to act on; of broken glass always, but not
    who broke it; of an endpoint that was disabled always."""
    if event.replay:
        return ()
    if isinstance(event, EndpointDisabled):
        about = f"{event.endpoint_id}/{event.cause}"
        return tuple(_to_operator(event, person, "high", about) for person in operators)
    if isinstance(event, GlassBroken):
        about = f"{event.person_id}/{event.thing}"
        return tuple(_to_operator(event, person, "high", about) for person in operators if person != event.person_id)
    if not event.urgent:
        return ()
    about = f"{event.channel}/{event.kind}/{event.status}"
    return tuple(_to_operator(event, person, "urgent", about, event.connection_id) for person in operators)


def unreached_notices(notice: Notice, at: datetime, operators: tuple[str, ...]) -> tuple[Notice, ...]:
    """What those who run the hub hear of a rung that did not reach its recipient (`about`): an escalation that reached
    nobody must not end there. at: the event's own time, or that of the notice's id."""
    return tuple(
        replace(
            notice,
            id=derived_id("snd", at, notice.id, UNREACHED, person),
            kind=UNREACHED,
            recipient=person,
            about=notice.recipient,
        )
        for person in operators
        if person != notice.recipient
    )


def send_id(at: datetime, event_id: str, recipient: str, channel: str) -> str:
    """`snd_…` from what makes a send the same send: the event (and its own time), the person, the channel."""
    return derived_id("snd", at, event_id, recipient, channel)


def _to_operator(
    event: PlatformNoticed | GlassBroken | EndpointDisabled,
    person: str,
    priority: Priority,
    about: str,
    connection_id: str = "",
) -> Notice:
    return Notice(
        id=send_id(event.at, event.id, person, WECOM),
        kind=event.type,
        event_id=event.id,
        recipient=person,
        channel=WECOM,
        ticket_id="",
        ticket_type="",
        priority=priority,
        connection_id=connection_id,
        about=about,
    )


def _notice(
    event: TicketAssigned | RungFired | TicketStranded,
    recipient: str,
    channel: str,
    *,
    rung: str = "",
    visit_id: str = "",
    fallback: bool = False,
) -> Notice:
    return Notice(
        id=send_id(event.at, event.id, recipient, channel),
        kind=event.type,
        event_id=event.id,
        recipient=recipient,
        channel=channel,
        ticket_id=event.ticket_id,
        ticket_type=event.ticket_type,
        priority=event.priority,
        rung=rung,
        visit_id=visit_id,
        fallback=fallback,
    )
