"""A lane of promotions with a platform that takes them at its pace, and time that goes on when somebody waits."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from functions.webhooks.promotions.items_table import Partition
from functions.webhooks.promotions.lanes import DELAY_LIMIT_SECONDS, Promoter, PromotionClient, Turn
from functions.webhooks.promotions.lanes_table import Lanes
from functions.webhooks.promotions.promotions import Promotion
from functions.webhooks.promotions.promotions_table import Promotions
from hub.store.limits import Limits
from hub.store.table import Table

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
