"""A run whose process dies at any write, and is started again, comes to the statements of one that nobody disturbed."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import count

from functions.settlement.facts.facts import Fact
from functions.settlement.handlers.intake import take_in
from functions.settlement.policy_kind import POLICIES
from hub.documents.submissions import Submission
from tests.support.dying_table import Crash, Dying, copied
from tests.support.ledger import Ledger, moment
from tests.support.settlement import posting

RUN = "base.2026-11-20"
TIERS = [{"above": "0", "up_to": "500.00", "rate": "0.05"}, {"above": "500.00", "rate": "0.08"}]
POLICY = {
    "facts": ["order"],
    "postings": [
        posting({"rule": "percent", "of": "amount", "rate": "0.10"}, purpose="commission"),
        posting(
            {"rule": "cumulative_tier", "of": "amount", "border": "upper", "reach": "slice", "tiers": TIERS},
            purpose="tiers", credit="payable:store:{store}", window={"party": "store", "period": "month"},
        ),
    ],
}  # fmt: skip


def ready() -> Ledger:
    """A day's orders of three people and two stores, with tiers over each store's month, the day over."""
    ledger = Ledger(moment("2026-11-19 12:00"), Dying())
    ledger.desk.documents.publish(POLICIES, "sales", Submission(document=POLICY), "boss")
    ledger.now = moment("2026-11-20 23:00")
    for number in range(6):
        at = moment("2026-11-20 10:00") + timedelta(minutes=number)
        parties = {"person": f"p{number % 3}", "store": f"s{number % 2}", "region": "310101"}
        fact = Fact(f"order:{number}", "order", at, amounts={"amount": 30_000 + number}, parties=parties)
        take_in(ledger.desk, fact, ledger.now)
    ledger.now = moment("2026-11-21 06:00")
    return ledger


def test_killed_at_any_write_a_run_comes_to_the_same() -> None:
    """At each of its writes in turn, before it or after it: sealing, windows, draining, pages, heads, the close."""
    day = ready()
    calm = copied(day)
    whole = calm.run(RUN).outcome["close"]
    assert (whole["statements"], whole["totals"]) == (5, {"CNY": 18_001 + 11_401})
    for nth in count(1):
        ledger = copied(day)
        ledger.table.dies_at, ledger.table.before = nth, nth % 2 == 0
        with suppress(Crash):
            ledger.run(RUN)
            break
        ledger.table.dies_at = 0
        assert ledger.run(RUN).outcome["close"] == whole, nth
        assert ledger.statements(RUN) == calm.statements(RUN), nth
    assert nth > 64
