"""What a request may ask about and write."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field

from hub.contracts.base import Contract
from hub.contracts.classes import Classified, Keyed
from hub.contracts.http import PageQuery
from hub.contracts.tickets import CompleteNode, Part, TicketView, WorkReport, WriteComment
from hub.contracts.webhooks_reconcile import ReconcileQuery
from hub.edge.access.parameters import (
    Selects,
    hidden_parameters,
    parameter_names,
    unknown_parameters,
    unwritable_fields,
)
from hub.edge.access.policy import packaged_policy
from hub.edge.access.projector import PUBLIC, Viewer
from hub.edge.access.texts import fill_text
from hub.kernel.errors import Problem

POLICY = packaged_policy()


class Row(Contract):
    phone: Annotated[str, Classified("contact")] = ""
    name: Annotated[str, Classified("identity")] = ""
    opened_at: str = ""
    ticket: TicketView | None = None
    fact: str = ""
    value: Annotated[str, Keyed(by="fact", plain=frozenset({"city"}))] = ""


class RowQuery(PageQuery):
    phone: Annotated[str, Classified("contact")] = ""
    phone_prefix: Annotated[str, Classified("contact")] = ""
    sort: Annotated[str, Selects(Row)] = ""
    group_by: Annotated[str, Selects(Row)] = ""
    metric: Annotated[str, Selects(Row)] = ""


ASKED = [
    ("sort", "phone"), ("sort", "-phone"), ("sort", "opened_at,-phone"), ("phone", "13800138000"), ("phone", "nobody"),
    ("phone_prefix", "138"), ("phone_prefix", ""), ("group_by", "phone"), ("metric", "min(phone)"),
    ("metric", "sum(ticket.labour_amount)"), ("sort", "value"),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "value"), ASKED)
def test_a_field_that_is_masked_can_be_asked_about_in_no_way(parameter: str, value: str) -> None:
    """Sorting, filtering, grouping and summing by what one may not see is refused by the parameter's name, for a value
    that exists and for one that does not alike."""
    viewer = POLICY.verdicts(("viewer",))
    problems = hidden_parameters(RowQuery, {parameter: value}, POLICY, viewer)
    assert problems == [Problem(f"query:{parameter}", "asks about a field that you may not see")]
    assert hidden_parameters(RowQuery, {parameter: value}, POLICY, POLICY.verdicts(("administrator",))) == []


def test_what_is_plain_may_be_asked_about_by_anybody() -> None:
    """Words that are no field, and fields that are plain, hold nobody up."""
    sent = {"sort": "-opened_at", "metric": "count(opened_at)", "limit": "5"}
    assert hidden_parameters(RowQuery, sent, POLICY, POLICY.verdicts(())) == []


def test_a_parameter_that_is_not_declared_is_named_with_those_that_are() -> None:
    """A typing error never looks like an answer."""
    assert unknown_parameters(parameter_names(PageQuery), {"limit": "1", "pgae": "2"}) == [
        Problem("query:pgae", "is not a parameter here; known: limit, cursor")
    ]
    assert unknown_parameters((), {"x": "1"}) == [Problem("query:x", "is not a parameter: there are none here")]
    assert unknown_parameters(parameter_names(ReconcileQuery), {"from": "2026-11-01", "from_": "2026-11-01"}) == [
        Problem("query:from_", "is not a parameter here; known: from, to")
    ]


def test_a_name_as_long_as_a_book_is_not_told_back() -> None:
    """An answer holds no more of what was typed than says which parameter it was."""
    (problem,) = unknown_parameters((), {"x" * 5000: "1"})
    assert problem.pointer == "query:" + "x" * 64


class Named(Contract):
    by_name: dict[str, Row] = Field(default={})


def test_who_may_not_write_a_class_writes_it_under_no_name_either() -> None:
    """A field of a part that lies under a key is found as one of a list is."""
    body = Named(by_name={"a": Row(phone="138")})
    assert unwritable_fields(body, frozenset(), POLICY) == [Problem("/by_name/a/phone", "is not yours to write")]
    assert unwritable_fields(body, frozenset({"contact"}), POLICY) == []


def test_who_may_not_write_a_class_is_told_every_field() -> None:
    """A body's fields are judged to their depth, and only those that were sent."""
    fields = WorkReport(labour_minutes=5, labour_amount="1.00", parts=(Part(sku="a", quantity=1, amount="2.00"),))
    body = CompleteNode(outcome="done", fields=fields)
    rule = "is not yours to write"
    assert unwritable_fields(body, frozenset(), POLICY) == [
        Problem("/fields/labour_amount", rule),
        Problem("/fields/parts/0/amount", rule),
    ]
    assert unwritable_fields(body, frozenset({"cost"}), POLICY) == []
    assert unwritable_fields(CompleteNode(outcome="done"), frozenset(), POLICY) == []
    assert unwritable_fields(WriteComment(text="x"), frozenset(), POLICY) == [Problem("/text", rule)]


def test_a_customers_name_is_not_a_template() -> None:
    """Values are put into a text once: braces, links and tags in a name stay as they were typed."""
    for name in ("{phone}", "[点我领取](https://a.example)", "<@all>", "a\nb"):
        row = Row(name=name, phone="13800138000")
        assert fill_text("您好 {name}!", row, Viewer(("agent",)), POLICY) == f"您好 {name}!"
    row = Row(name="{phone}", phone="13800138000")
    assert fill_text("{name}|{phone}", row, Viewer(("agent",)), POLICY, escape=lambda text: text.replace("1", "_")) == (
        "{phone}|_3800_38000"
    )


def test_a_text_says_no_more_than_its_reader_may_see() -> None:
    """Who sees a mask reads a mask, who sees nothing reads nothing, and a hole without a value is left empty."""
    row = Row(name="张三", phone="13800138000")
    texts = [fill_text("{name},{phone},{ticket.subject}.", row, v, POLICY) for v in (Viewer(("viewer",)), PUBLIC)]
    assert texts == ["张**,1**,.", ",,."]
