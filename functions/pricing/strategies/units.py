"""Unit prices (单价): what the strategies that make prices share, and the reasons why one of any kind gives nothing.
Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import NOTHING_TO_GIVE, Cut, CutTerms, cut_of

OTHER_SERVICE = "other_service"
ELSEWHERE = "elsewhere"
OTHER_CHANNEL = "other_channel"
OTHER_LEVEL = "other_level"
OTHER_TIME = "other_time"
OTHER_CURRENCY = "other_currency"
TOO_FEW = "too_few"
BELOW_THRESHOLD = "below_threshold"
NOT_NEW = "not_new"
NO_BIRTHDAY = "no_birthday"
NO_OFFER = "no_offer"
SAME_PRICE = "same_price"
NOT_BEST = "not_best"
EXCLUDED = "excluded"
USED_UP = "used_up"
USED_UP_BY_CUSTOMER = "used_up_by_customer"
USED_UP_IN_STORE = "used_up_in_store"
NO_BUDGET = "no_budget"
WHO_IS_IT = "who_is_it"
WHICH_STORE = "which_store"
AT_FLOOR = "at_floor"
NO_COUPON = "no_coupon"
COUPON_USED = "coupon_used"
COUPON_EXPIRED = "coupon_expired"
COUPON_ELSEWHERE = "coupon_elsewhere"
COUPON_OF_ANOTHER = "coupon_of_another"

REASONS: dict[str, tuple[str, str]] = {
    NOTHING_TO_GIVE: ("没有可优惠的金额", "there is nothing to take off"),
    OTHER_SERVICE: ("不适用于所购项目", "it is about other services"),
    ELSEWHERE: ("不适用于该区域", "it does not hold here"),
    OTHER_CHANNEL: ("不适用于该渠道", "it does not hold in this channel"),
    OTHER_LEVEL: ("不适用于该客户等级", "it is for other customer levels"),
    OTHER_TIME: ("不在活动时间内", "it does not hold at this time"),
    OTHER_CURRENCY: ("币种不同", "it is in another currency"),
    TOO_FEW: ("数量不足", "it takes more pieces"),
    BELOW_THRESHOLD: ("未达到门槛金额", "the threshold is not reached"),
    NOT_NEW: ("仅限新客", "it is for new customers"),
    NO_BIRTHDAY: ("生日未知", "the birthday is not known"),
    NO_OFFER: ("当前没有生效的应对价", "no offer holds here now"),
    SAME_PRICE: ("价格不变", "it changes no price"),
    NOT_BEST: ("同组已有更优惠的策略", "another of its group gives more"),
    EXCLUDED: ("同组已有策略生效，互斥", "another of its group holds, and excludes it"),
    USED_UP: ("活动名额已用完", "it is used up"),
    USED_UP_BY_CUSTOMER: ("该客户的次数已用完", "this customer has used it up"),
    USED_UP_IN_STORE: ("该门店的名额已用完", "it is used up in this store"),
    NO_BUDGET: ("活动预算不足", "its budget does not suffice"),
    WHO_IS_IT: ("限次活动需要客户身份", "it counts uses by customer, and nobody says who this is"),
    WHICH_STORE: ("限店活动需要门店", "it counts uses by store, and nobody says which this is"),
    AT_FLOOR: ("已到底价", "the price is at its floor"),
    NO_COUPON: ("没有出示该券", "no coupon of it was brought"),
    COUPON_USED: ("该券已核销", "the coupon is used"),
    COUPON_EXPIRED: ("该券不在有效期内", "the coupon is not valid now"),
    COUPON_ELSEWHERE: ("该券仅限指定区域使用", "the coupon holds in another area"),
    COUPON_OF_ANOTHER: ("该券属于其他客户", "the coupon is another customer's"),
}
"""Each in Chinese and English."""


def reprice(lines: Iterable[Line], unit: Callable[[Line], int]) -> Effect | str:
    """The effect of new unit prices."""
    cuts = {}
    for line in lines:
        if off := line.unit_minor - unit(line):
            cuts[line.number] = off * line.quantity
    return Effect(cuts) if cuts else SAME_PRICE


def recut(lines: Iterable[Line], cut: Cut) -> Effect | str:
    """The effect of the same cut on each unit price."""
    cuts = {}
    for line in lines:
        if off := line.unit_minor - cut(line.unit_minor):
            cuts[line.number] = off * line.quantity
    return Effect(cuts) if cuts else SAME_PRICE


def offered(kind: str) -> Act:
    """The prices of the offers of a kind that hold in the store now, where they are below what it would cost."""

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        def unit(line: Line) -> int:
            offer = cart.offers.get((line.service, kind))
            return line.unit_minor if offer is None else min(line.unit_minor, offer.price_minor)

        effect = reprice(lines, unit)
        return effect if isinstance(effect, Effect) else NO_OFFER

    return act


def merged(effects: Iterable[Effect | str]) -> Effect | str:
    """The effects on single lines as one."""
    cuts: dict[int, int] = {}
    for effect in effects:
        if isinstance(effect, Effect):
            cuts |= effect.cuts_minor
    return Effect(cuts, sum(cuts.values())) if cuts else NOTHING_TO_GIVE


def lowest_of(cuts: Iterable[CutTerms], price_minor: int, currency: str) -> int | None:
    """The lowest price that one of these cuts makes."""
    return min((cut_of(cut, currency)(price_minor) for cut in cuts), default=None)
