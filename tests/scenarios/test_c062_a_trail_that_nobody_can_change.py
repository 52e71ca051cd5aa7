"""C062: whoever alters an entry in the table itself is found out by ticket and sequence number, and the trail tells the
ticket as each step left it, to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from functions.tickets import app
from functions.tickets.ticket.past import KEPT, state_hash
from functions.tickets.ticket.ticket import Ticket
from hub.kernel.clock import parse_rfc3339
from hubctl.audit import verify
from tests.support.aws import TENANT
from tests.support.in_process import InProcess
from tests.support.tickets import World, world

TICKETS, SEQ = 3, 5
WORK = {"labour_minutes": 45, "labour_amount": "80.00", "travel_km": 8, "travel_amount": "16.00"}
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("nodes/accept/complete", {"outcome": "accepted"}),
    ("comment", {"text": "已联系客户"}),
    ("pause", {"waits_for": ["BX-3"]}),
    ("resume", {}),
    ("acknowledge", {}),
    ("nodes/service/complete", {"outcome": "done", "fields": WORK}),
)


@pytest.fixture(name="hub")
def _hub() -> Iterator[World]:
    with world() as made:
        made.hire("li")
        for number in range(TICKETS):
            made.say("冰柜不制冷", f"msg_{number}", customer_id=f"cus_{number}")
        yield made


def audited(hub: World, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """`hubctl audit verify`: its exit status, and the lines that it printed."""
    capsys.readouterr()
    with pytest.raises(typer.Exit) as ended:
        verify(SimpleNamespace(obj=InProcess(hub)))  # type: ignore[arg-type]
    return ended.value.exit_code, capsys.readouterr().out.splitlines()


def shown(ticket: Ticket) -> bytes:
    """All that can be told of a ticket."""
    return ticket.model_dump_json(include=set(KEPT)).encode()


def altered(hub: World, ticket_id: str, sk: str, change: str, value: Any) -> None:
    """Somebody with a key to the table changes an item in it."""
    hub.session.resource("dynamodb").Table(f"hub-{TENANT}-tickets").update_item(
        Key={"pk": f"{TENANT}#ticket#{ticket_id}", "sk": sk},
        UpdateExpression=f"SET {change} = :value",
        ExpressionAttributeValues={":value": value},
        ConditionExpression="attribute_exists(pk)",
    )


def worked(hub: World, ticket_id: str) -> dict[int, bytes]:
    """The ticket is worked, a minute a step; what it was in each of its versions."""
    versions = {}
    for path, body in STEPS:
        hub.clock.now += timedelta(minutes=1)
        assert hub.call("POST", f"/tickets/{ticket_id}/{path}", body).status < 300, path
        case = app.room.desk.tickets.case(ticket_id)
        versions[case.version] = shown(case.ticket)
    return versions


def test_an_entry_that_was_altered_is_named_with_its_ticket_and_number(
    hub: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three trails hold; then the fifth entry of one says that somebody else did it."""
    ids = hub.ids()
    worked(hub, ids[1])
    assert audited(hub, capsys) == (0, ["3 trails checked, 0 broken"])
    altered(hub, ids[1], f"~trail#{SEQ:06d}", "body.actor", "nobody")
    assert audited(hub, capsys) == (1, [f"{ids[1]} {SEQ}", "3 trails checked, 1 broken"])


@pytest.mark.parametrize(("field", "value"), [("labour_minor", 1), ("priority", "low"), ("assignee", "mallory")])
def test_a_ticket_that_was_altered_beside_its_trail_is_found_out_too(
    hub: World, capsys: pytest.CaptureFixture[str], field: str, value: Any
) -> None:
    """No entry was touched: the last one says what the ticket was, and it is named."""
    ticket_id = hub.ids()[0]
    worked(hub, ticket_id)
    last = hub.timeline(ticket_id)["entries"][-1]["seq"]
    altered(hub, ticket_id, "ticket", f"body.{field}", value)
    assert audited(hub, capsys) == (1, [f"{ticket_id} {last}", "3 trails checked, 1 broken"])


def test_the_trail_tells_the_ticket_as_each_step_left_it(hub: World) -> None:
    """Replayed from the trail, each version is what it was, byte for byte, and what its entry says it was."""
    ticket_id, tickets = hub.ids()[2], app.room.desk.tickets
    versions = worked(hub, ticket_id)
    case = tickets.case(ticket_id)
    sealed = {entry.version: entry.state for entry in tickets.trail(case.ticket) if entry.state}
    assert len(versions) >= len(STEPS) - 1
    for version, as_it_was in versions.items():
        past = tickets.past(case, version) or case.ticket
        assert shown(past) == as_it_was
        assert sealed[version] == state_hash(past)


def test_each_step_stands_with_its_very_second(hub: World) -> None:
    """Who did what, when: a minute apart, as they were done."""
    ticket_id, began = hub.ids()[0], hub.clock.now
    worked(hub, ticket_id)
    entries = hub.timeline(ticket_id)["entries"]
    at = {entry["what"]: parse_rfc3339(entry["at"]) for entry in reversed(entries)}
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert {what: at[what] - began for what in ("comment", "paused", "resumed")} == {
        "comment": timedelta(minutes=2),
        "paused": timedelta(minutes=3),
        "resumed": timedelta(minutes=4),
    }
