"""What a message that came through a relay says, for the channels whose platforms push over websockets alone. Pure.

A relayed message is {"id", "topic", "shop_id", "pub_time", "content"}: content is the platform's own, as JSON or as a
text that holds JSON once more. Each channel knows its topics; here is what they do alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import envelope, optional_id, read_id, read_object, read_written
from hub.contracts.events import AfterSaleTouched, OrderTouched, PlatformNoticed
from hub.kernel.dataclass import dataclass

MILLISECONDS_FROM = 10**11
"""A whole number this large is milliseconds: as seconds it would be the year 5138."""
NEVER = ("0001-", "0000-", "1970-")
"""How these platforms write that something has not happened yet."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"[0-9]{9,10}|[0-9]{12,13}", re.ASCII)
_INNER_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Relayed:
    """One relayed message. shop_id: as the platform names the shop, '' where neither message nor content says it.
    published_at: None where no time is said."""

    topic: str
    shop_id: str
    content: Mapping[str, Any]
    published_at: datetime | None


def read_relayed(plaintext: bytes, *, shop_field: str) -> Relayed:
    """A relayed message. shop_field: where its content names the shop.

    Raises NotUnderstood: bad-json, missing-field.
    """
    payload = read_object(plaintext)
    content = payload.get("content")
    if isinstance(content, str):
        content = read_object(content)
    fields: Mapping[str, Any] = content if isinstance(content, Mapping) else {}
    shop_id = optional_id(payload, "shop_id") or optional_id(fields, shop_field)
    return Relayed(read_id(payload, "topic"), shop_id, fields, moment_of(payload, "pub_time"))


def moment_of(fields: Mapping[str, Any], name: str) -> datetime | None:
    """A time as these platforms write it: epoch seconds or milliseconds, or a text of China's time; None where nothing
    is said, or the year 1 or 1970, which means not yet. Raises NotUnderstood("missing-field") for what is no time."""
    value = fields.get(name)
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if value is None or text in ("", "0") or text.startswith(NEVER):
        return None
    if not _DIGITS.fullmatch(text):
        return read_written({name: text}, name)
    number = int(text)
    return EPOCH + timedelta(milliseconds=number if number >= MILLISECONDS_FROM else number * 1000)


def order_touched(message: StoredMessage, relayed: Relayed, order_no: str) -> Draft:
    """The hint that an order changed. Raises NotUnderstood("missing-field") where the shop is not said."""
    return Draft(
        OrderTouched(
            **envelope(message, "order.touched"),
            shop_id=_shop(relayed),
            order_no=order_no,
            message_id=message.message_id,
        )
    )


def after_sale_touched(message: StoredMessage, relayed: Relayed, after_sale_no: str, order_no: str) -> Draft:
    """The hint that an after-sale changed. Raises NotUnderstood("missing-field") where the shop is not said."""
    return Draft(
        AfterSaleTouched(
            **envelope(message, "after_sale.touched"),
            shop_id=_shop(relayed),
            after_sale_no=after_sale_no,
            order_no=order_no,
            message_id=message.message_id,
        )
    )


def noticed(
    message: StoredMessage, relayed: Relayed, *, kind: str, status: str, subject_id: str = "", urgent: bool = False
) -> Draft:
    """What the platform tells about itself or its paperwork."""
    return Draft(
        PlatformNoticed(
            **envelope(message, "platform.noticed"),
            account=relayed.shop_id or message.account,
            source_at=relayed.published_at,
            kind=kind,
            status=status,
            subject_id=subject_id,
            urgent=urgent,
        )
    )


def snake(word: str) -> str:
    """A platform's word as one of our slugs: GoodsCheckReject → goods_check_reject. Raises NotUnderstood."""
    slug = _INNER_CAPITAL.sub("_", word).lower()
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", slug):
        raise NotUnderstood("unknown-topic", topic=word)
    return slug


def _shop(relayed: Relayed) -> str:
    if not relayed.shop_id:
        raise NotUnderstood("missing-field", field="shop_id")
    return relayed.shop_id
