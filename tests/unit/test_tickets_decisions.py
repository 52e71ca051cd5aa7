"""Which way a decision takes, what the work cost, and what a customer sees of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.tickets.flows.decisions import choose_edge, condition_problems
from functions.tickets.flows.flow import Decision
from functions.tickets.flows.soundness import parse_flow
from functions.tickets.forms.work import add_report
from functions.tickets.ticket.progress import progress_of
from functions.tickets.ticket.ticket import Case, Ticket, Visit
from hub.contracts.tickets import Part, WorkReport
from hub.kernel.errors import Invalid
from hub.kernel.money import Money

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
TITLE = {"zh": "节点", "en": "Node"}
TICKET = Ticket(id="tkt_1", type="repair", priority="urgent", customer_id="cus_1", region="310101", title_zh="维修",
                title_en="Repair", opened_at=AT)  # fmt: skip


def decision(*edges: dict[str, Any]) -> dict[str, Any]:
    named = [{"id": f"e{i}", "when": when, "next": "done"} for i, when in enumerate(edges)]
    return {"id": "which", "kind": "decision", "title": TITLE, "edges": named, "otherwise": "done"}


def flow(node: dict[str, Any]) -> dict[str, Any]:
    end = {"id": "done", "kind": "end", "title": TITLE, "outcome": "done"}
    return {"key": "sample", "title": TITLE, "start": "which", "nodes": [node, end]}


@pytest.mark.parametrize(
    ("edges", "taken"),
    [
        ([{"priority": {"eq": "urgent"}}, {}], "e0"),
        ([{"region": {"within": "440000"}}, {"region": {"within": "310000"}}], "e1"),
        ([{"cost": {"gte": 50_000}}], "otherwise"),
        ([{"store_id": {"present": True}}], "otherwise"),
    ],
)
def test_first_edge_that_holds(edges: list[dict[str, Any]], taken: str) -> None:
    """The first edge whose condition holds is taken, else the other way; what a ticket lacks is missing."""
    node = parse_flow(flow(decision(*edges))).node("which")
    assert isinstance(node, Decision)
    assert choose_edge(node, TICKET, TODAY) == taken


@pytest.mark.parametrize(
    ("day", "taken"),
    [("2026-12-21", "e0"), ("2026-12-22", "otherwise"), ("2026-11-20", "otherwise"), ("soon", "otherwise")],
)
def test_days_until_a_date(day: str, taken: str) -> None:
    """A field that is a date is so many days away; what is past is less than none, and what is no date is not there."""
    node = parse_flow(flow(decision({"days_until_policy_expires": {"gte": 0, "lte": 30}}))).node("which")
    assert isinstance(node, Decision)
    assert choose_edge(node, TICKET.but(fields={"policy_expires": day}), TODAY) == taken


def test_conditions_are_checked_before_publishing() -> None:
    """A condition that cannot be asked of a ticket is refused with its place in the document."""
    problems = condition_problems(parse_flow(flow(decision({}, {"weather": {"eq": "rain"}}))))
    assert [problem.pointer for problem in problems] == ["/nodes/0/edges/1/when/weather"]


amounts = st.integers(0, 10**9).map(lambda minor: str(Money(minor)))


@given(st.lists(st.tuples(amounts, amounts, st.lists(amounts, max_size=4)), max_size=5))
def test_costs_add_up(reports: list[tuple[str, str, list[str]]]) -> None:
    """Several reports add up to the cent, each part counted once."""
    ticket = TICKET
    for labour, travel, prices in reports:
        parts = tuple(Part(sku="x", quantity=2, amount=price) for price in prices)
        ticket = add_report(ticket, WorkReport(labour_amount=labour, travel_amount=travel, parts=parts))

    def total(texts: list[str]) -> int:
        return sum(Money.parse(text).amount_minor for text in texts)

    assert ticket.labour_minor == total([labour for labour, _, _ in reports])
    assert ticket.travel_minor == total([travel for _, travel, _ in reports])
    assert ticket.parts_minor == total([price for _, _, prices in reports for price in prices])


def test_costs_below_zero() -> None:
    """Negative amounts are refused, each by its pointer."""
    parts = (Part(sku="x", quantity=1, amount="1.00"), Part(sku="y", quantity=1, amount="-0.01"))
    with pytest.raises(Invalid) as refused:
        add_report(TICKET, WorkReport(labour_amount="-5.00", parts=parts))
    assert [p.pointer for p in refused.value.problems] == ["/fields/labour_amount", "/fields/parts/1/amount"]


def test_a_declined_visit_is_no_milestone() -> None:
    """A milestone is reached by the first visit that leads on; without a flow there are only the two ends."""
    node = {"id": "which", "kind": "human", "title": TITLE, "milestone": TITLE, "outcomes": {"yes": "done"}}
    document = parse_flow(flow(node))
    later = AT + timedelta(hours=1)

    def visit(number: int, outcome: str, left_at: datetime) -> Visit:
        return Visit(id=f"vis_{number}", ticket_id="tkt_1", run=1, node="which", entered_at=AT, outcome=outcome,
                     left_at=left_at)  # fmt: skip

    visits = {"vis_1": visit(1, "declined", AT), "vis_2": visit(2, "yes", later)}
    assert [m.at for m in progress_of(Case(TICKET, visits), document).milestones] == [AT, later, None]
    assert [m.title.zh for m in progress_of(Case(TICKET), None).milestones] == ["已受理", "已完成"]


def test_costs_beyond_reason() -> None:
    """An amount beyond ten million is a slip of the keyboard: refused by its pointer, so that no total overflows."""
    parts = (Part(sku="a", quantity=1, amount="10000000.00"), Part(sku="b", quantity=1, amount="10000000.01"))
    with pytest.raises(Invalid) as refused:
        add_report(TICKET, WorkReport(labour_amount="9999999999999.99", parts=parts))
    assert [p.pointer for p in refused.value.problems] == ["/fields/labour_amount", "/fields/parts/1/amount"]
