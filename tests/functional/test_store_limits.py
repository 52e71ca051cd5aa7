"""Rate limits in DynamoDB: one write a call, shared by all processes of a tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Barrier, Thread
from typing import Any

import pytest

from hub.kernel.errors import Retry
from hub.kernel.platforms import OverLimit
from hub.store.limits import LONGEST_CALL_SECONDS, TRIES, Limits
from tests.support.aws import account
from tests.support.turns import OneAtATime

TABLE = "hub-demo-webhooks"
SLOW = ({"api": "slow", "calls": 10, "per_seconds": 60},)
FAST = ({"api": "fast", "calls": 3000, "per_seconds": 60},)


@dataclass
class Office:
    """Several processes with one table and one clock, and the writes that they make."""

    dynamodb: Any
    now: float = 1_700_000_000.0
    writes: int = 0

    def __post_init__(self) -> None:
        self.dynamodb.meta.events.register("before-call.*.*", self._note)

    def process(self, limits: Sequence[dict[str, Any]] = SLOW, patience_seconds: float = 0.0) -> Limits:
        key, wall = "demo#limit#con_1", lambda: self.now
        return Limits(TABLE, key, self.dynamodb, limits, wall, patience_seconds=patience_seconds, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def _note(self, **_: Any) -> None:
        self.writes += 1


@pytest.fixture
def office() -> Iterator[Office]:
    with account("webhooks") as session:
        yield Office(OneAtATime(session.client("dynamodb")))


def test_of_all_who_ask_at_once_one_gets_the_call(office: Office) -> None:
    """Eight threads at one moment: one conditional write holds, seven are told when to come again."""
    told: list[str] = []
    together = Barrier(8)

    def ask() -> None:
        together.wait()
        try:
            office.process().take("slow")
            told.append("taken")
        except OverLimit as refused:
            told.append(f"wait {refused.after_seconds}")

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["taken"] + ["wait 7"] * 7


def test_a_call_under_way_holds_its_api_until_it_is_done(office: Office) -> None:
    """The platform may count a slow call late, so nobody else starts one meanwhile, and then the next starts later."""
    mine, other = office.process(), office.process()
    mine.take("slow")
    office.now += 9
    with pytest.raises(OverLimit):
        other.take("slow")
    mine.done("slow")
    office.now += 5
    with pytest.raises(OverLimit) as refused:
        other.take("slow")
    assert refused.value.wait_seconds == pytest.approx(0.78)
    office.now += refused.value.wait_seconds
    other.take("slow")


def test_a_call_that_nobody_ended_holds_its_api_no_longer_than_a_call_can_take(office: Office) -> None:
    """A process that died amid a call stops the others for seconds, and its late word ends nobody else's call."""
    dead, other = office.process(), office.process()
    dead.take("slow")
    office.now += LONGEST_CALL_SECONDS + 7
    other.take("slow")
    dead.done("slow")
    office.now += 7
    with pytest.raises(OverLimit):
        dead.take("slow")


def test_a_call_costs_one_write_and_its_end_another(office: Office) -> None:
    """Held calls are written twice, fast ones once, and an API without a limit never."""
    process = office.process((*SLOW, *FAST))
    costs = []
    for api in ("slow", "fast", "unlimited"):
        before = office.writes
        process.take(api)
        process.done(api)
        costs.append(office.writes - before)
    assert costs == [2, 1, 0]


def test_a_short_wait_is_waited_in_place(office: Office) -> None:
    """Fast calls in a row do not fail over milliseconds: they take the time that the rate asks for."""
    process, start = office.process(FAST, patience_seconds=1.0), office.now
    for _ in range(10):
        process.take("fast")
        process.done("fast")
    assert office.now - start == pytest.approx(9 * 0.023)
    with pytest.raises(OverLimit):
        office.process(FAST).take("fast")


def test_of_two_limits_of_an_api_the_slower_one_keeps_both(office: Office) -> None:
    """Five a second and a hundred a minute are a hundred a minute, in whichever order they are written."""
    both = ({"api": "send", "calls": 100, "per_seconds": 60}, {"api": "send", "calls": 5, "per_seconds": 1})
    for limits in (both, both[::-1]):
        office.now += 60
        office.process(limits).take("send")
        with pytest.raises(OverLimit) as refused:
            office.process(limits).take("send")
        assert refused.value.wait_seconds == pytest.approx(60 / 90, abs=0.002)


def test_who_is_always_overtaken_gives_up_waiting(office: Office) -> None:
    """Waiting in place has an end when others are faster each time."""
    other = office.process(FAST)

    def overtaken(seconds: float) -> None:
        office.now += seconds
        other.take("fast")

    process = Limits(TABLE, "demo#limit#con_1", office.dynamodb, FAST, lambda: office.now, sleep=overtaken)
    other.take("fast")
    before = office.writes
    with pytest.raises(OverLimit):
        process.take("fast")
    assert office.writes - before == 2 * TRIES


def test_a_table_that_is_gone_is_a_passing_fault_and_spoils_no_answer(office: Office) -> None:
    """No call is made that can't be counted; one that was made keeps its answer."""
    process = office.process()
    process.take("slow")
    office.dynamodb.delete_table(TableName=TABLE)
    process.done("slow")
    with pytest.raises(Retry) as refused:
        process.take("slow")
    assert not isinstance(refused.value, OverLimit)
