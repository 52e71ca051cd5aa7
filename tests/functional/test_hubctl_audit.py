"""`hubctl audit verify` names the ticket, and the entry of its trail that somebody changed behind the hub's back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hubctl.audit import breaks
from tests.support.aws import TENANT
from tests.support.in_process import InProcess
from tests.support.tickets import World, world


@pytest.fixture(name="hub")
def _hub() -> Iterator[World]:
    with world() as hub:
        hub.hire("li")
        for number in range(3):
            hub.say("冰柜不制冷", f"msg_{number}", customer_id=f"cus_{number}")
        yield hub


def _item(hub: World, ticket_id: str, seq: int) -> Any:
    table = hub.session.resource("dynamodb").Table(f"hub-{TENANT}-tickets")
    key = {"pk": f"{TENANT}#ticket#{ticket_id}", "sk": f"~trail#{seq:06d}"}
    return table, key


def test_trails_that_nobody_touched_hold(hub: World) -> None:
    """Every ticket is checked."""
    assert dict(breaks(InProcess(hub))) == dict.fromkeys(hub.ids())


def test_an_altered_entry_is_named_with_its_ticket_and_number(hub: World) -> None:
    """Who did it was changed in the table itself: this ticket, this entry, and no other."""
    altered = hub.ids()[1]
    table, key = _item(hub, altered, 2)
    table.update_item(
        Key=key,
        UpdateExpression="SET body.actor = :who",
        ExpressionAttributeValues={":who": "nobody"},
        ConditionExpression="attribute_exists(pk)",
    )
    assert {name: at for name, at in breaks(InProcess(hub)) if at is not None} == {altered: 2}
    assert list(breaks(InProcess(hub), [altered])) == [(altered, 2)]


def test_a_dropped_entry_is_found(hub: World) -> None:
    """The last one too: the ticket knows how many there were."""
    dropped = hub.ids()[0]
    last = hub.timeline(dropped)["entries"][-1]["seq"]
    table, key = _item(hub, dropped, last)
    table.delete_item(Key=key)
    assert list(breaks(InProcess(hub), [dropped])) == [(dropped, last)]
