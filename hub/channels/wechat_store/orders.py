"""An order and an after-sale of WeChat Store in our words. Pure; the states are data, in status.json.

Details of /channels/ec/order/get and /channels/ec/aftersale/getaftersaleorder, with the client's `shop_id` and
`read_at`. All money is in fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import StatusTable, text_of
from hub.channels.reading import (
    distinct_numbers,
    object_of,
    objects_of,
    optional_id,
    optional_moment,
    read_id,
    read_moment,
    read_text,
    read_whole,
)
from hub.contracts.envelope import Attribution

NO_PAYMENT = frozenset({"2", "3", "4"})
"""payment_method: 2 pay later (先用后付), 3 a prize, 4 points. Their pay_time is when the order was confirmed."""
PROMOTERS = frozenset({"1", "100", "101"})
"""sale_channel of others' accounts: partners, influencers, agencies. 0 and 2 are the shop's own."""


def canonical_order(detail: Mapping[str, Any], table: StatusTable) -> OrderFacts:
    """The facts of an order. order_price is what the buyer paid, freight included.

    Raises NotUnderstood: unknown-status (never guessed), missing-field.
    """
    inner = object_of(detail, "order_detail")
    state, rank = table.order_state(detail)
    return OrderFacts(
        order_no=read_id(detail, "order_id"),
        shop_id=read_id(detail, "shop_id"),
        state=state,
        state_rank=rank,
        amount_minor=read_whole(object_of(inner, "price_info"), "order_price"),
        currency="CNY",
        updated_at=read_moment(detail, "update_time"),
        buyer_id=optional_id(detail, "openid"),
        paid_at=_paid_at(detail, object_of(inner, "pay_info")) if state != "pending_payment" else None,
        attribution=_attribution(inner),
        note=read_text(object_of(inner, "ext_info"), "customer_notes"),
        tracking_nos=_tracking_nos(inner),
    )


def canonical_after_sale(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """The facts of an after-sale. Raises NotUnderstood: unknown-status, missing-field.

    Money is back only by a refund's own success: an exchange that succeeded paid nothing.
    """
    state, rank = table.after_sale_state(detail)
    kind = table.after_sale_type(detail.get("type"))
    money = "none" if kind == "exchange" else table.money_state(detail.get("status"))
    amount_minor = read_whole(object_of(detail, "refund_info"), "amount", 0)
    return AfterSaleFacts(
        after_sale_no=read_id(detail, "after_sale_order_id"),
        order_no=read_id(detail, "order_id"),
        shop_id=read_id(detail, "shop_id"),
        type=kind,
        state=state,
        state_rank=rank,
        money=money,
        updated_at=read_moment(detail, "update_time"),
        requested_minor=amount_minor,
        refunded_minor=amount_minor if money == "succeeded" else 0,
        buyer_id=optional_id(detail, "openid"),
        tracking_no=optional_id(object_of(detail, "return_info"), "waybill_id"),
        deadline_at=_deadline_at(detail),
    )


def _paid_at(detail: Mapping[str, Any], pay: Mapping[str, Any]) -> datetime | None:
    """When money moved. A gift from the shop, a prize or points is none; pay later isn't until the buyer has paid."""
    is_gift = object_of(detail, "order_present_info").get("is_b2c_free_present") is True
    if is_gift or text_of(pay.get("payment_method")) in NO_PAYMENT:
        return None
    return optional_moment(pay, "pay_time")


def _deadline_at(detail: Mapping[str, Any]) -> datetime | None:
    """`deadline` is the seconds that were left when the detail was read, not when the after-sale last changed."""
    left_seconds = read_whole(detail, "deadline", 0)
    if not left_seconds or not detail.get("read_at"):
        return None
    return read_moment(detail, "read_at") + timedelta(seconds=min(left_seconds, 10**8))


def _attribution(inner: Mapping[str, Any]) -> Attribution:
    """The first account that sold for the shop (带货达人)."""
    for source in objects_of(inner, "source_infos"):
        account_id = optional_id(source, "account_id")
        if account_id and text_of(source.get("sale_channel")) in PROMOTERS:
            return {"influencer": account_id}
    return {}


def _tracking_nos(inner: Mapping[str, Any]) -> tuple[str, ...]:
    parcels = objects_of(object_of(inner, "delivery_info"), "delivery_product_info")
    return distinct_numbers(optional_id(parcel, "waybill_id") for parcel in parcels)
