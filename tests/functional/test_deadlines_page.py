"""docs/deadlines.md: whoever follows its six requests has a ticket with two clocks and a ladder in its own hours."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.tickets import World, world

PAGE = Path(__file__).parents[2] / "docs" / "deadlines.md"
REQUEST = re.compile(r"```http\n(GET|POST) (\S+)\n(.*?)```", re.DOTALL)
SHOWN = re.compile(r"```json\n(.*?)```", re.DOTALL)
DONE = {"outcome": "accepted"}


def follow(hub: World) -> Any:
    """Every request of the page as it stands there; what the last answers."""
    ticket = ""
    for method, path, body in REQUEST.findall(PAGE.read_text(encoding="utf-8")):
        answer = hub.call(method, path.replace("{id}", ticket), json.loads(body) if body.strip() else None)
        assert answer.status in (200, 201), (path, answer.text)
        ticket = answer.json.get("id", "")
    return answer.json


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_six_requests_make_two_clocks_and_a_ladder() -> None:
    """The answer is the page's; the engineers' clock begins with their node, in their hours, and its three rungs come
    at half an hour before, at, and an hour after its end, the last of which makes it urgent: less time, and late."""
    with world() as hub:
        hub.hire("li", supervisor="chen")
        hub.hire("chen", role="supervisor", region="base")
        ticket = follow(hub)
        shown = json.loads(SHOWN.findall(PAGE.read_text(encoding="utf-8"))[0])["clocks"]
        assert [{name: clock[name] for name in shown[0]} for clock in ticket["clocks"]] == shown

        hub.clock.advance(hours=1)
        assert hub.call("POST", f"/tickets/{ticket['id']}/nodes/accept/complete", DONE).status == 200
        tech = next(clock for clock in hub.ticket()["clocks"] if clock["name"] == "tech")
        assert (tech["due_at"], tech["team"], tech["calendar"]) == ("2026-11-23T06:00:00Z", "cold", "tech/1")

        hub.let_pass(at("2026-11-23T18:00+08:00"))
        assert [(event.rung, event.due_at, event.recipients, event.channel) for event in hub.told("rung.fired")] == [
            ("reminder", at("2026-11-23T13:30+08:00"), ("li",), ""),
            ("supervisor", at("2026-11-23T14:00+08:00"), ("chen",), "sms"),
            ("team", at("2026-11-23T15:00+08:00"), ("chen", "li"), ""),
        ]
        ticket = hub.ticket()
        assert (ticket["priority"], ticket["assignee"]) == ("urgent", "chen")
        tech = next(clock for clock in ticket["clocks"] if clock["name"] == "tech")
        assert (tech["state"], tech["budget_seconds"]) == ("breached", 7200)
