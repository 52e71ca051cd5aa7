"""From many entries to one queue: what integrators and platforms tell, through the rooms of customers and tickets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest

from functions.customers import app
from hub.channels.base import StoredMessage
from hub.channels.open.documents import Entry
from hub.channels.registry import inbound
from hub.contracts.events import MessageReceived, MessageResolved
from hub.edge.aws import Clients
from hub.edge.host import Host
from hub.edge.settings import Settings
from hub.kernel.ids import derived_id
from tests.support.aws import TENANT, environment, make_table
from tests.support.http import Context, bus_batch, bus_events, call
from tests.support.tickets import T0, World, world

PHONE = "+8613800138000"
NINE = tuple(entry for entry in get_args(Entry) if entry != "other")
TEN = ("official_account", *NINE)
TEXT = "<xml><ToUserName>gh_1</ToUserName><FromUserName>{who}</FromUserName><CreateTime>1</CreateTime>{said}</xml>"


@dataclass(frozen=True)
class Said:
    """One message: its event and its content, as its channel reads it."""

    event: MessageReceived
    content: dict[str, Any]

    @property
    def at(self) -> datetime:
        return self.event.at


def read(channel: str, plaintext: str, at: datetime) -> Said:
    """The one message that a body says on a connection of this channel."""
    message_id = derived_id("msg", at, plaintext)
    stored = StoredMessage(TENANT, message_id, f"con_{channel}", channel, f"acc_{channel}", plaintext.encode(), at)
    (draft,) = inbound(channel).events(stored)
    assert isinstance(draft.event, MessageReceived)
    return Said(draft.event, draft.content or {})


def told(entry: str, text: str = "冰柜坏了", at: datetime = T0, phone: str = PHONE, **more: Any) -> Said:
    """A message of the open channel; each entry knows the person by a number of its own."""
    data = {"person": {"id": f"{entry}-7", "phone": phone}, "entry": entry, "text": text, **more}
    return read("open", json.dumps({"type": "message.created", "occurred_at": at.isoformat(), "data": data}), at)


def followed(text: str = "冰柜坏了", at: datetime = T0, who: str = "oWang") -> Said:
    """A text of a follower of the official account."""
    said = f"<MsgType>text</MsgType><Content>{text}</Content><MsgId>1</MsgId>"
    return read("official_account", TEXT.format(who=who, said=said), at)


def keep(said: Sequence[Said]) -> None:
    store = app.room.desk.contents
    for one in said:
        store.put(one.event.content_ref, one.content, 0)


def resolve(hub: World, said: Sequence[Said], phone_of_first: str = "") -> list[MessageResolved]:
    """What the room of customers makes of it, in order. phone_of_first: the number that an agent records for the first
    message's customer before the others come."""
    store = app.room.desk.contents
    resolved: list[MessageResolved] = []
    for one in said:
        store.put(one.event.content_ref, one.content, 0)
        assert app.on_event(bus_batch(one.event), Context()) == {"batchItemFailures": []}
        resolved += [
            MessageResolved.model_validate(event)
            for event in bus_events(hub.session)
            if event["type"] == "message.resolved"
        ]
        if phone_of_first and len(resolved) == 1:
            path = f"/customers/{resolved[0].customer_id}/facts/phone"
            assert call(app.room, "PUT", path, {"value": phone_of_first}).status == 200
    return resolved


def reach(hub: World, said: Sequence[Said], phone_of_first: str = "") -> str:
    """Messages through both rooms, at their times; the one customer that they are of."""
    events = resolve(hub, said, phone_of_first)
    for one, event in zip(said, events, strict=True):
        hub.clock.now = max(one.at, hub.clock.now)
        hub.tell(event)
    (customer_id,) = {event.customer_id for event in events}
    return customer_id


@pytest.fixture
def hub() -> Iterator[World]:
    """The room of tickets, and in its account that of customers."""
    with world() as made:
        connect_customers(made.session)
        made.hire("li")
        yield made


