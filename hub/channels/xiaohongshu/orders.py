"""An order and an after-sale of Xiaohongshu in our words. Pure; the states are data, in status.json.

Amounts of orders are whole fen, of after-sales yuan. Times are milliseconds in orders, as documented; after-sales name
no unit, so theirs are read by their size.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import StatusTable
from hub.channels.reading import (
    MOMENT_LIMIT_SECONDS,
    distinct_numbers,
    object_of,
    objects_of,
    optional_id,
    optional_moment_ms,
    read_amount,
    read_id,
    read_moment,
    read_moment_ms,
    read_text,
    read_whole,
)
from hub.contracts.envelope import Attribution

PENDING = "pending_payment"


def canonical_order(detail: Mapping[str, Any], table: StatusTable) -> OrderFacts:
    """The facts in the `data` of order.getOrderDetail; `shopId` is what our client adds.

    The buyer paid totalPayAmount, freight and deposit included. Raises NotUnderstood: unknown-status, missing-field.
    """
    paid = read_whole(detail, "paidTime", 0)
    state, rank = table.order_state({"orderStatus": detail.get("orderStatus"), "paidTime": paid or ""})
    in_part = bool(paid) and state == PENDING
    deposit_minor = read_whole(detail, "totalDepositAmount", 0) if in_part else 0  # (from memory)
    return OrderFacts(
        order_no=read_id(detail, "orderId"),
        shop_id=optional_id(detail, "sellerId") or read_id(detail, "shopId"),
        state=state,
        state_rank=rank + bool(deposit_minor),
        amount_minor=read_whole(detail, "totalPayAmount"),
        currency="CNY",
        updated_at=read_moment_ms(detail, "updateTime"),
        buyer_id=optional_id(detail, "userId"),
        paid_at=None if in_part else optional_moment_ms(detail, "paidTime"),
        deposit_minor=deposit_minor,
        attribution=_attribution(detail),
        note=read_text(detail, "customerRemark"),
        tracking_nos=_parcels(detail),
    )


def canonical_after_sale(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """The facts in the `data` of afterSale.getAfterSaleInfo; `shopId` is what our client adds: they name no shop.

    Money is back only where refundStatus says so: status 4 may end an exchange. Raises NotUnderstood: unknown-status,
    missing-field.
    """
    info = object_of(detail, "afterSaleInfo")
    refund = info.get("refundStatus")
    state, rank = table.after_sale_state({"status": info.get("status"), "refundStatus": refund})
    money = table.money_state(refund)
    back = read_amount(info, "refundAmountYuan", default=0) if money == "succeeded" else 0
    return AfterSaleFacts(
        after_sale_no=read_id(info, "returnsId"),
        order_no=read_id(info, "orderId"),
        shop_id=read_id(detail, "shopId"),
        type=table.after_sale_type(info.get("returnType")),
        state=state,
        state_rank=rank,
        money="pending" if money == "none" and state == "refunding" else money,
        updated_at=_moment(info, "updatedAt"),
        requested_minor=read_amount(info, "expectedRefundAmountYuan", default=0),
        refunded_minor=back,
        buyer_id=optional_id(info, "userId"),
        tracking_no=optional_id(object_of(object_of(detail, "logisticsInfo"), "after_sale"), "expressNo"),
        deadline_at=_moment(info, "expireTime") if read_whole(info, "expireTime", 0) else None,
    )


def _moment(fields: Mapping[str, Any], name: str) -> datetime:
    """Milliseconds, or seconds where the number is too small for them: their documents do not say which."""
    number = read_whole(fields, name)
    return read_moment(fields, name) if number < MOMENT_LIMIT_SECONDS else read_moment_ms(fields, name)


def _parcels(detail: Mapping[str, Any]) -> tuple[str, ...]:
    parcels = (detail, *objects_of(detail, "simpleDeliveryOrderList"))
    return distinct_numbers(optional_id(parcel, "expressTrackingNo") for parcel in parcels)


def _attribution(detail: Mapping[str, Any]) -> Attribution:
    """The influencer (达人, kolId of an article, from memory) who sold it, the first where several did."""
    sellers = (optional_id(article, "kolId") for article in objects_of(detail, "skuList"))
    influencer = next((seller for seller in sellers if seller), "")
    return {"influencer": influencer} if influencer else {}
