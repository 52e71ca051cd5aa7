"""Keeping time: what a change of a ticket means for its clocks, whoever made it. Pure.

Nobody starts or stops a clock but this: before a ticket is written it is compared with what it was, and its clocks
begin, stand, go on and end by what has changed. So no way of changing a ticket can forget them, and no second is lost
or invented: what a clock has consumed is settled, by its own calendar, whenever it stops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from functions.tickets.deadlines.clocks import TermsOf, clock_of, first_of, keep
from functions.tickets.deadlines.deadlines import by_calendar, pause, resume
from functions.tickets.deadlines.policies import Policy, PolicyClock
from functions.tickets.ticket.clock import HANDLING, TicketClock
from functions.tickets.ticket.ticket import Case, Ticket, Visit
from hub.kernel.dataclass import dataclass

ENDED_LIMIT = 20
"""So many of a ticket's clocks that are over are kept on it, the latest."""
PEOPLES = ("human", "approval")
"""Nodes that wait for people."""


@dataclass(frozen=True)
class Rules:
    """What a ticket's clocks go by: its policy, in its version; the terms that each clock's pins name; and what the
    ladder by itself gives."""

    policy: Policy | None
    terms_of: TermsOf
    handling_seconds: int = 0


@dataclass(frozen=True)
class Turn:
    """A change of a ticket: as it was, as it is to be, and when."""

    before: Case
    after: Case
    rules: Rules
    at: datetime

    @property
    def ticket(self) -> Ticket:
        return self.after.ticket

    @property
    def is_first(self) -> bool:
        """Whether the ticket is there from now on; one that waits for another begins when that is over."""
        opened = self.before.version == 0
        return not self.ticket.blocked_by and (opened or bool(self.before.ticket.blocked_by))

    def begun(self, clock: PolicyClock, clock_id: str, since: datetime, visit: Visit | None = None) -> TicketClock:
        """A clock of the policy, which runs from `since`."""
        ticket = self.ticket
        return TicketClock(
            id=clock_id,
            name=clock.id,
            measures=clock.measures,
            policy=ticket.policy,
            policy_pin=ticket.pins.get(f"policy/{ticket.policy}", ""),
            ladder=clock.ladder,
            ladder_pin=ticket.pins.get(f"ladder/{clock.ladder}", ""),
            calendar=clock.calendar,
            calendar_pin=ticket.pins.get(f"calendar/{clock.calendar}", ""),
            visit=visit.id if visit else "",
            team=clock.team or (visit.queue if visit else ""),
            budget_seconds=clock.budget_seconds(ticket.priority),
            began_at=since,
            since=since,
        )

    def stopped(self, clock: TicketClock, at: datetime) -> TicketClock:
        """The clock, standing; what it consumed until then is settled."""
        return keep(clock, pause(clock_of(clock, self.rules.terms_of(clock).calendar), at))

    def started(self, clock: TicketClock) -> TicketClock:
        """The clock, running on."""
        return keep(clock, resume(clock_of(clock, self.rules.terms_of(clock).calendar), self.at))

    def ended(self, clock: TicketClock, at: datetime) -> TicketClock:
        """The clock, over."""
        return self.stopped(clock, at).but(ended_at=at)


def keep_time(before: Case, after: Case, rules: Rules, at: datetime) -> Ticket:
    """The ticket as it is to be, with its clocks as they are then; where one of them is due sooner than any before, by
    the escalation's next generation."""
    ticket = after.ticket
    if not (ticket.ladder or ticket.policy or ticket.clocks):
        return ticket
    turn = Turn(before, after, rules, at)
    if not ticket.is_open:
        clocks = [turn.ended(clock, ticket.closed_at or at) if clock.is_open else clock for clock in ticket.clocks]
        return ticket.but(clocks=_kept(clocks))
    clocks = [_with_priority(turn, clock) for clock in _gone_on(turn)]
    clocks += [*_opening(turn), *_of_visits(turn, clocks), *_by_hand(turn, clocks), *_next_replies(turn, clocks)]
    clocks = [_moved(turn, clock) for clock in clocks]
    kept = ticket.but(clocks=_kept(clocks))
    return kept.but(generation=kept.generation + 1) if _is_sooner(turn, kept) else kept


