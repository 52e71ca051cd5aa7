"""What AWS would charge for what this process does: every call that leaves a botocore client, counted at the wire.

Prices are list prices of us-east-1 (and cn-north-1 in their proportion), November 2026. Reads of streams by Lambda cost
nothing. What the simulated account does not tell is reckoned: how long a function runs (CALL_MS a call, OWN_MS of its
own for each thing that it handles), and what a write does to the table's indexes, from the items before and after.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from tests.support.aws import INDEXES, REGION, ROOM_INDEXES
from tests.support.direct_aws import DIRECT

DOLLARS_A_MILLION: Mapping[str, float] = {
    "api": 1.00,
    "call": 0.20,
    "gb_second": 13.3334,
    "write": 0.625,
    "read": 0.125,
    "event": 1.00,
    "queue": 0.40,
    "key": 3.00,
    "transition": 25.00,
}
"""An HTTP API request, a Lambda request, its GB-seconds on arm64, a write unit of 1 KB, a consistent read unit of 4 KB,
an entry on the bus, an SQS request, a KMS request, a state transition."""
MEMORY_GB, CALL_MS, OWN_MS = 0.5, 5, 3
Image = dict[tuple[str, str, str], dict[str, Any]]


@dataclass
class Meter:
    """units: of each thing that has a price. calls: by name."""

    units: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: Counter[str] = field(default_factory=Counter)
    on: bool = False

    def __call__(self, request: Any, **_: Any) -> None:
        if not self.on:
            return
        target = request.headers.get("X-Amz-Target", b"")
        name = (target.decode() if isinstance(target, bytes) else str(target)).rpartition(".")[2]
        self.calls[name] += 1
        body = json.loads(request.body) if name and request.body else {}
        self.add(**_units(name, body))

    def add(self, **units: float) -> None:
        """So much of what has a price."""
        for name, number in units.items():
            self.units[name] += number

    def invoked(self, handled: int, before: Counter[str], requests: int = 1) -> None:
        """A function ran `requests` times for so many things; before: the calls until then."""
        milliseconds = (self.calls - before).total() * CALL_MS + handled * OWN_MS
        self.add(call=requests, gb_second=milliseconds / 1000 * MEMORY_GB)

    def each(self, count: int) -> dict[str, float]:
        """Units of what has a price, of one of what was done `count` times."""
        return {name: self.units[name] / count for name in DOLLARS_A_MILLION}

    def dollars(self, count: int) -> dict[str, float]:
        """What a million of what was done `count` times costs, by what is paid for."""
        return {name: units * DOLLARS_A_MILLION[name] for name, units in self.each(count).items()}


METER = Meter()
BUILTIN_HANDLERS.insert(0, ("before-send", METER))


@contextmanager
def metered() -> Iterator[Meter]:
    """Inside, every call is counted, and in the end what was written to indexes."""
    METER.units.clear()
    METER.calls.clear()
    before, METER.on, DIRECT.on = _image(), True, False
    try:
        yield METER
    finally:
        METER.on, DIRECT.on = False, True
        METER.add(write=_index_writes(before, _image()))


@contextmanager
def aside() -> Iterator[None]:
    """Inside, calls are the harness's own."""
    before, METER.on = METER.on, False
    try:
        yield
    finally:
        METER.on = before


@contextmanager
def function(handled: int = 1, requests: int = 1) -> Iterator[None]:
    """Around what a function does for so many things."""
    before = Counter(METER.calls)
    yield
    METER.invoked(handled, before, requests)


def _units(name: str, body: Mapping[str, Any]) -> dict[str, float]:
    if name in ("PutItem", "UpdateItem", "DeleteItem"):
        return {"write": _kilobytes(body)}
    if name == "BatchWriteItem":
        requests = (request for table in body["RequestItems"].values() for request in table)
        return {"write": sum(_kilobytes(request.get("PutRequest", {})) for request in requests)}
    if name == "TransactWriteItems":
        return {"write": sum(2 * _kilobytes(write) for part in body["TransactItems"] for write in part.values())}
    if name in ("GetItem", "Query"):
        return {"read": 1 if body.get("ConsistentRead") else 0.5}
    if name == "BatchGetItem":
        parts = body["RequestItems"].values()
        return {"read": sum(len(part["Keys"]) * (1 if part.get("ConsistentRead") else 0.5) for part in parts)}
    if name == "PutEvents":
        return {"event": len(body["Entries"])}
    kinds = {"Encrypt": "key", "Decrypt": "key", "GenerateDataKey": "key"}
    queues = ("SendMessage", "SendMessageBatch", "ChangeMessageVisibility", "GetQueueUrl")
    return {kinds[name]: 1} if name in kinds else {"queue": 1} if name in queues else {}


def _kilobytes(write: Mapping[str, Any]) -> int:
    """Of what is put, as DynamoDB reckons it, begun ones whole; an update, a deletion and a check count as one."""
    return -(-_bytes({"M": write["Item"]}) // 1024) if "Item" in write else 1


def _bytes(value: Mapping[str, Any]) -> int:
    """What an attribute's value takes (developer guide, "Item sizes and formats")."""
    (kind, content), *_ = value.items()
    if kind == "M":
        return 3 + sum(len(name.encode()) + 1 + _bytes(part) for name, part in content.items())
    if kind == "L":
        return 3 + sum(1 + _bytes(part) for part in content)
    if kind == "B":
        return len(content) * 3 // 4  # as it travels, in base64
    if kind in ("SS", "NS"):
        return sum(map(len, content))
    return 1 if kind in ("BOOL", "NULL") else len(content) // 2 + 2 if kind == "N" else len(content.encode())


def _image() -> Image:
    """Every item of every table."""
    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
    return {
        (name, attributes["pk"]["S"], attributes["sk"]["S"]): attributes
        for name, table in tables.items()
        for attributes in (item.to_json()["Attributes"] for item in table.all_items())
    }


def _index_writes(before: Image, after: Image) -> int:
    """What the difference cost in indexes: an entry that came or went is a write, one that moved two."""
    total = 0
    for key in before.keys() | after.keys():
        name = key[0].rpartition("-")[2]
        for hash_name, range_name, _ in INDEXES.get(name, ROOM_INDEXES).values():
            old, new = (_entry(image.get(key), hash_name, range_name) for image in (before, after))
            total += 0 if old == new else (old is not None) + (new is not None)
    return total


def _entry(item: Mapping[str, Any] | None, hash_name: str, range_name: str) -> tuple[Any, Any] | None:
    return (item[hash_name], item[range_name]) if item and hash_name in item and range_name in item else None
