"""What every marketplace tells of an order beside its state: lines, discounts with who funds them, freight, region."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import packaged_table
from hub.channels.registry import CHANNELS, inbound
from hub.channels.terms import terms_of
from hub.contracts.orders import LINES_LIMIT, OrderLine, OrderTerms
from tests.channels.support import stored
from tests.channels.test_orders import MARKETS, Detail, deeper, paid_order, read


def money(amount: str) -> Detail:
    return {"shopMoney": {"amount": amount, "currencyCode": "CNY"}}


LINE = {"item_no": "9", "sku": "BX-3", "quantity": 2, "amount_minor": 24_000}
TOLD: dict[str, tuple[Detail, Detail]] = {
    "douyin": (
        {
            "sku_order_list": [
                {
                    "product_id": 9,
                    "code": "BX-3",
                    "first_cid": 20,
                    "third_cid": 22,
                    "item_num": 2,
                    "pay_amount": 25000,
                    "promotion_pay_amount": 1000,
                }
            ],
            "promotion_shop_amount": 300,
            "promotion_platform_amount": 1000,
            "promotion_talent_amount": 50,
            "post_amount": 800,
            "post_addr": {"province": {"id": "31"}, "city": {"id": "310100"}, "town": {"id": "310101"}},
        },
        {
            "lines": [{**LINE, "category": "22"}],
            "discounts": [("shop", 300), ("platform", 1000), ("influencer", 50)],
            "shipping_minor": 800,
            "region_code": "310101",
        },
    ),
    "kuaishou": (
        {
            "orderBaseInfo": {"totalFee": 24000, "expressFee": 0, "discountFee": 700},
            "orderItemInfo": {"itemId": 9, "skuNick": "BX-3", "num": 2},
            "orderAddress": {"provinceCode": 310000, "cityCode": 310100, "districtCode": 310101},
        },
        {"lines": [LINE], "discounts": [("unknown", 700)], "shipping_minor": 0, "region_code": "310101"},
    ),
    "xiaohongshu": (
        {
            "skuList": [
                {
                    "itemId": "9",
                    "erpcode": "BX-3",
                    "skuQuantity": 2,
                    "totalPaidAmount": 24000,
                    "totalMerchantDiscount": 300,
                    "totalRedDiscount": 100,
                }
            ],
            "totalShippingFree": 800,
        },
        {"lines": [LINE], "discounts": [("shop", 300), ("platform", 100)], "shipping_minor": 800},
    ),
    "youzan": (
        {
            "full_order_info": {
                "orders": [{"item_id": 9, "outer_sku_id": "BX-3", "num": 2, "payment": "240.00"}],
                "pay_info": {"post_fee": "8.00"},
            },
            "order_promotion": {"order": [{"discount_fee": "3.00"}]},
        },
        {"lines": [LINE], "discounts": [("shop", 300)], "shipping_minor": 800},
    ),
    "shopify": (
        {
            "lineItems": {
                "nodes": [
                    {
                        "sku": "BX-3",
                        "quantity": 2,
                        "requiresShipping": False,
                        "discountedTotalSet": money("240.00"),
                        "product": {"id": "gid://shopify/Product/9", "productType": "Fridges"},
                    }
                ]
            },
            "totalDiscountsSet": money("3.00"),
            "totalShippingPriceSet": money("8.00"),
        },
        {
            "lines": [{**LINE, "category": "Fridges", "kind": "service"}],
            "discounts": [("shop", 300)],
            "shipping_minor": 800,
        },
    ),
    "taobao": (
        {
            "orders": {
                "order": [
                    {"num_iid": 9, "outer_sku_id": "BX-3", "cid": 22, "num": 2, "divide_order_fee": "240.00"},
                ]
            },
            "promotion_details": {"promotion_detail": [{"discount_fee": "3.00"}]},
            "coupon_fee": 100,
            "post_fee": "8.00",
        },
        {
            "lines": [{**LINE, "category": "22"}],
            "discounts": [("platform", 100), ("unknown", 300)],
            "shipping_minor": 800,
        },
    ),
    "jd": (
        {
            "itemInfoList": [{"wareId": 9, "outerSkuId": "BX-3", "itemTotal": "2", "jdPrice": "120.00"}],
            "sellerDiscount": "3.00",
            "freightPrice": "8.00",
        },
        {"lines": [LINE], "discounts": [("shop", 300)], "shipping_minor": 800},
    ),
    "pinduoduo": (
        {
            "item_list": [{"goods_id": 9, "outer_id": "BX-3", "goods_count": 2, "goods_price": "120.00"}],
            "seller_discount": "3.00",
            "platform_discount": "1.00",
            "postage": "8.00",
        },
        {"lines": [LINE], "discounts": [("shop", 300), ("platform", 100)], "shipping_minor": 800},
    ),
    "wechat_store": (
        {
            "order_detail": {
                "product_infos": [{"product_id": "9", "sku_code": "BX-3", "sku_cnt": 2, "real_price": 24000}],
                "price_info": {"freight": 800, "discounted_price": 300, "finder_discounted_price": 50},
            }
        },
        {"lines": [LINE], "discounts": [("influencer", 50), ("unknown", 300)], "shipping_minor": 800},
    ),
}
"""By marketplace: what it tells, and what that is in our words: two fridges BX-3 for 240.00."""


def terms(**told: Any) -> OrderTerms:
    discounts = [{"funder": funder, "amount_minor": minor} for funder, minor in told.pop("discounts", ())]
    return OrderTerms.model_validate({**told, "discounts": discounts})


@pytest.mark.parametrize("name", MARKETS)
def test_an_order_carries_its_terms(name: str) -> None:
    """Lines, discounts and who funds them, freight, and the buyer's region, as far as the platform tells them."""
    changes, told = TOLD[name]
    assert read(name, deeper(paid_order(name), changes)).terms == terms(**told)


