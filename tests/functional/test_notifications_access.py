"""Notices are for their recipients, and for supervisors of where those are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.notifications import app
from hub.contracts.events import Event, GlassBroken, PersonChanged, TicketAssigned
from hub.kernel.clock import StepClock
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, call, token

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
PEOPLE = {"li": ("310101", "s1"), "mei": ("310115", "s2"), "gz": ("440100", "")}


@pytest.fixture(autouse=True)
def room() -> Iterator[Any]:
    """Three people, each told of a ticket of their own; and one ticket of which two were told."""
    with account("notifications") as session:
        install(app.room, session, StepClock(NOON))
        hear(*(person(name, region, store) for name, (region, store) in PEOPLE.items()))
        hear(
            *(assigned(name, f"tkt_{name}") for name in PEOPLE), assigned("li", "tkt_both"), assigned("gz", "tkt_both")
        )
        yield app.room


def hear(*events: Event) -> None:
    assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}


def person(name: str, region: str, store: str, *roles: str) -> PersonChanged:
    return PersonChanged(
        id=f"evt_{name}", tenant="demo", at=NOON, version=1, person_id=name, active=True, roles=roles or ("agent",),
        skills=(), teams=(), region=region, store_id=store, wecom_userid=name,
    )  # fmt: skip


def assigned(assignee: str, ticket: str) -> TicketAssigned:
    return TicketAssigned(
        id=f"evt_{assignee}{ticket}", tenant="demo", at=NOON, ticket_id=ticket, ticket_type="repair",
        priority="normal", assignee=assignee,
    )  # fmt: skip


def seen(as_: str, **query: str) -> list[tuple[str, str]]:
    rows = call(app.room, "GET", "/notifications", query=query, as_=as_).json["data"]
    return sorted((row["recipient"], row["ticket_id"]) for row in rows)


LI = [("li", "tkt_both"), ("li", "tkt_li")]


@pytest.mark.parametrize("role", ["agent", "engineer", "store_manager", "viewer", "integrator"])
def test_people_list_what_they_were_told_themselves(role: str) -> None:
    """Whatever their role, and however far their region reaches."""
    assert seen(token(role, sub="li")) == LI
    assert seen(token(role, sub="nobody")) == []
    assert seen(token(role, sub="li"), recipient="mei") == []
    assert seen(token(role, sub="li"), ticket="tkt_both") == [("li", "tkt_both")]


def test_a_supervisor_lists_what_was_told_within_their_reach() -> None:
    """By region and by store, filtered or not; what lies beyond is not there, page by page."""
    everybody = sorted([*LI, ("mei", "tkt_mei"), ("gz", "tkt_gz"), ("gz", "tkt_both")])
    assert seen(token("supervisor")) == everybody
    shanghai = token("supervisor", sub="boss", region="310000")
    assert seen(shanghai) == sorted([*LI, ("mei", "tkt_mei")])
    assert seen(shanghai, recipient="gz") == []
    assert seen(shanghai, recipient="mei") == [("mei", "tkt_mei")]
    assert seen(shanghai, ticket="tkt_both") == [("li", "tkt_both")]
    assert seen(token("supervisor", sub="boss", region="310101", stores=("s1",))) == LI
    answer = call(app.room, "GET", "/notifications", query={"ticket": "tkt_gz"}, as_=shanghai).json
    nothing = call(app.room, "GET", "/notifications", query={"ticket": "tkt_none"}, as_=shanghai).json
    assert answer == nothing == {"data": [], "next_cursor": "", "has_more": False}


def test_a_notice_of_somebody_else_is_not_there() -> None:
    """For a colleague, and for a supervisor of another region, just as one that never was."""
    (send,) = call(app.room, "GET", "/notifications", query={"ticket": "tkt_li"}).json["data"]
    for as_ in (token("agent", sub="mei"), token("supervisor", sub="boss", region="440000")):
        answers = [call(app.room, "GET", f"/notifications/{name}", as_=as_) for name in (send["id"], "snd_none")]
        assert [answer.status for answer in answers] == [404, 404]
        assert answers[0].text.replace(send["id"], "…") == answers[1].text.replace("snd_none", "…")
    without_cost = {name: value for name, value in send.items() if name != "cost"}
    insiders = ((token("agent", sub="li"), without_cost), (token("supervisor", sub="boss", region="310000"), send))
    for as_, shown in insiders:
        assert call(app.room, "GET", f"/notifications/{send['id']}", as_=as_).json == shown


def test_administrators_hear_of_broken_glass() -> None:
    """All but the one who broke it: who looked at what."""
    hear(person("root", "base", "", "administrator"), person("gm", "base", "", "administrator"))
    hear(GlassBroken(id="evt_g", tenant="demo", at=NOON, glass_id="gls_1", thing="tkt_9", person_id="gm", ends_at=NOON))
    rows = call(app.room, "GET", "/notifications").json["data"]
    assert [(row["recipient"], row["about"]) for row in rows if row["kind"] == "glass.broken"] == [("root", "gm/tkt_9")]
