"""Promotions at a platform's pace: a lane a connection, drained in turns, never a push too many or twice."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest

from functions.webhooks.promotions.items_table import Partition
from functions.webhooks.promotions.lanes import (
    DELAY_LIMIT_SECONDS,
    GIVE_UP,
    UNKNOWN,
    Due,
    Promoter,
    PromotionClient,
    Turn,
)
from functions.webhooks.promotions.lanes_table import OVERDUE, TURN_TAKES, Lanes
from functions.webhooks.promotions.promotions import Promotion
from functions.webhooks.promotions.promotions_table import Promotions
from hub.channels.client import PlatformRefused
from hub.kernel.errors import Conflict, Invalid, Problem, Retry
from hub.store.limits import Limits
from hub.store.table import Table
from tests.support.aws import account

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
CONNECTION = "con_1"
TABLE = "hub-demo-webhooks"
TEN_A_MINUTE = ({"api": "promotion", "calls": 10, "per_seconds": 60},)


def promotion(number: int = 0, **changes: Any) -> Promotion:
    made = Promotion(f"p{number:03}", "满199减50", 19900, 5000, "CNY", START, START + timedelta(days=30))
    return replace(made, **changes)


@dataclass
class Stage:
    """A platform, a queue that delays and repeats nothing, and time that goes on when somebody waits or calls."""

    dynamodb: Any
    limits: tuple[dict[str, Any], ...] = TEN_A_MINUTE
    now: float = START.timestamp()
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    queue: list[tuple[float, int, Turn]] = field(default_factory=list)
    arrivals: list[tuple[float, str]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    received: dict[Turn, int] = field(default_factory=dict)
    connected: bool = True
    meanwhile: Callable[[], object] = field(default=lambda: None)

    def __post_init__(self) -> None:
        items = Partition(Table(TABLE, self.dynamodb), "demo")
        self.promotions = Promotions(items)
        self.promoter = Promoter(self.promotions, Lanes(items), self.client, self.send, self.wall_now)
        self._numbers = count()

    def wall_now(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def client(self, connection_id: str) -> PromotionClient | None:
        assert connection_id == CONNECTION
        return self if self.connected else None

    def push_promotion(self, promotion: Any) -> str:
        """A call of 50 to 250 ms that arrives at some moment of it, and fails as told."""
        limits = Limits(TABLE, "demo#limit#con_1", self.dynamodb, self.limits, lambda: self.now, sleep=self.pass_time)
        limits.take("promotion")
        takes_seconds, share = self.dice.uniform(0.05, 0.25), self.dice.random()
        self.arrivals.append((self.now + takes_seconds * share, promotion["id"]))
        self.pass_time(takes_seconds)
        limits.done("promotion")
        self.meanwhile()
        if self.errors:
            raise self.errors.pop(0)
        return f"batch-{promotion['id']}"

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def send(self, turn: Turn, delay_seconds: int) -> None:
        assert 0 <= delay_seconds <= DELAY_LIMIT_SECONDS
        seen_at = self.now + delay_seconds + self.dice.uniform(0.02, 0.4)
        heapq.heappush(self.queue, (seen_at, next(self._numbers), turn))

    def run(self, until: float = float("inf")) -> None:
        """Deliver messages as they become visible, until the queue is empty."""
        while self.queue and self.queue[0][0] <= until:
            seen_at, _, turn = heapq.heappop(self.queue)
            self.now = max(self.now, seen_at)
            self.received[turn] = self.received.get(turn, 0) + 1
            self.promoter.take(turn)

    def states(self) -> dict[str, str]:
        """State and reason of every promotion."""
        stored, _ = self.promotions.page(CONNECTION, 200, None)
        return {one.promotion.id: f"{one.state} {one.reason}".strip() for one in stored}

    def queue_up(self, *promotions: Promotion) -> list[str]:
        return [one.state for one in self.promoter.enqueue(CONNECTION, promotions)]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with account("webhooks") as session:
        yield Stage(session.client("dynamodb"))


def test_a_hundred_promotions_at_ten_a_minute(stage: Stage) -> None:
    """Never more than ten in any 60 s, each once, all by +10 min, and no message is received twice."""
    assert stage.queue_up(*map(promotion, range(100))) == ["queued"] * 100
    stage.run()
    times = [at for at, _ in stage.arrivals]
    assert max(sum(first <= one <= first + 60 for one in times) for first in times) == 10
    assert sorted(name for _, name in stage.arrivals) == [f"p{number:03}" for number in range(100)]
    assert set(stage.states().values()) == {"sent"}
    assert times[-1] - START.timestamp() <= 600
    assert set(stage.received.values()) == {1}


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
