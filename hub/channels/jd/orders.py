"""Orders and after-sales of JD in our words. Pure; the states are data, in status.json.

An after-sale is one of two things, and its number says which: `cancel-<id>` is the refund of a cancelled order
(退款审核单, in fen), `service-<id>` a service bill (售后服务单, in yuan). The client adds `kind`, `number`, `venderId`.
Fields: open.jd.com API 15660, 15661 (orders), 13151 (cancel refunds), 15040, 21380 (service bills), as public contracts
quote them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.channels.base import NotUnderstood
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import StatusTable
from hub.channels.reading import (
    distinct_numbers,
    object_of,
    optional_id,
    read_amount,
    read_id,
    read_text,
    read_whole,
)
from hub.channels.relayed import moment_of

REFUNDED = "succeeded"
_SEVERAL = re.compile(r"[,|;]")


def canonical_order(detail: Mapping[str, Any], table: StatusTable) -> OrderFacts:
    """The facts in an `orderInfo`. The buyer paid `actualPay`: `orderPayment` has been stale since 2024-10.

    A `paymentConfirmTime` in the year 1 means unpaid. Raises NotUnderstood: unknown-status (never guessed),
    missing-field.
    """
    paid_at = moment_of(detail, "paymentConfirmTime")
    state, rank = table.order_state({"orderState": detail.get("orderState"), "paid": "yes" if paid_at else ""})
    return OrderFacts(
        order_no=read_id(detail, "orderId"),
        shop_id=read_id(detail, "venderId"),
        state=state,
        state_rank=rank,
        amount_minor=read_amount(detail, "actualPay", default=None if paid_at else 0),
        currency="CNY",
        updated_at=_moment(detail, "modified"),
        buyer_id=optional_id(detail, "open_id_buyer"),
        paid_at=paid_at if state != "pending_payment" else None,
        note=read_text(detail, "orderRemark"),
        tracking_nos=_tracking_nos(detail),
    )


def canonical_after_sale(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """The facts in a cancel refund or a service bill. Raises NotUnderstood: unknown-status, missing-field."""
    return _cancel(detail, table) if detail.get("kind") == "cancel" else _service(detail, table)


def _cancel(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """Its statuses are steps of an audit: none of them proves that money is back."""
    state, rank = table.after_sale_state({"kind": "cancel", "status": detail.get("status")})
    return AfterSaleFacts(
        after_sale_no=read_id(detail, "number"),
        order_no=read_id(detail, "orderId"),
        shop_id=read_id(detail, "venderId"),
        type=table.after_sale_type("cancel"),
        state=state,
        state_rank=rank,
        money="pending" if state == "refunding" else "none",
        updated_at=_latest(detail, "modified", "checkTime", "applyTime"),
        requested_minor=read_whole(detail, "applyRefundSum", 0),
        buyer_id=optional_id(detail, "open_id_buyer"),
    )


def _service(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """Money is back at status 13; how much, says `actualRefundAmount` alone."""
    status = detail.get("status")
    state, rank = table.after_sale_state({"kind": "service", "refund_status": status})
    money, bill = table.money_state(status), object_of(detail, "sameOrderServiceBill")
    refunded = read_amount(detail, "actualRefundAmount") if money == REFUNDED else 0
    return AfterSaleFacts(
        after_sale_no=read_id(detail, "number"),
        order_no=read_id(bill, "orderId"),
        shop_id=read_id(detail, "venderId"),
        type=table.after_sale_type(bill.get("customerExpect")),
        state=state,
        state_rank=rank,
        money=money,
        updated_at=_latest(detail, "completeTime", "approveTime", "applyTime", bill=bill),
        requested_minor=refunded,
        refunded_minor=refunded,
        tracking_no=optional_id(detail, "expressNo"),
    )


def _tracking_nos(detail: Mapping[str, Any]) -> tuple[str, ...]:
    """`waybill` names several parcels in one text."""
    numbers = _SEVERAL.split(str(detail.get("waybill") or ""))
    return distinct_numbers(optional_id({"waybill": number}, "waybill") for number in numbers)


def _latest(detail: Mapping[str, Any], *names: str, bill: Mapping[str, Any] | None = None) -> datetime:
    """The latest of the times that a row has; a service bill's own is `afsApplyTime`."""
    times = [moment_of(detail, name) for name in names] + [moment_of(bill or {}, "afsApplyTime")]
    moments = [moment for moment in times if moment]
    if not moments:
        raise NotUnderstood("missing-field", field=names[0])
    return max(moments)


def _moment(detail: Mapping[str, Any], name: str) -> datetime:
    moment = moment_of(detail, name)
    if moment is None:
        raise NotUnderstood("missing-field", field=name)
    return moment
