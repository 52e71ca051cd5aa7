"""A message becomes a ticket, once, and what follows it joins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.tickets import T0, World, world


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li", wecom_userid="LiWei")
        made.hire("chen", role="supervisor", region="base")
        yield made


def test_stranger_gets_the_tenants_region(hub: World) -> None:
    """Who is nobody of ours gets a ticket of the whole tenant."""
    hub.say("机器坏了", sender_id="wmStranger")

    assert (hub.ticket()["region"], hub.ticket()["store_id"]) == ("base", "")


def test_a_messages_ticket_is_found_by_it(hub: World) -> None:
    """Whoever looks at a message sees which ticket it opened or joined, and whose it is; none for one that did
    neither."""
    hub.say("冰柜不制冷")
    hub.say("型号BX-3", "msg_2")
    listed = [hub.call("GET", "/tickets", query={"message": each}).json["data"] for each in ("msg_1", "msg_2", "msg_3")]
    (ticket,) = hub.tickets()
    assert [[(each["id"], each["customer_id"]) for each in page] for page in listed] == [
        [(ticket["id"], "cus_1")],
        [(ticket["id"], "cus_1")],
        [],
    ]


def test_the_window_slides(hub: World) -> None:
    """Each message keeps the conversation open for 30 minutes more; after them a new one begins."""
    hub.say("冰柜不制冷")
    hub.clock.advance(minutes=29)
    hub.say("在吗", "msg_2")
    hub.clock.advance(minutes=29)
    hub.say("型号BX-3", "msg_3")
    assert len(hub.tickets()) == 1

    hub.clock.advance(minutes=30, seconds=1)
    hub.say("营业时间?", "msg_4")
    assert [ticket["type"] for ticket in hub.tickets()] == ["consult", "repair"]


def test_another_topic_is_a_matter_of_its_own(hub: World) -> None:
    """A delivery complaint five minutes after 「冰柜不制冷」 opens its own ticket; what follows joins the one that it
    is about, and a word that says no topic the latest of them."""
    hub.say("冰柜不制冷")
    hub.clock.advance(minutes=5)
    hub.say("你们配送慢死了", "msg_2")
    hub.clock.advance(minutes=1)
    hub.say("等了三天", "msg_3")
    hub.say("冰柜还是不制冷", "msg_4")
    hub.say("型号BX-3", "msg_5")

    slow, cold = hub.tickets()
    assert [(ticket["type"], ticket["topic"]) for ticket in (cold, slow)] == [
        ("repair", "refrigeration"), ("consult", "logistics"),
    ]  # fmt: skip
    assert texts(hub, cold["id"]) == ["冰柜不制冷", "冰柜还是不制冷", "型号BX-3"]
    assert texts(hub, slow["id"]) == ["你们配送慢死了", "等了三天"]


def test_a_word_without_a_topic_joins_what_is_still_open(hub: World) -> None:
    """Where the latest matter is done, 「型号BX-3」 belongs to the one that is not."""
    hub.say("冰柜不制冷")
    hub.clock.advance(minutes=5)
    hub.say("你们配送慢死了", "msg_2")
    slow, cold = hub.tickets()
    path = f"/tickets/{slow['id']}/nodes/answer/complete"
    assert hub.call("POST", path, {"outcome": "answered"}).status == 200
    hub.say("型号BX-3", "msg_3")
    assert texts(hub, cold["id"]) == ["冰柜不制冷", "型号BX-3"]


def texts(hub: World, ticket_id: str) -> list[str]:
    """What was written, in order."""
    trail = hub.timeline(ticket_id)["entries"]
    return [entry["text"] for entry in trail if entry["what"] in ("opened", "message")]


def test_a_sender_who_is_called_like_a_colleague_is_none(hub: World) -> None:
    """The userid LiWei on WeCom is our li, of 310000; on the open channel it is whoever the integrator calls so."""
    hub.say("冰柜不制冷", sender_id="LiWei", channel="open")
    assert hub.ticket()["region"] == "base"
    hub.clock.advance(minutes=1)
    hub.say("冰柜不制冷", "msg_2", sender_id="LiWei", customer_id="cus_2")
    assert hub.ticket()["region"] == "310000"


def test_a_ticket_and_its_links_remember_the_name_they_came_by(hub: World) -> None:
    """The ticket's events, the conversation and each message's link carry the record of the customer's name."""
    hub.say("冰柜不制冷", customer_id="cus_root", identity_id="cus_leaf")
    assert [event.identity_id for event in hub.told("ticket.opened")] == ["cus_leaf"]
    stored = [item for item in hub._scan() if item["sk"]["S"] in ("thread", "message")]
    assert [item["body"]["M"]["identity_id"]["S"] for item in stored] == ["cus_leaf"] * 2


