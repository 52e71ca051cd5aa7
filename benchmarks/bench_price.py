"""What a million webhook messages cost by AWS's price list, from counted calls.

The floor is one DynamoDB write and one Lambda request a message: $0.83. The door alone keeps the budget. The whole way
of a message (published, counted, its content kept) costs several times that; its ceiling is what it costs today.
API Gateway and Lambda's milliseconds are left out of both sides.
"""

from __future__ import annotations

from collections import Counter

from benchmarks.harness import Ratio
from functions.webhooks import app
from functions.webhooks.handlers import changes
from tests.support.http import Context, sqs_batch
from tests.support.webhooks import WECOM, Stack, deliver, simulated_stack, wecom_text

MESSAGES = 100
FLOOR = 0.83
BUDGET, WHOLE_WAY_CEILING = 2.5, 9.0
WRITE, READ, EVENT, QUEUE_CALL, LAMBDA = 0.625, 0.125, 1.00, 0.40, 0.20
"""US dollars a million, us-east-1, November 2026."""
QUEUE_BATCH = 10
UNITS = {"PutItem": WRITE, "UpdateItem": WRITE, "GetItem": READ, "TransactWriteItems": 4 * WRITE}
"""A transaction of two items is two writes each. Every item here is at most 1 KB."""
DOOR_INDEXES, LATER_INDEXES = 2, 1
"""The inbox's two indexes take a message on when it arrives: by its connection, where it stays, and as one that waits,
which lets it go when it is settled."""


def run() -> list[Ratio]:
    """Deliver, publish and settle messages, and count every call."""
    with simulated_stack() as stack:
        door, rest = _count(stack)
    door_price = _tables(door) + DOOR_INDEXES * WRITE + LAMBDA
    queue_calls = 3 / QUEUE_BATCH  # sent by forward, received and deleted by Lambda, ten at a time
    rest_price = _tables(rest) + LATER_INDEXES * WRITE + EVENT + queue_calls * QUEUE_CALL + LAMBDA / QUEUE_BATCH
    whole = door_price + rest_price
    print(f"      a million messages: ${door_price:.2f} at the door, ${whole:.2f} all the way")
    return [
        Ratio("price of the door, of the floor", round(door_price / FLOOR, 6), BUDGET, False),
        Ratio("price of a message's whole way, of the floor", whole / FLOOR, WHOLE_WAY_CEILING, False),
    ]


def _tables(calls: Counter[str]) -> float:
    """What the calls to DynamoDB cost a million messages."""
    return sum(UNITS.get(call, 0.0) * count for call, count in calls.items()) / MESSAGES


def _count(stack: Stack) -> tuple[Counter[str], Counter[str]]:
    """The calls of the door, then those behind the queue."""
    door = stack.door()
    for number in range(MESSAGES):
        assert door.answer(deliver(WECOM, wecom_text("你好", str(number))))["statusCode"] == 200
    at_door, news = Counter(stack.calls), stack.changes()
    dynamodb, behind = app.room.host.client("dynamodb"), list[str]()
    dynamodb.meta.events.register("before-call.dynamodb.*", lambda model, **_: behind.append(model.name))
    for start in range(0, MESSAGES, QUEUE_BATCH):
        answer = changes.on_change(sqs_batch(*news[start : start + QUEUE_BATCH]), Context())
        assert answer == {"batchItemFailures": []}
    return at_door, Counter(behind)
