"""What lies in the embedded AWS's queues and streams: work not taken yet, and messages that come later."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hubctl.clock.backlog import Backlog
from hubctl.clock.stepped import SteppedClock

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
NOW = START.timestamp()
QUEUE, DEAD = "arn:aws:sqs:us-east-1:0:changes", "arn:aws:sqs:us-east-1:0:dead"
STREAM = "arn:aws:dynamodb:us-east-1:0:table/hub-demo-tickets/stream/2026"


class Scoped(dict[tuple[str, str, str], int]):
    """As the embedded AWS keeps things by account and region."""

    def get_scoped(self, account: str, region: str, key: str, default: int) -> int:
        return self.get((account, region, key), default)


class Embedded:
    """Stands for its three modules: one queue with a function, one without, and one stream."""

    def __init__(self) -> None:
        self.queues: dict[str, dict[str, Any]] = {arn: {"name": arn[-7:], "messages": []} for arn in (QUEUE, DEAD)}
        self.stream_end = 0
        self.enabled = True
        self._esm_inflight: dict[str, int] = {}
        self._esm_wake = threading.Event()
        self._dynamodb_stream_positions = Scoped()

    def _iter_all_esms(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for uuid, arn in (("m1", QUEUE), ("m2", STREAM)):
            yield "0", "us-east-1", {"UUID": uuid, "EventSourceArn": arn, "Enabled": self.enabled}

    def _queue_by_arn(self, arn: str) -> dict[str, Any] | None:
        return self.queues.get(arn)

    def stream_end_position(self, table: str, *, account_id: str, region: str) -> int:
        assert (table, account_id, region) == ("hub-demo-tickets", "0", "us-east-1")
        return self.stream_end

    def put(self, arn: str, *visible_at: float) -> None:
        self.queues[arn]["messages"] += [{"visible_at": at} for at in visible_at]


@pytest.fixture(name="aws")
def _aws() -> Embedded:
    return Embedded()


@pytest.fixture(name="backlog")
def _backlog(aws: Embedded) -> Backlog:
    module: Any = aws
    return Backlog(SteppedClock(START), module, module, module)


def test_an_empty_hub_has_no_backlog(backlog: Backlog) -> None:
    """Nothing lies there, nothing comes."""
    assert (backlog.at_work(), backlog.due()) == ([], [])


def test_a_visible_message_is_work_and_a_delayed_one_is_due(aws: Embedded, backlog: Backlog) -> None:
    """Of those that come later, the next counts."""
    aws.put(QUEUE, NOW, NOW + 600, NOW + 30)
    assert backlog.at_work() == ["queue changes"]
    [due] = backlog.due()
    assert (due.at, due.kind) == (START + timedelta(seconds=30), "message")


def test_a_queue_that_no_function_reads_is_nobody_s_work(aws: Embedded, backlog: Backlog) -> None:
    """Dead letters lie where they are, and so does what is sent to a mapping that is switched off."""
    aws.put(DEAD, NOW, NOW + 30)
    assert (backlog.at_work(), backlog.due()) == ([], [])
    aws.enabled = False
    aws.put(QUEUE, NOW)
    assert backlog.at_work() == []


def test_a_message_whose_moment_has_come_can_be_taken_and_the_poller_is_woken(aws: Embedded, backlog: Backlog) -> None:
    """Though epoch seconds as floats may miss the moment by less than a microsecond."""
    aws.put(QUEUE, NOW + 30 + 1e-7)
    [due] = backlog.due()
    backlog._clock.move_to(due.at)
    due.release()
    assert backlog.at_work() == ["queue changes"]
    assert aws._esm_wake.is_set()


def test_a_message_whose_moment_has_not_come_stays_where_it_is(aws: Embedded, backlog: Backlog) -> None:
    """When the one before it goes."""
    aws.put(QUEUE, NOW + 30, NOW + 600)
    [due] = backlog.due()
    backlog._clock.move_to(due.at)
    due.release()
    assert [message["visible_at"] for message in aws.queues[QUEUE]["messages"]] == [NOW + 30, NOW + 600]
    assert [coming.at for coming in backlog.due()] == [START + timedelta(seconds=600)]


def test_a_batch_in_hand_and_a_stream_behind_its_end_are_work(aws: Embedded, backlog: Backlog) -> None:
    """Until the batch is settled, and the stream's reader has reached its end."""
    aws._esm_inflight["m1"] = 1
    aws.stream_end = 2
    assert backlog.at_work() == ["batch m1", "stream of hub-demo-tickets"]
    aws._esm_inflight.clear()
    aws._dynamodb_stream_positions["0", "us-east-1", "m2"] = 2
    assert backlog.at_work() == []


def test_queues_are_polled_only_when_something_can_be_taken(aws: Embedded, backlog: Backlog) -> None:
    """And nobody looks at the backlog while a message is between its queue and its function."""
    taken: list[int] = []
    poll = backlog.taking(lambda: bool(taken.append(1)) or True)
    assert (poll(), taken) == (False, [])
    aws.put(QUEUE, NOW)
    assert (poll(), taken) == (True, [1])
