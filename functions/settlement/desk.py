"""What the room's handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from functions.settlement.ledger.entries_table import Entries
from functions.settlement.runs.machine import Machine
from functions.settlement.runs.runs_table import Runs
from functions.settlement.statements.statements_table import Statements
from functions.settlement.tables import MODELS
from hub.documents.documents import Documents
from hub.edge.host import Host
from hub.kernel.frozen import dataclass
from hub.store.model import bind
from hub.store.table import Table


@dataclass
class Desk:
    """zone: the tenant's, of days and periods. documents: policies, by which closed tickets become entries."""

    tenant: str
    zone: ZoneInfo
    entries: Entries
    runs: Runs
    statements: Statements
    machine: Machine
    documents: Documents
    now: Callable[[], datetime]


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    settings = host.settings
    table = Table(settings.table, host.client("dynamodb"))
    bind(settings.table, *MODELS)
    return Desk(
        tenant=settings.tenant,
        zone=ZoneInfo(settings.timezone),
        entries=Entries(settings.tenant, table),
        runs=Runs(settings.tenant),
        statements=Statements(settings.tenant),
        machine=Machine(host.client("stepfunctions"), settings.run_arn),
        documents=Documents(table, settings.tenant, host.now, None),
        now=host.now,
    )
