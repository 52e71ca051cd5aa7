"""docs/flows.md: whoever follows its ten requests has a flow, its form, its ladder, and a ticket on its way."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.support.tickets import World, world

PAGE = Path(__file__).parents[2] / "docs" / "flows.md"
REQUEST = re.compile(r"```http\n(GET|POST|PUT) (\S+)\n(.*?)```", re.DOTALL)


def ask(hub: World, method: str, path: str, body: str, ticket: str) -> str:
    """One request of the page, as it stands there; the ticket that is open from then on."""
    path, _, query = path.replace("{ticket}", ticket).partition("?")
    options = {"query": dict(pair.split("=") for pair in query.split("&"))} if query else {}
    answer = hub.call(method, path, json.loads(body) if body.strip() else None, **options)
    assert answer.status in (200, 201), (path, answer.text)
    return str(answer.json["id"]) if (method, path) == ("POST", "/tickets") else ticket


def test_ten_requests_make_a_flow() -> None:
    """All ten succeed as they stand; the ticket worth 300 needs no approval and waits for the warehouse; and the
    picture shows what was put in."""
    requests = REQUEST.findall(PAGE.read_text(encoding="utf-8"))
    assert len(requests) == 10
    with world(publish=()) as hub:
        hub.hire("chen", role="supervisor", region="base")
        hub.hire("ku", role="agent", region="base", teams=("warehouse",))
        ticket = ""
        for method, path, body in requests:
            ticket = ask(hub, method, path, body, ticket)
        assert hub.ticket(ticket)["fields"]["days"] == "3"
        visits = [(visit["node"], visit["outcome"]) for visit in hub.ticket(ticket)["visits"]]
        assert visits == [("ask", "needed"), ("agree", "approved"), ("hand_over", "")]
        words = hub.call("GET", "/flows/loan/diagram", query={"format": "mermaid"}).json["text"]
        assert 'agree -->|"approved"| hand_over' in words
        assert "hand_over --> back" in words
