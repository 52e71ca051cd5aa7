"""`hubctl who-sees` and what it reads: the table agrees with what leaves the hub."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from hub.contracts.classes import CLASSES
from hub.contracts.tickets import TicketView
from hub.edge.access.matrix import ROLES, who_sees
from hub.edge.access.policy import packaged_policy
from hub.edge.access.projector import Viewer, project
from hubctl.cli import app
from hubctl.failures import OperatorError
from tests.support.contracts import Maker

POLICY = packaged_policy()


@pytest.mark.parametrize("field", ["subject", "labour_amount", "priority"])
def test_the_table_says_what_the_projector_does(field: str) -> None:
    """For every role: full is the value itself, masked another, hidden none."""
    made = Maker(5).make(TicketView).model_copy(update={"visits": ()})
    (sight,) = who_sees(f"TicketView.{field}", POLICY)
    for role in ROLES:
        shown = project(made, Viewer((role,)), POLICY).get(field)
        got = "hidden" if shown is None else "full" if shown == getattr(made, field) else "masked"
        assert got == sight.roles[role], role


def test_a_fact_is_found_by_its_name_whether_or_not_anybody_declared_it() -> None:
    """`phone` is contact, `favourite_colour` what an unknown fact is, `city` plain."""
    found = {name: who_sees(name, POLICY)[0] for name in ("phone", "favourite_colour", "city")}
    assert [(sight.field, sight.field_class) for sight in found.values()] == [
        ("FactView.value[phone]", "contact"),
        ("FactView.value[favourite_colour]", "identity"),
        ("FactView.value[city]", "plain"),
    ]


def test_a_class_lists_all_of_its_fields() -> None:
    """Every class that is used names its fields, and none of another."""
    for name in CLASSES:
        found = who_sees(name, POLICY)
        assert {sight.field_class for sight in found} == (set() if name == "technical" else {name})


def test_the_command_prints_the_table() -> None:
    """As JSON and as a table; a field that nobody has, and a terminal that is none, are said so."""
    done = CliRunner().invoke(app, ["who-sees", "TicketView.subject", "--json"])
    assert json.loads(done.stdout)[0]["roles"]["viewer"] == "masked"
    assert "打码" in CliRunner().invoke(app, ["who-sees", "TicketView.subject"]).stdout
    for wrong in (["who-sees", "TicketView.nothing"], ["who-sees", "subject", "--terminal", "watch"]):
        assert isinstance(CliRunner().invoke(app, wrong).exception, OperatorError | SystemExit)
