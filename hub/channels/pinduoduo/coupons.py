"""Promotions (促销) as Pinduoduo's coupons. Pure.

Two kinds of batch can be made by API, as public SDKs of 2023 have them: pdd.promotion.home.coupon.create, a coupon of
the whole shop above an amount, and pdd.promotion.goods.coupon.create, a coupon of one article without a threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.kernel.errors import Invalid, Problem

SHOP = ("pdd.promotion.home.coupon.create", "home_coupon_batch_create_response")
ARTICLE = ("pdd.promotion.goods.coupon.create", "goods_coupon_batch_create_response")
QUANTITY = 1000
PER_BUYER = 1
TITLE_LIMIT = 60


def coupon_request(promotion: Mapping[str, Any]) -> tuple[str, dict[str, str], str]:
    """API, its parameters, and where its answer has the batch.

    promotion: {"id", "title", "threshold_minor", "reduction_minor", "starts_at", "ends_at", "goods": [ids]};
    optionally "currency" (CNY), "quantity" (1000) and "per_buyer" (1). Amounts in fen, moments with a zone.
    Raises Invalid, naming each field.
    """
    problems = _problems(promotion)
    if problems:
        raise Invalid("promotion", problems=problems, promotion=promotion.get("id"))
    params = {
        "batch_desc": str(promotion["title"]),
        "batch_start_time": _milliseconds(promotion["starts_at"]),
        "batch_end_time": _milliseconds(promotion["ends_at"]),
        "discount": str(promotion["reduction_minor"]),
        "init_quantity": str(promotion.get("quantity", QUANTITY)),
        "user_limit": str(promotion.get("per_buyer", PER_BUYER)),
    }
    goods = promotion.get("goods") or []
    if goods:
        return ARTICLE[0], params | {"goods_id": str(goods[0])}, ARTICLE[1]
    return SHOP[0], params | {"min_order_amount": str(promotion["threshold_minor"])}, SHOP[1]


def _problems(promotion: Mapping[str, Any]) -> list[Problem]:
    problems: list[Problem] = []
    title, goods = promotion.get("title"), promotion.get("goods") or []
    if not isinstance(title, str) or not 0 < len(title) <= TITLE_LIMIT:
        problems.append(Problem("/title", f"must be a text of 1 to {TITLE_LIMIT} characters"))
    for name, least in (("reduction_minor", 1), ("threshold_minor", 0), ("quantity", 1), ("per_buyer", 1)):
        value = promotion.get(name, least)
        if type(value) is not int or value < least:
            problems.append(Problem(f"/{name}", f"must be a whole number of {least} or more"))
    if promotion.get("currency", "CNY") != "CNY":
        problems.append(Problem("/currency", "must be CNY"))
    starts, ends = promotion.get("starts_at"), promotion.get("ends_at")
    if not isinstance(starts, datetime) or not isinstance(ends, datetime) or not starts.tzinfo or not ends.tzinfo:
        problems.append(Problem("/starts_at", "must be a moment with a zone, as must ends_at"))
    elif starts >= ends:
        problems.append(Problem("/ends_at", "must be after starts_at"))
    return problems + _unsellable(goods, promotion.get("threshold_minor"))


def _unsellable(goods: Any, threshold_minor: Any) -> list[Problem]:
    """What Pinduoduo has no coupon for."""
    if not isinstance(goods, list | tuple) or len(goods) > 1:
        return [Problem("/goods", "must be a list of at most one article: a coupon is one article's or the shop's")]
    if goods and threshold_minor:
        return [Problem("/threshold_minor", "must be 0 for an article: such a coupon has no threshold")]
    if not goods and not threshold_minor:
        return [Problem("/threshold_minor", "must be given for the whole shop")]
    return []


def _milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp()) * 1000)
