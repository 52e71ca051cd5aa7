"""The stepped clock: what is due happens in order, each at its second, and only while nothing is at work."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.errors import Conflict, Retry
from hubctl.clock.activity import Activity
from hubctl.clock.stepped import Due, Kind, SteppedClock, earliest
from hubctl.clock.stepper import AT_ONE_MOMENT_MAX, Passed, Stepper

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@dataclass
class Agenda:
    """A source of due things that writes down when they happened. repeats: how often each comes again, and how much
    later."""

    clock: SteppedClock
    coming: list[tuple[datetime, Kind, int]] = field(default_factory=list)
    happened: list[tuple[datetime, datetime, Kind]] = field(default_factory=list)
    again: dict[int, timedelta] = field(default_factory=dict)

    def due(self) -> list[Due]:
        return [Due(at, kind, number, f"{kind} {number}", partial(self._happen, (at, kind, number)))
                for at, kind, number in self.coming]  # fmt: skip

    def _happen(self, one: tuple[datetime, Kind, int]) -> None:
        at, kind, number = one
        self.coming.remove(one)
        self.happened.append((at, self.clock.business_now(), kind))
        if number in self.again:
            self.coming.append((at + self.again[number], kind, number))


def stepped(*coming: tuple[datetime, Kind, int], **options: float) -> tuple[Stepper, Agenda, Activity]:
    clock, activity = SteppedClock(START), Activity()
    agenda = Agenda(clock, list(coming))
    return Stepper(clock, activity, list, [agenda], **options), agenda, activity


def test_time_stands_until_it_is_moved_and_lands_where_it_was_told() -> None:
    """Two hours with nothing in them are two hours."""
    stepper, _, _ = stepped()
    assert stepper.advance(2 * HOUR) == Passed(START, START + 2 * HOUR, 0)
    assert stepper.clock.business_now() == START + 2 * HOUR


def test_each_thing_happens_at_its_second_and_none_after_the_end() -> None:
    """A wait of two hours, one of half an hour, and one that lies a second beyond."""
    stepper, agenda, _ = stepped(
        (START + 2 * HOUR, "wait", 1), (START + HOUR / 2, "wait", 2), (START + 2 * HOUR + SECOND, "wait", 3)
    )
    assert stepper.until(START + 2 * HOUR).fired == 2
    assert [(at, at) for at in (START + HOUR / 2, START + 2 * HOUR)] == [(due, now) for due, now, _ in agenda.happened]


def test_at_one_moment_the_order_is_always_the_same() -> None:
    """Messages, machines, schedules, time-outs; within a kind the older first."""
    moment = START + HOUR
    kinds: tuple[Kind, ...] = ("timeout", "schedule", "wait", "message")
    stepper, agenda, _ = stepped(*((moment, kind, number) for number, kind in enumerate(kinds)))
    stepper.until(moment)
    assert [kind for _, _, kind in agenda.happened] == ["message", "wait", "schedule", "timeout"]


def test_a_clock_told_to_go_back_is_refused() -> None:
    """The refusal says what time it is; the clock stays."""
    stepper, _, _ = stepped()
    with pytest.raises(Conflict, match=r"never goes back.*now=2026-11-23T02:00:00"):
        stepper.until(START - SECOND)
    with pytest.raises(Conflict):
        stepper.clock.move_to(START - SECOND)
    assert stepper.clock.business_now() == START


def test_nothing_happens_while_something_is_at_work() -> None:
    """A call in flight holds business time, whatever real time does; when it ends, what is due comes."""
    stepper, agenda, activity = stepped((START + HOUR, "wait", 1))
    activity.begin("call")
    moving = threading.Thread(target=stepper.advance, args=(2 * HOUR,))
    moving.start()
    time.sleep(0.05)
    assert (stepper.clock.business_now(), agenda.happened, stepper.at_work()) == (START, [], ["call"])
    activity.end("call")
    moving.join(10)
    assert agenda.happened == [(START + HOUR, START + HOUR, "wait")]


def test_each_thing_waits_for_the_work_of_the_one_before() -> None:
    """What happens at 10:00 begins a call; what is due at 10:01 comes once that has ended, though it takes a while."""
    stepper, agenda, activity = stepped((START, "wait", 1), (START + SECOND, "wait", 2))
    ended: list[int] = []

    def end() -> None:
        ended.append(len(agenda.happened))
        activity.end("call")

    class Beginning:
        """The first of them begins a call."""

        def due(self) -> list[Due]:
            return [replace(due, release=partial(self.release, due)) for due in agenda.due()]

        def release(self, due: Due) -> None:
            due.release()
            if due.number == 1:
                activity.begin("call")
                threading.Timer(0.05, end).start()

    stepper.sources[:] = [Beginning()]
    stepper.advance(HOUR)
    assert (ended, len(agenda.happened)) == ([1], 2)


def test_what_lies_in_a_queue_or_stream_is_work() -> None:
    """Business time waits for it to be taken."""
    lying = ["queue changes"]
    clock, activity = SteppedClock(START), Activity()
    stepper = Stepper(clock, activity, lambda: list(lying), [])
    threading.Timer(0.05, lying.clear).start()
    assert stepper.at_work() == ["queue changes"]
    stepper.settle()
    assert stepper.at_work() == []


def test_work_that_begins_while_one_looks_is_not_missed() -> None:
    """Who looks through the queues while a call begins and ends does not take the hub for quiet."""
    activity = Activity()

    def look() -> list[str]:
        with activity.during("call"):
            return []

    assert Stepper(SteppedClock(START), activity, look, []).at_work() != []


def test_what_never_ends_is_named() -> None:
    """Rather than wait for ever, the clock says what holds it."""
    stepper, _, activity = stepped(stuck_seconds=0.05)
    activity.begin("hub-demo-tickets-steps")
    with pytest.raises(Retry, match="hub-demo-tickets-steps"):
        stepper.settle()


def test_what_happens_again_and_again_at_one_moment_is_stopped() -> None:
    """A loop without end does not hang the clock."""
    stepper, agenda, _ = stepped((START + HOUR, "wait", 1))
    agenda.again[1] = timedelta()
    with pytest.raises(Retry, match="wait 1"):
        stepper.advance(2 * HOUR)
    assert len(agenda.happened) == AT_ONE_MOMENT_MAX + 1


def test_a_run_ends_when_only_schedules_and_time_outs_are_left() -> None:
    """The clock stands where the last thing happened; a schedule on the way was called."""
    stepper, agenda, _ = stepped(
        (START + HOUR, "schedule", 1), (START + 3 * HOUR, "wait", 2), (START + 9 * HOUR, "timeout", 3)
    )
    agenda.again[1] = HOUR
    assert stepper.run() == Passed(START, START + 3 * HOUR, 4)
    assert [kind for _, _, kind in agenda.happened] == ["schedule", "schedule", "wait", "schedule"]


def test_a_run_goes_no_further_than_it_may() -> None:
    """A ladder without end is left where the limit is."""
    stepper, agenda, _ = stepped((START + HOUR, "wait", 1))
    agenda.again[1] = HOUR
    assert stepper.run(5 * HOUR).fired == 5


def test_one_way_at_a_time() -> None:
    """Who moves a clock that is being moved is told so."""
    stepper, _, activity = stepped((START + HOUR, "wait", 1))
    activity.begin("call")
    moving = threading.Thread(target=stepper.advance, args=(HOUR,))
    moving.start()
    time.sleep(0.05)
    with pytest.raises(Conflict, match="already"):
        stepper.advance(HOUR)
    activity.end("call")
    moving.join(10)


def test_a_hub_that_stops_leaves_nobody_waiting() -> None:
    """Whoever waits for the clock is told."""
    stepper, _, activity = stepped()
    activity.begin("call")
    threading.Timer(0.05, stepper.close).start()
    with pytest.raises(Retry, match="stops"):
        stepper.settle()


moments = st.integers(0, 10**6).map(lambda seconds: START + seconds * SECOND)
kinds = st.sampled_from(["message", "wait", "schedule", "timeout"])


@given(
    st.lists(st.tuples(moments, kinds), max_size=30),
    st.lists(st.integers(0, 400_000), min_size=1, max_size=8),
    st.dictionaries(st.integers(0, 29), st.integers(1, 10**5).map(lambda seconds: seconds * SECOND), max_size=5),
)
def test_time_never_goes_back_and_all_that_is_due_happens_at_its_second(
    coming: list[tuple[datetime, Kind]], steps: list[int], again: dict[int, timedelta]
) -> None:
    """For any things due, and any way in which the clock is moved: in order, at their very seconds, none left out."""
    stepper, agenda, _ = stepped(*((at, kind, number) for number, (at, kind) in enumerate(coming)))
    agenda.again = {number: length for number, length in again.items() if number < len(coming)}
    seen = [stepper.clock.business_now()]
    for seconds in steps:
        passed = stepper.advance(seconds * SECOND)
        assert passed == Passed(seen[-1], seen[-1] + seconds * SECOND, passed.fired)
        seen.append(passed.end)
    times = [now for _, now, _ in agenda.happened]
    assert times == sorted(times)
    assert all(due == now for due, now, _ in agenda.happened)
    assert all(due.at > seen[-1] for due in agenda.due())


@given(st.lists(st.tuples(moments, kinds, st.integers(0, 9)), max_size=20))
def test_the_earliest_is_none_that_another_precedes(coming: list[tuple[datetime, Kind, int]]) -> None:
    """Nothing of nothing; else one that no other comes before."""
    dues = [Due(at, kind, number, "", lambda: None) for at, kind, number in coming]
    found = earliest(dues)
    assert (found is None) is (not dues)
    assert found is None or all(found.order <= due.order for due in dues)
