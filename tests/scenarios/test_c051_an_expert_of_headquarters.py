"""C051: an expert of South China is mentioned on a ticket of North China for 48 hours: that one ticket they see, with
its contact masked, and after 48 hours it is not there any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.directory import app as directory
from hub.kernel.clock import rfc3339
from tests.support.aws import environment
from tests.support.http import Answer, Context, bus_batch, call
from tests.support.rooms import connect_room
from tests.support.tickets import World, as_, world

T = {"zh": "电话", "en": "Phone"}
FORM = {
    "title": T, "sections": [{"id": "need", "kind": "need"}],
    "fields": [{"id": "phone", "section": "need", "title": T, "type": "cn_mobile"},
               {"id": "symptom", "section": "need", "title": T, "type": "text"}],
}  # fmt: skip
TYPE = {"title": T, "urgent_title": T, "flow": "repair", "ladder": "repair", "form": "overhaul"}
NORTH, SOUTH = "110000", "440000"
PHONE = "13800138000"
LI = as_("agent", sub="li", region=NORTH)
EXPERT = as_("engineer", sub="expert", region=SOUTH)
ASKED = {"text": "@expert 压缩机频繁启停,请看一下", "mentions": ["expert"]}


@pytest.fixture
def hub() -> Iterator[World]:
    """An agent of Beijing and an expert of Guangdong, in the directory and at work."""
    with world() as made:
        connect_room(made, directory.room, "directory", environment("directory"))
        for name, role, region in (("li", "agent", NORTH), ("expert", "engineer", SOUTH), ("amy", "agent", SOUTH)):
            person = {"name": name, "roles": [role], "region": region}
            assert call(directory.room, "PUT", f"/directory/people/{name}", person).status == 200
            made.hire(name, role=role, region=region)
        for path, document in (("/forms", FORM), ("/tickets/types", TYPE)):
            published = made.call("POST", f"{path}/overhaul/publish", {"document": document})
            assert published.status == 200, published.text
        yield made


def opened(hub: World) -> str:
    body = {"type": "overhaul", "customer_id": "cus_1", "region": NORTH,
            "fields": {"phone": PHONE, "symptom": "冷库不制冷"}}  # fmt: skip
    answer = hub.call("POST", "/tickets", body, as_=LI)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def comment(hub: World, ticket: str, body: dict[str, Any], as_: str = LI, **options: Any) -> Answer:
    """A comment, and what the directory hears of it; twice, as the bus may tell it."""
    answer = hub.call("POST", f"/tickets/{ticket}/comment", body, as_=as_, **options)
    told = bus_batch(*(event for event in hub.told("expert.mentioned") for _ in range(2)))
    assert directory.on_event(told, Context()) == {"batchItemFailures": []}
    return answer


def seen(hub: World, ticket: str, as_: str = EXPERT) -> Answer:
    return hub.call("GET", f"/tickets/{ticket}", as_=as_)


def shown(at: datetime) -> str:
    """A moment, as answers say it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def test_for_48_hours_this_one_ticket_with_its_contact_masked(hub: World) -> None:
    """404 before, 200 with a mask where the phone stands, 404 for another ticket of the north, 404 after 48 hours."""
    t, another = opened(hub), opened(hub)
    assert seen(hub, t).status == 404
    mentioned_at = hub.clock.now
    assert comment(hub, t, ASKED).status == 200

    answer = seen(hub, t)
    assert (answer.status, answer.json["texts"]) == (200, {"phone": "1**", "symptom": "冷库不制冷"})
    assert PHONE not in answer.text
    assert seen(hub, t, LI).json["texts"]["phone"] == PHONE
    assert seen(hub, another).status == 404
    assert seen(hub, t, as_("agent", sub="amy", region=SOUTH)).status == 404

    hub.clock.now = mentioned_at + timedelta(hours=48, seconds=-1)
    assert seen(hub, t).status == 200
    hub.clock.now = mentioned_at + timedelta(hours=48)
    assert seen(hub, t).status == 404


