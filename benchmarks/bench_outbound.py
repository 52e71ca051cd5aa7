"""Outbound webhooks: what a delivery costs in counted calls, and 10,000 events to twenty endpoints of which one hangs
and one refuses.

The eighteen others have all of theirs, each once, before time goes on at all; after the two recover, they have theirs.
The flood's table is one in memory and receivers are functions; the price is counted at the wire (benchmarks/meter.py),
but for the time that a worker waits for an endpoint's answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.bench_price import BATCH, HOP, Bill, row_of
from benchmarks.fast_table import FastTable
from benchmarks.harness import Ratio
from benchmarks.meter import METER, function, metered
from functions.outbound import app
from tests.support.outbound import NOON, OK, REFUSES, Hub, hangs, outbound_hub

EVENTS = 10_000
ENDPOINTS = 20
COUNTED = 100
BURST = 200
"""So many events come between two rounds of the workers."""
QUEUE_CALLS = 3
"""Of a message that wakes an endpoint's worker: sent, received, deleted."""
PRICE_CEILING = 13.0


def run() -> list[Ratio]:
    """Count a burst to one endpoint, then the flood."""
    bill = delivery_bill()
    print("      " + row_of("delivery", bill))
    lost, twice, late = flood(EVENTS)
    return [
        Ratio("price of a million deliveries in bursts, in dollars", sum(bill.dollars.values()), PRICE_CEILING, False),
        Ratio(f"deliveries lost of {EVENTS} events to {ENDPOINTS} endpoints", lost, 0, False),
        Ratio("deliveries that a healthy endpoint got twice", twice, 0, False),
        Ratio("deliveries of healthy endpoints that waited for the other two", late, 0, False),
    ]


def delivery_bill() -> Bill:
    """A delivery of a burst of COUNTED events to one endpoint: heard ten a batch, kept, sent, written down."""
    with outbound_hub() as hub:
        hub.receivers.behaviours["https://a.example/hook"] = OK
        hub.register()
        hub.tell(hub.opened(0))
        hub.work()
        events = [hub.opened(number) for number in range(1, COUNTED + 1)]
        with metered() as meter:
            for begin in range(0, COUNTED, BATCH):
                with function(BATCH):
                    hub.tell(*events[begin : begin + BATCH])
            wakes = len(hub.queue)
            with function(COUNTED, wakes):
                hub.work()
            METER.add(queue=HOP * COUNTED + QUEUE_CALLS * wakes)
        assert len(hub.receivers.received) == COUNTED + 1
    return Bill(meter.each(COUNTED), meter.dollars(COUNTED), {})


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
