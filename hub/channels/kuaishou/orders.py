"""An order and an after-sale of Kuaishou shop in our words. Pure; the states are data, in status.json.

One order is one product: several products in a basket become several orders. Times are milliseconds. Amounts are whole
numbers, taken for fen: the platform's documents name no unit (as public SDKs use them; not checked on a real shop).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.channels.base import NotUnderstood
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import StatusTable
from hub.channels.reading import (
    distinct_numbers,
    object_of,
    objects_of,
    optional_id,
    optional_moment_ms,
    read_id,
    read_moment_ms,
    read_text,
    read_whole,
)
from hub.channels.terms import discounts_of, first_id, reason_of, region_of, terms_of
from hub.contracts.envelope import Attribution
from hub.contracts.orders import OrderLine, OrderTerms

MONEY_BACK = {("60", "1"), ("60", "10")}
"""A refund's status and handlingWay when money went back: 60 with another way is a finished exchange."""
MONEY_BY_STATE = {"refunding": "pending", "refunded": "succeeded"}
PRICE_PROTECTION = "1"


def canonical_order(detail: Mapping[str, Any], table: StatusTable) -> OrderFacts:
    """The facts in the `data` of open.order.detail, or in an item of `orderList`; `shopId` is what our client adds.

    The buyer paid is totalFee (goods) + expressFee: the documents name no total. Raises NotUnderstood: unknown-status,
    missing-field.
    """
    base = object_of(detail, "orderBaseInfo")
    reason = base.get("disableDeliveryReasonCode")
    fields = {"status": base.get("status"), "disableDeliveryReasonCode": reason, "refund": _refund(detail)}
    state, rank = table.order_state(fields)
    return OrderFacts(
        order_no=read_id(base, "oid"),
        shop_id=optional_id(detail, "shopId") or read_id(base, "sellerOpenId"),
        state=state,
        state_rank=rank,
        amount_minor=read_whole(base, "totalFee") + read_whole(base, "expressFee", 0),
        currency="CNY",
        updated_at=read_moment_ms(base, "updateTime"),
        buyer_id=optional_id(base, "buyerOpenId"),
        paid_at=optional_moment_ms(base, "payTime") if state != "pending_payment" else None,
        attribution=_attribution(detail),
        note=read_text(base, "remark"),
        tracking_nos=_parcels(detail),
        terms=terms_of(lambda: _terms(detail, base)),
    )


def canonical_after_sale(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """The facts in the `data` of open.seller.order.refund.detail; `shopId` is what our client adds.

    Money is back only where the state says refunded: 60 may end an exchange. Raises NotUnderstood: unknown-status,
    missing-field.
    """
    fields = ("status", "handlingWay", "negotiateStatus")
    state, rank = table.after_sale_state({name: detail.get(name) for name in fields})
    requested, money = read_whole(detail, "refundFee", 0), MONEY_BY_STATE.get(state, "none")
    return AfterSaleFacts(
        after_sale_no=read_id(detail, "refundId"),
        order_no=read_id(detail, "oid"),
        shop_id=optional_id(detail, "shopId") or read_id(detail, "sellerId"),
        type=_type(detail, table),
        state=state,
        state_rank=rank,
        money=money,
        updated_at=read_moment_ms(detail, "updateTime"),
        requested_minor=requested,
        refunded_minor=requested if money == "succeeded" else 0,
        buyer_id=optional_id(detail, "buyerOpenId"),
        tracking_no=optional_id(object_of(detail, "logisticsInfo"), "expressNo"),
        deadline_at=_deadline(detail),
        reason=reason_of(detail, "refundReason"),
    )


def _parcels(detail: Mapping[str, Any]) -> tuple[str, ...]:
    return distinct_numbers(optional_id(parcel, "expressNo") for parcel in objects_of(detail, "orderLogisticsInfo"))


def _refund(detail: Mapping[str, Any]) -> str:
    """`succeeded` when one of the order's refunds brought money back, else "": an order is one article."""
    refunds = objects_of(detail, "orderDetailRefundList") + objects_of(detail, "orderRefundList")
    back = any((str(refund.get("refundStatus")), str(refund.get("handlingWay"))) in MONEY_BACK for refund in refunds)
    return "succeeded" if back else ""


def _type(detail: Mapping[str, Any], table: StatusTable) -> str:
    if str(detail.get("specialRefundType")) == PRICE_PROTECTION:
        return "price_protection"
    return table.after_sale_type(detail.get("handlingWay"))


def _attribution(detail: Mapping[str, Any]) -> Attribution:
    """The distributor (分销达人) who sold it; 0 is nobody."""
    distributor = optional_id(object_of(detail, "orderCpsInfo"), "distributorId")
    return {"influencer": distributor} if distributor not in ("", "0") else {}


def _deadline(detail: Mapping[str, Any]) -> datetime | None:
    """expireTime where it is a moment: the lists have been seen with other numbers there."""
    try:
        return optional_moment_ms(detail, "expireTime")
    except NotUnderstood:
        return None


def _terms(detail: Mapping[str, Any], base: Mapping[str, Any]) -> OrderTerms:
    """One order is one article; who funds `discountFee` is not told. Address codes: from memory."""
    address, item = object_of(detail, "orderAddress"), object_of(detail, "orderItemInfo")
    line = OrderLine(
        item_no=optional_id(item, "itemId"),
        sku=first_id(item, "skuNick", "skuId"),
        quantity=read_whole(item, "num", 1),
        amount_minor=read_whole(base, "totalFee", 0),
    )
    return OrderTerms(
        lines=(line,) if item else (),
        discounts=discounts_of(unknown=read_whole(base, "discountFee", 0)),
        shipping_minor=read_whole(base, "expressFee") if base.get("expressFee") is not None else None,
        region_code=region_of(*(address.get(name) for name in ("districtCode", "cityCode", "provinceCode"))),
    )
