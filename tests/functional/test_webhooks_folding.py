"""Counters of days that are over are folded while messages settle and people read: no sum is ever wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, cast

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.webhooks.inbox.counters_table import SHARDS, TRIES, Counters
from functions.webhooks.inbox.counts import Row, latest_facts, number
from functions.webhooks.inbox.settling_table import Settler
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Retry
from hub.store.inbox import Inbox
from hub.store.messages import Arrival, State
from hub.store.table import Table
from tests.support.aws import REGION, TENANT, account

FIRST = datetime(2026, 11, 11, 15, 30, tzinfo=UTC)
"""23:30 in Shanghai: half an hour later it is another day there, and the same in UTC."""
MOMENTS = (FIRST, FIRST + timedelta(hours=1), FIRST + timedelta(days=5))
DAYS = ("20261111", "20261112", "20261116")
BEFORE = "20261114"
CONNECTION = "con_A"
STATES = ("accepted", "pending", "processed", "quarantined", "dead")
NUMBERS = count()
Step = tuple[str, int, State]
READ: list[Callable[[], None]] = [lambda: None] * (1 + SHARDS)
"""Nothing happens before the calls that read: the number of folds, then each shard."""


@pytest.fixture(scope="module", name="client")
def _client() -> Iterator[Any]:
    with account("webhooks", "inbox"):
        yield boto3.client("dynamodb", region_name=REGION)


class Between:
    """A DynamoDB client before each of whose calls the next of `steps` is done, by somebody else."""

    def __init__(self, client: Any, steps: list[Callable[[], None]]) -> None:
        self._client, self._steps = client, steps

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            if self._steps:
                self._steps.pop(0)()
            return getattr(self._client, name)(**request)

        return call


class World:
    """One connection with three messages, one on each of three days, and what its counters must say."""

    def __init__(self, client: Any) -> None:
        self.client, self.tenant = client, f"t{next(NUMBERS)}"
        self.inbox = Inbox(f"hub-{TENANT}-inbox", client, self.tenant)
        self.settler = Settler(Table(f"hub-{TENANT}-inbox", client), self.counters(client), sleep=lambda _: None)
        self.ids, self.states = list[str](), dict[int, State]()
        for n, moment in enumerate(MOMENTS):
            arrival = Arrival(CONNECTION, "wecom", "ww", f"k{n}", b"{}", "pull" if n == 0 else "push")
            assert self.inbox.store(arrival, moment, FIRST)
            self.ids.append(self.inbox.message_id(CONNECTION, f"k{n}"))

    def counters(self, client: Any) -> Counters:
        return Counters(Table(f"hub-{TENANT}-webhooks", client), self.tenant, sleep=lambda _: None)

    def settle(self, n: int, state: State) -> None:
        item = self.inbox.read(self.ids[n])
        assert item is not None
        assert self.settler.settle(item, state, FIRST)
        self.states[n] = state

    def fold(self, steps: list[Callable[[], None]] | None = None) -> None:
        self.counters(Between(self.client, steps or [])).fold(BEFORE)

    def do(self, steps: list[Step]) -> None:
        for what, n, state in steps:
            if what == "fold":
                self.fold()
            else:
                self.settle(n, state)

    def expected(self, day: str = "") -> dict[str, int]:
        states = [state for n, state in self.states.items() if day in ("", DAYS[n])]
        found = Counter(states) + Counter({"accepted": len(states)})
        return {name: found[name] for name in STATES}

    def check(self) -> None:
        rows = self.counters(self.client).rows(CONNECTION)
        assert summed(rows) == self.expected()
        assert number(rows, "pulled") == (0 in self.states)
        for day in DAYS:
            assert summed(self.counters(self.client).days(CONNECTION, day, day)) == self.expected(day)
        everything = self.counters(self.client).days(CONNECTION, DAYS[0], DAYS[2])
        assert summed(everything) == self.expected()


def summed(rows: list[Row]) -> dict[str, int]:
    return {name: number(rows, name) for name in STATES}


STEP = st.tuples(
    st.sampled_from(("settle", "settle", "fold")), st.integers(0, 2), st.sampled_from(("quarantined", "processed"))
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.lists(STEP, max_size=3), max_size=len(READ) + 4), max_size=3))
def test_any_interleaving_of_settling_and_folding_keeps_every_sum(client: Any, folds: list[list[list[Step]]]) -> None:
    """While a fold runs messages settle and other folds run: every sum, in all and of each day, is that of the
    messages' states."""
    world = World(client)
    world.do([("settle", 0, "quarantined"), ("settle", 1, "quarantined")])
    for between in folds:
        world.fold([lambda steps=steps: world.do(steps) for steps in between])  # type: ignore[misc]
        world.check()
    world.fold()
    world.check()
    assert {row.day for row in world.counters(client).rows(CONNECTION)} <= {"", DAYS[2]}


