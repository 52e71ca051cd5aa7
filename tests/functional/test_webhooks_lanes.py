"""Promotions at a platform's pace: a lane a connection, drained in turns, never a push too many or twice."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from functions.webhooks.promotions.lanes import (
    GIVE_UP,
    UNKNOWN,
    Due,
)
from functions.webhooks.promotions.lanes_table import OVERDUE, TURN_TAKES
from functions.webhooks.promotions.promotions import Promotion
from functions.webhooks.promotions.promotions_table import Promotions
from hub.channels.client import PlatformRefused
from hub.kernel.errors import Conflict, Invalid, Problem, Retry
from tests.support.aws import account
from tests.support.lanes import CONNECTION, START, TABLE, Stage, promotion


@pytest.fixture
def stage() -> Iterator[Stage]:
    with account("webhooks") as session:
        yield Stage(session.client("dynamodb"))


def test_without_a_limit_they_go_out_at_once(stage: Stage) -> None:
    """In one turn, in the order in which they were queued."""
    stage.limits = ()
    stage.queue_up(*map(promotion, (3, 1, 2)))
    stage.run()
    assert [name for _, name in stage.arrivals] == ["p003", "p001", "p002"]
    assert len(stage.received) == 1


def test_many_calls_make_one_message_at_a_time(stage: Stage) -> None:
    """Whoever queues one more finds the lane being drained, and sends no message of its own."""
    for number in range(5):
        stage.queue_up(promotion(number))
    assert len(stage.queue) == 1
    stage.run()
    assert set(stage.states().values()) == {"sent"}


def test_what_is_queued_while_the_lane_is_closed_is_sent_too(stage: Stage) -> None:
    """The last look and the closing are two steps: what comes between them is not left behind."""
    stage.queue_up(promotion(1))

    class Late(Promotions):
        def next_due(self, connection_id: str) -> Due | None:
            found = stage.promotions.next_due(connection_id)
            if found is None and "p002" not in stage.states():
                stage.promoter.enqueue(CONNECTION, (promotion(2),))
            return found

    stage.promoter = replace(stage.promoter, promotions=Late(stage.promotions.items))
    while stage.queue:
        _, _, turn = heapq.heappop(stage.queue)
        stage.now += 7
        stage.promoter.take(turn)
    assert stage.states() == {"p001": "sent", "p002": "sent"}


def test_the_same_promotion_again_is_sent_once(stage: Stage) -> None:
    """Posted again it is what it was; another wording of what waits replaces it; of what was sent it is refused."""
    first, second = promotion(1), promotion(1, reduction_minor=6000)
    assert stage.queue_up(first) + stage.queue_up(first) + stage.queue_up(second) == ["queued"] * 3
    stage.run()
    (stored,), _ = stage.promotions.page(CONNECTION, 200, None)
    assert (stored.promotion, stored.state, stored.platform_id, len(stage.arrivals)) == (
        second,
        "sent",
        "batch-p001",
        1,
    )
    assert stage.queue_up(second) == ["sent"]
    with pytest.raises(Invalid) as refused:
        stage.queue_up(promotion(2), first)
    assert [problem.pointer for problem in refused.value.problems] == ["/promotions/1/id"]
    assert "p002" not in stage.states()


def test_another_wording_of_what_is_being_sent_is_refused(stage: Stage) -> None:
    """Between the look and the writing it went out: whoever posted the other wording is told."""
    stage.queue_up(promotion(1))

    class Late(Promotions):
        def enqueue(self, connection_id: str, promotion: Promotion, place: int, now: datetime) -> None:
            stage.run()
            stage.promotions.enqueue(connection_id, promotion, place, now)

    late = replace(stage.promoter, promotions=Late(stage.promotions.items))
    with pytest.raises(Conflict):
        late.enqueue(CONNECTION, (promotion(1, reduction_minor=6000),))
    assert stage.states() == {"p001": "sent"}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PlatformRefused("pinduoduo", errcode="50001"), "failed pinduoduo-refused 50001"),
        (Invalid("promotion", [Problem("/goods", "must be one")]), "failed /goods must be one"),
    ],
)
def test_a_refusal_fails_that_promotion_alone(stage: Stage, error: Exception, reason: str) -> None:
    """It says why, and the next one goes out."""
    stage.errors = [error]
    stage.queue_up(promotion(1), promotion(2))
    stage.run()
    assert stage.states() == {"p001": reason, "p002": "sent"}
    assert stage.queue_up(promotion(1)) == ["queued"]
    stage.run()
    assert stage.states()["p001"] == "sent"


@pytest.mark.parametrize("error", [Retry("pinduoduo-unreachable", failure="ReadTimeout"), Retry("jd-unreadable")])
def test_what_the_platform_may_have_taken_is_not_sent_twice(stage: Stage, error: Exception) -> None:
    """No answer came: it failed as unknown, for a person to look, and the lane goes on after a pause."""
    stage.errors = [error]
    stage.queue_up(promotion(1), promotion(2))
    stage.run()
    assert stage.states() == {"p001": f"failed {UNKNOWN}", "p002": "sent"}
    assert [name for _, name in stage.arrivals] == ["p001", "p002"]


@pytest.mark.parametrize(
    "error",
    [Retry("pinduoduo", after_seconds=30, errcode="70031"), Retry("jd-unreachable", failure="ConnectTimeout")],
)
def test_what_the_platform_has_not_taken_is_sent_later(stage: Stage, error: Retry) -> None:
    """It said so, or was never reached: the lane pauses, longer each time, and nothing is lost."""
    stage.errors = [error, error, error]
    stage.queue_up(promotion(1))
    stage.run()
    assert stage.states() == {"p001": "sent"}
    times = [at for at, _ in stage.arrivals]
    assert [round(later - earlier) >= 5 for earlier, later in pairwise(times)] == [True] * 3
    assert times[-1] - times[-2] >= 60


def test_a_turn_that_died_is_begun_anew_and_nothing_is_sent_twice(stage: Stage) -> None:
    """The process died amid a call: its message does nothing when it comes again; the schedule starts a new turn."""
    stage.queue_up(promotion(1), promotion(2))
    _, _, turn = heapq.heappop(stage.queue)

    def die() -> None:
        raise KeyboardInterrupt

    stage.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        stage.promoter.take(turn)
    stage.meanwhile = lambda: None
    stage.promoter.take(turn)
    stage.promoter.resume()
    assert stage.queue == []
    stage.now += (TURN_TAKES + OVERDUE).total_seconds() + 1
    stage.promoter.resume()
    stage.promoter.resume()
    assert len(stage.queue) == 1
    stage.run()
    assert stage.states() == {"p001": f"failed {UNKNOWN}", "p002": "sent"}
    stage.promoter.resume()
    assert stage.queue == []


def test_a_lane_waits_for_its_connection_for_a_day(stage: Stage) -> None:
    """While it is disabled nothing fails; enabled again, what waits is sent; after a day it has failed."""
    stage.connected = False
    stage.queue_up(promotion(1), promotion(2, ends_at=START + timedelta(hours=1)))
    stage.run(until=START.timestamp() + 7200)
    assert stage.states() == {"p001": "queued", "p002": "queued"}
    stage.connected = True
    stage.run()
    assert stage.states() == {"p001": "sent", "p002": "failed ended"}
    stage.connected = False
    stage.queue_up(promotion(3))
    stage.run(until=stage.now + GIVE_UP.total_seconds() + 3600)
    assert stage.states()["p003"] == "failed not-sent-in-time"


def test_a_table_that_is_gone_is_a_passing_fault(stage: Stage) -> None:
    """Nothing is answered as queued that is not."""
    stage.dynamodb.delete_table(TableName=TABLE)
    with pytest.raises(Retry):
        stage.queue_up(promotion(1))
