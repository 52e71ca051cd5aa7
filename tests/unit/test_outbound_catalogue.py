"""The catalogue of events: each has a sample that is what would be sent, and a schema that says so."""

from __future__ import annotations

import jsonschema_rs
import pytest

from functions.outbound.catalogue.catalogue import chosen_types, describe_types, event_classes, example_event, fits
from functions.outbound.catalogue.samples import sample_of
from hub.contracts.events import EVENTS, parse_event
from hub.contracts.outbound import EventTypeView
from hub.kernel.errors import Invalid


def test_every_event_that_is_said_is_in_it() -> None:
    """By its name, in alphabetical order."""
    assert [view.type for view in describe_types()] == list(EVENTS)


@pytest.mark.parametrize("view", describe_types(), ids=lambda view: view.type)
def test_a_sample_is_valid_by_its_schema_and_is_that_event(view: EventTypeView) -> None:
    """As any JSON Schema validator reads it; and the hub itself reads the data as that event."""
    validator = jsonschema_rs.Draft202012Validator(view.json_schema)
    assert [error.message for error in validator.iter_errors(view.sample)] == []
    assert parse_event(view.sample["data"]) == sample_of(event_classes()[view.type])
    assert validator.is_valid({**view.sample, "type": "moon.full"}) is False


def test_events_are_named_one_by_one_by_family_or_all() -> None:
    """A family is the first word."""
    assert fits(["ticket.*"], "ticket.closed")
    assert fits(["*"], "ticket.closed")
    assert not fits(["order.*", "ticket.opened"], "ticket.closed")
    assert set(chosen_types(["ticket.*"])) == {name for name in EVENTS if name.startswith("ticket.")}


def test_a_name_that_means_nothing_is_refused_with_its_place() -> None:
    """Both in a registration and in a test."""
    with pytest.raises(Invalid) as refused:
        chosen_types(["*", "moon.*"])
    assert [problem.pointer for problem in refused.value.problems] == ["/events/1"]
    with pytest.raises(Invalid):
        example_event("moon.full", "evt_1")
