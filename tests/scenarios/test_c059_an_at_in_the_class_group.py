"""C059: 「@王老师 作业几点交」 in a class group is on the list of what 王老师 has to do, within two minutes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.rooms import Rooms, rooms
from tests.support.tickets import as_

T = {"zh": "待办", "en": "To do"}
TEACHERS = {"wang": "@王老师", "li": "@李老师"}
FLOW = {
    "key": "todo", "title": T, "ladder": "basic", "start": "give",
    "nodes": [
        {"id": "give", "title": T, "kind": "action", "action": "assign", "params": {"role": "agent"}, "next": "answer"},
        {"id": "answer", "title": T, "kind": "human", "assignee": "ticket.assignee", "outcomes": {"done": "closed"}},
        {"id": "closed", "title": T, "kind": "end", "outcome": "done"},
    ],
}  # fmt: skip
RULES = {
    "key": "intake", "hit": "first", "schema": {"text": "text", "entry": "text"},
    "rules": [
        {"id": f"at-{name}", "when": {"entry": {"eq": "group"}, "text": {"contains_any": [at]}},
         "then": {"type": "todo", "priority": "normal", "skill": f"at_{name}", "topic": f"at_{name}"}}
        for name, at in TEACHERS.items()
    ],
    "default": {"type": "consult", "priority": "normal"},
}  # fmt: skip
WANG = as_("agent", sub="wang", region="440300")


@pytest.fixture
def school() -> Iterator[Rooms]:
    """Two teachers; what the group's forwarder hears goes to the open webhook, signed."""
    with rooms() as made:
        made.hub.hire("chen", role="supervisor", region="base")
        for name in TEACHERS:
            made.hub.hire(name, role="agent", region="base", skills=(f"at_{name}",), teams=("teachers",))
        for path, document in (
            ("/flows/todo", FLOW),
            ("/tickets/types/todo", {"title": T, "urgent_title": T, "flow": "todo", "ladder": "basic"}),
            ("/tickets/rules", RULES),
        ):
            answer = made.hub.call("POST", f"{path}/publish", {"document": document})
            assert answer.status == 200, answer.text
        yield made


def to_do(school: Rooms, name: str, as_: str | None = None) -> list[Any]:
    """What somebody has to do."""
    answer = school.hub.call("GET", "/tickets", as_=as_, query={"assignee": name, "state": "open"})
    assert answer.status == 200, answer.text
    return list(answer.json["data"])


def test_it_is_on_the_teachers_list_within_two_minutes(school: Rooms) -> None:
    """The teacher's own list has it, in the parent's words, and they are told; nobody else has anything to do."""
    said_at = school.hub.clock.now
    assert school.other_says("group", "@王老师 作业几点交")["statusCode"] == 200
    (task,) = to_do(school, "wang", WANG)
    assert datetime.fromisoformat(task["dispatched_at"]) - said_at <= timedelta(minutes=2)
    assert school.hub.clock.now - said_at <= timedelta(minutes=2)
    whole = school.hub.call("GET", f"/tickets/{task['id']}", as_=WANG).json
    assert (whole["subject"], whole["entry"], whole["stands"]) == ("@王老师 作业几点交", "group", ["answer"])
    assert [event.assignee for event in school.hub.told("ticket.assigned")] == ["wang"]
    assert to_do(school, "li") == []


def test_each_teacher_has_their_own(school: Rooms) -> None:
    """One parent asks both within a minute: two tasks; the same again joins the one that is open, until it is done."""
    school.other_says("group", "@王老师 作业几点交")
    school.other_says("group", "@李老师 明天穿什么")
    school.other_says("group", "@王老师 在吗")
    (task,), (other,) = to_do(school, "wang"), to_do(school, "li")
    assert task["id"] != other["id"]
    said = [entry["text"] for entry in school.hub.timeline(task["id"])["entries"] if entry["text"].startswith("@")]
    assert said == ["@王老师 作业几点交", "@王老师 在吗"]
    path = f"/tickets/{task['id']}/nodes/answer/complete"
    assert school.hub.call("POST", path, {"outcome": "done"}, as_=WANG).status == 200
    assert (to_do(school, "wang"), len(to_do(school, "li"))) == ([], 1)


def test_who_is_not_mentioned_has_nothing_to_do(school: Rooms) -> None:
    """The same words without the @, and the @ outside a group, are nobody's to-do."""
    school.other_says("group", "作业几点交")
    school.other_says("website", "@王老师 作业几点交")
    assert {school.hub.ticket(ticket_id)["type"] for ticket_id in school.hub.ids()} == {"consult"}
    assert [to_do(school, name) for name in TEACHERS] == [[], []]
