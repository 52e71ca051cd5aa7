"""A ticket's clocks: each begins, stands, goes on and ends by what happens, and never loses or invents a second."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.tickets.deadlines.clocks import Terms, clock_of, due_of, pause_ticket, resume_ticket
from functions.tickets.deadlines.deadlines import Clock, Step, consumed, reaches
from functions.tickets.deadlines.keeping import Rules, keep_time, re_evaluated
from functions.tickets.deadlines.policies import Policy
from functions.tickets.dispatch.assignment import acknowledge_ticket, assign_ticket
from functions.tickets.intake.intake import Message, join_ticket
from functions.tickets.ticket.clock import TicketClock
from functions.tickets.ticket.detours import reopen_ticket
from functions.tickets.ticket.passage import close_ticket
from functions.tickets.ticket.replies import Reply, settle_reply
from functions.tickets.ticket.ticket import Case, Move, Note, Rung, Ticket, Visit, Way, apply_move
from hub.kernel.calendar import ALWAYS, MAX_DAYS, BusinessCalendar

CHINA = ZoneInfo("Asia/Shanghai")
HOUR = 3600
TITLE = {"zh": "时限", "en": "Limit"}
K = BusinessCalendar(intervals=((time(9), time(12)), (time(13), time(18))), kind="workdays")
NIGHTS = BusinessCalendar(intervals=((time(0), time(6)), (time(20), time(0))))
CALENDARS = {"": ALWAYS, "k": K, "nights": NIGHTS}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def policy(*clocks: dict[str, Any]) -> Policy:
    return Policy.model_validate({"title": TITLE, "clocks": [{"title": TITLE, **clock} for clock in clocks]})


def terms_of(clock: TicketClock) -> Terms:
    return Terms((), CALENDARS[clock.calendar])


WAY = Way(connection_id="con_1", channel="wecom", person="wm", last_at=at("2026-11-27T09:00"))


@dataclass
class Life:
    """A ticket from its opening on, each change of it written as the table writes it."""

    policy: Policy
    now: datetime
    facts: dict[str, Any] = field(default_factory=dict)
    case: Case = field(init=False)

    def __post_init__(self) -> None:
        base = {"id": "tkt_1", "type": "repair", "priority": "normal", "customer_id": "cus_1", "region": "310101"}
        base |= {"title_zh": "修", "title_en": "Fix", "opened_at": self.now, "policy": "p", "pins": {"policy/p": "1"}}
        ticket = Ticket.model_validate({**base, "assignee": "li", **self.facts})
        nothing = Case(ticket.but(state="cancelled"))
        self.case = replace(Case(keep_time(nothing, Case(ticket), self.rules, self.now)), version=1)

    @property
    def rules(self) -> Rules:
        return Rules(self.policy, terms_of)

    def write(self, move: Move | None) -> None:
        if move is not None:
            after = apply_move(self.case, move)
            kept = keep_time(self.case, after, self.rules, self.now)
            self.case = replace(after, ticket=kept, version=self.case.version + 1)

    def until(self, text: str) -> Life:
        self.now = at(text)
        return self

    def pause(self) -> None:
        self.write(pause_ticket(self.case, (), "amy"))

    def resume(self) -> None:
        self.write(resume_ticket(self.case, "amy"))

    def close(self) -> None:
        self.write(close_ticket(self.case, "done", "li", self.now))

    def reopen(self) -> None:
        self.write(reopen_ticket(self.case, None, "", "amy", self.now))

    def customer(self) -> None:
        message = Message("msg", "cus_1", "wecom", "text", self.now, "310101")
        self.write(join_ticket(self.case, message))

    def agent(self) -> None:
        self.write(settle_reply(self.case, "rpl", "li", Reply(state="sent"), self.now))

    def clock(self, name: str) -> TicketClock:
        return [clock for clock in self.case.ticket.clocks if clock.name == name][-1]

    def due(self, name: str) -> datetime | None:
        clock = self.clock(name)
        return reaches(clock_of(clock, terms_of(clock).calendar), clock.budget_seconds) if clock.runs else None

    def consumed(self, name: str) -> int:
        clock = self.clock(name)
        return consumed(clock_of(clock, terms_of(clock).calendar), self.now)


def test_a_pause_counts_in_the_clocks_own_hours() -> None:
    """K, 8 h, opened Friday 15:00, paused 17:00 to Monday 10:00: 2 h are consumed, due Monday 17:00."""
    life = Life(
        policy({"id": "whole", "measures": "resolution", "seconds": 8 * HOUR, "calendar": "k"}), at("2026-11-27T15:00")
    )
    assert life.due("whole") == at("2026-11-30T15:00")
    life.until("2026-11-27T17:00").pause()
    assert (life.consumed("whole"), life.due("whole")) == (2 * HOUR, None)
    life.until("2026-11-30T10:00").resume()
    assert life.due("whole") == at("2026-11-30T17:00")


@pytest.mark.parametrize(
    ("hours", "due", "warned"),
    [
        pytest.param(4, "2026-12-01T12:00", "2026-12-01T11:00", id="not at midnight"),
        pytest.param(5, "2026-12-01T14:00", "2026-12-01T12:00", id="not in the lunch break"),
    ],
)
def test_a_rung_before_the_end_walks_the_same_calendar(hours: int, due: str, warned: str) -> None:
    """K, Monday 17:00, a warning when 1 h is left: the earliest moment by which all but that hour has passed."""
    life = Life(
        policy({"id": "whole", "measures": "resolution", "seconds": hours * HOUR, "calendar": "k"}),
        at("2026-11-30T17:00"),
    )
    warning = Step("warning", left_seconds=HOUR).within(hours * HOUR)
    coming = due_of(life.case, lambda _: Terms((warning,), K), at("2026-12-30T00:00"))[0]
    assert {ripe.due.step.name: ripe.due.due_at for ripe in coming} == {"": at(due), "warning": at(warned)}


@pytest.mark.parametrize(("hours", "due"), [(12, "2026-10-09T11:00"), (20, "2026-10-10T11:00")])
def test_made_up_work_days_count_both_ways(hours: int, due: str) -> None:
    """K, Wednesday 30 September 16:00: the holiday counts nothing, the Saturday that is worked for it counts."""
    life = Life(
        policy({"id": "whole", "measures": "resolution", "seconds": hours * HOUR, "calendar": "k"}),
        at("2026-09-30T16:00"),
    )
    assert life.due("whole") == at(due)


def test_the_next_reply_is_due_while_the_customer_waits_and_only_then() -> None:
    """First reply 4 h, next 1 h: it runs from the customer's first unanswered word; a note is no answer."""
    life = Life(
        policy(
            {"id": "first", "measures": "first_reply", "seconds": 4 * HOUR},
            {"id": "next", "measures": "next_reply", "seconds": HOUR},
        ),
        at("2026-11-27T09:00"),
        {"way": WAY, "asked_at": at("2026-11-27T09:00")},
    )
    names = [clock.name for clock in life.case.ticket.clocks]
    assert (names, life.due("first")) == (["first"], at("2026-11-27T13:00"))
    life.until("2026-11-27T10:30").agent()
    assert (life.clock("first").ended_at, life.consumed("first")) == (at("2026-11-27T10:30"), 3 * HOUR // 2)
    life.until("2026-11-27T11:00").customer()
    assert life.due("next") == at("2026-11-27T12:00")
    life.until("2026-11-27T11:40").customer()
    life.until("2026-11-27T11:45").write(Move(life.case.ticket, (Note("comment", "li"),)))
    assert life.due("next") == at("2026-11-27T12:00")
    life.until("2026-11-27T11:50").agent()
    assert (life.due("next"), life.consumed("next")) == (None, 50 * 60)
    life.until("2026-11-27T12:30").agent()
    assert due_of(life.case, terms_of, at("2027-11-27T12:30")) == ((), None)
    life.until("2026-11-27T13:00").customer()
    assert (life.clock("next").id, life.due("next")) == ("next.2", at("2026-11-27T14:00"))


def test_closed_time_is_neither_work_nor_waiting() -> None:
    """6 h, opened 9:00, waiting 10:00 to 11:00, closed 12:00, opened again next day 9:00: 2 h consumed, due 13:00."""
    life = Life(policy({"id": "whole", "measures": "resolution", "seconds": 6 * HOUR}), at("2026-11-27T09:00"))
    life.until("2026-11-27T10:00").pause()
    life.until("2026-11-27T11:00").resume()
    life.until("2026-11-27T12:00").close()
    life.until("2026-11-28T09:00").reopen()
    assert (life.consumed("whole"), life.due("whole")) == (2 * HOUR, at("2026-11-28T13:00"))
    assert life.clock("whole").breached_at is None


def test_what_was_taken_up_before_the_close_is_told_again_once_it_is_opened_again() -> None:
    """A reminder at 1 h was taken up; the rung at 3 h is due of the ticket that is opened again, and the first one,
    which has fired, is not."""
    steps = (Step("first", HOUR), Step("second", 3 * HOUR))
    life = Life(policy({"id": "whole", "measures": "resolution", "seconds": 9 * HOUR}), at("2026-11-27T09:00"))
    told = {"ticket_id": "tkt_1", "ticket_type": "repair", "priority": "normal", "name": "first", "audience": "agent"}
    told |= {"due_at": at("2026-11-27T10:00"), "fired_at": at("2026-11-27T10:00"), "recipients": ("li",)}
    rung = Rung.model_validate({**told, "fallback": False, "clock": "whole"})
    life.until("2026-11-27T10:00").write(Move(life.case.ticket, rungs=(rung,)))
    life.until("2026-11-27T10:30").write(acknowledge_ticket(life.case, "li", life.now, leads=True))
    life.until("2026-11-27T11:00").close()
    life.until("2026-11-28T09:00").reopen()
    ripe, _ = due_of(life.case, lambda _: Terms(steps), at("2026-11-28T12:00"))
    assert [(each.due.step.name, each.due.due_at) for each in ripe] == [("second", at("2026-11-28T10:00"))]


def test_a_customer_who_waited_at_the_close_waits_on_when_it_is_opened_again() -> None:
    """Asked 9:02, closed 9:30 unanswered, opened again a week later: 28 minutes are consumed, not a week. One whose
    first word was never answered has its clock back as well; who was answered has no clock."""
    clocks = (
        {"id": "first", "measures": "first_reply", "seconds": HOUR},
        {"id": "next", "measures": "next_reply", "seconds": HOUR},
    )
    life = Life(policy(*clocks), at("2026-11-20T09:00"), {"way": WAY})
    life.until("2026-11-20T09:01").agent()
    life.until("2026-11-20T09:02").customer()
    life.until("2026-11-20T09:30").close()
    life.until("2026-11-27T09:30").reopen()
    assert (life.consumed("next"), life.due("next")) == (28 * 60, at("2026-11-27T10:02"))
    assert [(clock.id, clock.is_open) for clock in life.case.ticket.clocks] == [("first", False), ("next.1", True)]
    unheard = Life(policy(*clocks), at("2026-11-20T09:00"), {"way": WAY})
    unheard.until("2026-11-20T09:30").close()
    unheard.until("2026-11-27T09:30").reopen()
    assert (unheard.consumed("first"), unheard.due("first")) == (30 * 60, at("2026-11-27T10:00"))


def test_no_two_clocks_of_a_ticket_have_one_id() -> None:
    """However many others were over in between: what has fired of one id fires no second time."""
    clocks = (
        {"id": "next", "measures": "next_reply", "seconds": HOUR},
        {"id": "work", "measures": "node", "seconds": HOUR, "nodes": ["a"]},
    )
    life = Life(policy(*clocks), at("2026-11-20T09:00"))
    life.agent()
    life.customer()
    life.agent()
    for number in range(1, 30):
        facts = {"ticket_id": "tkt_1", "node": "a", "kind": "human", "run": 1, "entered_at": life.now, "rank": "1"}
        visit = Visit.model_validate({**facts, "id": f"vis_{number}", "number": number, "outcomes": ("done",)})
        life.write(Move(life.case.ticket, (), (visit,)))
        life.write(Move(life.case.ticket, (), (visit.but(outcome="done", edge="done", left_at=life.now),)))
    life.customer()
    assert life.clock("next").id == "next.2"


def test_hours_that_do_not_reach_so_far_hold_up_no_ticket() -> None:
    """Two hundred hours of a calendar that counts a minute a day: due when it looks ahead no further."""
    minute = BusinessCalendar(intervals=((time(9), time(9, 1)),))
    start = at("2026-11-20T09:00")
    assert reaches(Clock(start, calendar=minute), 200 * HOUR) == start + timedelta(days=MAX_DAYS)


def test_another_priority_has_another_budget_and_the_same_ledger() -> None:
    """Urgent after an hour: of its two hours one is left; normal again, seven."""
    life = Life(
        policy({"id": "w", "measures": "resolution", "seconds": 8 * HOUR, "by_priority": {"urgent": 2 * HOUR}}),
        at("2026-11-27T09:00"),
    )
    life.until("2026-11-27T10:00").write(Move(life.case.ticket.but(priority="urgent")))
    assert (life.consumed("w"), life.due("w")) == (HOUR, at("2026-11-27T11:00"))
    assert life.case.ticket.generation == 2
    life.write(Move(life.case.ticket.but(priority="normal")))
    assert life.due("w") == at("2026-11-27T17:00")


def test_a_limit_that_shrinks_is_passed_when_it_does() -> None:
    """48 hours, of which 30 are gone, become 24: they are over now, not six hours ago; nothing before is rewritten."""
    clock = {"id": "w", "measures": "resolution", "seconds": 48 * HOUR, "by_priority": {"urgent": 24 * HOUR}}
    life = Life(policy(clock), at("2026-11-27T09:00"))
    life.until("2026-11-28T15:00").write(Move(life.case.ticket.but(priority="urgent")))
    (ripe,), _ = due_of(life.case, terms_of, life.now)
    assert (ripe.due.due_at, life.case.ticket.generation) == (life.now, 2)
    life.write(Move(life.case.ticket.but(priority="normal")))
    assert due_of(life.case, terms_of, life.now) == ((), at("2026-11-29T09:00"))


def test_a_ticket_without_a_flow_has_the_clock_of_its_work_once_it_is_taken_up() -> None:
    """Any node's clock is that of the work itself, from the acknowledgement to the close."""
    life = Life(policy({"id": "work", "measures": "node", "seconds": 24 * HOUR}), at("2026-11-27T09:00"))
    assert life.case.ticket.clocks == ()
    life.until("2026-11-27T10:00").write(acknowledge_ticket(life.case, "li", life.now))
    assert life.due("work") == at("2026-11-28T10:00")
    life.until("2026-11-27T15:00").close()
    assert life.consumed("work") == 5 * HOUR


def test_a_ticket_of_before_has_the_clock_that_it_had() -> None:
    """Stored with one clock in fields of its own: the same, running or standing."""
    base = {"id": "tkt_1", "type": "repair", "priority": "normal", "customer_id": "cus_1", "region": "310101"}
    base |= {"title_zh": "修", "title_en": "Fix", "opened_at": "2026-11-27T01:00:00Z", "ladder": "basic"}
    running = Ticket.model_validate({**base, "clock_since": "2026-11-27T01:00:00Z"})
    standing = Ticket.model_validate({**base, "clock_since": None, "clock_consumed_seconds": 90})
    assert [(c.id, c.runs, c.consumed_seconds) for c in running.clocks] == [("handling", True, 0)]
    assert ([(c.id, c.runs, c.consumed_seconds) for c in standing.clocks], standing.paused) == (
        [("handling", False, 90)],
        True,
    )


def works(calendar: str, moment: datetime) -> bool:
    """Whether the minute that begins here counts: told from the wall clock and the notice for autumn 2026 alone."""
    day = moment.date().isoformat()
    if calendar == "":
        return True
    if calendar == "nights":
        return moment.hour < 6 or moment.hour >= 20
    off = "2026-10-01" <= day <= "2026-10-07" or day == "2026-09-25"
    worked = day in ("2026-09-20", "2026-10-10") or (moment.weekday() < 5 and not off)
    return worked and (9 <= moment.hour < 12 or 13 <= moment.hour < 18)


Deed = tuple[int, str]
DEEDS = st.lists(
    st.tuples(
        st.integers(1, 2_000),
        st.sampled_from(["pause", "resume", "priority", "owner", "close", "reopen", "to k", "to nights", "to "]),
    ),
    min_size=1,
    max_size=14,
)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([*CALENDARS]), st.integers(0, 20_000), DEEDS)
def test_no_second_is_lost_or_invented(calendar: str, start: int, deeds: list[Deed]) -> None:
    """Random pauses, priorities, owners, closings and calendars: the ledger says what counting minute by minute says,
    and the moment at which its budget is used up is the minute by which that count has reached it."""
    clock = {"id": "w", "measures": "resolution", "seconds": HOUR, "by_priority": {"urgent": 60}, "calendar": calendar}
    life = Life(policy(clock), at("2026-09-24T00:00") + timedelta(minutes=start))
    counted, counts, here = 0, True, calendar
    for minutes, deed in deeds:
        for _ in range(minutes):
            counted += counts and works(here, life.now.astimezone(CHINA))
            life.now += timedelta(minutes=1)
        here = _do(life, deed, here)
        counts = life.case.ticket.is_open and not life.case.ticket.paused
        assert life.consumed("w") == 60 * counted
    budget = life.clock("w").budget_seconds // 60
    due = life.due("w")
    if due is not None and counted < budget:
        moment = life.now
        while counted < budget:
            counted += works(here, moment.astimezone(CHINA))
            moment += timedelta(minutes=1)
        assert due == moment


