"""The circuit breaker: a platform that does not answer is left alone, and found again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from hub.kernel.errors import NotFound, Refuse, Retry
from hub.store.circuit import FAILURES_LIMIT, OPEN_SECONDS, Circuit, CircuitOpen, is_outage
from tests.support.aws import account

TABLE = "hub-demo-webhooks"
DOWN = Retry("douyin-unreachable", path="/order")


@dataclass
class Platform:
    """Calls through circuits of several processes. Each call raises `error`, if there is one."""

    dynamodb: Any
    error: Exception | None = None
    now: float = 1_700_000_000.0
    calls: int = 0
    writes: list[str] = field(default_factory=list)

    def circuit(self) -> Circuit:
        return Circuit(TABLE, "demo#circuit#con_1", self.dynamodb, lambda: self.now)

    def call(self) -> str:
        """ok, or what came of it."""
        try:
            with self.circuit().guard():
                self.calls += 1
                if self.error:
                    raise self.error
        except CircuitOpen as refused:
            return f"open {refused.after_seconds}"
        except (Retry, Refuse) as error:
            return error.detail
        return "ok"

    def fail(self, times: int) -> None:
        self.error = DOWN
        for _ in range(times):
            assert self.call() == "douyin-unreachable"


@pytest.fixture
def platform() -> Iterator[Platform]:
    with account("webhooks") as session:
        yield Platform(session.client("dynamodb"))


def test_after_three_failures_in_a_row_no_call_is_tried_for_thirty_seconds(platform: Platform) -> None:
    """Not by any process; the refusal says how long it lasts."""
    platform.fail(FAILURES_LIMIT)
    platform.error = None
    platform.now += 10
    assert [platform.call(), platform.calls] == [f"open {OPEN_SECONDS - 10}", FAILURES_LIMIT]


def test_one_probe_that_is_answered_closes_it(platform: Platform) -> None:
    """After the pause a single call is tried; while it is under way others still wait; then all go through."""
    platform.fail(FAILURES_LIMIT)
    platform.error, others = None, []
    platform.now += OPEN_SECONDS
    with platform.circuit().guard():
        others.append(platform.call())
    assert [*others, platform.call(), platform.call()] == ["open 30", "ok", "ok"]


def test_a_probe_that_fails_opens_it_again(platform: Platform) -> None:
    """A platform that is still away is left alone for the next thirty seconds."""
    platform.fail(FAILURES_LIMIT)
    platform.now += OPEN_SECONDS
    platform.fail(1)
    assert platform.call() == "open 30"


@pytest.mark.parametrize("answer", [None, NotFound("douyin"), Refuse("douyin")])
def test_an_answer_between_failures_begins_the_count_again(platform: Platform, answer: Exception | None) -> None:
    """A refusal is an answer too: the platform is there."""
    platform.fail(FAILURES_LIMIT - 1)
    platform.error = answer
    platform.call()
    platform.fail(FAILURES_LIMIT - 1)
    platform.error = None
    assert platform.call() == "ok"


def test_a_fault_that_is_no_outage_counts_for_nothing(platform: Platform) -> None:
    """A limit of ours, or an answer that can't be read, says nothing about whether the platform is there."""
    platform.error = Retry("too many calls")
    assert {platform.call() for _ in range(FAILURES_LIMIT + 1)} == {"too many calls"}


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (DOWN, True),
        (Retry("jd-unreadable", status=502), True),
        (Retry("jd-unreadable", status=200), False),
        (Retry("jd", errcode="50"), False),
    ],
)
def test_time_outs_and_server_faults_are_outages(error: Retry, outage: bool) -> None:
    """A gateway's 502 that is no JSON is an outage like a time-out; an error that the platform explains is none."""
    assert is_outage(error) is outage


def test_a_table_that_is_gone_is_a_passing_fault(platform: Platform) -> None:
    """Without its item nothing is tried blindly."""
    platform.dynamodb.delete_table(TableName=TABLE)
    assert (platform.call(), platform.calls) == ("DynamoDB: refused", 0)
