"""Windows at a run (窗口结算): each is worked out anew over all of its facts, and what is missing of it is posted.

Posting comes first and the head after it, so a run that dies in between posts the same entries under the same revision
again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import get_args

from functions.settlement.desk import Desk
from functions.settlement.facts.facts import Fact
from functions.settlement.facts.facts_table import SHARDS, Head
from functions.settlement.handlers.posting import policies_for, post_entry
from functions.settlement.ledger.ledger import Entry
from functions.settlement.policies import Pair, WindowTotal, difference, recompute
from functions.settlement.rules.windows import Length, Window, late_list, period_of

PAGE = 100
REVISIONS_LIMIT = 3
"""So often one run posts one window: once, and again what another run posted meanwhile."""


def post_windows(desk: Desk, now: datetime, shards: Iterable[int] = range(SHARDS)) -> int:
    """Post what is missing of the windows of every period that was open since yesterday, and of earlier ones that facts
    came to late. Answers how many entries were new. shards: which of SHARDS, for runs that divide the work."""
    posted = 0
    for shard in shards:
        for period in _periods(desk, now):
            for window in _windows(desk, period, shard):
                posted += post_window(desk, window, now)
    return posted


def post_window(desk: Desk, window: Window, now: datetime) -> int:
    """Post what is missing of one window, in the period that is open now; its entries name the window's own period."""
    count = 0
    for _ in range(REVISIONS_LIMIT):
        head = desk.facts.head(window)
        entries = missing_of(desk, window, head, now)
        if not entries:
            break
        stored = [post_entry(desk, entry, now)[0] for entry in entries]
        desk.facts.post_head(window, Head(_moved(head, stored), head.revision + 1))
        count += len(stored)
    return count


def missing_of(desk: Desk, window: Window, head: Head, now: datetime) -> Sequence[Entry]:
    """The entries that would bring a window to its total; live, they are what is provisional of it."""
    total = total_of(desk, window)
    return difference(total, head.moved, head.revision + 1, now) if total else ()


def total_of(desk: Desk, window: Window) -> WindowTotal | None:
    """What a window comes to over all of its facts, by the policies of the day of its first one; None without any."""
    facts = list(desk.facts.of_window(window))
    if not facts:
        return None
    policies = {policy.key: policy for policy in policies_for(desk, _sale_of(facts))}
    if window.policy not in policies:
        return None
    totals = recompute(facts, policies[window.policy], desk.zone)
    return next((total for total in totals if total.window == window), None)


def _sale_of(facts: Sequence[Fact]) -> Fact:
    return next((fact for fact in facts if not fact.reverses), facts[0])


def _moved(head: Head, stored: Iterable[Entry]) -> dict[Pair, int]:
    """What is posted with these: by what the ledger holds, not by what was meant."""
    moved = dict(head.moved)
    for entry in stored:
        debit = entry.why.facts["debit"]
        for line in entry.lines:
            if line.account != debit:
                pair = (debit, line.account)
                moved[pair] = moved.get(pair, 0) - line.amount.amount_minor
    return moved


def _periods(desk: Desk, now: datetime) -> list[str]:
    moments = (now, now - timedelta(days=1))
    names = (period_of(moment, length, desk.zone) for length in get_args(Length) for moment in moments)
    return [*dict.fromkeys(names), *dict.fromkeys(late_list(moment, desk.zone) for moment in moments)]


def _windows(desk: Desk, period: str, shard: int) -> Iterator[Window]:
    after = " "
    while page := desk.facts.windows(period, shard, after, PAGE):
        yield from page
        after = page[-1].id