def test_a_row_that_changes_while_it_is_folded_stays(client: Any) -> None:
    """What is counted between the reading and the folding is not lost: the row waits for the next run."""
    world = World(client)
    world.settle(0, "quarantined")
    world.fold([*READ, lambda: world.settle(0, "processed")])
    assert [row.day for row in world.counters(client).rows(CONNECTION)] == [DAYS[0]]
    world.check()


def test_a_row_that_went_and_came_again_is_not_folded_as_the_old_one(client: Any) -> None:
    """Another fold takes the row away, a late message makes it anew with as many changes: it is another row."""
    world = World(client)
    world.settle(0, "quarantined")
    late: Step = ("settle", 0, "processed")
    world.fold([*READ, lambda: world.do([("fold", 0, "dead"), late])])
    world.check()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.booleans(), max_size=30))
def test_a_reader_amid_folds_sees_each_row_once(client: Any, folds: list[bool]) -> None:
    """Whenever folds come between the calls of a reader, it reads again, and sees neither a row twice nor none."""
    world = World(client)
    for n in range(3):
        world.settle(n, "processed")
    steps: list[Callable[[], None]] = [world.fold if fold else (lambda: None) for fold in folds]
    assert summed(world.counters(Between(client, steps)).rows()) == world.expected()


def test_a_reader_among_endless_folds_is_told_to_come_again(client: Any) -> None:
    """The tries are bounded."""
    world = World(client)

    def fold_one() -> None:
        world.settle(0, "pending" if world.states.get(0) != "pending" else "dead")
        world.fold()

    with pytest.raises(Retry):
        world.counters(Between(client, [fold_one] * (len(READ) + 1) * TRIES)).rows()


def test_the_latest_facts_survive_the_folding(client: Any) -> None:
    """Of the errors the most recent is kept, not the greatest word; and the last times."""
    world = World(client)
    counters = world.counters(client)
    for moment, code in ((FIRST + timedelta(days=1), "bad-form"), (FIRST, "wrong-receive-id")):
        counters.add(CONNECTION, moment, {"rejected_signature": 1}, {"last_error": code})
    world.settle(1, "processed")
    before = latest_facts(counters.rows(CONNECTION))
    assert before["last_error"] == "bad-form"
    assert counters.fold(BEFORE) == 3
    rows = counters.rows(CONNECTION)
    assert (latest_facts(rows), [row.day for row in rows]) == (before, [""])
    counters.add(CONNECTION, FIRST, {"rejected_signature": 1}, {"last_error": "too-large"})
    assert counters.fold(BEFORE) == 1
    after = latest_facts(counters.rows(CONNECTION))
    assert (after, number(counters.rows(CONNECTION), "rejected_signature")) == (before, 3)


def test_a_replay_is_no_delivery(client: Any) -> None:
    """When the last delivery came is not changed by what becomes of older messages afterwards."""
    world, last = World(client), 40
    for n in range(last + 1):
        world.inbox.store(
            Arrival(CONNECTION, "wecom", "ww", f"r{n}", b"{}"), FIRST - timedelta(seconds=last - n), FIRST
        )
    for n, state in [*((n, "quarantined") for n in range(last + 1)), *((n, "processed") for n in range(last))]:
        item = world.inbox.read(world.inbox.message_id(CONNECTION, f"r{n}"))
        assert item is not None
        assert world.settler.settle(item, cast(State, state), FIRST)
    assert latest_facts(world.counters(client).rows(CONNECTION))["last_delivery_at"] == rfc3339(FIRST)


def test_what_comes_late_is_counted_on_its_day(client: Any) -> None:
    """A message that is replayed long after its day was folded moves there: its row's numbers may be below nought."""
    world = World(client)
    world.settle(0, "quarantined")
    world.fold()
    world.settle(0, "processed")
    (late,) = [row for row in world.counters(client).rows(CONNECTION) if row.day]
    assert (late.day, late.numbers["quarantined"], late.numbers["processed"]) == (DAYS[0], -1, 1)
    world.check()


def test_another_tenant_s_and_another_connection_s_counters_are_left_alone(client: Any) -> None:
    """Rows are read and folded by their own keys."""
    world, other = World(client), World(client)
    other.settle(0, "dead")
    world.counters(client).add("con_AB", FIRST, {"duplicates": 2})
    world.settle(0, "processed")
    world.fold()
    world.check()
    other.check()
    assert number(world.counters(client).rows("con_AB"), "duplicates") == 2
    assert number(world.counters(client).rows(CONNECTION), "duplicates") == 0