def re_evaluated(ticket: Ticket, policy: Policy, pins: Mapping[str, str], terms_of: TermsOf, at: datetime) -> Ticket:
    """The ticket with its policy's clocks by another version of it, its ladders and calendars (`pins`) from now on;
    what they consumed by the old hours stays consumed."""

    def moved(clock: TicketClock) -> TicketClock:
        known = policy.clock(clock.name) if clock.policy and clock.is_open else None
        if known is None:
            return clock
        anew = clock.but(
            policy_pin=pins.get(f"policy/{ticket.policy}", ""),
            ladder=known.ladder,
            ladder_pin=pins.get(f"ladder/{known.ladder}", ""),
            calendar=known.calendar,
            calendar_pin=pins.get(f"calendar/{known.calendar}", ""),
            team=known.team or clock.team,
        ).given(known.budget_seconds(ticket.priority), at)
        settled = by_calendar(clock_of(clock, terms_of(clock).calendar), terms_of(anew).calendar, at)
        return keep(anew, settled)

    return ticket.but(pins=dict(pins), clocks=tuple(moved(clock) for clock in ticket.clocks))


def _gone_on(turn: Turn) -> list[TicketClock]:
    """Of a ticket that is opened again, what it is about goes on where it stood, and so does a customer's waiting that
    only its end ended: the time in between is neither work nor waiting."""
    before, clocks = turn.before.ticket, [*turn.ticket.clocks]
    if before.is_open or turn.is_first:
        return clocks
    return [_reopened(turn, clock) if _goes_on(turn, clock) else clock for clock in clocks]


def _goes_on(turn: Turn, clock: TicketClock) -> bool:
    if clock.measures in ("first_reply", "next_reply"):
        return clock.ended_at == turn.before.ticket.closed_at and _over_at(turn, clock) is None
    return clock.measures in (HANDLING, "resolution")


def _reopened(turn: Turn, clock: TicketClock) -> TicketClock:
    """The clock, going on where the closing ended it; what it tells from now on is for somebody to take up anew."""
    settled = turn.stopped(clock, turn.before.ticket.closed_at or turn.at).but(ended_at=None, acknowledged_at=None)
    return settled if turn.ticket.paused else turn.started(settled)


def _with_priority(turn: Turn, clock: TicketClock) -> TicketClock:
    """A clock has what the policy gives it at the ticket's priority; what it consumed stays consumed."""
    if turn.ticket.priority == turn.before.ticket.priority or not clock.is_open or turn.rules.policy is None:
        return clock
    known = turn.rules.policy.clock(clock.name) if clock.policy else None
    return clock.given(known.budget_seconds(turn.ticket.priority), turn.at) if known else clock


def _opening(turn: Turn) -> Iterable[TicketClock]:
    """What runs from the first moment."""
    if not turn.is_first:
        return
    ticket = turn.ticket
    since = ticket.opened_at if turn.before.version == 0 else turn.at
    if ticket.ladder:
        own = {"id": HANDLING, "name": HANDLING, "measures": HANDLING, "began_at": since, "since": since}
        own |= {"ladder": ticket.ladder, "ladder_pin": ticket.ladder_pin}
        yield TicketClock(**own, budget_seconds=turn.rules.handling_seconds)
    for clock in turn.rules.policy.clocks if turn.rules.policy else ():
        if clock.measures in ("first_reply", "resolution"):
            yield turn.begun(clock, clock.id, since)


