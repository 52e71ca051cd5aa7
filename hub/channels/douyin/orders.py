"""Orders and after-sales of Douyin shop in our words. Pure; the states are data, in status.json.

Fields: responses of order_orderDetail and afterSale_Detail in the official Go SDK (2023-02).
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
    optional_moment,
    read_id,
    read_moment,
    read_text,
    read_whole,
)
from hub.channels.terms import discounts_of, first_id, lines_of, reason_of, region_of, terms_of
from hub.contracts.envelope import Attribution
from hub.contracts.orders import OrderLine, OrderTerms

REFUNDED = "succeeded"
PENDING = "pending_payment"


def canonical_order(detail: Mapping[str, Any], table: StatusTable) -> OrderFacts:
    """The facts in a `shop_order_detail` (or an item of `shop_order_list`), ids and numbers as texts or numbers.

    The buyer paid pay_amount - promotion_pay_amount: the platform pays its own promotions.
    Raises NotUnderstood: unknown-status (never guessed), missing-field.
    """
    state, rank = table.order_state(detail)
    deposit_minor = _deposit_minor(detail) if state == PENDING else 0
    return OrderFacts(
        order_no=read_id(detail, "order_id"),
        shop_id=read_id(detail, "shop_id"),
        state=state,
        state_rank=rank + bool(deposit_minor),
        amount_minor=_paid_minor(detail),
        currency="CNY",
        updated_at=read_moment(detail, "update_time"),
        buyer_id=optional_id(detail, "doudian_open_id"),
        paid_at=optional_moment(detail, "pay_time") if state != PENDING else None,
        deposit_minor=deposit_minor,
        attribution=_attribution(objects_of(detail, "sku_order_list")),
        note=read_text(detail, "buyer_words"),
        tracking_nos=_tracking_nos(detail),
        terms=terms_of(lambda: _terms(detail)),
    )


def canonical_after_sale(detail: Mapping[str, Any], table: StatusTable) -> AfterSaleFacts:
    """The facts in the data of /afterSale/Detail, with the shop's id beside it.

    Money is back only at refund_status 3, however the after-sale itself ended.
    Raises NotUnderstood: unknown-status, missing-field.
    """
    process = object_of(detail, "process_info")
    info, order = object_of(process, "after_sale_info"), object_of(detail, "order_info")
    state, rank = table.after_sale_state(info)
    money = table.money_state(info.get("refund_status"))
    return AfterSaleFacts(
        after_sale_no=read_id(info, "after_sale_id"),
        order_no=read_id(order, "shop_order_id"),
        shop_id=optional_id(detail, "shop_id"),
        type=table.after_sale_type(info.get("after_sale_type")),
        state=state,
        state_rank=rank,
        money=money,
        updated_at=read_moment(info, "update_time"),
        requested_minor=read_whole(info, "refund_total_amount", 0),
        refunded_minor=read_whole(info, "real_refund_amount") if money == REFUNDED else 0,
        tracking_no=optional_id(object_of(object_of(process, "logistics_info"), "return"), "tracking_no"),
        deadline_at=optional_moment(info, "status_deadline"),
        reason=reason_of(info, "reason_code", "reason"),
        lines=lines_of(lambda: map(_after_sale_line, objects_of(order, "sku_order_infos"))),
    )


def _deposit_minor(detail: Mapping[str, Any]) -> int:
    """Of a presale (定金预售): what those phases say that are paid (`order_phase_list`, as public SDKs have it)."""
    paid = (phase for phase in objects_of(detail, "order_phase_list") if text_of(phase.get("pay_success")) == "true")
    return sum(read_whole(phase, "phase_pay_amount", 0) for phase in paid)


def _paid_minor(detail: Mapping[str, Any]) -> int:
    promotion = read_whole(detail, "promotion_pay_amount", 0)
    paid = read_whole(detail, "pay_amount") - promotion
    if paid < 0:
        raise NotUnderstood("missing-field", field="promotion_pay_amount")
    return paid


def _attribution(lines: tuple[Mapping[str, Any], ...]) -> Attribution:
    """Who sold it: the host (达人), live room and video of the first line that names each; 0 is nobody."""
    attribution: Attribution = {}
    for line in lines:
        room = optional_id(line, "room_id_str") or optional_id(line, "room_id")
        for key, value in (
            ("influencer", optional_id(line, "author_id")),
            ("live_room", room),
            ("video", optional_id(line, "video_id")),
        ):
            if value not in ("", "0"):
                attribution.setdefault(key, value)  # type: ignore[arg-type]
    return attribution


def _tracking_nos(detail: Mapping[str, Any]) -> tuple[str, ...]:
    return distinct_numbers(optional_id(parcel, "tracking_no") for parcel in objects_of(detail, "logistics_info"))


def _terms(detail: Mapping[str, Any]) -> OrderTerms:
    """Fields of shop_order_detail, as public SDKs have them; `town` is the district (区县)."""
    address = object_of(detail, "post_addr")
    return OrderTerms(
        lines=tuple(map(_line, objects_of(detail, "sku_order_list"))),
        discounts=discounts_of(
            shop=read_whole(detail, "promotion_shop_amount", 0),
            platform=read_whole(detail, "promotion_platform_amount", 0),
            influencer=read_whole(detail, "promotion_talent_amount", 0),
        ),
        shipping_minor=read_whole(detail, "post_amount") if detail.get("post_amount") is not None else None,
        region_code=region_of(*(object_of(address, part).get("id") for part in ("town", "city", "province"))),
    )


def _line(line: Mapping[str, Any]) -> OrderLine:
    """goods_type 1 is a virtual article (虚拟), a service to be had."""
    return OrderLine(
        item_no=optional_id(line, "product_id"),
        sku=first_id(line, "code", "out_sku_id", "sku_id"),
        category=first_id(line, "fourth_cid", "third_cid", "second_cid", "first_cid"),
        quantity=read_whole(line, "item_num", 1),
        amount_minor=max(read_whole(line, "pay_amount", 0) - read_whole(line, "promotion_pay_amount", 0), 0),
        kind="service" if text_of(line.get("goods_type")) == "1" else "goods",
    )


def _after_sale_line(line: Mapping[str, Any]) -> OrderLine:
    return OrderLine(
        item_no=optional_id(line, "product_id"),
        sku=first_id(line, "shop_sku_code", "sku_id"),
        quantity=read_whole(line, "after_sale_item_count", 1),
        amount_minor=read_whole(line, "pay_amount", 0),
    )
