"""An order of Douyin shop in our words. Pure; the states are data, in status.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from hub.channels.base import NotUnderstood

MOMENT_LIMIT_SECONDS = 10**11
"""The year 5138: what is greater is no time in seconds."""


@dataclass(frozen=True)
class OrderFacts:
    """What an order is at `updated_at`. Of two truths the later one holds; at one time, the higher rank.

    amount_minor: what the buyer paid, in fen. paid_at: None while unpaid. buyer_id: '' when the platform masks it.
    """

    order_no: str
    shop_id: str
    state: str
    state_rank: int
    buyer_id: str
    amount_minor: int
    currency: str
    paid_at: datetime | None
    updated_at: datetime


def canonical_order(detail: Mapping[str, Any]) -> OrderFacts:
    """The facts in a `shop_order_detail` (or an item of `shop_order_list`), ids and numbers as texts or numbers.

    The buyer paid pay_amount - promotion_pay_amount: the platform pays its own promotions.
    Raises NotUnderstood: unknown-status (never guessed), missing-field.
    """
    state = _state(detail)
    paid_seconds = _whole(detail, "pay_time", 0)
    return OrderFacts(
        order_no=_id(detail, "order_id"),
        shop_id=_id(detail, "shop_id"),
        state=state,
        state_rank=state_table()["ranks"][state],
        buyer_id=str(detail.get("doudian_open_id") or ""),
        amount_minor=_whole(detail, "pay_amount") - _whole(detail, "promotion_pay_amount", 0),
        currency="CNY",
        paid_at=_moment(detail, "pay_time") if paid_seconds else None,
        updated_at=_moment(detail, "update_time"),
    )


@lru_cache(maxsize=1)
def state_table() -> dict[str, Any]:
    """status.json: `order_status` (raw code → state) and `ranks` (state → how far along it is)."""
    table: dict[str, Any] = json.loads(Path(__file__).with_name("status.json").read_text(encoding="utf-8"))
    return table


def _state(detail: Mapping[str, Any]) -> str:
    raw = str(detail.get("order_status", ""))
    known = state_table()["order_status"].get(raw)
    if known is None:
        raise NotUnderstood("unknown-status", order_status=raw)
    return str(known["state"])


def _id(detail: Mapping[str, Any], name: str) -> str:
    value = detail.get(name)
    if not isinstance(value, int | str) or isinstance(value, bool) or not str(value):
        raise NotUnderstood("missing-field", field=name)
    return str(value)


def _moment(detail: Mapping[str, Any], name: str) -> datetime:
    """Whole seconds; milliseconds are a mistake in units, and refused."""
    seconds = _whole(detail, name)
    if seconds >= MOMENT_LIMIT_SECONDS:
        raise NotUnderstood("missing-field", field=name)
    return datetime.fromtimestamp(seconds, UTC)


def _whole(detail: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A whole number; a float is a mistake in units, and refused."""
    value = detail.get(name, default)
    try:
        if isinstance(value, bool | float) or value is None:
            raise ValueError
        number = int(value)
    except (TypeError, ValueError):
        raise NotUnderstood("missing-field", field=name) from None
    if not 0 <= number < 10**15:
        raise NotUnderstood("missing-field", field=name)
    return number
