"""Funnel (漏斗与卡点): where the time of tickets goes, node by node, and how many get so far. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from functions.tickets.flows.flow import Flow
from functions.tickets.ticket.ticket import Case, Visit
from hub.kernel.dataclass import dataclass


@dataclass(frozen=True)
class Stage:
    """One node. tickets: how many reached it; visits: how often; seconds: in all; share: of the whole time of all
    tickets, four places. Nodes side by side each count their own time, so shares may come to more than 1."""

    node: str
    title_zh: str
    title_en: str
    tickets: int
    visits: int
    seconds: int
    median_seconds: int
    share: Decimal


def funnel(flow: Flow, cases: Sequence[Case], now: datetime) -> list[Stage]:
    """The nodes of a flow by what they take of these tickets' time, the largest share first."""
    whole = sum((_age(case, now) for case in cases), timedelta())
    stages = []
    for node in flow.nodes:
        visits = [visit for case in cases for visit in case.visits.values() if _is_of(visit, node.id)]
        times = [_duration(visit, now) for visit in visits]
        seconds = sum(times, timedelta()) // timedelta(seconds=1)
        stages.append(
            Stage(
                node=node.id,
                title_zh=node.title.zh,
                title_en=node.title.en,
                tickets=len({visit.ticket_id for visit in visits}),
                visits=len(visits),
                seconds=seconds,
                median_seconds=_middle(times),
                share=_share(seconds, whole // timedelta(seconds=1)),
            )
        )
    return sorted(stages, key=lambda stage: -stage.share)


def _is_of(visit: Visit, node: str) -> bool:
    return visit.node == node and visit.kind not in ("parallel", "undo")


def _duration(visit: Visit, now: datetime) -> timedelta:
    """How long somebody or something was waited for: a wait is over when its time is up."""
    left = visit.left_at or now
    if visit.kind == "wait" and visit.until:
        left = max(left, min(visit.until, now))
    return max(timedelta(), left - visit.entered_at)


def _middle(times: Sequence[timedelta]) -> int:
    """The median in whole seconds; of an even number the earlier one."""
    return int(sorted(times)[(len(times) - 1) // 2].total_seconds()) if times else 0


def _age(case: Case, now: datetime) -> timedelta:
    return (case.ticket.closed_at or now) - case.ticket.opened_at


def _share(seconds: int, whole: int) -> Decimal:
    share = Decimal(seconds) / Decimal(whole) if whole else Decimal(0)
    return share.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
