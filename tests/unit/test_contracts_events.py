"""The index of the contract events is what their classes say, and a room starts without those that it does not use."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import ValidationError

from hub.contracts import events
from hub.contracts.envelope import Event
from hub.contracts.events import EVENTS, event_class, parse_event

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)


def test_every_event_stands_in_the_index_once() -> None:
    """Under its own type, in alphabetical order; and none is forgotten."""
    assert [event_class(name).model_fields["type"].default for name in EVENTS] == sorted(EVENTS)
    modules = sorted(path.stem for path in Path(str(events.__file__)).parent.glob("*_events.py"))
    made = {
        f"{module}.{item.__name__}"
        for module in modules
        for item in vars(import_module(f"hub.contracts.{module}")).values()
        if isinstance(item, type) and issubclass(item, Event) and "type" in item.model_fields
        if item.__module__ == f"hub.contracts.{module}"
    }
    assert made == set(EVENTS.values())


def test_an_event_is_read_as_its_type_says() -> None:
    """From text as from a document."""
    event = event_class("glass.broken")(
        id="evt_1", tenant="demo", at=AT, glass_id="gls_1", thing="tkt_1", person_id="li", ends_at=AT
    )
    assert parse_event(event.model_dump_json()) == parse_event(event.model_dump(mode="json")) == event


@pytest.mark.parametrize("wrong", [{}, {"type": None}, {"type": "order.eaten"}, {"type": ["order.paid"]}])
def test_what_is_no_event_is_refused(wrong: dict[str, object]) -> None:
    """No type, or one that there is not, is an error that names it."""
    with pytest.raises(ValidationError) as refused:
        parse_event(wrong)
    assert [error["loc"] for error in refused.value.errors()] == [("type",)]


def test_the_index_brings_no_event_along() -> None:
    """Who imports it has none of their modules until one is asked for."""
    program = (
        "import sys; import hub.contracts.events as events; before = {m for m in sys.modules if m.endswith('_events')};"
        "events.GlassBroken; print(sorted(before), sorted({m for m in sys.modules if m.endswith('_events')}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[] ['hub.contracts.house_events']"
