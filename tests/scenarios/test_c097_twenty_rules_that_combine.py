"""C097: 20 primitives and more that compose in a declared order; what can't work is refused with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from hubctl.cli import app as hubctl
from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, till


@pytest.fixture(scope="module")
def room() -> Iterator[Till]:
    with till() as made:
        yield made


def test_the_primitives_are_printed_and_served(room: Till) -> None:
    """`hubctl settlement rules` prints 20 lines and more; each says units, rounding and remainder, as the API does."""
    lines = [line.split("\t") for line in CliRunner().invoke(hubctl, ["settlement", "rules"]).stdout.splitlines()]
    served = room.call("GET", "/settlement/rules").json["rules"]
    assert len(lines) >= 20
    assert [line[0] for line in lines] == [rule["rule"] for rule in served]
    assert all(len(line) == 5 and all(line) for line in lines)


def test_three_rules_compose_in_their_order(room: Till) -> None:
    """10 % of 300.00, 5.00 off an hour late, at least 12.00: 30 − 10 = 20.00; with the last two the other way, too."""
    late = {"rule": "penalty", "of": "late_hours", "amount": "5.00"}
    steps = [{"rule": "percent", "of": "amount", "rate": "0.10"}, late, {"rule": "floor", "least": "12.00"}]
    assert room.publish("late", {"facts": ["order"], "postings": [posting(*steps)]}).status == 200
    room.hand_in(handed("order", 1, amount="300.00", late_hours=2), handed("order", 2, amount="300.00", late_hours=5))
    entries = {entry["fact_id"]: entry for entry in room.entries()}
    assert [entries[f"order:{n}"]["lines"][0]["amount"] for n in (1, 2)] == ["20.00", "12.00"]
    assert entries["order:2"]["reason"]["zh"] == "报酬：金额 300.00 元 × 10%，扣罚 25.00 元，不低于 12.00 元"


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        ([{"rule": "percent", "of": "amount", "rate": "1e9"}], "/document/postings/0/steps/0/rate"),
        ([{"rule": "flat", "amount": "1.001"}], "/document/postings/0/steps/0/amount"),
        ([{"rule": "cap", "most": "9.00", "per": "period"}], "/document/postings/0/window"),
    ],
)
def test_a_draft_that_cannot_work_is_refused_with_its_place(room: Till, steps: Any, place: str) -> None:
    """Wrong numbers, three decimals of a fen, a period that nobody named."""
    answer = room.publish("wrong", {"facts": ["order"], "postings": [posting(*steps)]})
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [place]
