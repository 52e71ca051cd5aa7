"""The customer's progress page (客户进度): how far their matter has come, and nothing else. Pure."""

from __future__ import annotations

from datetime import datetime

from functions.tickets.actions.assign import UNASSIGNED
from functions.tickets.flows.flow import AnyNode, Flow
from functions.tickets.ticket.ticket import Case
from functions.tickets.ticket.visits import DECLINED
from hub.contracts.base import Words
from hub.contracts.tickets import Milestone, ProgressView

RECEIVED = Words(zh="已受理", en="Received")
COMPLETED = Words(zh="已完成", en="Completed")


def progress_of(case: Case, flow: Flow | None) -> ProgressView:
    """What whoever holds the link may see: the ticket's kind, and the milestones of its flow with their times."""
    ticket = case.ticket
    nodes = flow.nodes if flow else ()
    on_the_way = tuple(_milestone(case, node) for node in nodes if node.milestone or node.arrival)
    return ProgressView(
        title=Words(zh=ticket.title_zh, en=ticket.title_en),
        milestones=(
            Milestone(title=RECEIVED, at=ticket.opened_at),
            *on_the_way,
            Milestone(title=COMPLETED, at=ticket.closed_at),
        ),
    )


def _milestone(case: Case, node: AnyNode) -> Milestone:
    """What a node is to the customer: reached once it is done, or, where the flow only has words for coming there, once
    it has come there."""
    visit = next((visit for visit in case.visits.values() if visit.node == node.id and visit.news_zh), None)
    entered_at = visit.entered_at if visit else None
    title = node.milestone or node.arrival
    return Milestone(
        title=Words(zh=title.zh, en=title.en) if title else RECEIVED,
        at=_passed(case, node.id) if node.milestone else entered_at,
        news=Words(zh=visit.news_zh, en=visit.news_en) if visit else None,
        entered_at=entered_at,
    )


def _passed(case: Case, node: str) -> datetime | None:
    """When the node was first left by a way that leads on."""
    left = (
        visit.left_at
        for visit in case.visits.values()
        if visit.node == node and visit.left_at and visit.outcome not in (DECLINED, UNASSIGNED)
    )
    return min(left, default=None)
