"""Who is asked, how many have to approve, and when it is decided: in whole numbers, in any order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.tickets.dispatch.dispatch import Organisation, Person
from functions.tickets.dispatch.loads import Load
from functions.tickets.dispatch.matrices import MATRICES, Matrix, lint_matrix
from functions.tickets.dispatch.selectors import Asker, select_person, select_signers
from functions.tickets.flows.flow import Count, Share
from functions.tickets.ticket.signing import needed, sign, verdict_of
from functions.tickets.ticket.ticket import Ticket, Visit
from hub.documents.kinds import Proposal

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TITLE = {"zh": "退款", "en": "Refund"}
LI = Person(id="li", roles=("engineer",), region="310000", teams=("cold",), supervisor="amy")
ZHAO = Person(id="zhao", roles=("engineer",), region="310000", teams=("cold",))
AMY = Person(id="amy", roles=("supervisor",), region="310000")
CHEN = Person(id="chen", roles=("supervisor",), region="base")
WANG = Person(id="wang", roles=("store_manager",), region="310101", store_id="s1")
GONE = Person(id="gone", roles=("agent",), region="310000", active=False, supervisor="amy")


def ticket(**facts: Any) -> Ticket:
    base: dict[str, Any] = {"id": "tkt_1", "type": "refund", "priority": "high", "customer_id": "cus_1"}
    base |= {"region": "310101", "title_zh": "退款", "title_en": "Refund", "opened_at": AT, "assignee": "li"}
    return Ticket(**{**base, **facts})


def asker(**facts: Any) -> Asker:
    loads = {"li": Load(3), "zhao": Load(1)}
    organisation = Organisation(
        (LI, ZHAO, AMY, CHEN, WANG, GONE), {}, lambda people: {p: loads.get(p, Load()) for p in people}
    )
    return Asker(ticket(**facts), "zhao", organisation, AT)


@pytest.mark.parametrize(
    ("rule", "signers", "need"),
    [
        (Share(percent=60), 2, 2),
        (Share(percent=50), 3, 2),
        (Share(percent=56), 25, 14),
        (Share(percent=60), 5, 3),
        (Share(percent=1), 3, 1),
        (Share(percent=100), 7, 7),
        (Count(count=2), 5, 2),
        (Count(count=9), 5, 5),
        ("all", 4, 4),
        ("any", 4, 1),
        ("sequence", 3, 3),
    ],
)
def test_a_share_is_rounded_up_exactly(rule: Any, signers: int, need: int) -> None:
    """⌈n × p / 100⌉ in whole numbers, never by floats; at least one, at most all."""
    assert needed(rule, signers) == need


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 100))
def test_it_is_decided_as_soon_as_it_can_be_and_never_twice(verdicts: list[bool], percent: int) -> None:
    """By an oracle that counts to the end: whoever signs later changes nothing, and nobody decides earlier."""
    people = tuple(f"p{i}" for i in range(len(verdicts)))
    need = needed(Share(percent=percent), len(people))
    visit = Visit(id="vis_1", ticket_id="tkt_1", run=1, node="sign", entered_at=AT, signers=people, need=need)
    decided: list[str] = []
    for person, approves in zip(people, verdicts, strict=True):
        visit = sign(visit, person, "approved" if approves else "rejected", AT)
        decided.append(verdict_of(visit))
    final = "approved" if sum(verdicts) >= need else "rejected"
    assert decided[-1] == final
    first = next(i for i, verdict in enumerate(decided) if verdict)
    assert set(decided[first:]) == {final}
    approvals, left = sum(verdicts[:first]), len(verdicts) - first
    assert approvals < need <= approvals + left


@pytest.mark.parametrize(
    ("selector", "person"),
    [
        ("ticket.assignee", ""),
        ("supervisor", "amy"),
        ("actor.supervisor", "amy"),
        ("assignee.supervisor", "amy"),
        ("role:engineer", "zhao"),
        ("role:store_manager@store", "wang"),
        ("role:finance", "amy"),
        ("team:cold", "zhao"),
        ("queue:cold", ""),
        ("person:chen", "chen"),
        ("person:gone", "amy"),
        ("field:approver", "wang"),
        ("field:nobody", "amy"),
    ],
)
def test_whom_a_node_asks(selector: str, person: str) -> None:
    """Role, team, store, person and field; where there is nobody, whoever answers for the region."""
    assert select_person(selector, asker(store_id="s1", fields={"approver": "wang"})) == person


def test_signers_are_asked_once_each() -> None:
    """A team is all of its members; who is meant twice signs once."""
    chosen = select_signers(("team:cold", "person:li", "supervisor", "actor.supervisor"), asker())
    assert chosen == ("li", "zhao", "amy")


def matrix(*rows: dict[str, Any], **more: Any) -> Matrix:
    return Matrix.model_validate({"title": TITLE, "rows": rows, **more})


def test_the_first_row_that_fits_counts() -> None:
    """By type and amount; another currency is above every limit."""
    sample = matrix(
        {"below": "100.00", "types": ["refund"]},
        {"below": "500.00", "signers": ["supervisor"]},
        {"signers": ["role:finance"]},
    )
    cases = [
        ("refund", 9999, "CNY", 0),
        ("gift", 9999, "CNY", 1),
        ("refund", 10000, "CNY", 1),
        ("refund", 50000, "CNY", 2),
    ]
    for kind, amount, currency, row in [*cases, ("refund", 1, "USD", 2)]:
        subject = ticket(type=kind, amount_minor=amount, amount_currency=currency)
        assert sample.row_for(subject) == sample.rows[row]


def test_a_matrix_with_holes_is_refused() -> None:
    """The last row holds for everything, or a refund would have none; a row that is never reached is told."""

    def places(sample: Matrix) -> list[tuple[str, str]]:
        return [(f.pointer, f.severity) for f in lint_matrix(Proposal("refund", sample, sample), None)]

    assert places(matrix({"below": "5.00"})) == [("/rows/0", "error")]
    assert places(matrix({"types": ["refund"]})) == [("/rows/0", "error")]
    assert places(matrix({"below": "5.00"}, {"below": "3.00"}, {})) == [("/rows/1", "warning")]
    assert places(matrix({}, timeout={"seconds": 60, "outcome": "maybe"})) == [("/timeout/outcome", "error")]
    assert [places(matrix(*preset["rows"], timeout=preset["timeout"])) for preset in MATRICES.presets().values()] == [
        []
    ]
