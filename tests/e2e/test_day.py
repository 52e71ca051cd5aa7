"""The demo day, as a stranger plays it: every line of it is checked by the command itself, and once more here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.printed_day import masked

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("printed_day.txt")
PRINTED = ROOT / "build" / "printed_day.txt"
DAY_SECONDS = 400


@pytest.fixture(scope="module", name="day")
def _day() -> dict[str, Any]:
    """What `hubctl demo --json` says of the day in its last line."""
    hubctl = Path(sys.executable).with_name("hubctl")
    done = subprocess.run(
        [str(hubctl), "demo", "--json"], cwd=ROOT, capture_output=True, text=True, timeout=DAY_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said | {"printed": masked(done.stderr)}


def test_the_day_prints_as_every_day_before_it(day: dict[str, Any]) -> None:
    """Every line but for ids, however busy the machine. If a change is meant, build/printed_day.txt is the new text."""
    PRINTED.write_text(day["printed"], encoding="utf-8")
    assert day["printed"] == GOLDEN.read_text(encoding="utf-8")


def test_every_step_of_the_day_holds(day: dict[str, Any]) -> None:
    """The command exits 0 and says so."""
    assert day["ok"] is True


def test_no_message_is_lost(day: dict[str, Any]) -> None:
    """What was accepted is processed, quarantined or dead, and nothing is pending at the end."""
    counts = day["messages"]
    assert counts["accepted"] == counts["processed"] + counts["quarantined"] + counts["dead"]
    assert (counts["pending"], counts["dead"], counts["duplicates"]) == (0, 0, 2)


def test_the_ladder_fires_at_its_hours(day: dict[str, Any]) -> None:
    """+2:00, +2:30 and +3:00 after opening, each once, each at its very second."""
    first = [rung for rung in day["rungs"] if rung["ticket"] == day["rungs"][0]["ticket"]]
    assert [rung["rung"] for rung in first] == ["agent", "supervisor", "team"]
    assert [rung["due_at"][11:19] for rung in first] == ["20:00:00", "20:30:00", "21:00:00"]
    assert [rung["fired_at"] for rung in day["rungs"]] == [rung["due_at"] for rung in day["rungs"]]
    assert len(day["rungs"]) == 4


def test_an_integrator_hears_the_day(day: dict[str, Any]) -> None:
    """From the first message to the last order, every rung among it; the command has verified each delivery."""
    events = day["events"]
    assert {"message.received", "ticket.opened", "ticket.closed", "order.paid"} <= set(events)
    assert events["ticket.opened"] >= day["tickets"]["opened"]
    assert events["rung.fired"] >= len(day["rungs"])


def test_every_posting_is_balanced(day: dict[str, Any]) -> None:
    """The sum of all postings is 0, and there are postings."""
    assert (day["ledger"]["imbalance_minor"], day["ledger"]["entries"] > 0, day["statements"]) == (0, True, 2)


def test_prices_differ_by_region_and_switch_at_their_second(day: dict[str, Any]) -> None:
    """25.00 in 上海, 18.00 in a third-tier city; the scheduled switch holds from its second on."""
    assert [quote["price"] for quote in day["quotes"]] == ["25.00", "18.00", "25.00", "26.00"]
