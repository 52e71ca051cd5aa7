"""What really happened at a ticket's nodes (历史), as a rehearsal plays it again. Pure.

People take as long as they took, and say what they said, where the draft has that node and that outcome; at a node that
nobody has passed yet they take as long as people took at any node, and say its first outcome: that is assumed, and
counted as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import timedelta
from typing import Any

from functions.tickets.flows.ways import BACK
from functions.tickets.rehearsal.performance import Script
from functions.tickets.ticket.ticket import Case, Ticket, Visit
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import SYSTEM

USUAL = timedelta(hours=1)
"""How long somebody takes where nobody has taken any time yet."""
PEOPLES = ("human", "approval")
KEPT = (
    *("id", "type", "priority", "customer_id", "identity_id", "region", "store_id", "placed_by", "home_region"),
    *(
        "home_store",
        "channel",
        "entries",
        "skill",
        "topic",
        "title_zh",
        "title_en",
        "opened_at",
        "order_id",
        "order_no",
    ),
    *("amount_minor", "amount_currency", "fields", "currency", "rule_id", "policy", "pins", "replay"),
)


@dataclass(frozen=True)
class Passage:
    """How a passage ended, and after how long. to: where it was sent back; actor: by whom; answers: on its form;
    assumed: nobody really did."""

    after: timedelta
    outcome: str
    report: Mapping[str, Any]
    to: str = ""
    actor: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    assumed: bool = False


@dataclass(frozen=True)
class History:
    """One ticket as it was. passages: how each passage of a node ended, in their order; None for one that goes on."""

    ticket: Ticket
    passages: Mapping[str, tuple[Passage | None, ...]]

    def passage(self, node: str, number: int) -> Passage | None:
        """A passage of a node, counted from 0; the last one there was for later ones. Raises KeyError for a node that
        was never passed."""
        passages = self.passages[node]
        return passages[min(number, len(passages) - 1)]


def history_of(case: Case) -> History:
    """What a ticket's visits say."""
    passages: dict[str, tuple[Passage | None, ...]] = {}
    for visit in sorted(case.visits.values(), key=lambda visit: visit.number):
        passages[visit.node] = (*passages.get(visit.node, ()), _passage(visit))
    return History(case.ticket, passages)


def usual_time(cases: Iterable[Case]) -> timedelta:
    """How long people took at a node: the median over these tickets."""
    from statistics import median  # a hundredth of the room's start, which only a rehearsal needs

    took = [
        (visit.left_at - visit.entered_at).total_seconds()
        for case in cases
        for visit in case.visits.values()
        if visit.kind in PEOPLES and visit.left_at and visit.actor != SYSTEM
    ]
    return timedelta(seconds=round(median(took))) if took else USUAL


def as_opened(ticket: Ticket, script: Script, pins: Mapping[str, str]) -> Ticket:
    """The ticket as it came in, by its script: what was known of it, and nothing done yet. pins: of what is drafted,
    unless the ticket has its own. One that a replayed message opened has no clock here either."""
    facts: dict[str, Any] = {**{name: getattr(ticket, name) for name in KEPT}, **script.opened}
    way = {"flow_key": script.flow.key, "flow_version": script.version, "link": "rehearsed"}
    facts |= {"ladder": script.ladder_key, "ladder_pin": script.ladder_pin, "pins": {**pins, **facts["pins"]}}
    if ticket.replay:
        facts |= {"ladder": "", "ladder_pin": "", "policy": "", "pins": {}}
    return Ticket(**facts, **way)


def _passage(visit: Visit) -> Passage | None:
    if not visit.outcome or visit.left_at is None:
        return None
    to = visit.edge.removeprefix(BACK) if visit.edge.startswith(BACK) else ""
    return Passage(visit.left_at - visit.entered_at, visit.outcome, visit.report, to, visit.actor, visit.answers)
