"""C029: a trial lesson that nobody follows up goes to the supervisor after 24 hours, its owner reminded before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.forms import field, form, publish, submit
from tests.support.tickets import T0, World, as_, world

T = {"zh": "试听跟进", "en": "Follow-up of a trial"}
TRIAL = form(
    field("phone", "cn_mobile", required=True, fact="phone"),
    on_submit={"ticket": {"type": "trial_lesson", "priority": "normal"}},
)
LADDER = {
    "title": T,
    "steps": [
        {"id": "reminder", "after_seconds": 22 * 3600, "audience": "agent"},
        {"id": "supervisor", "after_seconds": 24 * 3600, "audience": "supervisor", "reassign": True},
    ],
}
LEAD = {"title": T, "urgent_title": T, "flow": "trial_lesson", "ladder": "follow_up", "policy": "standard"}


@pytest.fixture
def hub() -> Iterator[World]:
    """A family hands in the form at T0; its lead is Li's, under Chen."""
    with world(publish=()) as made:
        made.hire("li", "agent", region="base", supervisor="chen")
        made.hire("chen", role="supervisor", region="base")
        for path, document in (("ladders/follow_up", LADDER), ("types/trial_lesson", LEAD)):
            assert made.call("POST", f"/tickets/{path}/publish", {"document": document}).status == 200
        publish(made, "trial", TRIAL)
        lead = submit(made, "trial", {"phone": "138 0013 8000"}).json["ticket_id"]
        made.call("POST", f"/tickets/{lead}/assign", {"person_id": "li"})
        yield made


def fired(hub: World) -> list[tuple[str, timedelta, tuple[str, ...]]]:
    return [(event.rung, event.due_at - T0, event.recipients) for event in hub.told("rung.fired")]


def test_nobody_follows_up(hub: World) -> None:
    """Li is reminded two hours before; at 24 h, and not a second earlier, the lead is Chen's."""
    hub.let_pass(T0 + timedelta(hours=24) - timedelta(seconds=1))
    assert (fired(hub), hub.ticket()["assignee"]) == ([("reminder", timedelta(hours=22), ("li",))], "li")
    hub.let_pass(T0 + timedelta(hours=24))
    assert fired(hub)[1:] == [("supervisor", timedelta(hours=24), ("chen",))]
    assert hub.ticket()["assignee"] == "chen"


def test_followed_up_a_minute_before(hub: World) -> None:
    """Li takes it up at 23:59: it stays theirs, and from then on the work itself has its day."""
    hub.let_pass(T0 + timedelta(hours=23, minutes=59))
    path = f"/tickets/{hub.ids()[0]}/acknowledge"
    assert hub.call("POST", path, {}, as_=as_("agent", sub="li", region="base")).status == 200
    hub.let_pass(T0 + timedelta(hours=47))
    assert ([rung for rung, _, _ in fired(hub)], hub.ticket()["assignee"]) == (["reminder"], "li")
    (work, lead) = hub.ticket()["clocks"]
    assert (lead["state"], work["state"], work["due_at"]) == ("kept", "running", "2026-11-22T17:59:00Z")
