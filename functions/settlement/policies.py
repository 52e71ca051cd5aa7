"""From facts to money (结算引擎): what policies make of facts, each result with why, and as balanced entries. Pure.

`settle` works facts out in canonical order and answers the same for any order and repetition of them. What a posting
with a window makes of one fact depends on the others of its window: those results are provisional until a run has
`recompute`d the window over all of its facts and posted the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from functions.settlement.facts.facts import Fact, in_order
from functions.settlement.ledger.ledger import Entry
from functions.settlement.rules.clawback import DAYS, RATE
from functions.settlement.rules.figure import Case, Figure, exact, rounded
from functions.settlement.rules.outcomes import Outcome, Pair, Part, entries_of, parts_of, window_entries
from functions.settlement.rules.policy import Compiled, Policy
from functions.settlement.rules.spread import EACH, PARTS
from functions.settlement.rules.windows import Window, ends_from, period_of
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

__all__ = ["Carried", "Pair", "Policy", "WindowTotal", "difference", "entries_for", "recompute", "settle"]
TOTAL = "total"
SHANGHAI = ZoneInfo("Asia/Shanghai")
Carried = dict[Window, dict[str, Fraction]]
"""What each window has come to, by step; `total` is the posting's own exact sum."""


@dataclass(frozen=True, slots=True)
class WindowTotal:
    """What a window comes to over all of its facts. moved: minor units from one account (debit) to another. last: its
    last outcome, whose words are the window's."""

    window: Window
    moved: Mapping[Pair, int]
    facts: int
    last: Outcome


def entries_for(facts: Iterable[Fact], policies: Sequence[Policy], zone: ZoneInfo = SHANGHAI) -> list[Entry]:
    """The entries that facts make at once: all but those of windows, which a run posts."""
    return [entry for outcome in settle(facts, policies, zone) if not outcome.window for entry in entries_of(outcome)]


def settle(
    facts: Iterable[Fact],
    policies: Sequence[Policy],
    zone: ZoneInfo = SHANGHAI,
    carried: Carried | None = None,
    sales: Mapping[str, Fact] | None = None,
) -> list[Outcome]:
    """What policies make of facts, in canonical order.

    policies: those in force when the facts (of a refund: its sale) occurred. carried: what windows have come to before
    these facts; it is carried on. sales: the facts that refunds take back, where they are not among `facts`; a refund
    whose sale is in neither makes nothing. Raises Invalid for an account that names somebody whom a fact lacks
    (`/parties/<role>`).
    """
    ordered, carried = in_order(facts), {} if carried is None else carried
    known = {**(sales or {}), **{fact.id: fact for fact in ordered}}
    outcomes: list[Outcome] = []
    for fact in ordered:
        sale = known.get(fact.reverses) if fact.reverses else None
        for policy in policies:
            outcomes += _own(fact, policy, zone, carried)
            if sale and fact.back:
                outcomes += _taken_back(fact, sale, policy, zone, carried)
    return outcomes


def recompute(
    facts: Iterable[Fact],
    policy: Policy,
    zone: ZoneInfo = SHANGHAI,
    sales: Mapping[str, Fact] | None = None,
) -> list[WindowTotal]:
    """Every window that these facts touch, worked out from nothing. facts: all facts of a party and period (refunds
    belong to their sale's). What is missing of it in the ledger: `difference`."""
    totals: dict[Window, WindowTotal] = {}
    for outcome in settle(facts, [policy], zone, sales=sales):
        if outcome.window is None:
            continue
        so_far = totals.get(outcome.window)
        sums = dict(so_far.moved) if so_far else {}
        for part in outcome.parts[1:]:
            pair = (outcome.parts[0].account, part.account)
            sums[pair] = sums.get(pair, 0) - part.amount_minor
        totals[outcome.window] = WindowTotal(outcome.window, sums, (so_far.facts if so_far else 0) + 1, outcome)
    return list(totals.values())


def difference(total: WindowTotal, posted: Mapping[Pair, int], revision: int, at: datetime) -> list[Entry]:
    """The entries that bring what is posted of a window to its total: as a rule one, none where nothing is missing.
    posted: as `WindowTotal.moved`. revision: how often the window was posted before; the same one makes the same
    entries. at: when they are posted."""
    pairs = dict.fromkeys((*total.moved, *posted))
    moved = {pair: total.moved.get(pair, 0) - posted.get(pair, 0) for pair in pairs}
    return window_entries(total.window, total.last, moved, total.facts, revision, at)


def _own(fact: Fact, policy: Policy, zone: ZoneInfo, carried: Carried) -> list[Outcome]:
    """What a fact makes by itself."""
    made = []
    for compiled in policy.rule.fitting(fact):
        window = _window(fact, policy, compiled, zone)
        made += _outcomes(_Work(fact, fact, policy, compiled, window, Fraction(1)), zone, carried)
    return made


