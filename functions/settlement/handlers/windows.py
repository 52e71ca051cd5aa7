"""Windows at a run (窗口结算): each is worked out anew over all of its facts, and what is missing of it is posted.

Windows lie in shards, which a run works out side by side. Posting comes first and the head after it, so a step that
dies in between posts the same entries under the same revision again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

from functions.settlement.desk import Desk
from functions.settlement.facts.facts import Fact
from functions.settlement.facts.facts_table import SHARDS, Head
from functions.settlement.handlers.posting import policies_for
from functions.settlement.ledger.entries_table import Sealed
from functions.settlement.ledger.ledger import Entry
from functions.settlement.ledger.lines import party_lines
from functions.settlement.policies import Pair, Policy, WindowTotal, difference, recompute, settle
from functions.settlement.rules.pool import EXHAUSTED
from functions.settlement.rules.windows import Length, Window, late_list, period_of
from functions.settlement.runs.runs import Run, ShardResult, summed
from functions.settlement.tables import SEALS
from hub.contracts import events
from hub.kernel.ids import derived_id

PAGE = 100
FIRST = " "
"""Before every window's id."""
POOL = "pool"
REVISIONS_LIMIT = 3
"""So often one run posts one window: once, and again what another run posted meanwhile."""


Json = dict[str, Any]


def window_shards(desk: Desk, run: Run) -> list[Json]:
    """The shards of windows that a run works out, each by itself: those of the periods that its own is part of, and
    those of earlier ones that facts came to late. number: of the shard, behind those of parties."""
    at = _last_moment(desk, run)
    shards = [(name, shard) for name in _periods(desk, at) for shard in range(SHARDS)]
    return [
        {"list": name, "shard": shard, "number": SEALS + nth}
        for nth, (name, shard) in enumerate(shards)
        if desk.facts.windows(name, shard, FIRST, 1)
    ]


def post_windows(desk: Desk, run: Run, shard: Json, cursor: Json, now: datetime, *, dry: bool = False) -> Json:
    """Post what is missing of the windows of one shard into the period of a run, by what occurred before its end.
    dry: only add it up.

    cursor: {} or what the step before answered: "after", "result" (a ShardResult as plain values) and "more". A step
    ends behind the window with which it has read desk.lines_a_step facts.
    """
    after, facts = cursor.get("after", FIRST), 0
    result = ShardResult.of(cursor["result"]) if cursor else ShardResult(shard["number"])
    while page := desk.facts.windows(shard["list"], shard["shard"], after, PAGE):
        for window in page:
            if facts >= desk.lines_a_step:
                return {"after": after, "result": result.document(), "more": True}
            entries, count = _rehearsed(desk, window, run) if dry else _post_window(desk, window, run, now)
            result, facts, after = _added(result, entries), facts + count, window.id
    return {"after": after, "result": result.document(), "more": False}


def _post_window(desk: Desk, window: Window, run: Run, now: datetime) -> tuple[list[Entry], int]:
    """Post what is missing of one window, again where another run posted meanwhile: the entries, which name the
    window's own period, and how many facts it has. What comes when the period is drained is the next run's."""
    posted: list[Entry] = []
    facts = 0
    for _ in range(REVISIONS_LIMIT):
        head, at = desk.facts.head(window), _last_moment(desk, run)
        entries, facts = _missing(desk, window, head, run)
        if not entries:
            break
        try:
            stored = [desk.book.post_closing(entry, run.period, now)[0] for entry in entries]
        except Sealed:
            break
        _tell_exhausted(desk, window, at)
        desk.facts.post_head(window, Head(_moved(head, stored), head.revision + 1))
        posted += stored
    return posted, facts


def _rehearsed(desk: Desk, window: Window, run: Run) -> tuple[list[Entry], int]:
    return _missing(desk, window, desk.facts.head(window), run)


def _missing(desk: Desk, window: Window, head: Head, run: Run) -> tuple[list[Entry], int]:
    """What a run would post of a window, and how many facts that has. One of another region's calendar is left to that
    one's run."""
    at = _last_moment(desk, run)
    total = total_of(desk, window, at)
    if total is None:
        return [], 0
    entries = difference(total, head.moved, head.revision + 1, at)
    is_own = bool(entries) and desk.book.settles_in(entries[0], run.period)
    return (entries if is_own else []), total.facts


def _added(result: ShardResult, entries: Iterable[Entry]) -> ShardResult:
    """With the lines that these entries add to their parties."""
    for entry in entries:
        for line in party_lines(entry):
            totals = summed([result.totals, {line.amount.currency: line.amount.amount_minor}])
            result = replace(result, lines=result.lines + 1, totals=totals)
    return result


def _last_moment(desk: Desk, run: Run) -> datetime:
    """Of a batch, when it was cut off: its month goes on."""
    last = run.period.ends(desk.zone) - timedelta(microseconds=1)
    return min(last, run.cut_off or desk.now()) if run.period.is_batch else last


def _tell_exhausted(desk: Desk, window: Window, at: datetime) -> None:
    """Where something of a pool is posted, and a fact took the last of it: the pool is empty. Told before the head, so
    as often as the posting is repeated, under one id."""
    policy, facts = _worked_by(desk, window, at)
    outcomes = settle(facts, [policy], desk.zone) if policy else []
    if any(outcome.window == window and outcome.figure.marks.get(POOL) == EXHAUSTED for outcome in outcomes):
        event_id = derived_id("evt", facts[0].occurred_at, window.id, "pool.exhausted")
        desk.emit(events.PoolExhausted(id=event_id, tenant=desk.tenant, at=at, pool=window.policy))


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
    facts = list(desk.facts.of_window(window, at))
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
