"""No cent is lost and none is paid twice, whatever crashes, comes again, comes late, or runs at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import bench_settlement_run
from functions.settlement.desk import Desk
from functions.settlement.handlers.steps import run_step
from functions.settlement.ledger.ledger import Entry
from functions.settlement.statements.statements import Statement
from hub.kernel.errors import Retry
from tests.support.dying_table import Crash, Dying
from tests.support.ledger import Ledger, entry_of, moment, watched

SIX = moment("2026-11-21 06:00")
RUN = "base.2026-11-20"


def paid(statements: Mapping[str, Statement]) -> Counter[tuple[str, str]]:
    """What statements come to, by party and currency."""
    return Counter(
        {(party, currency): minor for party, one in statements.items() for currency, minor in one.totals.items()}
    )


def owed(entries: list[Entry]) -> Counter[tuple[str, str]]:
    """What entries come to, by party and currency."""
    sums: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for party, amount in entry.earned_by_party().items():
            sums[party, amount.currency] += amount.amount_minor
    return sums


parties = st.sampled_from(["person:li", "person:zhao", "store:s1"])
amounts = st.integers(-50_000, 50_000).filter(bool)
posts = st.tuples(st.just("post"), parties, amounts, st.sampled_from(["CNY", "HKD"]), st.integers(0, 3))
deeds = st.one_of(posts, posts, posts, st.just(("next day",)), st.tuples(st.just("crash"), st.integers(1, 90)))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(deeds, min_size=4, max_size=16), st.booleans())
def test_statements_are_what_was_posted(done: list[tuple[Any, ...]], before: bool) -> None:
    """In two currencies, with negative amounts, late facts, repeats, and processes that die at any write of a run or a
    posting: each entry is in exactly one statement, and no statement ever changes."""
    table = Dying()
    ledger, posted, closed = Ledger(SIX, table), [], {}
    for deed, *facts in done:
        if deed == "post":
            party, minor, currency, days_ago = facts
            at = ledger.now - timedelta(days=days_ago, hours=1)
            posted.append(entry_of(f"evt_{len(posted)}", minor, at, party=party, currency=currency))
            with suppress(Crash):
                ledger.post(posted[-1])
            table.dies_at = 0
            ledger.post(posted[-1])
        elif deed == "crash":
            table.dies_at, table.before = int(facts[0]), before
        else:
            ledger.now += timedelta(days=1)
            closed |= settled(ledger)
    table.dies_at = 0
    for entry in posted:
        ledger.post(entry)
    ledger.now += timedelta(days=1)
    closed |= settled(ledger) | settled(ledger)
    ledger.now += timedelta(days=2)
    closed |= settled(ledger)
    sums: Counter[tuple[str, str]] = Counter()
    for statements in closed.values():
        sums.update(paid(statements))
    assert {key: minor for key, minor in owed(posted).items() if minor} == {
        k: minor for k, minor in sums.items() if minor
    }
    lines = [one.lines for statements in closed.values() for one in statements.values()]
    assert sum(lines) == len(posted)
    for run_id, statements in closed.items():
        assert ledger.statements(run_id) == statements


def settled(ledger: Ledger) -> dict[str, dict[str, Statement]]:
    """The schedule: whatever is due is run until it is closed, through every crash. Statements by run."""
    made = {}
    for run_id in ledger.runs():
        for _ in range(3):
            with suppress(Crash):
                ledger.run(run_id)
                made[run_id] = ledger.statements(run_id)
                break
    return made


@pytest.mark.parametrize("seed", range(3))
def test_killed_half_way_and_resumed_a_run_comes_to_the_same(seed: int) -> None:
    """Steps die after half of them: what follows, started from the beginning, has the very hash of a run that nobody
    disturbed, and that of its rehearsal."""
    facts = [entry_of(f"evt_{n}", 2 * n - 41, SIX - timedelta(hours=7), party=f"person:p{n % 17}") for n in range(100)]
    calm = Ledger(SIX)
    calm.post(*facts)
    whole = calm.run(RUN).outcome["close"]
    Random(seed).shuffle(facts)
    killed = Ledger(SIX)
    killed.post(*facts, *facts[:30])
    rehearsed = killed.run(RUN, "rehearse").outcome["rehearse"]
    calls = count()

    def half(desk: Desk, payload: Any) -> Any:
        if next(calls) == 9:
            raise Crash
        return run_step(desk, payload)

    with pytest.raises(Crash):
        killed.run(RUN, step=half)
    assert killed.runs() == [RUN]
    resumed = killed.run(RUN).outcome["close"]
    assert (resumed["hash"], resumed["totals"], resumed["lines"]) == (whole["hash"], whole["totals"], 100)
    assert rehearsed["hash"] == resumed["hash"]
    assert killed.runs() == []


def test_a_party_with_many_lines_settles_whole() -> None:
    """2,500 lines of one person and as many of one store, in steps of 400 lines that die now and then: each in one
    statement of pages below 100 KB, with every line; DuckDB adds them up to the same."""
    ledger = Ledger(SIX)
    rows = [
        (f"evt_{n}", (n * 7919) % 10_007 - 3_000, party) for n in range(2500) for party in ("person:li", "store:s1")
    ]
    for fact, minor, party in rows:
        ledger.post(entry_of(fact, minor or 1, SIX - timedelta(hours=7), party=party, rule=party.replace(":", "_")))
    calls = count(1)

    def dying(desk: Desk, payload: Any) -> Any:
        if next(calls) % 5 == 0:
            raise Crash
        return run_step(replace(desk, lines_a_step=400), payload)

    for _ in range(20):
        with suppress(Crash):
            ledger.run(RUN, step=dying)
            break
    made = ledger.statements(RUN)
    assert {party: one.lines for party, one in made.items()} == {"person:li": 2500, "store:s1": 2500}
    relation = duckdb.connect()
    relation.execute("create table facts (party varchar, amount decimal(18, 2))")
    relation.executemany(
        "insert into facts values (?, ?::decimal(18, 2))", [(p, f"{(m or 1) / 100:.2f}") for _, m, p in rows]
    )
    sums = relation.execute("select party, cast(sum(amount) * 100 as bigint) from facts group by party").fetchall()
    assert {party: one.totals["CNY"] for party, one in made.items()} == dict(sums)
    pages = [item for (pk, sk), item in ledger.table.items.items() if sk.startswith("page#")]
    assert max(len(page["document"].encode()) for page in pages) < 100_000
    assert sum(len(list(ledger.desk.statements.every_line(one, 1, 10**6))) for one in made.values()) == 5000


def test_at_most_three_writes_a_settled_line() -> None:
    """Posting is the entry and its line; a run adds pages, heads and seals: counted over 30 lines a party."""
    ledger = Ledger(SIX)
    for n in range(1500):
        ledger.post(entry_of(f"evt_{n}", 100, SIX - timedelta(hours=7), party=f"person:p{n % 50}"))
    posted = ledger.table.written
    ledger.run(RUN)
    assert posted <= 2.1 * 1500
    assert ledger.table.written <= 3 * 1500


def test_nothing_is_hot_in_a_burst() -> None:
    """10,000 orders of one shop within a minute, each with a line for the shop and one for its platform: on the table
    and on every index no key takes more than a sixty-fourth of the writes, but for chance."""
    ledger = Ledger(SIX)
    keys: dict[str, Counter[str]] = {}
    ledger.table.transact = watched(keys, ledger.table.transact)
    for n in range(2000):
        at = SIX + timedelta(milliseconds=n)
        lines = entry_of(f"evt_{n}", 100, at, party="store:s1", region="310101").lines
        made = entry_of(f"evt_{n}", 900, at, party="platform:douyin", region="310101", rule="split")
        ledger.post(made.__class__(made.fact_id, made.purpose, at, (*made.lines, *lines), made.why))
    for name, written in keys.items():
        total = sum(written.values())
        if total >= 2000:
            assert len(written) >= 64, name
            assert max(written.values()) <= total / 64 * 1.9, name
    assert {"pk", "list_pk", "l_tenant", "l_district"} <= {
        name for name, one in keys.items() if sum(one.values()) >= 2000
    }


def test_what_comes_while_a_period_is_sealed_goes_to_the_next() -> None:
    """Half of the seals are set when it comes: it is in this period or in the next, once, and never in neither."""
    ledger = Ledger(SIX)
    ledger.post(entry_of("evt_0", 1, SIX - timedelta(hours=7)))
    desk = ledger.new_desk()
    run = desk.runs.find(RUN)
    assert run is not None
    for shard in range(0, 64, 2):
        pk = f"demo#seal#{RUN}#{shard}"
        ledger.table.put({"pk": pk, "sk": "seal", "schema": 1, "state": "sealed"})
    ledger.post(*(entry_of(f"evt_{n}", 1, SIX - timedelta(hours=7)) for n in range(1, 40)))
    ledger.run(RUN)
    ledger.now += timedelta(days=1)
    (later,) = ledger.runs()
    ledger.run(later)
    counts = [ledger.statements(name)["person:wang.wei"].lines for name in (RUN, later)]
    assert (sum(counts), min(counts) > 0) == (40, True)


def test_two_steps_of_one_run_at_once() -> None:
    """Whoever lost tries again, and finds that it is done."""
    ledger = Ledger(SIX)
    ledger.post(entry_of("evt_0", 1, SIX - timedelta(hours=7)))
    desk = ledger.new_desk()
    run = desk.runs.find(RUN)
    assert run is not None
    ledger.run(RUN)
    with pytest.raises(Retry):
        desk.runs.store(run)
    assert ledger.run(RUN).outcome["close"]["lines"] == 1


def test_a_platforms_order_costs_at_most_three_writes_a_line() -> None:
    """From the fact on, entries, lines and statements included: that its platform lists it is no item more."""
    assert bench_settlement_run._from_facts(1_000) <= 3