@pytest.mark.parametrize("name", MARKETS)
def test_terms_that_cannot_be_read_hold_up_no_order(name: str) -> None:
    """A line in other units than the documents say leaves the terms empty, and says which field it was."""
    changes = json.loads(json.dumps(TOLD[name][0]).replace('"BX-3"', '{"a": 1}'))
    facts = read(name, deeper(paid_order(name), changes))
    assert (facts.state, facts.terms.lines) == ("paid", ())
    assert facts.terms.unread


def test_more_lines_than_an_event_holds_are_told_of() -> None:
    """They are not cut in silence."""
    many = OrderTerms(lines=(OrderLine(),) * (LINES_LIMIT + 1))
    assert terms_of(lambda: many) == OrderTerms(unread="lines")


def test_an_integrator_tells_terms_and_reasons() -> None:
    """The open webhook's schema has them; fields of a line that the hub doesn't know are taken."""
    said = {"occurred_at": "2026-01-01T12:00:00+08:00"}
    line = {"item_no": "9", "sku": "BX-3", "quantity": 2, "amount": "240.00", "kind": "service", "colour": "white"}
    order = {"order_no": "E1", "state": "paid", "amount": "245.00", "lines": [line], "platform_fee": "12.25"}
    order |= {"discounts": [{"amount": "3.00", "funder": "platform"}], "shipping": "8.00", "region_code": "310101"}
    refund = {"after_sale_no": "A1", "order_no": "E1", "kind": "refund_only", "state": "refunded", "lines": [line]}
    refund |= {"money": "succeeded", "refunded": "240.00", "reason": "quality"}
    texts = [
        {**said, "type": "order.updated", "data": {**order, "quote_id": "quo_1"}},
        {**said, "type": "after_sale.updated", "data": refund},
    ]
    facts = [inbound("open").events(stored("open", json.dumps(text).encode()))[0].facts for text in texts]
    line_told = OrderLine(item_no="9", sku="BX-3", quantity=2, amount_minor=24_000, kind="service")
    told, after_sale = cast(OrderFacts, facts[0]).terms, cast(AfterSaleFacts, facts[1])
    fee: Detail = {"platform_fee_minor": 1225, "shipping_minor": 800, "region_code": "310101", "quote_id": "quo_1"}
    assert told == terms(lines=(line_told,), discounts=[("platform", 300)], **fee)
    assert (after_sale.reason, after_sale.lines) == ("quality", (line_told,))


def test_an_after_sale_carries_its_reason_and_lines() -> None:
    """A refund of Taobao names its article and why; whoever typed the reason, it stays short."""
    refund: Detail = {"refund_id": "1", "tid": "2", "seller_id": "3", "status": "SUCCESS", "dispute_type": "REFUND"}
    refund |= {"refund_fee": "120.00", "modified": "2026-01-01 12:00:00", "num_iid": 9, "outer_id": "BX-3", "num": 1}
    orders: Any = CHANNELS["taobao"].module("orders")
    for reason, kept in (("质量问题", "质量问题"), ("x" * 500, "x" * 100), (None, "")):
        facts = orders.canonical_after_sale({**refund, "reason": reason}, packaged_table("taobao"))
        assert facts.reason == kept
        assert facts.lines == (OrderLine(item_no="9", sku="BX-3", quantity=1, amount_minor=12_000),)
