"""What a message says about the ticket that it opens or joins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.tickets.flows.preset_flows import preset_flows
from functions.tickets.flows.soundness import parse_flow
from functions.tickets.intake.intake import Classification, Message, Opening, classify, joins, open_ticket
from functions.tickets.ticket.ticket import Thread, Ticket
from hub.rules import lint
from tests.support.presets import intake_rules, ladder, ticket_type

RULES = intake_rules()
AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


def message(text: str) -> Message:
    return Message("msg_1", "cus_1", "wecom", "text", AT, "310101", text=text)


def opened(**facts: Any) -> Ticket:
    opening: dict[str, Any] = {"ticket_id": "tkt_1", "customer_id": "cus_1", "region": "base", "link": "l", "at": AT}
    wanted = Classification("repair", "urgent", "cooling-failed")
    return open_ticket(wanted, ticket_type("repair"), Opening(**{**opening, "ladder": "repair", **facts}))


@pytest.mark.parametrize(
    ("text", "type_", "priority", "rule"),
    [
        ("冰柜不制冷", "repair", "urgent", "cooling-failed"),
        ("洗碗机坏了", "repair", "urgent", "broken"),
        ("后厨漏水", "repair", "urgent", "broken"),
        ("The freezer is NOT COOLING", "repair", "urgent", "cooling-failed"),
        ("型号BX-3", "consult", "normal", "default"),
        ("", "consult", "normal", "default"),
    ],
)
def test_classification(text: str, type_: str, priority: str, rule: str) -> None:
    """What people write when something fails makes an urgent repair, anything else a question; the rule is named."""
    wanted = classify(RULES, message(text))
    assert (wanted.type, wanted.priority, wanted.rule_id) == (type_, priority, rule)


@given(st.text(max_size=200))
def test_any_text_opens_something_known(text: str) -> None:
    """Whatever somebody writes, the ticket's type exists."""
    assert ticket_type(classify(RULES, message(text)).type).title.zh


def test_preset_rules_are_sound() -> None:
    """Each preset rule can decide: none is impossible, or shadowed by an earlier one."""
    assert lint(RULES).shadowed == ()


def test_presets_fit_together() -> None:
    """Each preset type names a preset flow and a ladder that exists, each preset flow a ladder that exists."""
    for key in ("repair", "consult"):
        assert ticket_type(key).flow in preset_flows()
        assert ladder(ticket_type(key).ladder).steps
    for document in preset_flows().values():
        wanted = parse_flow(document).ladder
        assert wanted is None or ladder(wanted).steps


def test_the_window() -> None:
    """A conversation is joined up to 30 minutes after its last message, and while its ticket is open."""
    thread, ticket = Thread(ticket_id="tkt_1", last_at=AT), opened()
    half_an_hour = timedelta(minutes=30)

    assert joins(thread, ticket, AT + half_an_hour)
    assert not joins(thread, ticket, AT + half_an_hour + timedelta(microseconds=1))
    assert joins(thread, ticket, AT - timedelta(hours=1))
    assert not joins(thread, ticket.but(state="closed"), AT)
    assert not joins(None, None, AT)


def test_replay_has_no_clock() -> None:
    """A replayed message's ticket has no ladder and no running clock."""
    assert opened().ladder == "repair"
    assert (opened(replay=True).ladder, opened(replay=True).policy) == ("", "")
