"""Health (体检): whether an open ticket has what keeps it moving: its flow's execution, the escalation that its clocks
are due by, and a clock, or a reason to have none. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from functions.tickets.ticket.clock import HANDLING
from functions.tickets.ticket.ticket import Case, Ticket
from hub.kernel.dataclass import dataclass

What = Literal["flow", "escalation", "clock"]
RUNNING = "RUNNING"
DEAD = ("FAILED", "TIMED_OUT", "ABORTED")
WORDS: dict[str, tuple[str, str]] = {
    "flow": (
        "流程执行已中断，工单不会自己前进",
        "its flow's execution is not there: it goes nowhere by itself",
    ),
    "escalation": ("时限到期时无人会被提醒", "something is due, and nothing will wake for it"),
    "clock": ("没有任何时限在走，也没有原因", "no clock runs, and there is no reason why"),
}


@dataclass(frozen=True)
class Pulse:
    """What Step Functions says of a ticket's two executions, "" for one that it need not have. next_at: when something
    is due next."""

    flow: str
    escalation: str
    next_at: datetime | None


@dataclass(frozen=True)
class Ill:
    """What an open ticket lacks. status: what became of the execution, "" where it is about a clock."""

    what: What
    status: str = ""


def examine(case: Case, pulse: Pulse, *, is_settled: bool) -> Iterator[Ill]:
    """What the ticket lacks; nothing for one in good health. is_settled: whether it was changed long enough ago for its
    executions to have started, or to have gone on, by now."""
    if not case.ticket.is_open:
        return
    if _is_missing(pulse.flow, is_settled):
        yield Ill("flow", pulse.flow)
    if pulse.next_at is not None and _is_missing(pulse.escalation, is_settled):
        yield Ill("escalation", pulse.escalation)
    if is_settled and pulse.next_at is None and not _has_clock(case) and not reason(case):
        yield Ill("clock")


def _has_clock(case: Case) -> bool:
    """Whether a clock runs; the ladder's own is over once somebody has taken the matter up."""
    return any(clock.runs and clock.measures != HANDLING for clock in case.ticket.clocks)


def _is_missing(status: str, is_settled: bool) -> bool:
    return status in DEAD or (is_settled and status not in ("", RUNNING))


def reason(case: Case) -> str:
    """Why it has no clock that runs, "" where there is no reason."""
    ticket = case.ticket
    if ticket.paused:
        return "paused"
    if ticket.blocked_by:
        return "blocked"
    if ticket.replay:
        return "replayed"
    if not ticket.ladder and not ticket.policy:
        return "no ladder and no policy"
    if any(visit.until or visit.event or visit.child for visit in case.waiting()):
        return "waits"
    return "" if case.waiting() or not ticket.flow_version else "on its way"


def has_run(ticket: Ticket) -> bool:
    """Whether its flow has to have an execution."""
    return bool(ticket.flow_version) and not ticket.blocked_by
