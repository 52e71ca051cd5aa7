"""Orders and refunds of Taobao and Tmall in our words. Pure; the states are data, in status.json.

Amounts are texts in yuan, times texts of China's time. `seller_id` is the connection's own: TOP names shops by a nick
that can change. https://developer.alibaba.com/docs/api.htm?apiId=54 (trade), apiId=53 (refund), as public copies of the
metadata have them (2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.channels.base import NotUnderstood
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import StatusTable, text_of
from hub.channels.reading import (
    distinct_numbers,
    object_of,
    objects_of,
    optional_id,
    read_amount,
    read_id,
    read_text,
    read_written,
)
from hub.channels.relayed import moment_of

DEPOSIT_PAID = frozenset({"FRONT_PAID_FINAL_NOPAID", "FRONT_PAID_FRONT_FORFEITED"})
"""step_trade_status: the deposit is paid and the rest is not: the buyer may still pay it, or has lost the deposit."""


def canonical_order(detail: Mapping[str, Any], table: StatusTable) -> OrderFacts:
    """The facts in a `trade`, of the list or of its own.

    `payment` is what the buyer paid until money goes back, which lowers it. In a presale (预售) `pay_time` is the
    deposit's until the rest is paid, too, and `step_paid_fee` what was paid so far.
    Raises NotUnderstood: unknown-status (never guessed), missing-field.
    """
    state, rank = table.order_state(detail)
    in_part = text_of(detail.get("step_trade_status")) in DEPOSIT_PAID
    deposit_minor = read_amount(detail, "step_paid_fee", default=0) if in_part else 0
    return OrderFacts(
        order_no=read_id(detail, "tid"),
        shop_id=read_id(detail, "seller_id"),
        state=state,
        state_rank=rank + bool(deposit_minor),  # a deposit in the second of the order is news
        amount_minor=read_amount(detail, "payment"),
        currency="CNY",
        updated_at=read_written(detail, "modified"),
        buyer_id=optional_id(detail, "buyer_open_uid") or optional_id(detail, "ouid"),
        paid_at=None if in_part or state == "pending_payment" else moment_of(detail, "pay_time"),
        deposit_minor=deposit_minor,
        note=read_text(detail, "buyer_message"),
        tracking_nos=_tracking_nos(detail),
    )


def canonical_after_sale(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """The facts in a `refund`. SUCCESS is money back only where the dispute was about money: an exchange succeeds too.

    Raises NotUnderstood: unknown-status, missing-field.
    """
    state, rank = table.after_sale_state(detail)
    requested = read_amount(detail, "refund_fee", default=0)
    refunded = state == "refunded"
    if refunded and detail.get("refund_fee") in (None, ""):
        raise NotUnderstood("missing-field", field="refund_fee")
    return AfterSaleFacts(
        after_sale_no=read_id(detail, "refund_id"),
        order_no=read_id(detail, "tid"),
        shop_id=read_id(detail, "seller_id"),
        type=table.after_sale_type(detail.get("dispute_type")),
        state=state,
        state_rank=rank,
        money="succeeded" if refunded else "none",
        updated_at=read_written(detail, "modified"),
        requested_minor=requested,
        refunded_minor=requested if refunded else 0,
        buyer_id=optional_id(detail, "buyer_open_uid") or optional_id(detail, "ouid"),
        tracking_no=optional_id(detail, "sid"),
        deadline_at=moment_of(object_of(detail, "refund_remind_timeout"), "timeout"),
    )


def _tracking_nos(detail: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines' parcels (`invoice_no`, from memory)."""
    lines = objects_of(object_of(detail, "orders"), "order")
    return distinct_numbers(optional_id(line, "invoice_no") for line in lines)
