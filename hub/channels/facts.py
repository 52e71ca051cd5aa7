"""What an order and an after-sale are, in our words: the facts that channels tell and the room of orders keeps."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from hub.contracts.envelope import Attribution
from hub.contracts.orders import OrderLine, OrderTerms
from hub.kernel.dataclass import dataclass


@dataclass(frozen=True)
class OrderFacts:
    """What an order is at `updated_at`. Of two truths the later one holds; at one time, the higher rank.

    amount_minor: what the buyer paid, or, while that is not all paid, is to pay, in the currency's minor units.
    deposit_minor: what was paid so far of an order that isn't paid yet (定金), else 0. paid_at: when all was paid.
    buyer_id: '' when the
    platform masks it. note: what the buyer wrote (personal). tracking_nos: its parcels,
    as they were written. terms: what was bought, and on what terms.
    """

    order_no: str
    shop_id: str
    state: str
    state_rank: int
    amount_minor: int
    currency: str
    updated_at: datetime
    buyer_id: str = ""
    paid_at: datetime | None = None
    attribution: Attribution = field(default_factory=dict)
    note: str = ""
    deposit_minor: int = 0
    tracking_nos: tuple[str, ...] = ()
    terms: OrderTerms = field(default_factory=OrderTerms)


@dataclass(frozen=True)
class AfterSaleFacts:
    """What an after-sale (售后单) is at `updated_at`. Its own state and the money's are two things.

    requested_minor: what the buyer asks for; refunded_minor: what the platform confirms as paid back, else 0.
    deadline_at: until when the seller must act. reason: as the platform names it, a code or words. lines: what it is
    about, () where that is not told.
    """

    after_sale_no: str
    order_no: str
    shop_id: str
    type: str
    state: str
    state_rank: int
    money: str
    updated_at: datetime
    requested_minor: int = 0
    refunded_minor: int = 0
    currency: str = "CNY"
    buyer_id: str = ""
    tracking_no: str = ""
    deadline_at: datetime | None = None
    reason: str = ""
    lines: tuple[OrderLine, ...] = ()


def without_blanks(number: str) -> str:
    """A parcel's number as it is compared: carriers and people write `9400 1000 0000` and `940010000000`."""
    return "".join(number.split())
