"""Facts in (事实入账): each is kept once, priced, and posted by the policies of its day; what cannot be is parked.

A repeat posts again what it posted, which changes nothing. A refund before its sale waits for it; a fact that names
somebody, a currency or a rate that nobody knows waits until they are known, or until it is handed in mended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from functions.settlement.desk import Desk
from functions.settlement.facts.bodies import document_of, fact_from_document, fact_of_body
from functions.settlement.facts.exchange import EXCHANGE, RATE, converted
from functions.settlement.facts.facts import Fact
from functions.settlement.facts.facts_table import Stored, number_of
from functions.settlement.facts.rates import RATES, priced
from functions.settlement.facts.refunds import UNDOES, back_of, undone
from functions.settlement.handlers.acceptance import hear_verdict, hold_entry
from functions.settlement.handlers.posting import policies_for, post_entry
from functions.settlement.policies import settle
from functions.settlement.rules.outcomes import Outcome, entries_of
from functions.settlement.rules.windows import lists_of
from functions.settlement.territory.conflicts import conflicts_of, trace_of
from hub.contracts import events
from hub.contracts.settlement_facts import SettlementFact
from hub.documents.scopes import Scope
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Invalid, Problem, Retry
from hub.kernel.money import EXPONENTS
from hub.kernel.regions import BASE
from hub.store.lists import Within

FIRST_YEAR = 2000
AHEAD = timedelta(days=1)
"""A clock may be a day ahead; what lies further in the future is in no period."""
REASONS = {
    "unknown party": "unknown_party",
    "currency": "unknown_currency",
    "unknown rate": "unknown_rate",
    "unknown sale": "unknown_sale",
    "unknown period": "unknown_period",
    "too much back": "too_much_back",
}
PAGE, RETRIES_LIMIT = 200, 2000
TRIES = 4
"""So often a fact is kept anew when others were quicker."""
PEOPLE = ("person", "assignee", "teacher", "guide", "seller", "manager", "captain", "referrer")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a fact. known: it was there already."""

    id: str
    reason: str = ""
    pointer: str = ""
    entries: int = 0
    provisional: int = 0
    known: bool = False


def take_in(desk: Desk, fact: Fact, now: datetime, *, strict: bool = False) -> Taken:
    """Keep a fact, and post what the policies of its day make of it; parked where that can't be. strict: people must be
    known, as facts from outside are not. Raises Conflict for a fact that is there with other figures, Retry where
    others were quicker TRIES times."""
    for _ in range(TRIES):
        stored = desk.facts.find(fact.id)
        if stored and stored.fact:
            return _repeat(desk, fact, stored.fact, now, strict)
        try:
            ready, outcomes = _worked_out(desk, _ready(desk, fact, now, strict))
        except Invalid as error:
            return park(desk, document_of(fact), error, now)
        windows = {o.window: lists_of(o.window, now, desk.zone) for o in outcomes if o.window}
        try:
            desk.facts.keep(ready, windows, now)
        except Conflict:
            continue  # somebody else kept it, or another refund of its sale
        posted = _post(desk, ready, outcomes, now)
        for waiting in desk.facts.waiting_for(ready.id):
            retry(desk, waiting, now)
        return posted
    raise Retry("the fact, or what it takes back, moves on", fact=fact.id)


def _repeat(desk: Desk, fact: Fact, known: Fact, now: datetime, strict: bool) -> Taken:
    """What is settled is posted again, which changes nothing. Raises Conflict where it is told otherwise now."""
    if _differs(fact, known, strict):
        raise Conflict("the fact is settled, with other figures", fact=fact.id)
    return _post(desk, known, _outcomes(desk, known), now, known=True)


def _differs(fact: Fact, known: Fact, strict: bool) -> bool:
    """Whether a fact is told otherwise than it was settled. A work report is priced when it is kept, so its amounts are
    not compared, and a rate that it did not bring is not looked for. strict: nor may counts, people, the day or the
    parts be others; events of our own rooms tell of one order in several ways."""
    if fact.kind != "work" and dict(fact.amounts) != dict(known.amounts):
        return True
    if not strict:
        return False
    counts = {name: count for name, count in known.quantities.items() if name != RATE or name in fact.quantities}
    same = ("kind", "occurred_at", "currency", "parties", "components")
    is_same = dict(fact.quantities) == counts and all(getattr(fact, name) == getattr(known, name) for name in same)
    return not is_same or fact.reverses not in (known.reverses, known.about.get(UNDOES, ""))


def learn(desk: Desk, event: events.PersonChanged | events.StoreChanged) -> bool:
    """Who or which store may be named from now on; says whether that is new."""
    if isinstance(event, events.PersonChanged):
        return desk.facts.make_known(f"person:{event.person_id}")
    return desk.facts.keep_store(event.store_id, event.region, event.version)


