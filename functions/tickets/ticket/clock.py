"""A ticket's clocks (时限), as they are kept: each a ledger of what it has consumed. They lie in their ticket's item
(docs/adr/0036-clocks.md)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from functions.tickets.ticket.stored import Stored
from hub.contracts.base import Moment

Measure = Literal["handling", "first_reply", "next_reply", "node", "resolution"]
HANDLING = "handling"
"""The clock that a ladder alone has: from the opening until somebody takes the matter up."""


class TicketClock(Stored):
    """One clock. id: its name in the policy, with a number behind it where a ticket has several (`tech.3`: of the
    third visit). policy, ladder, calendar: by which documents it runs, each in the version that its pin says; "" for
    none. visit: whose time it measures; team: who answers for it.

    budget_seconds: what it has; 0: no more than its ladder says (an older item); limited_at: since when it has less
    than it had. began_at: when it first ran; since: from when it runs now, None while it stands. consumed_seconds,
    carry_us: see `deadlines.Clock`. acknowledged_at:
    when somebody took up what it had told. breached_at: when it had consumed its budget. ended_at: when what it
    measures was over.
    """

    id: str
    name: str
    measures: Measure
    policy: str = ""
    policy_pin: str = ""
    ladder: str = ""
    ladder_pin: str = ""
    calendar: str = ""
    calendar_pin: str = ""
    visit: str = ""
    team: str = ""
    budget_seconds: int = 0
    limited_at: Moment | None = None
    began_at: Moment
    since: Moment | None = None
    consumed_seconds: int = 0
    carry_us: int = 0
    acknowledged_at: Moment | None = None
    breached_at: Moment | None = None
    ended_at: Moment | None = None

    @property
    def is_open(self) -> bool:
        """Whether what it measures is still going on, be it that it stands."""
        return self.ended_at is None

    @property
    def runs(self) -> bool:
        return self.since is not None and self.is_open

    def given(self, budget_seconds: int, at: datetime) -> "TicketClock":
        """The clock with another budget from now on; where it is less, what it is past already is due at `at`."""
        less = 0 < budget_seconds < (self.budget_seconds or budget_seconds + 1)
        return self.but(budget_seconds=budget_seconds, limited_at=at if less else self.limited_at)


def upcast(item: Any) -> Any:
    """A ticket's body as it was stored while a ticket had one clock, its ladder's."""
    if not isinstance(item, Mapping) or "clocks" in item or not item.get("ladder") or "clock_since" not in item:
        return item
    began, since = item.get("opened_at"), item["clock_since"]
    clock = {
        "id": HANDLING,
        "name": HANDLING,
        "measures": HANDLING,
        "began_at": began,
        "since": since,
        "ladder": item["ladder"],
        "ladder_pin": item.get("ladder_pin", ""),
        "consumed_seconds": item.get("clock_consumed_seconds", 0),
        "carry_us": item.get("clock_carry_us", 0),
    }
    stands = since is None and item.get("state", "open") == "open"
    if item.get("blocked_by"):
        return item
    return {**item, "clocks": (clock,), "paused": stands}
