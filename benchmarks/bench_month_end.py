"""Month's end on one machine, as `hubctl dev` runs the hub: twelve regions of 10,000 orders, a party of 50,000 lines.

The ledger is posted in memory by the room's own code and laid into the embedded DynamoDB as it stands: by HTTP it would
take the better part of an hour. From there on all is the hub's: the schedule starts the thirteen runs, Step Functions
goes through their shards by Distributed Maps whose items it reads from S3, and the workers settle them. Half way
everything is killed, executions and workers; what is left is the table. A new hub is started on it, whose schedule
takes the runs up. In the end every run has the hash and the totals of the same run in memory that nobody disturbed.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from benchmarks.bench_settlement_run import CODES, LINES, OVER, PEOPLE
from benchmarks.bench_settlement_run import ORDERS as ALL_ORDERS
from benchmarks.harness import Ratio
from hub.store.items import plain_item, raw_item
from hubctl.aws_host import ACCOUNT, REGION
from hubctl.dev import Hub, Options, running_hub
from tests.support.ledger import Ledger, entry_of, moment

ORDERS = int(os.environ.get("HUB_MONTH_END_ORDERS", ALL_ORDERS))
"""A region's; the party's lines are five times as many."""
TABLE, BIG, BASE_RUN = "hub-demo-settlement", "person:big", "base.2026-11"
POSTED = moment("2026-11-20 12:00")
RUNS = (BASE_RUN, *(f"{code}.2026-11" for code in CODES))
STARTS = OVER - timedelta(seconds=10)
"""The hour begins just after the hub is up."""
SECONDS_MAX = 400.0
LOOKS_EVERY_SECONDS = 0.2
Raw = dict[str, Any]
Items = dict[tuple[str, str], Any]
Outcome = tuple[str, int, Mapping[str, int]]


def run() -> list[Ratio]:
    """Post, settle in memory, settle on the embedded AWS with a kill, compare."""
    began = time.monotonic()
    ledger = _posted()
    table: Items = {key: raw_item(item) for key, item in ledger.table.items.items()}
    calm = {run_id: _outcome(ledger.run(run_id).outcome["close"]) for run_id in RUNS}
    lines = sum(outcome[1] for outcome in calm.values())
    print(f"      {lines:,} lines posted and settled in memory in {time.monotonic() - began:.0f} s")
    half = len(_settled_shards(ledger.table.items)) // 2
    table, before = _settled(table, until=half)
    table, after = _settled(table, until=None)
    done = {run_id: _outcome(plain_item(table[_run_key(run_id)])["outcome"]["close"]) for run_id in RUNS}
    print(f"      killed after {before:.0f} s with {half} shards done, closed {after:.0f} s after the new start")
    return [
        Ratio(f"runs of {ORDERS:,} orders with the hash and totals of an undisturbed one, of {len(RUNS)}",
              sum(done[run_id] == calm[run_id] for run_id in RUNS), len(RUNS), True),
        Ratio(f"lines of one party in its statement, of {_big():,}", done[BASE_RUN][1] / _big(), 1, True),
        Ratio("minutes until all are closed, both starts together", (before + after) / 60, 10, False),
    ]  # fmt: skip


def _big() -> int:
    return LINES * ORDERS // ALL_ORDERS


def _posted() -> Ledger:
    """All of November in the ledger: its days are folded, as every night does."""
    ledger = Ledger(moment("2026-11-01 00:00"))
    _close_by_the_month(ledger)
    ledger.now = moment("2026-11-20 13:00")
    for code in CODES:
        for number in range(ORDERS):
            party = f"person:{code}.{number % PEOPLE}"
            ledger.post(entry_of(f"{code}:{number}", 100 + number % 977, POSTED, party=party, region=code))
    for number in range(_big()):
        ledger.post(entry_of(f"big:{number}", 100 + number % 977, POSTED, party=BIG))
    ledger.desk.cubes.advance(date(2026, 12, 1), None)
    ledger.now = OVER
    return ledger


def _close_by_the_month(ledger: Ledger) -> None:
    from functions.settlement.runs.calendar_kind import CALENDARS, KEY
    from hub.documents.submissions import Submission

    month = {"every": "month"}
    document = {"base": month, "regions": dict.fromkeys(CODES, month)}
    ledger.desk.documents.publish(CALENDARS, KEY, Submission(document=document), "boss")


def _settled(items: Items, until: int | None) -> tuple[Items, float]:
    """What the table holds after a hub had it until so many shards were done, or all runs closed; and how long that
    took from the hour on."""
    with running_hub(Options(business_origin=STARTS, steps=())) as hub, _table(hub) as table:
        for (pk, sk), item in items.items():
            table["items"][pk][sk] = item
        _replaced(hub, table)
        began, deadline = 0.0, time.monotonic() + SECONDS_MAX
        while not _is_done(table, until):
            assert time.monotonic() < deadline, f"{len(_settled_shards(_flat(table)))} shards after {SECONDS_MAX} s"
            began = began or (time.monotonic() if _is_begun(table) else 0.0)
            time.sleep(LOOKS_EVERY_SECONDS)
        took = time.monotonic() - began
        for pid in hub.dispatcher.pids:
            os.kill(pid, signal.SIGKILL)
        return _flat(table), took


@contextmanager
def _table(hub: Hub) -> Iterator[Raw]:
    """The embedded DynamoDB's own table."""
    yield hub.aws.module("services.dynamodb")._tables._data[ACCOUNT, REGION, TABLE]


def _replaced(hub: Hub, table: Raw) -> None:
    hub.aws.module("services.dynamodb")._items_replaced(table)


def _flat(table: Raw) -> Items:
    return {(pk, sk): item for pk, by_sk in list(table["items"].items()) for sk, item in list(by_sk.items())}


def _settled_shards(items: Mapping[Any, Any]) -> list[Any]:
    return [key for key, item in items.items() if key[0].startswith("demo#seal#") and "result" in item]


def _is_begun(table: Raw) -> bool:
    return any(table["items"][pk][sk].get("cut_off") for pk, sk in map(_run_key, RUNS))


def _is_done(table: Raw, until: int | None) -> bool:
    if until is None:
        return all(table["items"][pk][sk]["state"] == {"S": "closed"} for pk, sk in map(_run_key, RUNS))
    seals = ((pk, by_sk) for pk, by_sk in list(table["items"].items()) if pk.startswith("demo#seal#"))
    return sum("result" in item for _, by_sk in seals for item in by_sk.values()) >= until


def _run_key(run_id: str) -> tuple[str, str]:
    scope, _, name = run_id.partition(".")
    return f"demo#runs#{scope}", name


def _outcome(close: Mapping[str, Any]) -> Outcome:
    totals = {currency: int(minor) for currency, minor in close["totals"].items()}
    return str(close["hash"]), int(close["lines"]), totals