def _taken_back(fact: Fact, sale: Fact, policy: Policy, zone: ZoneInfo, carried: Carried) -> list[Outcome]:
    """What a refund takes back of what its sale made."""
    assert fact.back is not None  # noqa: S101 - the caller looked
    made: list[Outcome] = []
    for compiled in policy.rule.fitting(sale):
        window = _window(sale, policy, compiled, zone)
        if window:
            scale = fact.back.before - fact.back.after
            made += _outcomes(_Work(fact, sale, policy, compiled, window, scale), zone, carried)
        else:
            whole = _outcomes(_Work(sale, sale, policy, compiled, None, Fraction(1)), zone, {})
            made += [mirror for outcome in whole if (mirror := _mirrored(outcome, fact)) is not None]
    return made


@dataclass(frozen=True, slots=True)
class _Work:
    """One posting at work. fact: whose outcome it is; about: what the pipeline reads; scale: how much of it."""

    fact: Fact
    about: Fact
    policy: Policy
    compiled: Compiled
    window: Window | None
    scale: Fraction


def _outcomes(work: _Work, zone: ZoneInfo, carried: Carried) -> list[Outcome]:
    window, store = work.window, carried.setdefault(work.window, {}) if work.window else {}
    posting, currency = work.compiled.posting, work.about.currency
    figure = Figure(currency=currency)
    for nth, step in enumerate(posting.steps):
        figure = step.apply(figure, Case(work.about, work.scale, store, nth))
    if window:
        before = store.get(TOTAL, Fraction(0))
        amount = rounded(before + figure.value, posting.rounding) - rounded(before, posting.rounding)
        for name, value in {**figure.carries, TOTAL: figure.value}.items():
            store[name] = store.get(name, Fraction(0)) + value
    else:
        amount = rounded(figure.value, posting.rounding)
    outcome = Outcome(work.fact, work.about, work.policy, posting, figure, (), window)
    if PARTS in figure.marks:
        return _spread(outcome, work, amount, zone)
    return [replace(outcome, parts=parts_of(posting, work.compiled.distribution, amount, work.about))]


def _spread(outcome: Outcome, work: _Work, amount: int, zone: ZoneInfo) -> list[Outcome]:
    """One outcome a period, due at its end."""
    marks = outcome.figure.marks
    ends = ends_from(work.about.occurred_at, marks[EACH], int(marks[PARTS]), zone)
    size, left = divmod(abs(amount), len(ends))
    sign = -1 if amount < 0 else 1
    made = []
    for nth, end in enumerate(ends):
        part = sign * (size + (nth < left))
        parts = parts_of(work.compiled.posting, work.compiled.distribution, part, work.about)
        made.append(replace(outcome, parts=parts, due_at=end, nth=nth + 1))
    return made


def _mirrored(outcome: Outcome, refund: Fact) -> Outcome | None:
    """What a refund takes back of one outcome of its sale: of each part round(part × share after) − round(part × share
    before), so that parts of a refund sum to the whole. What was due before the refund stays; what is not yet due goes
    back when it would have come."""
    assert refund.back is not None  # noqa: S101 - the caller looked
    marks, sold_at = outcome.figure.marks, outcome.about.occurred_at
    rate, days = exact(marks.get(RATE, "1")), int(marks.get(DAYS, "36500"))
    late = refund.occurred_at - sold_at > timedelta(days=days)
    if late or (outcome.due_at and outcome.due_at <= refund.occurred_at):
        return None
    before, after, rounding = refund.back.before * rate, refund.back.after * rate, outcome.posting.rounding
    debit, *sold = outcome.parts
    back = [_back(part, before, after, rounding) for part in sold]
    whole = replace(debit, amount_minor=-sum(part.amount_minor for part in back))
    return replace(outcome, fact=refund, parts=(whole, *back))


def _back(part: Part, before: Fraction, after: Fraction, rounding: str) -> Part:
    was, is_now = (rounded(part.amount_minor * share, rounding) for share in (before, after))
    return replace(part, amount_minor=was - is_now)


def _window(fact: Fact, policy: Policy, compiled: Compiled, zone: ZoneInfo) -> Window | None:
    spec = compiled.posting.window
    if spec is None:
        return None
    party = ""
    if spec.party != "all":
        name = fact.names().get(spec.party, "")
        if not name:
            rule = "is missing, and the policy works out by it"
            raise Invalid("unknown party", problems=[Problem(f"/parties/{spec.party}", rule)])
        party = f"{spec.party}:{name}"
    period = period_of(fact.occurred_at, spec.period, zone)
    return Window(policy.key, compiled.posting.purpose, party, period, policy.rule.document.currency)
