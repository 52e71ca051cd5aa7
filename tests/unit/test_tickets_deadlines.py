"""Deadlines: never early, each rung at most once, and a pause moves everything by exactly itself."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.tickets.deadlines.deadlines import Clock, Step, Watch, due, due_at, pause, resume, wait_seconds
from hub.kernel.calendar import BusinessCalendar, business_seconds, business_time
from tests.support.presets import ladder

T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""09:00 of a Monday in Shanghai."""
COMPLAINT = ladder("complaint").steps
OFFICE = BusinessCalendar(intervals=((time(9), time(12)), (time(13), time(18))), kind="workdays")

moments = st.integers(0, 10 * 86_400 * 1_000_000).map(lambda us: T0 + timedelta(microseconds=us))
ladders = st.lists(st.integers(0, 5 * 86_400), min_size=1, max_size=6).map(
    lambda seconds: tuple(Step(f"r{i}", after, "agent") for i, after in enumerate(seconds))
)
calendars = st.sampled_from([BusinessCalendar(), OFFICE])


def hours(count: float) -> datetime:
    return T0 + timedelta(hours=count)


def names(watch: Watch, at: datetime) -> list[str]:
    return [one.step.name for one in due(watch, COMPLAINT, at)[0]]


def test_complaint_ladder() -> None:
    """Two hours the agent, half an hour more the supervisor, another half everyone: to the second."""
    watch = Watch(Clock(T0))
    second = timedelta(seconds=1)

    assert due(watch, COMPLAINT, hours(2) - second) == ((), hours(2))
    assert names(watch, hours(2)) == ["agent"]
    assert names(watch, hours(2.5) - second) == ["agent"]
    assert names(watch, hours(2.5)) == ["agent", "supervisor"]
    assert [one.due_at for one in due(watch, COMPLAINT, hours(9))[0]] == [hours(2), hours(2.5), hours(3)]
    assert due(watch, COMPLAINT, hours(9))[1] is None


def test_taken_up_at_ten_past_two() -> None:
    """Somebody takes the matter up at 2:10: the first rung counts, even if it fires late, the others never do."""
    watch = Watch(Clock(T0), stopped_at=T0 + timedelta(hours=2, minutes=10))
    assert names(watch, hours(9)) == ["agent"]
    assert due(watch, COMPLAINT, hours(1)) == ((), hours(2))


def test_paused_clock_is_silent() -> None:
    """While the clock stands nothing is due, and there is nothing to wake for."""
    assert due(Watch(pause(Clock(T0), hours(1))), COMPLAINT, hours(100)) == ((), None)


def test_office_hours() -> None:
    """Two hours from 11:30, with lunch from 12 to 13, are over at 14:30."""
    half_past_eleven = T0 + timedelta(hours=2, minutes=30)
    clock = Clock(half_past_eleven, calendar=OFFICE)
    assert due_at(clock, Step("supervisor", 7200, "supervisor")) == half_past_eleven + timedelta(hours=3)


@given(calendars, ladders, moments)
def test_never_early(calendar: BusinessCalendar, steps: tuple[Step, ...], now: datetime) -> None:
    """What is due has had its whole time; what is not due has not."""
    watch = Watch(Clock(T0, calendar=calendar))
    ripe = {one.step.name for one in due(watch, steps, now)[0]}
    passed = business_seconds(calendar, T0, now)
    assert ripe == {step.name for step in steps if passed >= step.after_seconds}


@given(ladders, st.lists(moments, max_size=12))
def test_each_rung_at_most_once(steps: tuple[Step, ...], wakes: list[datetime]) -> None:
    """However often and in whatever order it wakes, a rung fires once; in the end every one has fired."""
    fired: list[str] = []
    for now in [*wakes, T0 + timedelta(days=10)]:
        fired += [one.step.name for one in due(Watch(Clock(T0), frozenset(fired)), steps, now)[0]]
    assert sorted(fired) == sorted(step.name for step in steps)


@given(st.integers(0, 86_400 * 10**6), st.integers(0, 86_400 * 10**6), ladders)
def test_pause_moves_by_itself(before_us: int, pause_us: int, steps: tuple[Step, ...]) -> None:
    """A pause moves each deadline that was still to come by exactly the pause, to the microsecond."""
    stopped = T0 + timedelta(microseconds=before_us)
    length = timedelta(microseconds=pause_us)
    clock = resume(pause(Clock(T0), stopped), stopped + length)
    for step in steps:
        if due_at(Clock(T0), step) > stopped:
            assert due_at(clock, step) == due_at(Clock(T0), step) + length


@given(calendars, st.lists(moments, min_size=2, max_size=8).map(sorted))
def test_pauses_lose_no_time_and_add_none(calendar: BusinessCalendar, stops: list[datetime]) -> None:
    """Whatever the pauses, in office hours or out of them, the clock has consumed what ran, to the microsecond; so what
    is due after them is due when just that is left."""
    clock, ran = Clock(T0, calendar=calendar), business_time(calendar, T0, stops[0])
    for i, moment in enumerate(stops):
        clock = pause(clock, moment) if i % 2 == 0 else resume(clock, moment)
        if i % 2 == 1 and i + 1 < len(stops):
            ran += business_time(calendar, moment, stops[i + 1])
    final = pause(clock, stops[-1])
    assert timedelta(seconds=final.consumed_seconds, microseconds=final.carry_us) == ran
    due = due_at(resume(final, stops[-1]), Step("later", final.consumed_seconds + 3600))
    assert business_time(calendar, stops[-1], due) + ran == timedelta(seconds=final.consumed_seconds + 3600)


def test_a_fraction_of_a_second_outlives_a_night() -> None:
    """Half a second before closing time is kept, though the pause comes when nothing counts."""
    clock = Clock(hours(9) - timedelta(milliseconds=500), calendar=OFFICE)
    night = hours(12)
    assert pause(clock, night) == Clock(None, 0, 500_000, OFFICE)
    assert due_at(resume(pause(clock, night), night), Step("r", 1)) == hours(24) + timedelta(milliseconds=500)


def test_a_clock_that_ran_for_three_years_stops() -> None:
    """What nobody closed for four years can be paused and closed, and has consumed all of their office hours."""
    stopped = pause(Clock(T0, calendar=OFFICE), T0 + timedelta(days=4 * 366))
    assert stopped.consumed_seconds == business_seconds(OFFICE, T0, T0 + timedelta(days=4 * 366)) > 4 * 240 * 8 * 3600


@given(moments, moments)
def test_a_wait_reaches_its_moment(now: datetime, wake: datetime) -> None:
    """A wait lasts at least a second and never ends before its moment, and at most a second after."""
    seconds = wait_seconds(now, wake)
    assert seconds >= 1
    assert now + timedelta(seconds=seconds) >= wake
    assert seconds == 1 or now + timedelta(seconds=seconds - 1) < wake


def test_pausing_twice_changes_nothing() -> None:
    """A clock that stands cannot be paused, one that runs cannot be resumed."""
    stopped = pause(Clock(T0), hours(1))
    assert pause(stopped, hours(2)) == stopped
    assert resume(Clock(T0), hours(1)) == Clock(T0)