def _do(life: Life, deed: str, calendar: str) -> str:
    """The deed, where it can be done; the calendar that holds then."""
    ticket = life.case.ticket
    if deed == "reopen" and not ticket.is_open:
        life.reopen()
    if not ticket.is_open:
        return calendar
    if deed.startswith("to "):
        calendar = deed[3:]
        known = life.policy.clocks[0].model_copy(update={"calendar": calendar})
        life.policy = life.policy.model_copy(update={"clocks": (known,)})
        life.write(Move(re_evaluated(ticket, life.policy, {"policy/p": "2"}, terms_of, life.now)))
    elif deed == "priority":
        life.write(Move(ticket.but(priority="urgent" if ticket.priority == "normal" else "normal")))
    elif deed == "owner":
        life.write(assign_ticket(life.case, "zhao" if ticket.assignee == "li" else "li", "amy", life.now))
    elif deed in ("pause", "resume", "close"):
        getattr(life, deed)()
    return calendar


def test_an_hour_is_the_same_in_utc() -> None:
    """What is stored is UTC, whatever the calendar's zone."""
    life = Life(policy({"id": "w", "measures": "resolution", "seconds": HOUR}), at("2026-11-27T09:00"))
    due = life.due("w")
    assert due is not None
    assert due.tzinfo is UTC
