"""Orders, refunds and returns of Shopify in our words. Pure; the states are data, in status.json.

Money is the shop's own currency (`shopMoney`), in which the merchant keeps books; buyers may have paid in another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import StatusTable
from hub.channels.reading import (
    distinct_numbers,
    object_of,
    objects_of,
    optional_id,
    optional_written,
    read_amount,
    read_id,
    read_text,
    read_written,
)
from hub.contracts.envelope import Attribution

PAID = ("PAID", "PARTIALLY_REFUNDED", "REFUNDED")
BACK = "succeeded"


def canonical_order(detail: Mapping[str, Any], table: StatusTable) -> OrderFacts:
    """The facts in an `Order` of the GraphQL API, with the store's name beside them as `shop`.

    Raises NotUnderstood: unknown-status (never guessed), missing-field, unknown-currency.
    """
    state, rank = table.order_state(detail)
    amount_minor, currency = _money(detail, "totalPriceSet")
    in_part = detail.get("displayFinancialStatus") == "PARTIALLY_PAID" and "totalReceivedSet" in detail
    deposit_minor = _money(detail, "totalReceivedSet")[0] if in_part else 0
    return OrderFacts(
        order_no=_number(detail),
        shop_id=read_id(detail, "shop"),
        state=state,
        state_rank=rank + bool(deposit_minor),
        amount_minor=amount_minor,
        currency=currency,
        updated_at=read_written(detail, "updatedAt"),
        buyer_id=_customer(detail),
        paid_at=optional_written(detail, "processedAt") if detail.get("displayFinancialStatus") in PAID else None,
        attribution=_attribution(detail),
        deposit_minor=deposit_minor,
        note=read_text(detail, "note"),
        tracking_nos=distinct_numbers(_tracking_nos(detail)),
    )


def canonical_after_sale(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """The facts in a `Return`, or in a `Refund` that belongs to none. A return has no update time: its order has one.

    Raises NotUnderstood: unknown-status, missing-field, unknown-currency.
    """
    returned, refund = object_of(detail, "return"), object_of(detail, "refund")
    after_sale = returned or refund
    refunds = objects_of(object_of(returned, "refunds"), "nodes") if returned else (refund,)
    money = _money_state(refunds, table)
    status = returned.get("status") if returned else "refund_created"
    state, rank = table.after_sale_state({"status": status, "money": money})
    amounts = [_money(item, "totalRefundedSet") for item in refunds]
    total_minor = sum(amount_minor for amount_minor, _ in amounts)
    order = object_of(after_sale, "order")
    return AfterSaleFacts(
        after_sale_no=read_id(after_sale, "id").removeprefix("gid://shopify/"),
        order_no=_number(order),
        shop_id=read_id(detail, "shop"),
        type=_type(returned),
        state=state,
        state_rank=rank,
        money=money or "none",
        updated_at=read_written(order, "updatedAt") if returned else read_written(refund, "updatedAt"),
        requested_minor=total_minor,
        refunded_minor=total_minor if money == BACK else 0,
        currency=amounts[0][1] if amounts else "CNY",
        buyer_id=_customer(order),
        tracking_no=next(_return_tracking_nos(returned), ""),
    )


def _type(returned: Mapping[str, Any]) -> str:
    if not returned:
        return "refund_only"
    return "exchange" if objects_of(object_of(returned, "exchangeLineItems"), "nodes") else "return_refund"


def _money_state(refunds: tuple[Mapping[str, Any], ...], table: StatusTable) -> str:
    """ "" (no money moves), `succeeded` (all of it), `failed` (some did), else `pending`."""
    moves = [
        move
        for refund in refunds
        for move in objects_of(object_of(refund, "transactions"), "nodes")
        if move.get("kind") == "REFUND"
    ]
    states = {table.money_state(move.get("status")) for move in moves}
    if not states or states == {BACK}:
        return BACK if states else ""
    return "failed" if "failed" in states else "pending"


def _money(fields: Mapping[str, Any], name: str) -> tuple[int, str]:
    amount = object_of(object_of(fields, name), "shopMoney")
    currency = read_id(amount, "currencyCode")
    return read_amount(amount, "amount", currency), currency


def _number(order: Mapping[str, Any]) -> str:
    return read_id(order, "id").removeprefix("gid://shopify/Order/")


def _customer(order: Mapping[str, Any]) -> str:
    return optional_id(object_of(order, "customer"), "id").removeprefix("gid://shopify/Customer/")


def _attribution(detail: Mapping[str, Any]) -> Attribution:
    """The first discount code, and the campaign of the visit that ended in the order."""
    attribution: Attribution = {}
    codes = detail.get("discountCodes")
    if isinstance(codes, list) and codes and isinstance(codes[0], str) and codes[0].strip():
        attribution["code"] = codes[0].strip()[:128]
    visit = object_of(object_of(detail, "customerJourneySummary"), "lastVisit")
    campaign = read_text(object_of(visit, "utmParameters"), "campaign").strip()
    if campaign:
        attribution["campaign"] = campaign[:128]
    return attribution


def _tracking_nos(detail: Mapping[str, Any]) -> Iterator[str]:
    for fulfillment in objects_of(detail, "fulfillments"):
        for parcel in objects_of(fulfillment, "trackingInfo"):
            yield optional_id(parcel, "number")


def _return_tracking_nos(returned: Mapping[str, Any]) -> Iterator[str]:
    for order in objects_of(object_of(returned, "reverseFulfillmentOrders"), "nodes"):
        for delivery in objects_of(object_of(order, "reverseDeliveries"), "nodes"):
            number = optional_id(object_of(object_of(delivery, "deliverable"), "tracking"), "number")
            if number:
                yield number
