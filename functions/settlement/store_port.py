"""The room's table as a whole: entries, runs and statements of one tenant."""

from __future__ import annotations

from dataclasses import dataclass

from functions.settlement.entries_port import Entries
from functions.settlement.runs_port import Runs
from functions.settlement.statements_port import Statements
from functions.settlement.tables import MODELS
from hub.store.model import bind


@dataclass(frozen=True)
class Store:
    """The room's table, bound."""

    entries: Entries
    runs: Runs
    statements: Statements


def connect(tenant: str, table: str) -> Store:
    """Point the models at a tenant's table. No call to AWS yet."""
    bind(table, *MODELS)
    return Store(Entries(tenant), Runs(tenant), Statements(tenant))
