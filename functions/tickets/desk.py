"""What the room's handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from functions.tickets.actions.action import Sources
from functions.tickets.context import Context
from functions.tickets.deadlines.clocks import due_at_of, first_due_at
from functions.tickets.deadlines.keeping import keep_time
from functions.tickets.deadlines.ladders import LADDERS
from functions.tickets.deadlines.stuck import SLACK, look_at
from functions.tickets.dispatch.dispatch import Organisation
from functions.tickets.dispatch.matrices import MATRICES
from functions.tickets.dispatch.organisation_table import OrganisationTable
from functions.tickets.dispatch.queues import place_in_queue
from functions.tickets.dispatch.stores_table import StoresTable
from functions.tickets.flows.legacy_table import OldFlows
from functions.tickets.flows.machines import FlowMachines, Machines, StepFunctions
from functions.tickets.flows.review import Known
from functions.tickets.forms.kind import FORMS
from functions.tickets.forms.submissions_table import SubmissionTable
from functions.tickets.forms.uploads_table import UploadTable
from functions.tickets.intake.learned_table import LearnedTable
from functions.tickets.intake.legacy_table import OldRules
from functions.tickets.intake.threads_table import ThreadTable
from functions.tickets.plans.plans_table import watch_plan
from functions.tickets.tables import Items
from functions.tickets.ticket.catalogue_table import Catalogue
from functions.tickets.ticket.lists_table import TicketLists
from functions.tickets.ticket.ticket import Case, Ticket, Visit
from functions.tickets.ticket.tickets_table import TicketTable
from functions.tickets.ticket.types import TICKET_TYPES
from hub.documents.documents import Documents
from hub.edge.host import Host
from hub.kernel.dataclass import dataclass
from hub.kernel.regions import BASE
from hub.platforms.clients import Platforms, platforms_of
from hub.store.content import ContentStore
from hub.store.sealing import Sealer
from hub.store.secrets import ConnectionSecrets
from hub.store.table import Table
from hub.store.uploads import Uploads


@dataclass
class Desk:
    """items: the room's table. tickets, lists, threads: what lies in it. staff: who could do the work. documents: the
    room's kinds, catalogue: as tickets are worked by them. machines: what runs the flows. contents: what people wrote.
    sealer: seals it on a ticket. connections, platforms: by which a
    customer is answered. emit: events to the bus. now: business time, which runs `clock_scale` times as fast
    as real time. default_region: of tickets that nothing else gives a place. learned: from resolved
    tickets. submissions: what was handed in on forms.
    uploads: the files of tickets, which lie in `bucket`. stores: where each lies. zone: in which days begin; wall_now:
    real time, by which what is kept for a while ends. count: one more of a metric."""

    tenant: str
    items: Items
    tickets: TicketTable
    lists: TicketLists
    threads: ThreadTable
    staff: OrganisationTable
    documents: Documents
    catalogue: Catalogue
    machines: Machines
    contents: ContentStore
    sealer: Sealer
    emit: Callable[..., None]
    now: Callable[[], datetime]
    escalation_arn: str
    connections: ConnectionSecrets = field(repr=False)
    platforms: Platforms
    clock_scale: float = 1.0
    default_region: str = BASE
    learned: LearnedTable = field(kw_only=True)
    submissions: SubmissionTable = field(kw_only=True)
    uploads: UploadTable = field(kw_only=True)
    bucket: Uploads = field(kw_only=True)
    stores: StoresTable = field(kw_only=True)
    zone: ZoneInfo = field(kw_only=True)
    wall_now: Callable[[], datetime] = field(kw_only=True)
    count: Callable[[str], None] = field(kw_only=True)

    def in_business(self, real: timedelta) -> timedelta:
        """How much business time passes in this much real time: machines are slow in real time."""
        return real * self.clock_scale

    def today(self) -> date:
        """The tenant's day."""
        return self.now().astimezone(self.zone).date()

    def organisation(self) -> Organisation:
        """Everybody, where they are stationed, and how those who fit are compared."""
        policy = self.catalogue.dispatch_policy()
        return replace(self.staff.organisation(), places=self.stores.positions, policy=policy)

    def sources(self) -> Sources:
        """What actions may look up while they decide."""
        return Sources(self.organisation, self.today, self.tickets.claims)

    def seal_text(self, ticket_id: str, text: str) -> str:
        """What somebody wrote, sealed for this ticket alone."""
        return self.sealer.seal(text, _context(ticket_id))

    def unseal_text(self, ticket_id: str, sealed: str) -> str:
        """What was sealed for this ticket. Raises Broken for what was sealed for another."""
        return self.sealer.unseal(sealed, _context(ticket_id))


