"""Ten messages of a batch are read, kept, said and settled with one call each, and counted as exactly as one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.handlers import changes
from hub.kernel.clock import StepClock
from tests.support.http import Context, call, drain, sqs_batch
from tests.support.webhooks import DOUYIN, NOW, WECOM, Stack, deliver, simulated_stack, wecom_text
from tests.support.wire import CRASH_AFTER, THROTTLE, Crash, faulty

BATCH = 10
CALLS = ("BatchGetItem", "GetParameters", "BatchWriteItem", "PutEvents", "TransactWriteItems")
"""Of a batch that nothing is in the way of; the secrets are read once a process."""


@pytest.fixture(name="stack")
def _stack() -> Iterator[Stack]:
    with simulated_stack(clock=StepClock(NOW), AWS_MAX_ATTEMPTS="1") as stack:
        yield stack


def store(stack: Stack, count: int = BATCH, name: str = "m") -> list[str]:
    """So many new messages behind the door; the ids of all that there are."""
    door = stack.door()
    for number in range(count):
        assert door.answer(deliver(WECOM, wecom_text("你好", f"{name}{number}")))["statusCode"] == 200
    return [item["message_id"]["S"] for item in stack.stored()]


def batch_of(stack: Stack) -> dict[str, Any]:
    """What the stream tells of those that wait."""
    new = {item["pk"]["S"] for item in stack.stored() if item["status"]["S"] == "pending"}
    return sqs_batch(*(change for change in stack.changes() if change["pk"] in new))


def publish(stack: Stack) -> list[str]:
    """One batch; the calls that it took."""
    batch = batch_of(stack)
    stack.restart()
    with faulty() as wire:
        answer = changes.on_change(batch, Context())
    assert answer == {"batchItemFailures": []}
    return wire.calls


def stats() -> dict[str, int]:
    names = ("accepted", "pending", "processed", "quarantined", "dead")
    shown = call(app.room, "GET", "/webhooks/stats").json
    return {name: shown[name] for name in names}


def states(stack: Stack) -> Counter[str]:
    return Counter(item["status"]["S"] for item in stack.stored())


def test_a_batch_is_one_call_of_each_kind_and_one_entry_on_the_bus(stack: Stack) -> None:
    """Ten messages of a connection: a read, a write of contents, ten events in one entry, one transaction."""
    ids = store(stack)
    calls = tuple(publish(stack))
    assert calls == CALLS
    sqs = stack.session.client("sqs")
    entries = drain(sqs, sqs.get_queue_url(QueueName="bus-tap")["QueueUrl"])
    (entry,) = {each["detail"]["pack"][0]["id"]: each for each in entries}.values()  # the wire tells moto twice
    assert (entry["detail"]["type"], {event["message_id"] for event in entry["detail"]["pack"]}) == (
        "message.received",
        set(ids),
    )
    assert stats() == {"accepted": 10, "pending": 0, "processed": 10, "quarantined": 0, "dead": 0}


def test_what_nobody_understands_is_quarantined_with_the_batch(stack: Stack) -> None:
    """One bad message among ten keeps none of the others, and is counted in the same transaction."""
    store(stack, BATCH - 1)
    stack.door().answer(deliver(WECOM, b"<xml><MsgType><![CDATA[hologram]]></MsgType></xml>"))
    calls = publish(stack)
    assert calls.count("TransactWriteItems") == 1
    assert states(stack) == {"processed": BATCH - 1, "quarantined": 1}
    assert stats() == {"accepted": 10, "pending": 0, "processed": 9, "quarantined": 1, "dead": 0}


def test_messages_of_two_connections_are_counted_each_in_its_own(stack: Stack) -> None:
    """A batch is one transaction whosever its messages are."""
    store(stack, 3)
    stack.door().answer(deliver(DOUYIN, b'[{"tag": "0", "msg_id": "0", "data": "2020-01-01"}]'))
    push = b'[{"tag": "101", "msg_id": "m1", "data": "{\\"shop_id\\": 4321, \\"p_id\\": 6917}"}]'
    assert stack.door().answer(deliver(DOUYIN, push))["statusCode"] == 200
    stored = len(stack.stored())
    publish(stack)
    shown = {each: stats_of(each) for each in (WECOM.id, DOUYIN.id)}
    assert (shown[WECOM.id], sum(shown.values())) == (3, stored)


def stats_of(connection_id: str) -> int:
    rows = app.room.desk.inbox.counters.rows(connection_id)
    return sum(row.numbers.get("processed", 0) + row.numbers.get("quarantined", 0) for row in rows)


def test_where_another_run_was_faster_the_rest_settle_one_by_one(stack: Stack) -> None:
    """Between the reading and the transaction the sweep gives one up: each is counted once, and what was said holds."""
    ids = store(stack)
    desk, given_up = app.room.desk, []

    def give_up() -> None:
        item = desk.inbox.messages.read(ids[4])
        assert item is not None
        given_up.append(desk.inbox.settler.settle(item, "dead", NOW, "not-settled-in-time"))

    batch = batch_of(stack)
    with faulty(CALLS.index("TransactWriteItems"), between=give_up):
        assert changes.on_change(batch, Context()) == {"batchItemFailures": []}
    assert given_up == [True]
    assert states(stack) == {"processed": BATCH}
    assert stats() == {"accepted": 10, "pending": 0, "processed": 10, "quarantined": 0, "dead": 0}


@pytest.mark.parametrize("kind", [THROTTLE, CRASH_AFTER])
@pytest.mark.parametrize("at", range(len(CALLS)))
def test_a_fault_in_a_batch_counts_nothing_twice(stack: Stack, at: int, kind: str) -> None:
    """Whichever call of the batch fails: the batch comes again, and every message is settled and counted once."""
    store(stack)
    batch = batch_of(stack)
    with faulty(at, kind) as wire:
        try:
            changes.on_change(batch, Context())
        except Crash:
            stack.restart()
    assert wire.calls[: at + 1] == list(CALLS[: at + 1])
    changes.on_change(batch, Context())
    assert states(stack) == {"processed": BATCH}
    assert stats() == {"accepted": 10, "pending": 0, "processed": 10, "quarantined": 0, "dead": 0}
