"""Notice rules: refused at the draft with every place, and words in which nobody's name is a template."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.notifications.gateways.message import Address
from functions.notifications.gateways.senders import by_email
from functions.notifications.rules.facts import ASKABLE, fields_of
from functions.notifications.rules.filling import fill_words, message_of_words
from functions.notifications.rules.rule_kind import NOTICE_RULES, rule_of
from functions.notifications.sends.caps import place_at
from functions.notifications.sends.costs import cost_of
from hub.channels.outbound import Sent
from hub.channels.wecom.cards import NOTHING
from hub.contracts.events import OrderResolved
from hub.contracts.notifications import CapDocument, NoticeRule
from hub.documents.kinds import Proposal
from hub.edge.access import packaged_policy
from hub.kernel.errors import Invalid

AT = datetime(2026, 11, 21, tzinfo=UTC)
RULE: dict[str, Any] = {
    "title": {"zh": "付款", "en": "Paid"},
    "event": "order.resolved",
    "audience": {"who": "customer"},
    "words": {"title": {"zh": "订单 {order_no}", "en": "Order"}, "text": {"zh": "{order_no}：{amount} 元", "en": "x"}},
    "channels": [["sms"]],
    "sms": {"template": "SMS_1", "params": {"no": "{order_no}"}},
}
NAMES = ["[点我领取](https://a.example)", "<@all>", "{{ticket.cost}}", "{order_id}", "a\nb"]


def findings(**more: Any) -> list[str]:
    """The places that are wrong with the rule."""
    document = NoticeRule.model_validate({**RULE, **more})
    try:
        rule = rule_of(document)
    except Invalid as error:
        return [problem.pointer for problem in error.problems]
    return [finding.pointer for finding in NOTICE_RULES.lint(Proposal("x", document, rule), None)]


@pytest.mark.parametrize(
    ("more", "places"),
    [
        ({}, []),
        ({"event": "order.imagined"}, ["/event"]),
        ({"when": {"nonsense": {"eq": 1}}}, ["/when/nonsense"]),
        ({"when": {"kind": {"eq": "given"}}}, ["/when/kind/eq"]),
        ({"audience": {"who": "duty"}}, ["/audience/team"]),
        ({"audience": {"who": "people"}}, ["/audience/people"]),
        ({"event": "platform.noticed", "words": None}, ["/audience/who", "/words"]),
        ({"channels": [["dingtalk", "sms"]]}, ["/channels/0"]),
        ({"until_ack": {"every_seconds": 60, "times": 3}}, ["/until_ack"]),
        ({"words": None}, ["/words"]),
        ({"sms": {"template": "S", "params": {"no": "{phone}"}}}, ["/sms/params/no"]),
        (
            {"delay_seconds": 60, "cancel_if": [{"event": "ticket.closed", "same": "order_no"}]},
            [],
        ),
        (
            {"delay_seconds": 60, "cancel_if": [{"event": "glass.broken", "same": "order_no"}]},
            ["/cancel_if/0/same"],
        ),
    ],
)
def test_what_could_not_work_is_named(more: dict[str, Any], places: list[str]) -> None:
    """Each wrong part by its JSON pointer, at the draft."""
    assert findings(**more) == places


def test_every_event_can_be_asked_by_its_own_plain_fields() -> None:
    """Kinds come from the contracts; what is somebody's is not asked about."""
    assert all(fields_of(event) for event in ASKABLE)
    closed = fields_of("ticket.closed")
    assert (closed["region"], closed["run"], closed["ticket_type"]) == ("region", "number", "text")
    assert "labour_minor" not in closed
    assert fields_of("ticket.changed")["changed"] == "set"
    assert fields_of("rung.fired")["priority"] == {"enum": ["low", "normal", "high", "urgent"]}


def test_presets_have_no_findings() -> None:
    """What ships can be published as it is."""
    for key, content in NOTICE_RULES.presets().items():
        document = NoticeRule.model_validate(content)
        assert list(NOTICE_RULES.lint(Proposal(key, document, rule_of(document)), None)) == []


@dataclass
class Mail:
    """A mail client that keeps subjects."""

    subjects: list[str] = field(default_factory=list)

    def send_text(self, receivers: list[str], text: str, *, send_id: str, subject: str) -> Sent:
        del receivers, text, send_id
        self.subjects.append(subject)
        return Sent()


def order(number: str) -> OrderResolved:
    return OrderResolved(
        id="evt_1", tenant="demo", at=AT, connection_id="con_1", channel="taobao", kind="paid", customer_id="cus_1",
        order_id="ord_1", order_no=number, amount_minor=19900, currency="CNY",
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_not_a_template(name: str) -> None:
    """In markup, SMS and a mail's subject it stands as typed: no link, nobody is called, nothing is filled in again,
    and the subject stays one line."""
    rule = rule_of(NoticeRule.model_validate(RULE))
    message = message_of_words(fill_words(rule, order(name), Address(is_staff=False), packaged_policy(), {}))
    shown = " ".join(name.split())
    assert message.title == f"订单 {shown}"
    assert message.text == f"{shown}：199.00 元"
    assert message.markup.replace(NOTHING, "").startswith(f"**订单 {shown}**")
    assert ("](" not in message.markup, "<@" not in message.markup) == (True, True)
    assert message.sms is not None
    assert message.sms.values == {"no": shown}
    mail = Mail()
    by_email(mail, "li@example.com", message, "snd_1")
    assert mail.subjects == [f"订单 {shown}"]


def test_a_window_has_its_last_place_for_the_digest() -> None:
    """Three in ten minutes: two at once, the third waits until the first is out of the window."""
    cap = CapDocument()
    first = AT.replace(minute=1)
    assert place_at([], AT, cap) == AT
    assert place_at([first], first, cap) == first
    assert place_at([first, first], first, cap) == first.replace(minute=11)


def test_a_long_sms_costs_its_parts() -> None:
    """Up to 70 characters one, then parts of 67; another channel is one."""
    message = message_of_words(
        {"title": "x" * 135, "text": "", "markup": "", "url": "", "sms": [], "official_account": []}
    )
    assert cost_of("sms", message, {"sms": "0.045"}) == "0.135"
    assert cost_of("phone", message, {"phone": "0.12"}) == "0.12"
    assert cost_of("email", message, {}) == "0"
