"""Bulk changes (批量调价): every price of the selected stores at once, looked at before it holds. Pure.

A bulk change is one more factor of the book, by store: publishing it is one pointer, and going back is one, too; prices
by level, channel or hour keep their steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from functions.pricing.books.books import Book, Case, Factor, PriceTable, factored_minor, price_minor_at
from functions.pricing.books.guards import Guards
from functions.pricing.offers.views import change_percent
from functions.pricing.places.places import Places, Store, chain_of, spot_of
from hub.contracts.pricing_books import BulkChange, BulkView, PriceChange, PriceConflict
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import EXPONENTS, Money

PRICES_LIMIT = 100_000
"""So many prices are changed in one step: stores times services."""
SHOWN_LIMIT = 50
"""So many changes are shown of them, and so many conflicts."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One price of one store, before and after; None where it has none."""

    store: str
    service: str
    was_minor: int | None
    now_minor: int | None
    floor_minor: int
    margin: Decimal | None


def factor_of(change: BulkChange, stores: Sequence[Store]) -> dict[str, Any]:
    """The factor that a change is, as the book's document has it."""
    if change.mode == "percent":
        mode, value = "times", f"{(Decimal(100) + Decimal(change.value)) / 100:f}"
    else:
        mode, value = change.mode, change.value
    if mode != "plus" and Decimal(value) < 0:
        raise Invalid("value", problems=[Problem("/value", "must leave a price of nothing or more")])
    return {
        "id": change.id,
        "input": "adjustment",
        "name": change.name.model_dump(),
        "mode": mode,
        "values": {f"store:{store.id}": value for store in stores},
        "services": list(change.services),
    }


def foresee(
    before: Book, factor: dict[str, Any], tables: Mapping[str, PriceTable], stores: Sequence[Store], places: Places,
    guards: Guards,
) -> list[Foreseen]:  # fmt: skip
    """Every price in every store, before and after. Raises Invalid for more than PRICES_LIMIT."""
    services = [key for key in before.services if not factor["services"] or key in factor["services"]]
    if len(services) * len(stores) > PRICES_LIMIT:
        raise Invalid(
            "too many", problems=[Problem("", f"must be at most {PRICES_LIMIT} prices: fewer stores or services")]
        )
    after = Book(before.currency, before.services, before.tiers, (*before.factors, _compiled(factor, before.currency)))
    return list(_foresee(before, after, services, tables, stores, places, guards))


def _foresee(
    before: Book, after: Book, services: Sequence[str], tables: Mapping[str, PriceTable], stores: Sequence[Store],
    places: Places, guards: Guards,
) -> Iterator[Foreseen]:  # fmt: skip
    for store in stores:
        chain = chain_of(spot_of(store), places, before.tiers)
        for key in services:
            service, table = before.services[key], tables[key]
            was = price_minor_at(before, service, table, chain, Case())
            row = table.nearest(chain, Case())
            now = None if row is None else factored_minor(after, key, chain, row)
            margin = None if now is None else guards.margin(key, chain, now)
            yield Foreseen(store.id, key, was, now, table.floor(chain), margin)


def show_bulk(rows: Sequence[Foreseen], stores: Sequence[Store], guards: Guards, currency: str) -> BulkView:
    """A preview (预览): how many stores and prices, the lowest margin, and what speaks against it."""
    changed = [row for row in rows if row.now_minor is not None and row.was_minor != row.now_minor]
    margins = [row.margin for row in rows if row.margin is not None]
    largest = max((abs(change_percent(row.was_minor or 0, row.now_minor or 0)) for row in changed), default=Decimal(0))
    conflicts = [conflict for row in rows for conflict in _conflicts(row, guards, currency)]
    return BulkView(
        count=len(stores),
        stores=tuple(store.id for store in stores),
        changed_prices=len(changed),
        min_margin_percent=str(min(margins)) if margins else None,
        largest_change_percent=f"{largest:f}",
        changes=tuple(_show(row, currency) for row in changed[:SHOWN_LIMIT]),
        conflicts=tuple(conflicts[:SHOWN_LIMIT]),
        needs_approval=largest > guards.approval,
    )


def _conflicts(row: Foreseen, guards: Guards, currency: str) -> Iterator[PriceConflict]:
    def conflict(rule: Any, limit: str) -> PriceConflict:
        now = "" if row.now_minor is None else str(Money(row.now_minor, currency))
        return PriceConflict(store=row.store, service=row.service, rule=rule, limit=limit, now=now)

    if row.now_minor is None or row.was_minor is None:
        yield conflict("no_price", "")
        return
    if row.now_minor < row.floor_minor:
        yield conflict("below_floor", str(Money(row.floor_minor, currency)))
    if row.margin is not None and row.margin < guards.min_margin:
        yield conflict("below_margin", f"{guards.min_margin:f}%")
    if abs(change_percent(row.was_minor, row.now_minor)) > guards.max_change:
        yield conflict("too_much", f"{guards.max_change:f}%")


def _show(row: Foreseen, currency: str) -> PriceChange:
    was, now = (str(Money(minor or 0, currency)) for minor in (row.was_minor, row.now_minor))
    margin = None if row.margin is None else str(row.margin)
    return PriceChange(store=row.store, service=row.service, was=was, now=now, margin_percent=margin)


def _compiled(factor: dict[str, Any], currency: str) -> Factor:
    scale = Decimal(1) if factor["mode"] == "times" else Decimal(10) ** EXPONENTS[currency]
    values = {place: Decimal(value) * scale for place, value in factor["values"].items()}
    name = factor["name"]
    return Factor(
        factor["id"], "adjustment", name["zh"], name["en"], factor["mode"], values, frozenset(factor["services"])
    )
