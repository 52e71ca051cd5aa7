"""Facts in any order, up to three times each, with refunds before their sales: the ledger ends the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

MORNING = moment("2026-11-20T09:00:00+08:00")
PAY = posting({"rule": "percent", "of": "amount", "rate": "0.0333"})


@pytest.fixture(scope="module")
def room() -> Iterator[Till]:
    people = [f"p{seed}x{turn}" for seed in range(6) for turn in range(2)]
    with till("2026-11-20T09:00:00+08:00", *people, in_memory=True) as made:
        made.publish("p", {"facts": ["order"], "postings": [PAY]})
        made.clock.now = MORNING + timedelta(days=1)
        yield made


def facts_of(seed: int, person: str) -> list[dict[str, Any]]:
    """Five orders, three of which go back in parts."""
    chance, who = random.Random(seed), {"person": person, "store": "s1", "region": "310101"}
    facts = []
    for number in range(5):
        at = MORNING + timedelta(minutes=chance.randrange(600))
        name, amount = f"{person}-{number}", f"{chance.randrange(1, 100_000) / 100:.2f}"
        facts.append({**handed("order", at=at.isoformat(), amount=amount, pieces=3, parties=who), "id": name})
        for part in range(chance.randrange(3) if number % 2 == 0 else 0):
            back = handed(
                "refund", at=(at + timedelta(hours=1 + part)).isoformat(), pieces=1, parties=who, reverses=name
            )
            facts.append({**back, "id": f"{name}-back{part}"})
    return facts


@pytest.mark.parametrize("seed", range(6))
def test_any_order_and_repetition_comes_to_the_same(room: Till, seed: int) -> None:
    """In order and once, or shuffled and up to three times: each person is owed the same, in as many entries."""
    straight, shuffled = facts_of(seed, f"p{seed}x0"), facts_of(seed, f"p{seed}x1") * 3
    random.Random(seed + 100).shuffle(shuffled)
    for fact in straight:
        room.hand_in(fact)
    for fact in shuffled:
        room.hand_in(fact)
    owed = room.accounts(f"payable:person:p{seed}x")
    assert owed.get(f"payable:person:p{seed}x0") == owed.get(f"payable:person:p{seed}x1")
    made = [entry["fact_id"].split("-")[0] for entry in room.entries()]
    assert made.count(f"p{seed}x0") == made.count(f"p{seed}x1") > 0
    assert room.call("GET", "/settlement/facts/parked").json["data"] == []
