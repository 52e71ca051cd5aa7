"""季节价目: prices of a season that comes every year."""

from typing import Annotated

from pydantic import Field

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import CutTerms, cut_of
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import OTHER_TIME, lowest_of, reprice
from hub.contracts.base import Contract, Slug

MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", examples=["12-01"])]


class SeasonBookTerms(Contract):
    """From the first day to the last one, both of them in it; 12-01 to 02-28 runs over the turn of the year."""

    first_day: MonthDay
    last_day: MonthDay
    by: dict[Slug, CutTerms] = Field(min_length=1)


def plan(terms: SeasonBookTerms, currency: str) -> Act:
    """Text order is the order of the year."""
    first, last = terms.first_day, terms.last_day
    cuts = {service: cut_of(cut, currency) for service, cut in terms.by.items()}

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        today = f"{cart.day:%m-%d}"
        is_on = first <= today <= last if first <= last else today >= first or today <= last
        if not is_on:
            return OTHER_TIME
        return reprice(
            lines, lambda line: cuts[line.service](line.unit_minor) if line.service in cuts else line.unit_minor
        )

    return act


def lowest(terms: SeasonBookTerms, service: str, price_minor: int, currency: str) -> int | None:
    """What it makes of the service."""
    return lowest_of([terms.by[service]], price_minor, currency) if service in terms.by else None


KIND = StrategyKind(
    "season_book", "季节价目", "Season book", "price", SeasonBookTerms, plan,
    {"first_day": "12-01", "last_day": "02-28", "by": {"course": {"price": "1980.00"}}}, lowest,
)  # fmt: skip