def test_who_asked_whom_until_when_stands_in_the_trail(hub: World) -> None:
    """The trail says it beside the words, the ticket and the directory show it, and the expert hears of it once."""
    t = opened(hub)
    asked_at = hub.clock.now
    comment(hub, t, {**ASKED, "hours": 2})
    until = rfc3339(asked_at + timedelta(hours=2))
    timeline = hub.timeline(t)
    entry = next(entry for entry in timeline["entries"] if entry["what"] == "mentioned")
    assert (timeline["intact"], entry["actor"], entry["detail"]) == (True, "li", {"to": "expert", "until": until})
    starts_at, ends_at = shown(asked_at), shown(asked_at + timedelta(hours=2))
    guest = {"person": "expert", "by": "li", "at": starts_at, "ends_at": ends_at}
    assert hub.ticket(t)["guests"] == [guest]
    grants = call(directory.room, "GET", "/directory/people/expert").json["grants"]
    assert grants == [{"role": "guest", "thing": t, "starts_at": starts_at, "ends_at": ends_at}]
    assert [(event.notice, event.recipients) for event in hub.told("ticket.noticed")] == [("mentioned", ("expert",))]


def test_a_guest_answers_and_does_nothing_else(hub: World) -> None:
    """The expert's comment stands in the trail; completing, assigning and asking others in are refused."""
    t = opened(hub)
    comment(hub, t, ASKED)
    assert comment(hub, t, {"text": "换启动电容"}, EXPERT).status == 200
    assert hub.timeline(t)["entries"][-1] | {"at": "", "hash": ""} == {
        "seq": hub.timeline(t)["entries"][-1]["seq"], "at": "", "actor": "expert", "what": "comment", "detail": {},
        "text": "换启动电容", "hash": "",
    }  # fmt: skip
    refused = [
        comment(hub, t, {"text": "@amy", "mentions": ["amy"]}, EXPERT),
        hub.call("POST", f"/tickets/{t}/acknowledge", {}, as_=EXPERT),
        hub.call("POST", f"/tickets/{t}/nodes/accept/complete", {"outcome": "accepted"}, as_=EXPERT),
    ]
    assert [answer.status for answer in refused] == [403, 403, 403]
    assert [guest["person"] for guest in hub.ticket(t)["guests"]] == ["expert"]


def test_mentioned_again_is_longer_never_shorter(hub: World) -> None:
    """Two hours asked after forty-eight leave forty-eight; three days more make it three days."""
    t = opened(hub)
    first = hub.clock.now
    comment(hub, t, ASKED)
    hub.clock.advance(hours=1)
    comment(hub, t, {**ASKED, "hours": 2})
    assert [guest["ends_at"] for guest in hub.ticket(t)["guests"]] == [shown(first + timedelta(hours=48))]
    comment(hub, t, {**ASKED, "hours": 72})
    hub.clock.now = first + timedelta(hours=72)
    assert seen(hub, t).status == 200
    hub.clock.advance(hours=1)
    assert seen(hub, t).status == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"mentions": ["nobody"]}, "/mentions/0"),
        ({"mentions": ["expert"], "hours": 0}, "/hours"),
        ({"mentions": ["expert"], "hours": 169}, "/hours"),
        ({"mentions": ["a", "b", "c", "d", "e", "f"]}, "/mentions"),
    ],
)
def test_what_is_wrong_is_named(hub: World, body: dict[str, Any], pointer: str) -> None:
    """Nobody is asked in by a body that is refused, nor by a rehearsal."""
    t = opened(hub)
    answer = comment(hub, t, {"text": "@", **body})
    assert (answer.status, [problem["pointer"] for problem in answer.json["errors"]]) == (422, [pointer])
    assert comment(hub, t, ASKED, query={"dry_run": "1"}).json["guests"][0]["person"] == "expert"
    assert (hub.ticket(t)["guests"], seen(hub, t).status) == ([], 404)
