"""Guard rails as a document: whoever lets more happen than they do needs a second person."""

from __future__ import annotations

from functions.pricing.books.approval import approve_guards
from functions.pricing.books.guards import KEY, Guards, guards_of
from hub.contracts.pricing_books import GuardDocument
from hub.documents.kinds import Kind

GUARDS = Kind[Guards](
    name="price_guards",
    path="/pricing/guards",
    title="价格护栏 · Guard rails",
    schema=GuardDocument,
    read=guards_of,
    presets=lambda: {KEY: {"costs": {}}},
    approval=approve_guards,
    only=KEY,
    readers=("finance",),
    editors=("finance",),
)
