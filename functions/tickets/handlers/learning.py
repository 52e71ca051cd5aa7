"""Learning from resolved tickets (从已结工单学习), a slice of a job at a time: what was learned counts when all are
read."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.intake.intake import DEFAULT, is_of_rules
from functions.tickets.intake.learning import TICKETS, learn
from functions.tickets.intake.occasion_kind import PRESETS as OCCASIONS
from functions.tickets.ticket.lists_table import Position
from functions.tickets.ticket.ticket import Ticket
from hub.contracts.tickets import TicketQuery
from hub.edge import cursors
from hub.edge.access import reach_of
from hub.edge.access.listing import within
from hub.edge.auth import Principal
from hub.jobs.desk import JobDesk
from hub.jobs.jobs import Job
from hub.kernel.clock import parse_rfc3339

TICKETS_A_SLICE = 100


def learn_slice(jobs: JobDesk, job: Job, principal: Principal) -> Job:
    """The job a hundred tickets further."""
    desk: Desk = jobs.room.desk
    since, until = (parse_rfc3339(str(job.spec[name])) for name in ("since", "until"))
    position: Position | None = cursors.decode(job.cursor)
    query = TicketQuery(state="closed", limit=TICKETS_A_SLICE)
    page, position = desk.lists.page(query, within(reach_of(principal)), lambda _: True, until, position)
    tickets = [case.ticket for case in page if case.ticket.opened_at >= since]
    if len(tickets) < len(page):
        position = None
    counts = learn(job.report.get("learned", {}), [_example(desk, each) for each in tickets if _teaches(each)])
    done, over = job.done + len(tickets), position is None or job.done + len(tickets) >= int(job.spec["tickets"])
    if not over:
        cursor = cursors.encode(position or {})
        return job.move(state="running", cursor=cursor, done=done, report={**job.report, "learned": counts})
    desk.learned.keep(counts, job.id, desk.now())
    topics = {topic: buckets[TICKETS] for topic, buckets in counts.items()}
    return job.move(state="done", cursor="", done=done, report={"topics": topics})


def _teaches(ticket: Ticket) -> bool:
    """Whether a rule, or somebody, said what it was about."""
    settled = ticket.rule_id != DEFAULT or "topic" in ticket.layers
    return bool(ticket.topic) and settled and is_of_rules(ticket, OCCASIONS())


def _example(desk: Desk, ticket: Ticket) -> tuple[str, str]:
    text = desk.unseal_text(ticket.id, ticket.subject_sealed) if ticket.subject_sealed else ""
    return text, ticket.topic
