"""C042: of 500 engineers 200 simultaneous repairs find theirs within fifteen seconds: each with the skill, none with
more than they can take; an offer that lapses passes on; everybody may ask why."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.tickets import app
from hub.contracts.events import PersonChanged, StoreChanged
from hub.kernel.clock import rfc3339
from hub.kernel.ids import fresh_id
from tests.support.aws import TENANT
from tests.support.http import Answer, call
from tests.support.tickets import World, as_, world

T = {"zh": "维修", "en": "Repair"}
LAPSES_SECONDS = 60
FLOW = {
    "key": "rush", "title": T, "start": "dispatch",
    "nodes": [
        {"id": "dispatch", "title": T, "kind": "action", "action": "assign", "next": "offer",
         "outcomes": {"supervisor": "by_hand", "unassigned": "by_hand"}},
        {"id": "offer", "title": T, "kind": "human", "outcomes": {"accepted": "service", "declined": "dispatch"},
         "timeout": {"seconds": LAPSES_SECONDS, "outcome": "declined"}},
        {"id": "by_hand", "title": T, "kind": "human", "assignee": "supervisor", "outcomes": {"done": "closed"}},
        {"id": "service", "title": T, "kind": "human", "outcomes": {"done": "closed"}},
        {"id": "closed", "title": T, "kind": "end", "outcome": "done"},
    ],
}  # fmt: skip
TYPE = {"title": T, "urgent_title": T, "flow": "rush", "ladder": "repair"}
CITIES = ("310101", "310104", "310105", "310106")
SKILLS = ("freezer", "gas", "boiler", "lift", "aircon")


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        publish(made)
        yield made


def publish(hub: World) -> None:
    """A supervisor, and a flow that offers work for a minute."""
    hub.hire("chen", role="supervisor", region="base")
    for path, document in (("/flows/rush", FLOW), ("/tickets/types/rush", TYPE)):
        assert hub.call("POST", f"{path}/publish", {"document": document}).status == 200


def policy(hub: World, **values: Any) -> None:
    answer = hub.call("POST", "/tickets/dispatch/publish", {"document": values})
    assert answer.status == 200, answer.text


def store(hub: World, store_id: str, region: str, latitude: float, longitude: float) -> StoreChanged:
    point = {"latitude": latitude, "longitude": longitude, "datum": "wgs84"}
    return StoreChanged(id=fresh_id("evt", hub.clock.now, bytes(10)), tenant=TENANT, at=hub.clock.now,
                        store_id=store_id, version=1, region=region, position=point)  # fmt: skip


def engineer(hub: World, person_id: str, **facts: Any) -> PersonChanged:
    base = {"version": 1, "active": True, "roles": ("engineer",), "skills": ("freezer",), "teams": ()}
    event = {"id": fresh_id("evt", hub.clock.now, bytes(10)), "tenant": TENANT, "at": hub.clock.now}
    return PersonChanged.model_validate({**event, **base, "region": "310000", **facts, "person_id": person_id})


def opened(hub: World, skill: str = "freezer", region: str = "310101", store_id: str = "", number: int = 1) -> Answer:
    body = {"type": "rush", "customer_id": f"cus_{number}", "region": region, "store_id": store_id, "skill": skill}
    answer = call(app.room, "POST", "/tickets", body)
    assert answer.status == 201, answer.text
    return answer


def dispatched(hub: World, **facts: Any) -> str:
    """The id of one that is opened and offered before anything else happens."""
    ticket_id = str(opened(hub, **facts).json["id"])
    hub.settle()
    return ticket_id


def staff(hub: World, engineers: int) -> None:
    """Twenty stores; engineers at them, each of two skills and with room for one to three."""
    hub.tell(*(store(hub, f"s{n}", CITIES[n % 4], 31.10 + n % 5 * 0.05, 121.30 + n // 5 * 0.05) for n in range(20)))
    hub.tell(*(
        engineer(hub, f"e{n:03d}", skills=(SKILLS[n % 5], SKILLS[(n + 1 + n // 5) % 5]), store_id=f"s{n % 20}",
                 region=CITIES[n % 4], capacity=1 + n % 3)
        for n in range(engineers)
    ))  # fmt: skip


def rush_hour(hub: World, tickets: int) -> list[str]:
    """So many tickets at once, at all stores and of all skills, and what follows; their ids."""
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda n: opened(hub, SKILLS[n % 5], CITIES[n % 20 % 4], f"s{n % 20}", n), range(tickets))
        ids = [str(answer.json["id"]) for answer in answers]
    hub.settle()
    return ids


def assigned(ids: list[str]) -> dict[str, str]:
    """Whose each ticket is."""
    return {ticket_id: app.room.desk.tickets.case(ticket_id).ticket.assignee for ticket_id in ids}


def test_two_hundred_at_once_find_theirs_among_five_hundred_within_15_seconds(hub: World) -> None:
    """From before the first is created until the last is offered at most 15 s pass, so p99 is below; 0 engineers
    without the skill, 0 over capacity, 0 outside their region."""
    staff(hub, 500)
    began = time.monotonic()
    ids = rush_hour(hub, 200)
    seconds = time.monotonic() - began
    people = {person.id: person for person in app.room.desk.staff.people()}
    tickets = [app.room.desk.tickets.case(ticket_id).ticket for ticket_id in ids]
    given = Counter(ticket.assignee for ticket in tickets)
    assert [ticket.stands for ticket in tickets] == [("offer",)] * 200
    assert [t.id for t in tickets if t.skill not in people[t.assignee].skills] == []
    assert [t.id for t in tickets if t.region != people[t.assignee].region] == []
    assert [person for person, count in given.items() if count > (people[person].capacity or 0)] == []
    assert seconds <= 15


def test_the_same_again_is_given_to_the_same() -> None:
    """The same people, stores and tickets, twice: each ticket has the same engineer, and the first of `explain`."""
    given = []
    for _ in range(2):
        with world(publish=()) as made:
            publish(made)
            staff(made, 40)
            ids = [str(opened(made, SKILLS[n % 5], CITIES[n % 4], f"s{n % 20}", n).json["id"]) for n in range(20)]
            made.settle()
            explained = [made.call("GET", f"/tickets/{ticket_id}/explain").json["dispatch"] for ticket_id in ids]
            given.append((list(assigned(ids).values()), [shown["best"] for shown in explained]))
            assert all(shown["chosen"] == shown["best"][0]["person_id"] for shown in explained if shown["best"])
    assert given[0] == given[1]
    assert len({*given[0][0]}) > 10


def test_why_it_is_that_one(hub: World) -> None:
    """The five who fit best, the cheapest first, each with its parts in minutes; who can't, with what speaks against
    them. 10 km at 30 km/h are 20 min, each open ticket 30, each skill beyond the need 2."""
    hub.tell(
        store(hub, "here", "310101", 31.2304, 121.4737),
        store(hub, "near", "310101", 31.2304 + 0.0899, 121.4737),  # 10 km to the north
        engineer(hub, "a", store_id="near"),
        engineer(hub, "b", store_id="here", skills=("freezer", "gas", "lift")),
        engineer(hub, "c", store_id="near", skills=("freezer", "gas")),
        engineer(hub, "d", region="310101"),
        engineer(hub, "e"),
        engineer(hub, "f", region="base"),
        engineer(hub, "full", store_id="here", capacity=0),
        engineer(hub, "other", store_id="here", skills=("gas",)),
    )
    ids = [dispatched(hub, store_id="here", number=n) for n in range(2)]
    assert list(assigned(ids).values()) == ["d", "b"]
    explained = hub.call("GET", f"/tickets/{ids[1]}/explain").json["dispatch"]
    parts = ("person_id", "total", "travel", "load", "skill", "fairness", "lateness", "start")
    assert [tuple(row[part] for part in parts) for row in explained["best"]] == [
        ("b", 4, 0, 0, 4, 0, 0, "base"),
        ("a", 20, 20, 0, 0, 0, 0, "base"),
        ("c", 22, 20, 0, 2, 0, 0, "base"),
        ("d", 30, 0, 30, 0, 0, 0, "region"),
        ("e", 30, 30, 0, 0, 0, 0, "region"),
    ]
    against = {row["person_id"]: row["why"] for row in explained["candidates"] if not row["fits"]}
    assert against == {
        "full": ["已满负荷 · has 0 open tickets of at most 0"], "other": ["缺少技能 · lacks the skill freezer"],
    }  # fmt: skip


def test_turns_and_lateness_count(hub: World) -> None:
    """Who got one ten minutes ago waits for their next turn; who would come after the deadline costs the minutes."""
    policy(hub, idle_minutes=60, weights={"load": 0, "lateness": 10})
    hub.tell(engineer(hub, "a"), engineer(hub, "b", skills=("freezer", "gas")))
    first = dispatched(hub)
    hub.call("POST", f"/tickets/{first}/nodes/offer/complete", {"outcome": "accepted"}, as_=as_("engineer", sub="a"))
    hub.clock.advance(minutes=10)
    second = dispatched(hub, number=2)
    assert assigned([first, second]) == {first: "a", second: "b"}
    best = hub.call("GET", f"/tickets/{second}/explain").json["dispatch"]["best"]
    costs = {row["person_id"]: row["fairness"] for row in best}
    assert costs == {"a": 50, "b": 60}


def test_an_offer_that_has_passed_on_is_gone(hub: World) -> None:
    """Offered to a for 60 s, passed on to b: a's late yes is 409 and a's place is free; b accepts, and it is b's. When
    everybody has let it lapse it goes to the supervisor, once, and no more round."""
    hub.tell(engineer(hub, "a", capacity=1), engineer(hub, "b", skills=("freezer", "gas"), capacity=1))
    path, at = "/tickets/{}/nodes/offer/complete", hub.clock.now
    first = dispatched(hub)
    assert assigned([first]) == {first: "a"}
    hub.let_pass(at + timedelta(seconds=LAPSES_SECONDS))
    assert assigned([first]) == {first: "b"}
    late = hub.call("POST", path.format(first), {"outcome": "accepted"}, as_=as_("engineer", sub="a"))
    assert (late.status, late.json["facts"]["outcome"]) == (409, "declined")
    second = dispatched(hub, number=2)
    assert assigned([second]) == {second: "a"}
    yes = hub.call("POST", path.format(first), {"outcome": "accepted"}, as_=as_("engineer", sub="b"))
    assert (yes.status, yes.json["assignee"]) == (200, "b")

    hub.let_pass(hub.clock.now + timedelta(minutes=10))
    ticket = hub.ticket(second)
    assert (ticket["assignee"], ticket["stands"]) == ("chen", ["by_hand"])
    offered = [visit["assignee"] for visit in ticket["visits"] if visit["node"] == "offer"]
    assert offered == ["a"]


def test_of_those_who_race_none_gets_too_many(hub: World) -> None:
    """Twelve dispatched by eight threads at once to three who may have four each: four each."""
    hub.tell(*(engineer(hub, person, capacity=4) for person in ("a", "b", "c")))
    ids = [str(opened(hub, number=n).json["id"]) for n in range(12)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda ticket_id: app.steps(
            {"op": "go", "ticket": ticket_id, "run": 1, "node": "dispatch", "previous": "", "token": ""}, None,
        ), ids))  # fmt: skip
    assert Counter(assigned(ids).values()) == {"a": 4, "b": 4, "c": 4}


def test_where_she_is_by_when_it_was_measured(hub: World) -> None:
    """What was measured later counts, whatever came last; a phone a day ahead is refused and the next fix counts; one
    that is 18 minutes old counts no more, and the answer says so."""
    hub.tell(store(hub, "here", "310101", 31.2304, 121.4737), engineer(hub, "she", region="310101"))
    ten = hub.clock.now

    def reports(minutes: int, latitude: float, measured: datetime | None = None) -> Answer:
        hub.clock.now = ten + timedelta(minutes=minutes)
        point = {"latitude": latitude, "longitude": 121.4737, "datum": "wgs84"}
        body = {"position": point, "measured_at": rfc3339(measured or hub.clock.now)}
        return hub.call("POST", "/tickets/positions", body, as_=as_("engineer", sub="she"))

    def way() -> tuple[int, str, str]:
        best = hub.call("GET", f"/tickets/{ticket}/explain").json["dispatch"]["best"][0]
        return best["travel"], best["start"], best["why"]

    ticket = dispatched(hub, store_id="here")
    assert way() == (0, "region", "")
    assert reports(0, 31.2304 + 0.1798).json == {"kept": True}  # 20 km
    assert reports(4, 31.2304 + 0.0899).json == {"kept": True}  # 10 km
    assert reports(5, 31.2304, ten - timedelta(minutes=2)).json == {"kept": False}
    assert way() == (20, "fix", "")
    ahead = reports(6, 31.2304, ten + timedelta(days=1))
    assert (ahead.status, ahead.json["errors"][0]["pointer"]) == (422, "/measured_at")
    assert reports(7, 31.2304 + 0.045).json == {"kept": True}  # 5 km
    assert way() == (11, "fix", "")
    hub.clock.now = ten + timedelta(minutes=25)
    assert way() == (0, "region", "定位是 18 分钟前的,按驻点计 · the fix is 18 min old, so the base counts")


def test_a_policy_that_makes_no_sense_is_named(hub: World) -> None:
    """A capacity of nothing, a speed of nothing and a weight below nothing are refused where they stand."""
    document = {"capacity": 0, "speed_kmh": 0, "weights": {"travel": -1}}
    answer = hub.call("POST", "/tickets/dispatch/publish", {"document": document})
    assert answer.status == 422
    assert {problem["pointer"] for problem in answer.json["errors"]} == {
        "/document/capacity", "/document/speed_kmh", "/document/weights/travel",
    }  # fmt: skip
