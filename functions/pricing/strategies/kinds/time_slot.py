"""分时段价: a price by the hour of the day."""

from pydantic import Field

from functions.pricing.books.books import in_hours, minute_of
from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import CutTerms, cut_of
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import OTHER_TIME, lowest_of, recut
from hub.contracts.base import Contract
from hub.contracts.pricing_books import Hours


class Slot(Contract):
    """Every day between these hours."""

    hours: Hours
    cut: CutTerms


class TimeSlotTerms(Contract):
    """The first slot that the moment lies in counts."""

    slots: tuple[Slot, ...] = Field(min_length=1, max_length=24)


def plan(terms: TimeSlotTerms, currency: str) -> Act:
    """In the tenant's zone; a slot's end is not in it."""
    slots = [
        ((minute_of(slot.hours.begins), minute_of(slot.hours.ends)), cut_of(slot.cut, currency)) for slot in terms.slots
    ]

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        cut = next((cut for hours, cut in slots if in_hours(cart.minute, hours)), None)
        return OTHER_TIME if cut is None else recut(lines, cut)

    return act


def lowest(terms: TimeSlotTerms, _service: str, price_minor: int, currency: str) -> int | None:
    """That of the slot that takes off most."""
    return lowest_of([slot.cut for slot in terms.slots], price_minor, currency)


KIND = StrategyKind(
    "time_slot", "分时段价", "Time slot", "price", TimeSlotTerms, plan,
    {"slots": [{"hours": {"begins": "14:00", "ends": "17:00"}, "cut": {"percent": "10"}}]}, lowest,
)  # fmt: skip