def _of_visits(turn: Turn, clocks: Iterable[TicketClock]) -> Iterable[TicketClock]:
    """A visit that waits for people has the clock of its node, from when it began; one that is for any node, from when
    somebody has taken the matter up: before that, the ladder runs."""
    policy, known = turn.rules.policy, {clock.visit for clock in clocks}
    for visit in turn.after.waiting() if policy else ():
        clock = policy.for_node(visit.node) if policy and visit.kind in PEOPLES and visit.id not in known else None
        if clock and (clock.nodes or turn.ticket.acknowledged_at):
            since = visit.entered_at if clock.nodes else turn.at
            yield _standing(turn, turn.begun(clock, f"{clock.id}.{visit.number}", since, visit))


def _by_hand(turn: Turn, clocks: Iterable[TicketClock]) -> Iterable[TicketClock]:
    """A ticket without a flow is one node, once somebody has taken it up."""
    clock = turn.rules.policy.for_node("") if turn.rules.policy else None
    open_names = {each.name for each in clocks if each.is_open}
    if clock and not turn.ticket.flow_version and turn.ticket.acknowledged_at and clock.id not in open_names:
        yield _standing(turn, turn.begun(clock, _next_id(clocks, clock.id), turn.at))


def _standing(turn: Turn, clock: TicketClock) -> TicketClock:
    """A clock that begins while the ticket's stand, stands."""
    return turn.stopped(clock, turn.at) if turn.ticket.paused else clock


def _next_replies(turn: Turn, clocks: Iterable[TicketClock]) -> Iterable[TicketClock]:
    """Who was answered, and has written since, waits for the next answer, from the first word on."""
    ticket = turn.ticket
    running = {clock.name for clock in clocks if clock.is_open}
    if ticket.asked_at is None or ticket.replied_at is None:
        return
    for clock in turn.rules.policy.clocks if turn.rules.policy else ():
        if clock.measures == "next_reply" and clock.id not in running:
            yield turn.begun(clock, _next_id(clocks, clock.id), ticket.asked_at)


def _moved(turn: Turn, clock: TicketClock) -> TicketClock:
    """What has changed for a clock: over, standing, or running on."""
    if not clock.is_open:
        return clock
    over = _over_at(turn, clock)
    if over is not None:
        return turn.ended(clock, over)
    was, now = turn.before.ticket.paused, turn.ticket.paused
    if now and not was:
        return turn.stopped(clock, turn.at)
    return turn.started(clock) if was and not now else clock


def _over_at(turn: Turn, clock: TicketClock) -> datetime | None:
    """When what a clock measures was over; None while it goes on."""
    ticket = turn.ticket
    if clock.measures == "first_reply":
        return ticket.replied_at or (ticket.acknowledged_at if ticket.way is None else None)
    if clock.measures == "next_reply":
        return (ticket.replied_at or turn.at) if ticket.asked_at is None else None
    visit = turn.after.visits.get(clock.visit)
    return (visit.left_at or turn.at) if visit is not None and not visit.waits else None


def _next_id(clocks: Iterable[TicketClock], name: str) -> str:
    numbers = [int(clock.id.rpartition(".")[2]) for clock in clocks if clock.name == name and "." in clock.id]
    return f"{name}.{max(numbers, default=0) + 1}"


def _kept(clocks: list[TicketClock]) -> tuple[TicketClock, ...]:
    """All that go on, and the latest of those that are over; of each name at least its last, by which the next one is
    numbered: what has fired of one would never fire of another with its id."""
    over, last = [clock.id for clock in clocks if not clock.is_open], {clock.name: clock.id for clock in clocks}
    forgotten = set(over[: max(0, len(over) - ENDED_LIMIT)]) - set(last.values())
    return tuple(clock for clock in clocks if clock.id not in forgotten)


def _is_sooner(turn: Turn, kept: Ticket) -> bool:
    """Whether the live escalation would sleep too long, or has gone to rest."""
    before, after = turn.before, turn.after
    if before.version == 0 or (before.ticket.run, before.ticket.generation) != (kept.run, kept.generation):
        return False
    sooner = first_of(Case(kept, after.visits, after.rungs, after.version), turn.rules.terms_of)
    known = first_of(before, turn.rules.terms_of)
    return sooner is not None and (known is None or sooner < known)
