"""The catalogue of strategies (策略目录): every kind there is, in the order in which they come among equals. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.kinds import (
    base_table,
    birthday,
    bundle,
    channel,
    clearance,
    coupon,
    decoy_coupon,
    every_n,
    gift,
    level_price,
    limited_quantity,
    limited_time,
    logistic_surcharge,
    member_percent,
    member_price,
    moat,
    new_customer,
    quantity_break,
    region_tier,
    season_book,
    second_half,
    threshold_step,
    time_slot,
    weekday,
)

KINDS: tuple[StrategyKind, ...] = (
    base_table.KIND,
    region_tier.KIND,
    channel.KIND,
    level_price.KIND,
    time_slot.KIND,
    weekday.KIND,
    season_book.KIND,
    quantity_break.KIND,
    logistic_surcharge.KIND,
    moat.KIND,
    clearance.KIND,
    member_percent.KIND,
    member_price.KIND,
    limited_time.KIND,
    limited_quantity.KIND,
    every_n.KIND,
    second_half.KIND,
    bundle.KIND,
    gift.KIND,
    threshold_step.KIND,
    new_customer.KIND,
    birthday.KIND,
    coupon.KIND,
    decoy_coupon.KIND,
)
BY_NAME: Mapping[str, StrategyKind] = {kind.name: kind for kind in KINDS}
RANK: Mapping[str, int] = {kind.name: rank for rank, kind in enumerate(KINDS)}
