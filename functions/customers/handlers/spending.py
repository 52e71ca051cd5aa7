"""Spending (消费): what a record paid and got back is counted, and who works for its customer is told of the level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from functions.customers.customers_table import to_profile
from functions.customers.desk import Desk
from functions.customers.levels.levels import NO_LEVEL, Level, level_of
from functions.customers.levels.spend import total_of
from functions.customers.levels.spend_table import Payment
from functions.customers.profile import Profile
from functions.customers.timeline import entry_of
from hub.contracts import events
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import hashed_id

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Seen:
    """The records of a customer, as they were read. version: microseconds of real time: of two the larger is later."""

    customer_id: str
    profiles: tuple[Profile, ...]
    version: int


def count_payment(desk: Desk, record_id: str, event: events.OrderPaid | events.RefundPaid) -> None:
    """It happened to them, and it counts; told again, it changes nothing."""
    amounts = "paid_minor" if isinstance(event, events.OrderPaid) else "refunded_minor"
    payment = Payment(event.order_id, event.currency, **{amounts: event.amount_minor})
    desk.spending.count(record_id, entry_of(event, record_id), payment)


def level_now(desk: Desk, profiles: Sequence[Profile]) -> Level:
    """What a customer is to us whose records these are; nobody who has spent nothing is looked up."""
    spend = total_of(profile.spend for profile in profiles)
    return level_of(desk.levels(), spend) if spend.minor > 0 else NO_LEVEL


def seen_now(desk: Desk, customer_id: str) -> Seen:
    """The records of a customer as they are now."""
    version = int(desk.wall_now().timestamp() * MICROSECONDS)  # before it is read: whoever reads later knows more
    return Seen(customer_id, tuple(map(to_profile, desk.people.profiles(customer_id))), version)


def leveled(desk: Desk, seen: Seen, *, less: bool = False) -> Iterator[events.CustomerLeveled]:
    """The level of a customer as it was seen. less: some of what they had spent went back, or turned out to be somebody
    else's; otherwise who has no level now had none before, and nobody needs to hear it."""
    level = level_now(desk, seen.profiles)
    if level.id or (less and desk.levels()):
        yield events.CustomerLeveled(
            id=hashed_id("evt", "customer.leveled", seen.customer_id, str(seen.version)),
            tenant=desk.tenant,
            at=desk.now(),
            customer_id=seen.customer_id,
            record_ids=tuple(profile.id for profile in seen.profiles),
            level=level.id,
            level_priority=level.priority,
            version=seen.version,
        )