def test_who_was_merged_goes_on_with_what_they_talked_about(hub: World) -> None:
    """A customer who became part of another meanwhile: their next word still joins their open ticket."""
    hub.say("冰柜不制冷", customer_id="cus_leaf", identity_id="cus_leaf")
    hub.say("型号BX-3", "msg_2", customer_id="cus_root", identity_id="cus_leaf")
    hub.say("在吗", "msg_3", customer_id="cus_root", identity_id="cus_leaf")
    (ticket,) = hub.tickets()
    assert texts(hub, ticket["id"]) == ["冰柜不制冷", "型号BX-3", "在吗"]


def test_redelivery_adds_nothing(hub: World) -> None:
    """The same message again, at once or after others, changes neither ticket nor trail."""
    first, second = hub.message("冰柜不制冷"), hub.message("型号BX-3", "msg_2")
    hub.tell(first, first, second, first, second)
    before = hub.timeline(hub.tickets()[0]["id"])

    hub.tell(first, second)

    assert len(hub.tickets()) == 1
    assert hub.timeline(before["ticket_id"]) == before
    assert [e["what"] for e in before["entries"]].count("message") == 1


def test_another_customer_has_their_own(hub: World) -> None:
    """Two customers never share a ticket."""
    hub.tell(hub.message("冰柜不制冷"), hub.message("冰柜不制冷", "msg_2", customer_id="cus_2"))

    assert {ticket["customer_id"] for ticket in hub.tickets()} == {"cus_1", "cus_2"}


def test_a_closed_ticket_is_not_joined(hub: World) -> None:
    """A message after the work is done opens a new ticket."""
    hub.say("请问几点开门")
    ticket = hub.ticket()
    path = f"/tickets/{ticket['id']}/nodes/answer/complete"
    assert hub.call("POST", path, {"outcome": "answered"}).status == 200
    assert hub.ticket(ticket["id"])["state"] == "closed"

    hub.clock.advance(minutes=1)
    hub.say("谢谢", "msg_2")
    assert [found["state"] for found in hub.tickets()] == ["open", "closed"]


def test_a_replay_starts_no_clock(hub: World) -> None:
    """A message that is replayed later opens its ticket and starts its flow, but no escalation from the old time."""
    hub.say("冰柜不制冷", replay=True, at=T0 - timedelta(days=3))

    assert hub.ticket()["assignee"] != ""
    assert hub.machines.escalations == {}
    assert [event.replay for event in hub.told("ticket.opened")] == [True]


def test_no_flow_published() -> None:
    """While no flow is published a ticket is opened without one, can be worked and closed by hand."""
    with world(publish=()) as hub:
        hub.hire("li")
        hub.say("冰柜不制冷")
        ticket = hub.ticket()
        assert ticket["flow"] == {"key": "", "version": 0}
        assert hub.machines.flows == {}

        assigned = hub.call("POST", f"/tickets/{ticket['id']}/assign", {"person_id": "li"})
        assert assigned.json["assignee"] == "li"
        assert [(e.assignee, e.visit_id) for e in hub.told("ticket.assigned")] == [("li", "")]
        assert hub.call("POST", f"/tickets/{ticket['id']}/close", {"outcome": "done"}).json["state"] == "closed"
        assert [(e.outcome, e.assignee) for e in hub.told("ticket.closed")] == [("done", "li")]


def test_what_people_wrote_is_sealed(hub: World) -> None:
    """No item of the room's table holds a word of what a customer wrote."""
    hub.say("冰柜不制冷")
    hub.say("型号BX-3", "msg_2")

    stored = str(hub._scan())
    assert "不制冷" not in stored
    assert "BX-3" not in stored


def rules(*listed: dict[str, Any]) -> dict[str, Any]:
    named = [{"id": f"r{i}", **rule} for i, rule in enumerate(listed)]
    table = {"key": "intake", "version": 1, "schema": {"text": "text", "region": "region"}, "rules": named}
    return {"document": {**table, "default": {"type": "consult", "priority": "low"}}}


