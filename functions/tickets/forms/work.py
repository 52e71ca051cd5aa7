"""Work (工时、配件、路费): what forms may ask for, and what a ticket cost, added up from what people report. Pure."""

from __future__ import annotations

from functions.tickets.flows.flow import Flow, Human
from functions.tickets.ticket.ticket import Ticket
from hub.contracts.tickets import WorkReport
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money

FIELDS = {
    "labour_minutes": "integer",
    "labour_amount": "money",
    "parts": "lines",
    "travel_km": "integer",
    "travel_amount": "money",
}
"""What `WorkReport` holds: a form that asks for anything else could never be filled in."""
REPORTED = ("labour_minutes", "labour_amount", "travel_km", "travel_amount")
AMOUNT_LIMIT_MINOR = 10**9
"""Ten million yuan: more for one piece of work is a slip of the keyboard, and no total comes near Money's limit."""


def form_problems(flow: Flow) -> list[Problem]:
    """The fields of the flow's forms that nobody can report, by pointer into the document."""
    problems = []
    for i, node in enumerate(flow.nodes):
        for j, field in enumerate(node.fields if isinstance(node, Human) else ()):
            pointer, kind = f"/nodes/{i}/fields/{j}", FIELDS.get(field.id)
            if kind is None:
                problems.append(Problem(f"{pointer}/id", "must be one of: " + ", ".join(FIELDS)))
            elif kind != field.type:
                problems.append(Problem(f"{pointer}/type", f"must be '{kind}'"))
    return problems


def add_report(ticket: Ticket, report: WorkReport) -> Ticket:
    """The ticket with what this report says on top. Raises Invalid, with pointers, for an amount below zero
    or beyond AMOUNT_LIMIT_MINOR."""
    problems: list[Problem] = []
    labour = _minor(report.labour_amount, ticket.currency, "/fields/labour_amount", problems)
    travel = _minor(report.travel_amount, ticket.currency, "/fields/travel_amount", problems)
    parts = sum(
        _minor(part.amount, ticket.currency, f"/fields/parts/{i}/amount", problems)
        for i, part in enumerate(report.parts)
    )
    if problems:
        raise Invalid("a cost that cannot be", problems=problems)
    return ticket.but(
        labour_minor=ticket.labour_minor + labour,
        parts_minor=ticket.parts_minor + parts,
        travel_minor=ticket.travel_minor + travel,
    )


def spent(report: WorkReport | None) -> dict[str, str]:
    """What the trail says of a report: every time, distance and amount that it names, part by part."""
    if report is None:
        return {}
    detail = {name: str(getattr(report, name)) for name in REPORTED if name in report.model_fields_set}
    parts = " ".join(f"{part.sku}×{part.quantity}={part.amount}" for part in report.parts)
    return detail | ({"parts": parts} if parts else {})


def totals(ticket: Ticket) -> dict[str, str]:
    """What the trail says of the whole: each cost of the ticket that is not nothing."""
    costs = {"labour": ticket.labour_minor, "parts": ticket.parts_minor, "travel": ticket.travel_minor}
    return {f"{name}_amount": str(Money(minor, ticket.currency)) for name, minor in costs.items() if minor}


def _minor(text: str, currency: str, pointer: str, problems: list[Problem]) -> int:
    amount = Money.parse(text, currency)
    if not 0 <= amount.amount_minor <= AMOUNT_LIMIT_MINOR:
        problems.append(Problem(pointer, f"must be 0.00 to {Money(AMOUNT_LIMIT_MINOR, currency)}"))
    return amount.amount_minor
