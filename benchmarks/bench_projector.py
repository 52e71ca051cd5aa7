"""A page of tickets on its way out: projected for its reader against written down as it is by pydantic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.harness import Ratio, best_seconds
from hub.contracts.base import Words
from hub.contracts.http import Page
from hub.contracts.tickets import FlowRef, RungView, TicketView, VisitView
from hub.edge.access.policy import packaged_policy
from hub.edge.access.projector import Viewer, project_json
from hub.edge.auth import Principal

TICKETS = 200
REPEATS = 15
BUDGET = 25
"""pydantic writes a ticket's JSON in Rust, in 6 µs; 25 times that is still a hundredth of the page's reads."""
AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
WORDS = Words(zh="维修", en="Repair")


def run() -> list[Ratio]:
    """Ratios of time per page; lower is better."""
    page = Page[TicketView](data=tuple(_ticket(number) for number in range(TICKETS)))
    plain = Page[RungView](data=(RungView(rung="r", due_at=AT, fired_at=AT, recipients=("amy",)),) * TICKETS)
    roles = ("administrator", "viewer")
    boss, viewer = (Viewer.of(Principal("x", (role,), "demo", region="310000")) for role in roles)
    policy = packaged_policy()
    assert project_json(page, boss, policy) == page.model_dump_json()
    write: dict[str, Callable[[], object]] = {
        "bare": page.model_dump_json,
        "full": lambda: project_json(page, boss, policy),
        "masked": lambda: project_json(page, viewer, policy),
        "plain_bare": plain.model_dump_json,
        "plain": lambda: project_json(plain, viewer, policy),
    }
    seconds = best_seconds(REPEATS, **write)
    return [
        Ratio(
            "a page of 200 tickets, nothing masked, against bare JSON", seconds["full"] / seconds["bare"], BUDGET, False
        ),
        Ratio("a page of 200 tickets, masked, against bare JSON", seconds["masked"] / seconds["bare"], BUDGET, False),
        Ratio("a page of plain contracts against bare JSON", seconds["plain"] / seconds["plain_bare"], 1.3, False),
    ]


def _ticket(number: int) -> TicketView:
    visit = VisitView(
        id=f"vis_{number}", node="repair", kind="human", title=WORDS, assignee="bob", entered_at=AT, left_at=None,
        outcome="", actor="", outcomes=("done",), fields={"labour_minutes": 30, "labour_amount": "25.00"},
    )  # fmt: skip
    return TicketView(
        id=f"tkt_{number}", version=3, type="repair", priority="normal", title=WORDS, subject="冰柜坏了,请尽快来修",
        state="open", outcome="", customer_id="cus_1", region="310101", store_id="s1", team="care", assignee="bob",
        flow=FlowRef(key="repair", version=1), run=1, opened_at=AT, dispatched_at=AT, acknowledged_at=AT,
        accepted_at=AT, closed_at=None, last_message_at=AT, paused=False, currency="CNY", labour_amount="25.00",
        parts_amount="0.00", travel_amount="0.00", visits=(visit, visit), link="/t/abc",
    )  # fmt: skip