def connect_customers(session: Any) -> None:
    """Give the room of customers a table of its own, under the settings that its functions would have."""
    settings = Settings.load(environment("customers"))
    if settings.table not in session.client("dynamodb").list_tables()["TableNames"]:
        make_table(settings.table)
    app.room.install(Host(settings, settings.clock(), Clients(session.client), "customers", app.room.idempotency))


def ten(step: timedelta) -> list[Said]:
    """The same text through each of ten entries, so far apart from each other."""
    return [followed(), *(told(entry, at=T0 + step * n) for n, entry in enumerate(NINE, start=1))]


def texts(hub: World, ticket_id: str) -> list[tuple[str, str]]:
    """Entry and text of each message on the ticket's trail."""
    trail = hub.timeline(ticket_id)["entries"]
    return [(e["detail"]["entry"], e["text"]) for e in trail if e["what"] in ("opened", "message")]


def test_ten_entries_at_once_are_one_customer_s_one_conversation(hub: World) -> None:
    """Ten messages, ten events, one customer; the second to tenth join the first one's ticket, which names all ten
    entries, and its trail says for each message how it came in."""
    said = ten(timedelta(seconds=5))
    assert len({one.event.id for one in said}) == 10

    customer_id = reach(hub, said, PHONE)

    (ticket,) = hub.call("GET", "/tickets", query={"customer": customer_id}).json["data"]
    assert (ticket["entry"], tuple(ticket["entries"])) == ("official_account", TEN)
    assert texts(hub, ticket["id"]) == [(entry, "冰柜坏了") for entry in TEN]
    assert hub.timeline(ticket["id"])["intact"]


def test_ten_entries_over_the_day_are_one_customer_s_ten_tickets(hub: World) -> None:
    """Where each message comes after the conversation before it has ended, there are ten tickets of the one customer,
    one for each entry, and the list finds each by it."""
    customer_id = reach(hub, ten(timedelta(minutes=31)), PHONE)

    tickets = hub.call("GET", "/tickets", query={"customer": customer_id}).json["data"]
    assert sorted(ticket["entry"] for ticket in tickets) == sorted(TEN)
    for entry in TEN:
        (found,) = hub.call("GET", "/tickets", query={"customer": customer_id, "entry": entry}).json["data"]
        assert (found["entry"], found["entries"]) == (entry, [entry])


def test_a_repeated_message_adds_no_entry(hub: World) -> None:
    """The same message again changes neither the ticket's entries nor its trail."""
    said = [told("website"), told("app", at=T0 + timedelta(minutes=1))]
    reach(hub, [*said, *said])
    assert hub.ticket()["entries"] == ["website", "app"]
    assert len(texts(hub, hub.ticket()["id"])) == 2


def test_another_number_is_another_conversation(hub: World) -> None:
    """The same words from two numbers: two customers, two tickets."""
    said = [told("website"), told("app", phone="+8613900139000")]
    hub.tell(*resolve(hub, said))
    assert len({ticket["customer_id"] for ticket in hub.tickets()}) == 2


def test_a_ticket_opened_by_hand_has_an_entry_too(hub: World) -> None:
    """Its entry is the hand that opened it."""
    opened = hub.call("POST", "/tickets", {"type": "repair", "customer_id": "cus_1"}, key="k1").json
    assert (opened["entry"], opened["entries"]) == ("hand", ["hand"])


def publish(hub: World, rule: dict[str, Any]) -> None:
    table = {"key": "intake", "version": 1, "schema": {"text": "text", "channel": "text", "entry": "text"}}
    document = {**table, "rules": [rule], "default": {"type": "consult", "priority": "normal"}}
    assert hub.call("POST", "/tickets/rules/publish", {"document": document}).status == 200


def test_rules_may_ask_for_the_entry(hub: World) -> None:
    """A tenant's rule by entry decides for messages of that entry alone."""
    publish(hub, {"id": "calls", "when": {"entry": {"eq": "phone"}}, "then": {"type": "repair", "priority": "urgent"}})
    hub.tell(*resolve(hub, [told("phone"), told("website", phone="+8613900139000")]))
    assert {(ticket["entry"], ticket["type"]) for ticket in hub.tickets()} == {
        ("phone", "repair"),
        ("website", "consult"),
    }
