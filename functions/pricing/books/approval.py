"""Approval (审批限额): which publication of prices a second person must make, and which nobody may. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from decimal import Decimal

from functions.pricing.books.books import Book, Case, PriceTable, Row, Service, price_minor_at
from functions.pricing.books.guards import Guards
from functions.pricing.context import Context
from functions.pricing.offers.views import change_percent
from functions.pricing.places.places import NO_PLACES, Chain, chain_of, regions_of, spot_of
from hub.documents.kinds import Finding, Proposal
from hub.documents.readings import Reading
from hub.documents.versions import PRESET

Tables = Callable[[Book, Service], PriceTable]
Chains = Callable[[str], Chain]


def approve_book(before: Reading[Book], proposal: Proposal[Book], context: Context) -> Iterable[Finding]:
    """Each service that one publication makes dearer or cheaper, somewhere, by more than the approval limit; an error
    where it is more than may change in one step. What ships with the hub are examples, from which any step is small."""
    if before.base.number == PRESET:
        return
    guards, chains = context.guards(), _chains_of(context)
    for key in sorted(before.value.services.keys() & proposal.value.services.keys()):
        steps = list(_steps(before.value, proposal.value, key, context.table_of, chains))
        if (step := _first_above(guards.max_change, steps)) is not None:
            yield Finding(f"/services/{key}", f"{step}, more than may change in one step: {guards.max_change:f}%")
        elif (step := _first_above(guards.approval, steps)) is not None:
            yield Finding(f"/services/{key}", f"{step}, above the limit of {guards.approval:f}%", "warning")


def approve_guards(before: Reading[Guards], proposal: Proposal[Guards], _context: Context) -> Iterable[Finding]:
    """Guard rails that let more happen than those in force."""
    old, new = before.value, proposal.value
    if new.approval > old.approval:
        yield Finding("/approval_percent", "is raised", "warning")
    if new.max_change > old.max_change:
        yield Finding("/max_change_percent", "is raised", "warning")
    if new.min_margin < old.min_margin:
        yield Finding("/min_margin_percent", "is lowered", "warning")


def _first_above(limit: Decimal, steps: Iterable[tuple[str, Decimal]]) -> str | None:
    """The first place where a service changes by more, and by how much; None where it nowhere does."""
    above = ((place, percent) for place, percent in steps if abs(percent) > limit)
    return next((f"changes by {percent:f}% in {place}" for place, percent in above), None)


def _steps(before: Book, after: Book, key: str, table_of: Tables, chains: Chains) -> Iterator[tuple[str, Decimal]]:
    """By how much of a hundred a service changes in each place where it does."""
    old, new = before.services[key], after.services[key]
    same = (old.table, old.sheet, before.factors, before.tiers) == (new.table, new.sheet, after.factors, after.tiers)
    if not same:
        tables = table_of(before, old), table_of(after, new)
        for place, then, since, cases in _looked_at(before, after, tables, chains):
            for case in cases:
                was = price_minor_at(before, old, tables[0], then, case)
                now = price_minor_at(after, new, tables[1], since, case)
                if was is not None and now is not None and was != now:
                    yield place, change_percent(was, now)
    if old.guide_minor is not None and new.guide_minor is not None:
        yield "guide", change_percent(old.guide_minor, new.guide_minor)


def _looked_at(
    before: Book, after: Book, tables: Sequence[PriceTable], chains: Chains
) -> Iterator[tuple[str, Chain, Chain, Iterable[Case]]]:
    """Each place that a price or a factor hangs on, and each city that comes to another tier: its chains before and
    after, and the cases to ask for."""
    factored = {place for book in (before, after) for factor in book.factors for place in factor.values}
    for place in sorted(factored.union(*(table.by_place for table in tables))):
        chain = chains(place)
        yield place, chain, chain, _cases(place, tables, factored)
    for city in sorted({*before.tiers, *after.tiers}):
        if before.tiers.get(city) != after.tiers.get(city):
            then, since = (tuple(regions_of(city, book.tiers)) for book in (before, after))
            places = dict.fromkeys(place for place, _ in (*then, *since))
            cases = [case for place in places for case in _cases(place, tables, places)]
            yield city, then, since, dict.fromkeys(cases)


def _cases(place: str, tables: Iterable[PriceTable], factored: Container[str]) -> Iterator[Case]:
    """One for each row of the place, and where a factor is named the plain one; elsewhere prices are those of one of
    these."""
    if place in factored:
        yield Case()
    for table in tables:
        yield from map(_case, table.by_place.get(place, ()))


def _case(row: Row) -> Case:
    hour, weekday = row.hours[0] if row.hours else 0, min(row.weekdays, default=1)
    return Case(row.min_quantity, row.channel, row.level, weekday, hour)


def _chains_of(context: Context) -> Chains:
    """The places around one: of a store its region's, of a district or a group, which may lie anywhere, base."""
    stores = {f"store:{store.id}": store for store in context.every_store()}

    def chain(place: str) -> Chain:
        if place in stores:
            return chain_of(spot_of(stores[place]), NO_PLACES)
        if ":" in place:
            return ((place, "area"), ("base", "base"))
        return tuple(regions_of(place, {}))

    return chain
