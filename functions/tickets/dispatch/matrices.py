"""Approval matrices (审批矩阵): who signs for how much, by type and amount, as documents. Pure."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from functions.tickets.dispatch.selectors import Selector
from functions.tickets.flows.flow import Sign, Timeout, Title
from functions.tickets.ticket.ticket import Ticket
from hub.contracts.base import Amount, Contract, Slug
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.errors import Broken
from hub.kernel.money import Money

PRESETS = Path(__file__).parents[1] / "presets" / "matrices"


class Row(Contract):
    """Below this amount (not including it; none: any amount), of these types (none: all), these sign; nobody: it is
    approved by itself."""

    below: Amount | None = Field(default=None, examples=["500.00"])
    types: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()
    signers: Annotated[tuple[Selector, ...], Field(max_length=20)] = ()
    sign: Sign = "all"


class Matrix(Contract):
    """The first row that fits counts; an amount in another currency is above every limit. timeout: what becomes of an
    approval that nobody has given by then; `approved` and `rejected` are its outcomes."""

    title: Title
    currency: Literal["CNY", "HKD", "USD", "EUR", "JPY"] = "CNY"
    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=100)]
    timeout: Timeout | None = None

    def row_for(self, ticket: Ticket) -> Row:
        """The row for a ticket's type and amount. Raises Broken where there is none: lint sees to it."""
        for row in self.rows:
            if (not row.types or ticket.type in row.types) and self._holds(row, ticket):
                return row
        raise Broken("no row of the matrix fits", ticket=ticket.id, type=ticket.type, amount=ticket.amount_minor)

    def _holds(self, row: Row, ticket: Ticket) -> bool:
        if row.below is None:
            return True
        return ticket.amount_currency == self.currency and ticket.amount_minor < _minor(row.below)


def lint_matrix(proposal: Proposal[Matrix], _context: Any) -> Iterable[Finding]:
    """A matrix has a row for every amount of every type; a row that an earlier one covers is never reached."""
    rows = proposal.value.rows
    if rows[-1].below is not None or rows[-1].types:
        yield Finding(f"/rows/{len(rows) - 1}", "the last row must hold for every type and amount")
    for i, row in enumerate(rows):
        earlier = next((e for e in rows[:i] if _covers(e, row)), None)
        if earlier is not None:
            yield Finding(f"/rows/{i}", "an earlier row holds wherever this one does", "warning")
    timeout = proposal.value.timeout
    if timeout and timeout.outcome not in ("approved", "rejected"):
        yield Finding("/timeout/outcome", "must be 'approved' or 'rejected'")


def _covers(earlier: Row, row: Row) -> bool:
    types = not earlier.types or (row.types and {*row.types} <= {*earlier.types})
    if earlier.below is None:
        return bool(types)
    return bool(types) and row.below is not None and _minor(row.below) <= _minor(earlier.below)


def _minor(amount: str) -> int:
    return Money.parse(amount, "CNY").amount_minor


MATRICES = Kind[Matrix](
    name="approval_matrix",
    path="/tickets/matrices",
    title="审批矩阵 · Approval matrix",
    schema=Matrix,
    lint=lint_matrix,
    presets=preset_files(PRESETS),
    overlays=True,
    readers=("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator"),
    editors=("administrator", "finance"),
)
