"""Actions: what a flow may do by itself, and that a flow can only ask for what there is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.tickets.actions import registry
from functions.tickets.actions.action import ActionType, Sources
from functions.tickets.actions.registry import ACTIONS, action_problems, run_action
from functions.tickets.dispatch.dispatch import Organisation, Person
from functions.tickets.ticket.ticket import Case, Ticket
from hub.kernel.errors import Broken
from hubctl.reference import actions_page

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
LI = Person(id="li", roles=("engineer",), region="310000", teams=("cold",))
AMY = Person(id="amy", roles=("agent",), region="310000")


def case(**facts: Any) -> Case:
    base: dict[str, Any] = {"id": "tkt_1", "type": "repair", "priority": "urgent", "customer_id": "cus_1"}
    base |= {"region": "310101", "title_zh": "维修", "title_en": "Repair", "opened_at": AT, "flow_version": 1}
    return Case(Ticket(**{**base, **facts}))


def assign(*people: Person, params: dict[str, Any] | None = None, **facts: Any) -> Any:
    sources = Sources(lambda: Organisation(people), AT.date)
    return run_action("assign", params or {}, case(**facts), visit_id="vis_1", at=AT, sources=sources)


def test_every_action_is_in_the_list_once() -> None:
    """A file of the folder that declares an action is in the registry, and names are unique."""
    folder = Path(registry.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "action", "registry"}
    assert len(ACTIONS) == len({action.name for action in ACTIONS}) == len(files)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_an_action_can_be_asked_for_without_parameters_or_says_which_it_needs(action: ActionType[Any]) -> None:
    """What `GET /tickets/actions` says is required is what the lint asks for; every outcome has its own name."""
    required = {f"/params/{name}" for name in action.params.model_json_schema().get("required", ())}
    assert {problem.pointer for problem in action_problems(action.name, {}, {})} == required
    assert len({outcome.id for outcome in action.outcomes}) == len(action.outcomes) >= 1


@pytest.mark.parametrize(
    ("asked", "pointers"),
    [
        (("dance", {}, {}), ["/action"]),
        (("assign", {"role": "poet"}, {}), ["/params/role"]),
        (("assign", {"colour": "red"}, {"perhaps": "n"}), ["/params/colour", "/outcomes/perhaps"]),
        (("assign", {"role": "agent"}, {"unassigned": "n"}), []),
    ],
)
def test_what_there_is_not_is_named_by_its_place(asked: Any, pointers: list[str]) -> None:
    """An unknown action, parameter or outcome is refused with its pointer below the node."""
    assert [problem.pointer for problem in action_problems(*asked)] == pointers


def test_assign_gives_it_to_whoever_fits() -> None:
    """The outcome is done, the Move makes them the assignee, and the visit will remember whom."""
    result = assign(LI, AMY)
    assert (result.outcome, result.move.ticket.assignee, result.move.ticket.team) == ("done", "li", "cold")
    assert result.report == {"assignee": "li", "fallback": False}


def test_assign_to_another_role() -> None:
    """With a role among its parameters only those who hold it are weighed."""
    assert assign(LI, AMY, params={"role": "agent"}).move.ticket.assignee == "amy"


def test_nobody_to_assign_to_is_an_outcome() -> None:
    """Without anybody the ticket stays as it is, but that the administrators hear of it; the trail says why, and the
    flow can take another way."""
    result = assign()
    stranded = case().ticket.but(stranded=1, stranded_at=result.move.ticket.stranded_at)
    assert (result.outcome, result.move.ticket) == ("unassigned", stranded)
    assert [note.what for note in result.move.notes] == ["nobody to dispatch to"]


def test_running_what_there_is_not_is_a_bug() -> None:
    """A published flow never asks for an action that there is not; should it, that is an alarm."""
    sources = Sources(lambda: Organisation(()), AT.date)
    for name, params in (("dance", {}), ("assign", {"role": "poet"})):
        with pytest.raises(Broken):
            run_action(name, params, case(), visit_id="vis_1", at=AT, sources=sources)


def test_the_page_of_the_actions_is_what_the_registry_says() -> None:
    """docs/actions.md tells of every action: `make generate` was not forgotten."""
    ((path, text),) = actions_page().items()
    assert path.read_text(encoding="utf-8") == text
    assert all(f"## `{action.name}`" in text for action in ACTIONS)
