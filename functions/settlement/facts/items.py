"""What a fact may count and cost (费用项): each item typed, with its unit and its side of the profit. Pure.

Money stands in `amounts` in minor units, everything else in `quantities` as an exact number. The first 22 are a
ticket's profit and loss; the others are what orders, lessons, contracts and stored value are measured by.
"""

from __future__ import annotations

from typing import Literal

from hub.kernel.dataclass import dataclass

Unit = Literal["money", "minutes", "km", "pieces", "hourly", "lessons", "visits", "orders", "points", "share", "score"]
Side = Literal["benefit", "cost", "measure"]


@dataclass(frozen=True, slots=True)
class Item:
    """unit: money, or what a quantity counts; `hourly` is money an hour. side: what it does to the profit; a measure
    prices others and is itself in no sum."""

    key: str
    zh: str
    en: str
    unit: Unit
    side: Side


TICKET_ITEMS = (
    Item("list_price", "标价", "list price", "money", "benefit"),
    Item("discount", "折扣", "discount", "money", "cost"),
    Item("coupon", "优惠券", "coupon", "money", "cost"),
    Item("platform_fee", "平台扣点", "platform fee", "money", "cost"),
    Item("payment_fee", "支付手续费", "payment fee", "money", "cost"),
    Item("labour_minutes", "工时", "labour minutes", "minutes", "measure"),
    Item("labour_rate", "工时单价", "labour rate", "hourly", "measure"),
    Item("travel_km", "行驶里程", "travel distance", "km", "measure"),
    Item("travel_minutes", "路途时间", "travel minutes", "minutes", "measure"),
    Item("parts_qty", "配件数量", "parts", "pieces", "measure"),
    Item("parts", "配件费", "parts", "money", "cost"),
    Item("consumables", "耗材费", "consumables", "money", "cost"),
    Item("logistics_in", "到货物流费", "inbound logistics", "money", "cost"),
    Item("logistics_out", "发货物流费", "outbound logistics", "money", "cost"),
    Item("subcontract", "外包费", "subcontract", "money", "cost"),
    Item("compensation", "赔付", "compensation", "money", "cost"),
    Item("penalty", "罚款", "penalty", "money", "cost"),
    Item("subsidy", "补贴", "subsidy", "money", "benefit"),
    Item("commission", "提成", "commission", "money", "cost"),
    Item("tax", "税费", "tax", "money", "cost"),
    Item("rework_minutes", "返工工时", "rework minutes", "minutes", "measure"),
    Item("warranty_reserve", "保修准备金", "warranty reserve", "money", "cost"),
)
"""A ticket's profit and loss (工单损益): what a job brings and what it takes."""

OTHER_ITEMS = (
    Item("labour", "工时费", "labour", "money", "cost"),
    Item("travel", "差旅费", "travel", "money", "cost"),
    Item("amount", "金额", "amount", "money", "benefit"),
    Item("charge", "收费", "charge", "money", "benefit"),
    Item("goods_cost", "进货成本", "goods cost", "money", "cost"),
    Item("gift_cost", "赠品成本", "gift cost", "money", "cost"),
    Item("estimate", "预估收益", "estimate", "money", "measure"),
    Item("refund", "退款", "refund", "money", "measure"),
    Item("stand_alone", "单独售价", "stand-alone value", "money", "measure"),
    Item("contract", "合同额", "contract sum", "money", "measure"),
    Item("lessons", "课时", "lessons", "lessons", "measure"),
    Item("visits", "上门次数", "visits", "visits", "measure"),
    Item("orders", "订单数", "orders", "orders", "measure"),
    Item("pieces", "件数", "pieces", "pieces", "measure"),
    Item("late_hours", "超时小时", "hours late", "visits", "measure"),
    Item("points", "积分", "points", "points", "measure"),
    Item("milestone_share", "里程碑比例", "milestone's share", "share", "measure"),
    Item("benefit_share", "受益比例", "share of the benefit", "share", "measure"),
    Item("fx_rate", "汇率", "exchange rate", "share", "measure"),
    Item("score", "满意度评分", "score", "score", "measure"),
)

ITEMS = {item.key: item for item in (*TICKET_ITEMS, *OTHER_ITEMS)}


def is_money(name: str) -> bool:
    """Whether an item stands in `amounts`; one that nobody knows is taken for a quantity."""
    item = ITEMS.get(name)
    return item is not None and item.unit in ("money", "hourly")
