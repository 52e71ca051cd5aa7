"""Guard rails as a document: whoever lets more happen than they do needs a second person."""

from __future__ import annotations

from collections.abc import Iterable

from functions.pricing.books.approval import approve_guards
from functions.pricing.books.guards import KEY, Guards, guards_of
from functions.pricing.context import Context
from hub.contracts.pricing_books import GuardDocument
from hub.documents.kinds import Finding, Kind, Proposal


def lint_guards(proposal: Proposal[Guards], context: Context) -> Iterable[Finding]:
    """Errors: a cost in a place that there is not."""
    costs = [(f"/costs/{key}/{place}", place) for key, own in proposal.content.costs.items() for place in own]
    missing = context.missing(place for _, place in costs)
    yield from (Finding(pointer, missing[place]) for pointer, place in costs if place in missing)


GUARDS = Kind[Guards](
    name="price_guards",
    path="/pricing/guards",
    title="价格护栏 · Guard rails",
    schema=GuardDocument,
    read=guards_of,
    lint=lint_guards,
    presets=lambda: {KEY: {"costs": {}}},
    approval=approve_guards,
    only=KEY,
    readers=("finance",),
    editors=("finance",),
)