def build_desk(host: Host, machines: Machines | None = None) -> Desk:
    """The room's desk on this host. machines: Step Functions, if none are given."""
    settings = host.settings
    items = Items(Table(settings.table, host.client("dynamodb")), settings.tenant)
    running = machines or StepFunctions(host.client("stepfunctions"), settings.flow_role_arn)
    stores = StoresTable(items, host.clock.wall_now)
    documents = _documents(host, items, running, stores)
    catalogue, scale = Catalogue(documents), float(settings.clock_scale)

    def look_after(case: Case) -> datetime | None:
        """From when on a ticket may need looking after."""
        slack = SLACK * scale
        clocks_or_flow = look_at(case, catalogue.terms_of(case.ticket), slack)
        times = [visit.until + slack for visit in case.waiting() if visit.until and case.ticket.is_open]
        return min(filter(None, (clocks_or_flow, *times)), default=None)

    def on_time(before: Case, after: Case, at: datetime) -> Ticket:
        rules = catalogue.rules_of(after.ticket)
        timed = keep_time(before, after, rules, at)
        return timed.but(due_at=first_due_at(timed, rules.terms_of))

    def place_of(case: Case, visit: Visit) -> datetime:
        rules = catalogue.rules_of(case.ticket)
        clock = next((each for each in case.ticket.clocks if each.visit == visit.id and each.runs), None)
        due_at = due_at_of(clock, rules.terms_of(clock)) if clock else None
        starts = {str(key): head for key, head in rules.policy.head_starts.items()} if rules.policy else {}
        return place_in_queue(case.ticket, visit, due_at, starts)

    tickets = TicketTable(items, look_after, on_time, place_of)
    return Desk(
        tenant=settings.tenant,
        items=items,
        tickets=tickets,
        lists=TicketLists(items, tickets.extent),
        threads=ThreadTable(items),
        staff=OrganisationTable(items, host.clock.wall_now),
        documents=documents,
        catalogue=catalogue,
        machines=running,
        contents=ContentStore(settings.tenant, settings.content_table, host.client("dynamodb")),
        sealer=Sealer(host.client("kms"), settings.key_id, settings.tenant),
        emit=host.emit,
        now=host.now,
        escalation_arn=settings.escalation_arn,
        connections=ConnectionSecrets(host.client("ssm"), settings.tenant, host.clock.wall_now),
        platforms=platforms_of(host),
        clock_scale=scale,
        default_region=settings.default_region,
        learned=LearnedTable(items, lambda: host.clock.wall_now().timestamp()),
        submissions=SubmissionTable(items),
        uploads=UploadTable(items),
        bucket=Uploads(settings.files_bucket, "tickets", host.client("s3")),
        stores=stores,
        zone=ZoneInfo(settings.timezone),
        wall_now=host.clock.wall_now,
        count=host.count,
    )


def _documents(host: Host, items: Items, machines: Machines, stores: StoresTable) -> Documents:
    settings = host.settings
    partition = settings.flow_role_arn.split(":")[1] if settings.flow_role_arn else "aws"
    flow_machines = FlowMachines(machines, settings.tenant, partition, settings.steps_function)
    context = Context(
        in_force=lambda kind: {key: reading.value for key, reading in documents.all(kind).items()},
        known=lambda key: _known(documents, key),
        make_machine=flow_machines.make,
        old_flows=OldFlows(items),
        old_rules=OldRules(items),
        form_keys=lambda: documents.all(FORMS).keys(),
        watch_plan=lambda key: watch_plan(items, key, host.now()),
    )
    documents = Documents(items.table, settings.tenant, host.now, context, stores.region_of)
    return documents


def _known(documents: Documents, flow_key: str) -> Known:
    """What a flow of this key may name."""
    types = {key: reading.value for key, reading in documents.all(TICKET_TYPES).items()}
    own = [each for each in types.values() if each.flow == flow_key]
    by_form = any(getattr(each, "form", "") for each in own)
    fields = {field.id for each in own for field in each.fields} if own and not by_form else None
    forms = documents.all(FORMS).keys()
    return Known(documents.keys(LADDERS), documents.keys(MATRICES), forms, types.keys(), fields)


def _context(ticket_id: str) -> str:
    return f"{ticket_id}/text"