def retry_parked(desk: Desk, now: datetime) -> int:
    """Try every parked fact once more, RETRIES_LIMIT at most; answers how many are settled now."""
    settled, position = 0, None
    for _ in range(RETRIES_LIMIT // PAGE):
        page, position = desk.facts.parked(Within(BASE), now, PAGE, position)
        settled += sum(not retry(desk, stored, now).reason for stored in page)
        if position is None:
            break
    return settled


def retry(desk: Desk, stored: Stored, now: datetime) -> Taken:
    """Try a parked fact once more; it stays parked where nothing has changed."""
    if not stored.raw.get("wire"):
        return take_in(desk, fact_from_document(stored.raw), now, strict=stored.reason == "unknown_party")
    try:
        body = SettlementFact.model_validate({name: part for name, part in stored.raw.items() if name != "wire"})
        return take_in(desk, fact_of_body(body, desk.zone), now, strict=True)
    except Invalid:
        return Taken(stored.raw["id"], stored.reason, stored.pointer)


def park(desk: Desk, raw: dict[str, Any], error: Invalid, now: datetime) -> Taken:
    """Keep a fact with why it can't be settled yet."""
    reason, pointer = REASONS.get(error.detail, "unknown_party"), error.problems[0].pointer
    desk.facts.park(raw, reason, pointer, now)
    return Taken(raw["id"], reason, pointer)


def _ready(desk: Desk, fact: Fact, now: datetime, strict: bool) -> Fact:
    """A fact as it is settled: priced, and of a refund with how much it takes back. Raises Invalid."""
    if fact.occurred_at > now + AHEAD or fact.occurred_at.year < FIRST_YEAR:
        raise _unknown("unknown period", "/occurred_at", "lies in no period")
    if fact.currency not in EXPONENTS:
        raise _unknown("currency", "/currency", "nobody knows it")
    for role, name in fact.parties.items():
        if strict and role in PEOPLE and not desk.facts.knows(f"person:{name}"):
            raise _unknown("unknown party", f"/parties/{role}", "nobody knows them")
    if fact.kind == "work":
        scope = Scope(fact.parties.get("region", BASE), fact.parties.get("store", ""))
        return priced(fact, desk.documents.current(RATES, RATES.only, scope, at=fact.occurred_at).value)
    if not fact.reverses:
        return fact
    sale = desk.facts.find(fact.reverses)
    if sale is None or sale.fact is None:
        raise _unknown("unknown sale", "/reverses", "what it takes back has not come yet")
    if fact.kind == "refund" and sale.fact.kind in ("order", "refund"):
        fact = replace(fact, about={"order_no": number_of(sale.fact), **fact.about})
    try:
        if sale.fact.back is None:
            return back_of(fact, sale.fact, sale.gone)
        if sale.gone:
            raise Conflict("the refund is taken back already", fact=fact.id, reverses=sale.fact.id)
        origin = desk.facts.find(sale.fact.reverses)
        return undone(fact, sale.fact, origin.gone if origin else Fraction(0))
    except Conflict as error:
        raise _unknown("too much back", "/amounts/refund", error.detail) from None


def _worked_out(desk: Desk, fact: Fact) -> tuple[Fact, list[Outcome]]:
    """A fact with what it makes; its day's rate of exchange is read, and becomes part of it, only where a policy
    converts what it says."""
    try:
        return fact, _outcomes(desk, fact)
    except Invalid as error:
        if error.detail != "unknown rate":
            raise
    fact = converted(fact, desk.documents.current(EXCHANGE, EXCHANGE.only, at=fact.occurred_at).value)
    return fact, _outcomes(desk, fact)


def _outcomes(desk: Desk, fact: Fact) -> list[Outcome]:
    """What the policies of its day make of a fact, of a refund those of its sale's."""
    sale = desk.facts.find(fact.reverses) if fact.back else None
    sold = sale.fact if sale else None
    return settle([fact], policies_for(desk, sold or fact), desk.zone, sales={sold.id: sold} if sold else {})


def _post(desk: Desk, fact: Fact, outcomes: Sequence[Outcome], now: datetime, *, known: bool = False) -> Taken:
    made = [(outcome, entry) for outcome in outcomes if outcome.window is None for entry in entries_of(outcome)]
    for outcome, entry in made:
        if outcome.posting.on_acceptance:
            hold_entry(desk, entry, outcome.about, now)
        else:
            post_entry(desk, entry, now)
    hear_verdict(desk, fact, now)
    if trace := trace_of(fact):
        desk.conflicts.raise_cases(conflicts_of(desk.conflicts.note(trace)))
    provisional = sum(outcome.window is not None for outcome in outcomes)
    if provisional:
        desk.book.expect(fact.parties.get("region", BASE), fact.occurred_at, now)
    held = sum(outcome.posting.on_acceptance for outcome, _ in made)
    return Taken(fact.id, "", "", len(made) - held, provisional + held, known)


def _unknown(detail: str, pointer: str, rule: str) -> Invalid:
    return Invalid(detail, problems=[Problem(pointer, rule)])
