"""Work (工时、配件、路费): what a ticket cost, added up from what people report. Pure."""

from __future__ import annotations

from functions.tickets.ticket import Ticket
from hub.contracts.tickets import WorkReport
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money


def add_report(ticket: Ticket, report: WorkReport) -> Ticket:
    """The ticket with what this report says on top. Raises Invalid, with pointers, for a negative amount."""
    problems: list[Problem] = []
    labour = _minor(report.labour_amount, ticket.currency, "/fields/labour_amount", problems)
    travel = _minor(report.travel_amount, ticket.currency, "/fields/travel_amount", problems)
    parts = sum(
        _minor(part.amount, ticket.currency, f"/fields/parts/{i}/amount", problems)
        for i, part in enumerate(report.parts)
    )
    if problems:
        raise Invalid("a cost below zero", problems=problems)
    return ticket.but(
        labour_minor=ticket.labour_minor + labour,
        parts_minor=ticket.parts_minor + parts,
        travel_minor=ticket.travel_minor + travel,
    )


def _minor(text: str, currency: str, pointer: str, problems: list[Problem]) -> int:
    amount = Money.parse(text, currency)
    if amount.amount_minor < 0:
        problems.append(Problem(pointer, "must be 0.00 or more"))
    return amount.amount_minor
