"""How much of its sale a refund takes back (退款比例). Pure.

A refund says an amount (`refund`), or how many pieces or lessons come back. Its share is of the sale's whole, and
shares of all refunds follow on one another, so that what goes back in parts sums to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from functions.settlement.facts.facts import Back, Fact, in_order
from hub.kernel.errors import Conflict

WHOLE = "refund"
UNDOES = "undoes"
"""In what a fact is about: the refund that it takes back."""
_SUMS = ("amount", "charge", "contract", "list_price", "labour")
"""What a sale's whole is, the first that it says."""
_COUNTS = ("pieces", "lessons", "orders", "visits")


def share_of(refund: Fact, sale: Fact) -> Fraction:
    """The share of its sale that one refund takes back; all of it, where it says neither an amount nor a count."""
    for name in _COUNTS:
        if refund.quantities.get(name) and sale.quantities.get(name):
            return refund.quantities[name] / sale.quantities[name]
    whole = next((sale.amounts[name] for name in (*_SUMS, WHOLE) if sale.amounts.get(name)), 0)
    stated = stated_minor(refund)
    return Fraction(stated, whole) if stated and whole else Fraction(1)


def stated_minor(refund: Fact) -> int:
    """What a refund says that it gives back, in minor units; 0 where it says nothing, or counts."""
    return abs(next((refund.amounts[name] for name in (WHOLE, *_SUMS) if refund.amounts.get(name)), 0))


def back_of(refund: Fact, sale: Fact, before: Fraction) -> Fact:
    """The refund with how much it takes back, where `before` of the sale has gone back already. Raises Conflict where
    more would go back than there was."""
    after = before + share_of(refund, sale)
    if after > 1:
        raise Conflict("more would go back than was sold", fact=refund.id, reverses=sale.id, left=str(1 - before))
    return replace(refund, back=Back(before, after))


def undone(fact: Fact, refund: Fact, before: Fraction) -> Fact:
    """A fact that takes a refund back (拒付申诉成功): less of its sale is gone; it points at that sale, and says
    which refund it undoes. before: how much of the sale is gone. Raises Conflict for a part of a refund."""
    assert refund.back is not None  # noqa: S101 - a refund that is settled has one
    if share_of(fact, refund) != 1:
        raise Conflict("a refund is taken back whole", fact=fact.id, reverses=refund.id)
    after = before - (refund.back.after - refund.back.before)
    about = {**fact.about, UNDOES: refund.id}
    return replace(fact, reverses=refund.reverses, about=about, back=Back(before, after))


def linked(facts: Iterable[Fact], sales: Mapping[str, Fact] | None = None) -> list[Fact]:
    """Facts in canonical order, each refund with its share; a refund whose sale is nowhere stays as it is."""
    ordered = in_order(facts)
    known = {**(sales or {}), **{fact.id: fact for fact in ordered}}
    gone: dict[str, Fraction] = {}
    made = []
    for fact in ordered:
        if fact.reverses in known:
            sold = known[fact.reverses]
            if sold.back:
                fact = undone(fact, sold, gone.get(sold.reverses, Fraction(0)))
            else:
                fact = back_of(fact, sold, gone.get(sold.id, Fraction(0)))
            assert fact.back is not None  # noqa: S101 - just given
            gone[fact.reverses] = fact.back.after
            known[fact.id] = fact
        made.append(fact)
    return made
