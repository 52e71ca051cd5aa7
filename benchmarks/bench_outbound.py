"""Outbound webhooks: what a delivery costs in counted calls, and 10,000 events to twenty endpoints of which one hangs
and one refuses.

The eighteen others have all of theirs, each once, before time goes on at all; after the two recover, they have theirs.
The flood's table is one in memory and receivers are functions; the price is AWS's list (us-east-1, November 2026), from
calls that are counted before a simulated DynamoDB, Lambda's milliseconds left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from benchmarks.fast_table import FastTable
from benchmarks.harness import Ratio
from functions.outbound import app
from tests.support.outbound import NOON, OK, REFUSES, Hub, hangs, outbound_hub
from tests.support.wire import faulty

EVENTS = 10_000
ENDPOINTS = 20
COUNTED = 100
BURST = 200
"""So many events come between two rounds of the workers."""
WRITE, READ, QUEUE_CALL, LAMBDA = 0.625, 0.125, 0.40, 0.20
"""US dollars a million."""
PRICE_CEILING = 13.0


def run() -> list[Ratio]:
    """Count a burst to one endpoint, then the flood."""
    units, calls = _counted()
    price = units * WRITE + calls["GetItem"] * READ + calls["Query"] * READ
    print(f"      a delivery: {dict(calls)}, {units:.1f} write units, ${price:.2f} a million")
    lost, twice, late = flood(EVENTS)
    return [
        Ratio("price of a million deliveries in bursts, in dollars", price, PRICE_CEILING, False),
        Ratio(f"deliveries lost of {EVENTS} events to {ENDPOINTS} endpoints", lost, 0, False),
        Ratio("deliveries that a healthy endpoint got twice", twice, 0, False),
        Ratio("deliveries of healthy endpoints that waited for the other two", late, 0, False),
    ]


def _counted() -> tuple[float, Counter[str]]:
    """Write units and calls a delivery, of a burst of COUNTED events to one endpoint."""
    with outbound_hub() as hub:
        hub.receivers.behaviours["https://a.example/hook"] = OK
        hub.register()
        hub.tell(hub.opened(0))
        hub.work()
        events = [hub.opened(number) for number in range(1, COUNTED + 1)]
        with faulty() as wire:
            hub.tell(*events)
            hub.work()
        assert len(hub.receivers.received) == COUNTED + 1
    calls = Counter(wire.calls)
    # an event: itself, the delivery and what waits (a transaction), the wake; their indexes: the delivery's list, the
    # turn's. An outcome, in a transaction: attempt, delivery, what waited no more; the list takes it from one place to
    # another. A wave: the turn and the day.
    transactions = calls["TransactWriteItems"] - COUNTED
    begun, done, waves = 1 + 2 * 2 + 1 + 2, 3 * 2 + 2, transactions * 2 * 2 / COUNTED
    turns = calls["UpdateItem"] - COUNTED
    return begun + done + waves + 2 * turns / COUNTED, Counter({name: n / COUNTED for name, n in calls.items()})


def flood(events: int) -> tuple[int, int, int]:
    """How many deliveries are lost in the end, come twice, and come late to those that are well."""
    urls = [f"https://e{number}.example/hook" for number in range(ENDPOINTS)]
    well, hanging, refusing = urls[2:], urls[0], urls[1]
    with outbound_hub() as hub:
        in_memory(app.room.desk)
        hub.receivers.behaviours |= {**dict.fromkeys(well, OK), hanging: hangs, refusing: REFUSES}
        for url in urls:
            hub.register(url, concurrency=20)
        for begin in range(0, events, BURST):
            hub.tell(*(hub.opened(number) for number in range(begin, min(begin + BURST, events))))
            hub.work()
        assert hub.clock.now == NOON
        late = sum(events - len(set(hub.receivers.ids(url))) for url in well)
        hub.receivers.behaviours |= {hanging: OK, refusing: OK}
        _recover(hub, events, (hanging, refusing))
        lost = sum(events - len(set(hub.receivers.ids(url))) for url in urls)
        twice = sum(len(hub.receivers.ids(url)) - events for url in well)
    return lost, twice, late


def in_memory(desk: Any) -> None:
    """The room's table is one in memory from now on."""
    table = FastTable()
    desk.endpoints.table = table
    desk.deliveries = replace(desk.deliveries, table=table)
    desk.turns = replace(desk.turns, table=table)
    desk.statistics = replace(desk.statistics, table=table)


def _recover(hub: Hub, events: int, urls: tuple[str, ...]) -> None:
    """Ten minutes are what an endpoint is left alone for at most; then it takes what it can."""
    for _ in range(12):
        hub.run(minutes=1)
        if all(len(set(hub.receivers.ids(url))) == events for url in urls):
            return
