"""Orders and after-sales of Pinduoduo in our words. Pure; the states are data, in status.json.

Orders speak in yuan; an after-sale's own detail speaks in fen, and its list in yuan and with other type codes (so the
detail is read). Buyers are masked, and no key of theirs is told. `mall_id` is the connection's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.channels.base import NotUnderstood
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import StatusTable
from hub.channels.reading import distinct_numbers, optional_id, read_amount, read_id, read_text, read_whole
from hub.channels.relayed import moment_of

REFUNDED = "succeeded"


def canonical_order(detail: Mapping[str, Any], table: StatusTable) -> OrderFacts:
    """The facts in an `order_info`, or in a row of `order_sn_list`. Its state is composed of five codes.

    Raises NotUnderstood: unknown-status (never guessed), missing-field.
    """
    state, rank = table.order_state(detail)
    return OrderFacts(
        order_no=read_id(detail, "order_sn"),
        shop_id=read_id(detail, "mall_id"),
        state=state,
        state_rank=rank,
        amount_minor=read_amount(detail, "pay_amount"),
        currency="CNY",
        updated_at=_updated_at(detail, "updated_at"),
        paid_at=moment_of(detail, "pay_time") if state != "pending_payment" else None,
        note=read_text(detail, "buyer_memo"),
        tracking_nos=distinct_numbers([optional_id(detail, "tracking_number")]),
    )


def canonical_after_sale(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """The facts in the answer of pdd.refund.information.get. Money is back at status 10 alone.

    Raises NotUnderstood: unknown-status, missing-field.
    """
    state, rank = table.after_sale_state(detail)
    requested = read_whole(detail, "refund_amount", 0)
    money = table.money_state(detail.get("after_sales_status"))
    return AfterSaleFacts(
        after_sale_no=read_id(detail, "id"),
        order_no=read_id(detail, "order_sn"),
        shop_id=read_id(detail, "mall_id"),
        type=table.after_sale_type(detail.get("after_sales_type")),
        state=state,
        state_rank=rank,
        money=money,
        updated_at=_updated_at(detail, "updated_time"),
        requested_minor=requested,
        refunded_minor=read_whole(detail, "refund_amount") if money == REFUNDED else 0,
        tracking_no=optional_id(detail, "express_no"),
        deadline_at=moment_of(detail, "expire_time"),
    )


def _updated_at(detail: Mapping[str, Any], name: str) -> datetime:
    moment = moment_of(detail, name)
    if moment is None:
        raise NotUnderstood("missing-field", field=name)
    return moment