SMELL = {"when": {"text": {"contains_any": ["异味"]}}, "then": {"type": "repair", "priority": "high"}}


def test_own_rules(hub: World) -> None:
    """A tenant's own intake rules count from the next message on, and the ticket says which rule it was and why."""
    assert hub.call("GET", "/tickets/rules").json["origin"] == "preset"
    published = hub.call("POST", "/tickets/rules/publish", rules(SMELL) | {"seen_version": 0})
    assert (published.status, published.json["version"]) == (200, 1)
    now = hub.call("GET", "/tickets/rules").json
    assert (now["published_by"], now["document"]) == ("boss", rules(SMELL)["document"])

    hub.say("冰柜有异味")

    assert (hub.ticket()["type"], hub.ticket()["priority"]) == ("repair", "high")
    why = hub.call("GET", f"/tickets/{hub.ticket()['id']}/explain").json
    assert (why["rule_id"], why["rules"]) == ("r0", [{"rule_id": "r0", "note": "", "holds": True, "chosen": True}])


def test_rules_that_would_go_wrong(hub: World) -> None:
    """Rules of unknown types or facts, or that never decide, are refused by their place; an old version is 409."""

    def pointers(document: dict[str, Any]) -> list[str]:
        answer = hub.call("POST", "/tickets/rules/publish", document)
        assert answer.status == 422
        return [error["pointer"] for error in answer.json["errors"]]

    assert pointers(rules(SMELL, SMELL)) == ["/document/rules/1"]
    assert pointers(rules(SMELL | {"then": {"type": "dance", "priority": "high"}})) == ["/document/rules/0/then/type"]
    assert pointers(rules(SMELL | {"when": {"mood": {"eq": "bad"}}})) == ["/document/rules/0/when/mood"]
    misread = rules(SMELL)
    misread["document"]["schema"] = {"text": "text", "channel": {"enum": ["wecom"]}}
    assert pointers(misread) == ["/document/schema/channel"]
    assert hub.call("POST", "/tickets/rules/publish", rules(SMELL) | {"seen_version": 7}).status == 409
    assert hub.call("GET", "/tickets/rules").json["version"] == 0


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("浦东的冰柜不制冷", {"region": "330100", "store_id": "hz1"}, ("310115", "", "named")),
        ("冰柜不制冷", {"region": "330100", "store_id": "hz1", "home_region": "320500"}, ("330100", "hz1", "account")),
        ("冰柜不制冷", {"home_region": "320500", "home_store": "sz1"}, ("320500", "sz1", "customer")),
        ("朝阳区的冰柜不制冷", {}, ("base", "", "default")),
        ("朝阳区的冰柜不制冷", {"region": "110000"}, ("110105", "", "named")),
    ],
)
def test_a_customers_ticket_has_a_place(
    hub: World, text: str, facts: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    """Named in the message, else of the connection, else where the customer is at home; where they are at home is
    said apart."""
    hub.say(text, sender_id="wmZhang", **facts)

    ticket = hub.ticket()
    assert (ticket["region"], ticket["store_id"], ticket["placed_by"]) == expected
    assert ticket["home_region"] == facts.get("home_region", "base")


def test_the_tenants_default_region() -> None:
    """Where nothing else says anything: an engineer of that region is found."""
    with world(default_region="310000") as hub:
        hub.hire("li", region="310000")
        hub.say("冰柜不制冷", sender_id="wmZhang")

        assert (hub.ticket()["region"], hub.ticket()["placed_by"]) == ("310000", "default")
        assert hub.ticket()["assignee"] == "li"


def test_a_place_that_is_named_later_moves_the_ticket(hub: World) -> None:
    """「在浦东」 within the conversation: the ticket lies there from then on, and its trail says so."""
    hub.say("冰柜不制冷", sender_id="wmZhang")
    hub.say("我们在浦东", "msg_2", sender_id="wmZhang")
    hub.say("不对，是苏州", "msg_3", sender_id="wmZhang")

    ticket = hub.ticket()
    assert (ticket["region"], ticket["placed_by"]) == ("310115", "named")
    placed = [e["detail"] for e in hub.timeline(ticket["id"])["entries"] if e["what"] == "placed"]
    assert placed == [{"region": "310115", "store": "", "placed_by": "named"}]
