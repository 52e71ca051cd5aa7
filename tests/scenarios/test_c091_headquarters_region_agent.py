"""C091: headquarters bends a template for all, a region its own part of it, and agents fill in what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.presets import preset_flow
from tests.support.tickets import World, as_, world

LADDER, TYPE, FLOW = "/tickets/ladders/basic", "/tickets/types/consult", "/flows/consult"
HEADQUARTERS = as_("supervisor", sub="hq", region="base")
EAST = as_("supervisor", sub="east", region="310000")
AGENT = as_("agent", sub="amy", region="310000")
TEN_MINUTES = {"steps": {"supervisor": {"after_seconds": 600}}}


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("amy", role="agent")
        made.hire("east", role="supervisor")
        yield made


def publish(hub: World, path: str, document: Any, as_: str, scope: str = "base") -> int:
    return hub.call("POST", f"{path}/publish", {"document": document, "scope": scope}, as_=as_).status


def limit(hub: World, region: str) -> int:
    """After how many seconds a question that is asked there today is the supervisor's."""
    body = {"type": "consult", "customer_id": f"cus_{region}", "region": region}
    ticket = hub.call("POST", "/tickets", body).json
    (step,) = hub.call("GET", f"/tickets/{ticket['id']}/explain").json["ladder"]
    return int(step["after_seconds"])


def test_three_levels(hub: World) -> None:
    """The region's manager: the whole tenant's template 403, the own overlay 200, another region's not there. An agent:
    403 for both. Headquarters: 200."""
    whole = hub.call("GET", LADDER).json["document"]
    for document, scope, who, status in [
        (whole, "base", EAST, 403),
        (whole, "base", AGENT, 403),
        (TEN_MINUTES, "310000", AGENT, 403),
        (TEN_MINUTES, "440000", EAST, 404),
        (TEN_MINUTES, "310000", EAST, 200),
        (whole, "base", HEADQUARTERS, 200),
    ]:
        assert publish(hub, LADDER, document, who, scope) == status
    assert (limit(hub, "310000"), limit(hub, "440000")) == (600, 7200)


def test_types_and_flows_are_headquarters_own(hub: World) -> None:
    """Neither a region's manager nor an agent changes what a ticket is, or its way."""
    kind = hub.call("GET", TYPE).json["document"]
    for who in (EAST, AGENT):
        assert publish(hub, TYPE, kind, who) == 403
        assert hub.call("POST", f"{FLOW}/publish", {"document": preset_flow("consult")}, as_=who).status == 403


def test_an_agent_fills_in(hub: World) -> None:
    """What the templates ask for is the agent's to answer."""
    body = {"type": "consult", "customer_id": "cus_1", "region": "310000"}
    ticket = hub.call("POST", "/tickets", body, as_=AGENT).json
    assert hub.call("POST", f"/tickets/{ticket['id']}/assign", {"person_id": "amy"}).status == 200
    path = f"/tickets/{ticket['id']}/nodes/answer/complete"
    assert hub.call("POST", path, {"outcome": "answered"}, as_=AGENT).status == 200
    assert hub.ticket(ticket["id"])["state"] == "closed"
