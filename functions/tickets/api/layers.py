"""What a matter is about: told by people, and learned from what they told (三层规则)."""

from __future__ import annotations

from datetime import timedelta

from functions.tickets.api.cases import change_case
from functions.tickets.api.subjects import LEADERS, case_of
from functions.tickets.desk import Desk
from functions.tickets.room import room
from functions.tickets.ticket.ticket import Case, Move, Note
from hub.contracts.dispatch import LearnRules, TellTopic
from hub.contracts.jobs import JobView
from hub.contracts.tickets import TicketView
from hub.edge.requests import Request
from hub.jobs.routes import job_begun, start_job
from hub.kernel.clock import rfc3339

LEARNING = "learning"


@room.http(
    "POST",
    "/tickets/rules/learn",
    body=LearnRules,
    answer=JobView,
    status=202,
    roles=("administrator",),
    scope="tenant",
    replay=job_begun(room),
    summary="从已结工单学习 · Learn from resolved tickets",
)
def learn_rules(_desk: Desk, request: Request) -> JobView:
    """A job that counts the words of resolved tickets by what they were about, as a rule or somebody said. What it
    learned suggests a topic for each new matter from then on, in the trail and in `explain`, and moves nothing."""
    until, body = request.made_at or request.now, request.body
    span = {"since": rfc3339(until - timedelta(days=body.days)), "until": rfc3339(until)}
    return start_job(room, request, LEARNING, {"about": "/tickets/rules", "tickets": body.tickets, **span})


@room.http(
    "POST",
    "/tickets/{ticket_id}/topic",
    body=TellTopic,
    answer=TicketView,
    roles=LEADERS,
    scope="region",
    subject=case_of,
    versioned=True,
    dry_run=True,
    summary="更正主题 · Say what a ticket is about",
)
def tell_topic(desk: Desk, request: Request) -> TicketView:
    """Say what the ticket is about, where a rule was wrong or knew nothing; what is learned goes by it. It stays whose
    it is."""
    topic, actor = request.body.topic, request.principal.sub

    def decide(case: Case) -> Move | None:
        ticket = case.ticket
        if ticket.topic == topic and "topic" in ticket.layers:
            return None
        changed = ticket.but(topic=topic, layers={**ticket.layers, "topic": actor})
        return Move(changed, (Note("topic", actor, {"topic": topic, "before": ticket.topic}),))

    return change_case(desk, request, decide)
