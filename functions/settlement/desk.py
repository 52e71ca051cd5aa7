"""What the room's handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from functions.settlement.facts.facts_table import FactsTable
from functions.settlement.ledger.balances_table import Balances
from functions.settlement.ledger.book_table import Book
from functions.settlement.ledger.deferrals_table import Deferrals
from functions.settlement.ledger.entries_table import Entries
from functions.settlement.ledger.holds_table import Holds
from functions.settlement.profit.cubes_table import Cubes
from functions.settlement.reconciliation.reconciliations_table import Reconciliations
from functions.settlement.runs.machine import Machine
from functions.settlement.runs.runs_table import Runs
from functions.settlement.statements.statements_table import Statements
from functions.settlement.territory.conflicts_table import Conflicts
from hub.contracts.envelope import Event
from hub.documents.documents import Documents
from hub.edge.host import Host
from hub.kernel.dataclass import dataclass
from hub.store.table import Table

LINES_A_STEP = 20_000
PROVED_AT_ONCE = 5_000


@dataclass
class Desk:
    """zone: the tenant's, of days and periods. book: posts entries. documents: policies, by which facts become entries,
    and the calendar, by which periods close. lines_a_step: a step of a run reads so many lines, and a page more; what
    is beyond is the next step's, in the middle of a party too. proved_at_once: entries that one request proves."""

    tenant: str
    zone: ZoneInfo
    entries: Entries
    book: Book
    balances: Balances
    deferrals: Deferrals
    holds: Holds
    runs: Runs
    statements: Statements
    machine: Machine
    documents: Documents
    now: Callable[[], datetime]
    emit: Callable[[Event], None]
    facts: FactsTable
    reconciliations: Reconciliations
    conflicts: Conflicts
    cubes: Cubes
    lines_a_step: int = LINES_A_STEP
    proved_at_once: int = PROVED_AT_ONCE


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    settings, clients = host.settings, host.client
    table = Table(settings.table, clients("dynamodb"))
    machine = Machine(clients("stepfunctions"), settings.run_arn)
    return desk_of(settings.tenant, ZoneInfo(settings.timezone), table, machine, host.now, host.emit)


def desk_of(
    tenant: str,
    zone: ZoneInfo,
    table: Any,
    machine: Machine,
    now: Callable[[], datetime],
    emit: Callable[[Event], None],
) -> Desk:
    """A desk over this table."""
    facts = FactsTable(tenant, table)
    documents = Documents(table, tenant, now, facts.knows, facts.region_of)
    entries, runs = Entries(tenant, table), Runs(tenant, table, zone)
    balances, deferrals = Balances(tenant, table), Deferrals(tenant, table)
    return Desk(
        tenant=tenant,
        zone=zone,
        entries=entries,
        book=Book(entries, balances, deferrals, runs, documents, zone),
        balances=balances,
        deferrals=deferrals,
        holds=Holds(tenant, table),
        runs=runs,
        statements=Statements(tenant, table),
        machine=machine,
        documents=documents,
        now=now,
        emit=emit,
        facts=facts,
        reconciliations=Reconciliations(tenant, table),
        conflicts=Conflicts(tenant, table),
        cubes=Cubes(tenant, table),
    )
