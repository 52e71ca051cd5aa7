"""What a delivery costs in DynamoDB writes: exactly one for a new message, one that fails for a repeat.

Calls are counted at the transport, as requests that leave the client; the tables are simulated.
"""

from __future__ import annotations

from benchmarks.harness import Ratio
from tests.support.webhooks import WECOM, Stack, deliver, simulated_stack, wecom_text

MESSAGES = 20
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
READS = ("GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems")


def run() -> list[Ratio]:
    """Deliver some messages, then all of them again."""
    with simulated_stack() as stack:
        new = _deliver_all(stack)
        assert len(stack.stored()) == MESSAGES
        before = stack.stored()
        repeats = _deliver_all(stack)
        assert stack.stored() == before
    return [
        Ratio("DynamoDB writes for a new message", _per_message(new, WRITES), 1, False),
        Ratio("DynamoDB writes for a repeat, all of which fail", _per_message(repeats, WRITES), 1, False),
        Ratio("DynamoDB reads for either", _per_message(new + repeats, READS), 0, False),
    ]


def _deliver_all(stack: Stack) -> list[str]:
    """The calls that a door makes for MESSAGES deliveries."""
    door = stack.door()
    stack.calls.clear()
    for number in range(MESSAGES):
        assert door.answer(deliver(WECOM, wecom_text("你好", str(number))))["statusCode"] == 200
    calls = list(stack.calls)
    stack.calls.clear()
    return calls


def _per_message(calls: list[str], operations: tuple[str, ...]) -> float:
    return sum(call in operations for call in calls) / MESSAGES
