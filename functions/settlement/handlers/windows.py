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
from functions.settlement.handlers.posting import policies_for
from functions.settlement.ledger.ledger import Entry
from functions.settlement.policies import Pair, Policy, WindowTotal, difference, recompute, settle
from functions.settlement.rules.pool import EXHAUSTED
from functions.settlement.rules.windows import Length, Window, late_list, period_of
from functions.settlement.runs.runs import Run
from hub.contracts.events import PoolExhausted
from hub.kernel.ids import derived_id

PAGE = 100
POOL = "pool"
REVISIONS_LIMIT = 3
"""So often one run posts one window: once, and again what another run posted meanwhile."""


def post_windows(desk: Desk, run: Run, now: datetime) -> int:
    """Post what is missing of the windows that a run's period is part of, and of earlier ones that facts came to late,
    into that period: by what occurred before its end. For a run whose period is sealed. Answers how many entries were
    posted."""
    at = run.period.ends(desk.zone) - timedelta(microseconds=1)
    posted = 0
    for shard in range(SHARDS):
        for period in _periods(desk, at):
            for window in _windows(desk, period, shard):
                posted += _post_window(desk, window, run, at, now)
    return posted


def _post_window(desk: Desk, window: Window, run: Run, at: datetime, now: datetime) -> int:
    """Post what is missing of one window; its entries name the window's own period. One of another region's calendar is
    left to that one's run."""
    count = 0
    for _ in range(REVISIONS_LIMIT):
        head = desk.facts.head(window)
        entries = missing_of(desk, window, head, at)
        if not entries or not desk.book.settles_in(entries[0], run.period):
            break
        stored = [desk.book.post_closing(entry, run.period, now)[0] for entry in entries]
        _tell_exhausted(desk, window, at)
        desk.facts.post_head(window, Head(_moved(head, stored), head.revision + 1))
        count += len(stored)
    return count


def _tell_exhausted(desk: Desk, window: Window, at: datetime) -> None:
    """Where something of a pool is posted, and a fact took the last of it: the pool is empty. Told before the head, so
    as often as the posting is repeated, under one id."""
    policy, facts = _worked_by(desk, window, at)
    outcomes = settle(facts, [policy], desk.zone) if policy else []
    if any(outcome.window == window and outcome.figure.marks.get(POOL) == EXHAUSTED for outcome in outcomes):
        event_id = derived_id("evt", facts[0].occurred_at, window.id, "pool.exhausted")
        desk.emit(PoolExhausted(id=event_id, tenant=desk.tenant, at=at, pool=window.policy))


def missing_of(desk: Desk, window: Window, head: Head, at: datetime) -> Sequence[Entry]:
    """The entries that would bring a window to its total at a moment; live, they are what is provisional of it."""
    total = total_of(desk, window, at)
    return difference(total, head.moved, head.revision + 1, at) if total else ()


def total_of(desk: Desk, window: Window, at: datetime) -> WindowTotal | None:
    """What a window comes to over all of its facts until a moment, by the policies of the day of its first one; None
    without any."""
    policy, facts = _worked_by(desk, window, at)
    totals = recompute(facts, policy, desk.zone) if policy else []
    return next((total for total in totals if total.window == window), None)


def _worked_by(desk: Desk, window: Window, at: datetime) -> tuple[Policy | None, list[Fact]]:
    """The policy by which a window is worked out, and its facts until a moment."""
    facts = [fact for fact in desk.facts.of_window(window) if fact.occurred_at <= at]
    policies = {policy.key: policy for policy in policies_for(desk, _sale_of(facts))} if facts else {}
    return policies.get(window.policy), facts


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


def _periods(desk: Desk, at: datetime) -> list[str]:
    names = (period_of(at, length, desk.zone) for length in get_args(Length))
    return [*dict.fromkeys(names), late_list(at, desk.zone)]


def _windows(desk: Desk, period: str, shard: int) -> Iterator[Window]:
    after = " "
    while page := desk.facts.windows(period, shard, after, PAGE):
        yield from page
        after = page[-1].id
