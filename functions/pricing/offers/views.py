"""What HTTP shows of offers. Pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from functions.pricing.offers.offers import Offer
from hub.contracts.base import Words
from hub.contracts.pricing_offers import OfferView
from hub.kernel.money import Money


def show_offer(offer: Offer, now: datetime) -> OfferView:
    """An offer as it stands now."""
    end = offer.lapses_at or offer.ends_at
    over = offer.state != "refused" and end is not None and now >= end
    was, price, floor = (
        str(Money(minor, offer.currency)) for minor in (offer.was_minor, offer.price_minor, offer.floor_minor)
    )
    return OfferView(
        id=offer.id,
        kind=offer.kind,
        rule=offer.strategy,
        store=offer.store,
        service=offer.service,
        was=was,
        price=price,
        floor=floor,
        currency=offer.currency,
        change_percent=f"{change_percent(offer.was_minor, offer.price_minor):f}",
        state="over" if over else offer.state,
        made_at=offer.made_at,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        decided_by=offer.decided_by,
        why=offer.why,
        effect=expected_effect(offer),
        rehearsal=offer.rehearsal,
    )


def expected_effect(offer: Offer) -> Words:
    """Units times the difference in price; of one piece where nobody said how many there are. Whether more is sold for
    it nobody can know: a rehearsal on past quotes says what those would have come to."""
    difference = offer.price_minor - offer.was_minor
    apiece = Money(difference, offer.currency)
    if offer.units is None:
        return Words(zh=f"每件 {apiece}", en=f"{apiece} apiece")
    total = Money(difference * offer.units, offer.currency)
    return Words(zh=f"{offer.units} 件 × {apiece} = {total}", en=f"{offer.units} pieces × {apiece} = {total}")


def change_percent(was_minor: int, now_minor: int) -> Decimal:
    """By how much of a hundred a price changed, to two decimals."""
    if not was_minor:
        return Decimal(0)
    return (Decimal(now_minor - was_minor) * 100 / was_minor).quantize(Decimal("0.01"))
