"""Month's end over the ledger: a party with 50,000 lines settles whole, and twelve regions of 10,000 orders, killed
half way and resumed, come to the very hashes of runs that nobody disturbed. Writes are counted in a table in memory.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from benchmarks.harness import Ratio
from functions.settlement.desk import Desk
from functions.settlement.facts.facts import Fact
from functions.settlement.handlers.intake import take_in
from functions.settlement.handlers.steps import run_step
from functions.settlement.policy_kind import POLICIES
from functions.settlement.runs.calendar_kind import CALENDARS, KEY
from hub.documents.submissions import Submission
from tests.support.ledger import Ledger, entry_of, moment
from tests.support.memory_table import MemoryTable
from tests.support.settlement import posting

LINES, REGIONS, ORDERS, PEOPLE, FACTS = 50_000, 12, 10_000, 100, 3_000
TENTH = {"rule": "percent", "of": "amount", "rate": "0.10"}
CODES = tuple(f"{province}0000" for province in (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34))
BEGIN, OVER = moment("2026-11-20 12:00"), moment("2026-12-01 06:00")
USD_A_MILLION_WRITES = 0.625 * 2
"""List price of write units on demand, us-east-1, 2026-11; in a transaction a write takes two."""


class Killed(Exception):
    """The process is gone."""


def run() -> list[Ratio]:
    """One party alone, then the regions twice."""
    one, writes = _one_party()
    from_facts = _from_facts()
    posted = _posted()
    calm, killed = ({code: _settled(copy, f"{code}.2026-11", kill) for code in CODES}
                    for copy, kill in ((_copied(posted), False), (posted, True)))  # fmt: skip
    dollars, all_dollars = writes * USD_A_MILLION_WRITES, from_facts * USD_A_MILLION_WRITES
    return [
        Ratio(f"lines of one party in its statement, of {LINES:,}", one / LINES, 1, True),
        Ratio(f"writes a settled line, posting and run (${dollars:.2f} a million lines)", writes, 3, False),
        Ratio(
            f"the same from the fact on, two lines an order (${all_dollars:.2f} a million lines)", from_facts, 3, False
        ),
        Ratio(
            f"regions of {ORDERS:,} orders whose hash is the same after a kill at half, of {REGIONS}",
            sum(calm[code] == killed[code] for code in calm),
            REGIONS,
            True,
        ),
    ]


def _one_party() -> tuple[int, float]:
    """Its lines that were settled, and the writes a line."""
    ledger = _monthly()
    for number in range(LINES):
        ledger.post(entry_of(f"order:{number}", 100 + number % 977, BEGIN))
    ledger.now = OVER
    outcome = ledger.run("base.2026-11").outcome["close"]
    return outcome["lines"], ledger.table.written / LINES


def _from_facts(facts: int = FACTS) -> float:
    """Writes a settled line of a platform's orders that pay a person and a store: fact, two entries, two lines, run."""
    ledger = _monthly()
    postings = [posting(TENTH, purpose="commission"), posting(TENTH, purpose="share", credit="payable:store:{store}")]
    ledger.now = moment("2026-11-02 00:00")
    policy = {"facts": ["order"], "postings": postings}
    ledger.desk.documents.publish(POLICIES, "sales", Submission(document=policy), "boss")
    before = ledger.table.written
    for number in range(facts):
        parties = {
            "person": f"p{number % PEOPLE}",
            "store": f"s{number % 10}",
            "region": "310101",
            "platform": "douyin",
        }
        take_in(ledger.desk, Fact(f"order:{number}", "order", BEGIN, amounts={"amount": 9_990}, parties=parties), OVER)
    ledger.now = OVER
    lines: int = ledger.run("base.2026-11").outcome["close"]["lines"]
    written: int = ledger.table.written - before
    return written / lines


def _posted() -> Ledger:
    """The regions' orders in the ledger, at month's end."""
    ledger = _monthly(*CODES)
    for code in CODES:
        for number in range(ORDERS):
            party = f"person:{code}.{number % PEOPLE}"
            ledger.post(entry_of(f"{code}:{number}", 100 + number % 977, BEGIN, party=party, region=code))
    ledger.now = OVER
    return ledger


def _copied(ledger: Ledger) -> Ledger:
    """The same ledger once more: items are replaced, never changed."""
    table = MemoryTable()
    table.items = dict(ledger.table.items)
    table.partitions = {pk: list(names) for pk, names in ledger.table.partitions.items()}
    return Ledger(ledger.now, table)


def _settled(ledger: Ledger, run_id: str, kill: bool) -> str:
    """The run's hash. kill: its process dies half way, and another one begins anew."""
    steps = count()

    def dying(desk: Desk, payload: Any) -> Any:
        if next(steps) == PEOPLE // 4:
            raise Killed
        return run_step(desk, payload)

    if kill:
        try:
            ledger.run(run_id, step=dying)
        except Killed:
            assert ledger.desk.runs.find(run_id).state == "drained"  # type: ignore[union-attr] # it is there
    return str(ledger.run(run_id).outcome["close"]["hash"])


def _monthly(*codes: str) -> Ledger:
    """A ledger whose regions close by the month, each by itself."""
    ledger = Ledger(moment("2026-11-01 00:00"))
    month = {"every": "month"}
    document = {"base": month, "regions": dict.fromkeys(codes, month)}
    ledger.desk.documents.publish(CALENDARS, KEY, Submission(document=document), "boss")
    ledger.now = moment("2026-11-20 13:00")
    return ledger
