"""What the room's handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.tickets.dispatch.organisation_table import OrganisationTable
from functions.tickets.flows.flows_table import Flows
from functions.tickets.flows.machines import Machines, StepFunctions
from functions.tickets.intake.rules_table import Rules
from functions.tickets.tables import Tables
from hub.edge.host import Host
from hub.store.content import ContentStore
from hub.store.sealing import Sealer


@dataclass
class Desk:
    """tables: tickets and all that belongs to them. staff: who could do the work. machines: what runs the flows.
    contents: what people wrote. sealer: seals it on a ticket. emit: events to the bus. now: business time, which runs
    `clock_scale` times as fast as real time."""

    tenant: str
    tables: Tables
    staff: OrganisationTable
    flows: Flows
    rules: Rules
    machines: Machines
    contents: ContentStore
    sealer: Sealer
    emit: Callable[..., None]
    now: Callable[[], datetime]
    escalation_arn: str
    clock_scale: float = 1.0

    def in_business(self, real: timedelta) -> timedelta:
        """How much business time passes in this much real time: machines are slow in real time."""
        return real * self.clock_scale

    def seal_text(self, ticket_id: str, text: str) -> str:
        """What somebody wrote, sealed for this ticket alone."""
        return self.sealer.seal(text, _context(ticket_id))

    def unseal_text(self, ticket_id: str, sealed: str) -> str:
        """What was sealed for this ticket. Raises Broken for what was sealed for another."""
        return self.sealer.unseal(sealed, _context(ticket_id))


def build_desk(host: Host, machines: Machines | None = None) -> Desk:
    """The room's desk on this host. machines: Step Functions, if none are given."""
    settings = host.settings
    tables = Tables(settings.tenant, settings.table)
    runs = machines or StepFunctions(host.client("stepfunctions"), settings.flow_role_arn)
    partition = settings.flow_role_arn.split(":")[1] if settings.flow_role_arn else "aws"
    return Desk(
        tenant=settings.tenant,
        tables=tables,
        staff=OrganisationTable(tables, host.clock.wall_now),
        flows=Flows(settings.tenant, tables, runs, partition, settings.steps_function),
        rules=Rules(tables),
        machines=runs,
        contents=ContentStore(settings.tenant, settings.content_table, host.client("dynamodb")),
        sealer=Sealer(host.client("kms"), settings.key_id, settings.tenant),
        emit=host.emit,
        now=host.now,
        escalation_arn=settings.escalation_arn,
        clock_scale=float(settings.clock_scale),
    )


def _context(ticket_id: str) -> str:
    return f"{ticket_id}/text"
