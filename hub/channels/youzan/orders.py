"""Orders and refunds of Youzan in our words. Pure; the states are data, in status.json.

Times are written without an offset; China's is taken, as every copy of the manual does. Money is yuan in texts, but fen
in a refund's `refund_fund_list`.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    read_whole,
    read_written,
)
from hub.contracts.envelope import Attribution

BACK = "succeeded"


def canonical_order(detail: Mapping[str, Any], table: StatusTable) -> OrderFacts:
    """The facts in the data of youzan.trade.get. The buyer paid `real_payment` (`payment` is what was to be paid); an
    order that waits for its payment may have none yet.

    Raises NotUnderstood: unknown-status (never guessed), missing-field.
    """
    whole = object_of(detail, "full_order_info")
    order = object_of(whole, "order_info")
    state, rank = table.order_state(order)
    pending = state == "pending_payment"
    deposit_minor = _deposit_minor(object_of(whole, "pay_info")) if pending else 0
    return OrderFacts(
        order_no=read_id(order, "tid"),
        shop_id=read_id(order, "node_kdt_id"),
        state=state,
        state_rank=rank + bool(deposit_minor),
        amount_minor=_amount_minor(object_of(whole, "pay_info"), pending=pending, deposit=bool(deposit_minor)),
        currency="CNY",
        updated_at=read_written(order, "update_time"),
        buyer_id=optional_id(object_of(whole, "buyer_info"), "yz_open_id"),
        paid_at=None if pending else optional_written(order, "pay_time"),
        deposit_minor=deposit_minor,
        attribution=_attribution(order),
        note=read_text(object_of(whole, "remark_info"), "buyer_message"),  # (from memory)
        tracking_nos=_tracking_nos(detail),
    )


def canonical_after_sale(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """The facts in the data of youzan.trade.refund.get. Money is back when every fund of it says so, however the refund
    itself ended: an exchange ends well too. Raises NotUnderstood: unknown-status, missing-field."""
    funds = objects_of(detail, "refund_fund_list")
    money = _money(funds, table)
    state, rank = table.after_sale_state({"status": detail.get("status"), "funds": money})
    return AfterSaleFacts(
        after_sale_no=read_id(detail, "refund_id"),
        order_no=read_id(detail, "tid"),
        shop_id=optional_id(detail, "node_kdt_id") or read_id(detail, "kdt_id"),
        type=_type(detail, table),
        state=state,
        state_rank=rank,
        money=money or "none",
        updated_at=read_written(detail, "modified"),
        requested_minor=read_amount(detail, "refund_fee", default=0),
        refunded_minor=sum(read_whole(fund, "refund_fee") for fund in funds) if money == BACK else 0,
    )


def _amount_minor(pay: Mapping[str, Any], *, pending: bool, deposit: bool) -> int:
    """What was paid; while that is a deposit alone, what is to be."""
    return read_amount(pay, "payment" if deposit else "real_payment", default=0 if pending else None)


def _deposit_minor(pay: Mapping[str, Any]) -> int:
    """Of a presale: the phases that have a transaction of the payment's (`phase_payments`, from memory)."""
    paid = (phase for phase in objects_of(pay, "phase_payments") if phase.get("outer_transaction_no"))
    return sum(read_amount(phase, "real_price", default=0) for phase in paid)


def _money(funds: tuple[Mapping[str, Any], ...], table: StatusTable) -> str:
    """ "" (no funds), `succeeded` (all of them), `failed` (one did), else `pending`."""
    states = {table.money_state(fund.get("status")) for fund in funds}
    if not states or states == {BACK}:
        return BACK if states else ""
    return "failed" if "failed" in states else "pending"


def _type(detail: Mapping[str, Any], table: StatusTable) -> str:
    """By what the buyer wants (`demand`); older refunds only say whether goods come back."""
    if detail.get("demand"):
        return table.after_sale_type(detail["demand"])
    if detail.get("refund_type") in ("EXCHANGE_GOODS", "OFFLINE_EXCHANGE_GOODS"):
        return "exchange"
    goods = detail.get("return_goods")
    return ("return_refund" if goods else "refund_only") if isinstance(goods, bool) else "unknown"


def _attribution(order: Mapping[str, Any]) -> Attribution:
    """The store (网点) that it was placed at; 0 is none. (from memory)"""
    store = optional_id(order, "offline_id")
    return {"store": store} if store not in ("", "0") else {}


def _tracking_nos(detail: Mapping[str, Any]) -> tuple[str, ...]:
    """delivery_order[].dists[].express_info.express_no (from memory)."""
    parcels = (parcel for order in objects_of(detail, "delivery_order") for parcel in objects_of(order, "dists"))
    return distinct_numbers(optional_id(object_of(parcel, "express_info"), "express_no") for parcel in parcels)
