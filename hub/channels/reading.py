"""Fields of messages and rows that platforms send, read without trust: what is missing or in other units is refused,
never filled in. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hub.channels.base import NotUnderstood, StoredMessage
from hub.channels.facts import without_blanks
from hub.channels.parsing import parse_json, tidy
from hub.kernel.errors import Invalid
from hub.kernel.ids import derived_id
from hub.kernel.money import EXPONENTS, Money

MOMENT_LIMIT_SECONDS = 10**11
"""The year 5138: what is greater is no time in seconds."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1970, 2998
"""Both a year within what events can carry: 1970 itself is what platforms write for nothing."""
CHINA = timezone(timedelta(hours=8))
ID_LIMIT_CHARS = 128
_DIGITS = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def envelope(message: StoredMessage, kind: str, nth: int = 0) -> dict[str, Any]:
    """What every event of a platform's message has. kind: its type; nth: which one of several in the message."""
    return {
        "id": derived_id("evt", message.received_at, message.message_id, kind, str(nth)),
        "tenant": message.tenant,
        "at": message.received_at,
        "replay": message.replay,
        "connection_id": message.connection_id,
        "channel": message.channel,
    }


def read_object(text: bytes | str) -> dict[str, Any]:
    """A JSON object, whole numbers as text (ids exceed 2^53), words tidy. Raises NotUnderstood("bad-json")."""
    try:
        document = parse_json(text)
    except (ValueError, RecursionError):
        raise NotUnderstood("bad-json") from None
    if not isinstance(document, dict):
        raise NotUnderstood("bad-json")
    return document


def object_of(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object below a name; empty where there is none."""
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def objects_of(fields: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    """The objects in the list below a name; empty where there is none."""
    value = fields.get(name)
    return tuple(item for item in value if isinstance(item, Mapping)) if isinstance(value, list | tuple) else ()


def read_id(fields: Mapping[str, Any], name: str) -> str:
    """An id as text, as `optional_id` reads it. Raises NotUnderstood("missing-field")."""
    value = optional_id(fields, name)
    if not value:
        raise NotUnderstood("missing-field", field=name)
    return value


def optional_id(fields: Mapping[str, Any], name: str) -> str:
    """An id or number as it is written, blanks inside and any script: at most 128 characters of one line; "" where
    there is none. What is there and can be none is not dropped: raises NotUnderstood("missing-field")."""
    value = fields.get(name)
    if value in (None, "", [], {}):
        return ""
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else "\n"
    if len(text) > ID_LIMIT_CHARS or not text.isprintable():
        raise NotUnderstood("missing-field", field=name)
    return text


def distinct_numbers(numbers: Iterable[str]) -> tuple[str, ...]:
    """Numbers of parcels as they were first written, each once: they are compared without blanks."""
    distinct: dict[str, str] = {}
    for number in filter(None, numbers):
        distinct.setdefault(without_blanks(number), number)
    return tuple(distinct.values())


def read_text(fields: Mapping[str, Any], name: str) -> str:
    """Words, as somebody wrote them, tidy; "" where there are none. Half characters become question marks."""
    value = fields.get(name)
    return tidy(value) if isinstance(value, str) else ""


def read_whole(fields: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A whole number, 0 or more; a float is a mistake in units, and refused. default: what nothing, null and "" mean.

    Raises NotUnderstood("missing-field").
    """
    value = fields.get(name)
    if value in (None, "") and default is not None:
        return default
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not _DIGITS.fullmatch(text) or not 0 <= int(text) < 10**15:
        raise NotUnderstood("missing-field", field=name)
    return int(text)


def read_moment(fields: Mapping[str, Any], name: str, default: int | None = None) -> datetime:
    """Whole epoch seconds; milliseconds are a mistake in units, and refused. Raises NotUnderstood("missing-field")."""
    seconds = read_whole(fields, name, default)
    if seconds >= MOMENT_LIMIT_SECONDS:
        raise NotUnderstood("missing-field", field=name)
    return datetime.fromtimestamp(seconds, UTC)


def optional_moment(fields: Mapping[str, Any], name: str) -> datetime | None:
    """Whole epoch seconds; None where there is none, or 0."""
    return read_moment(fields, name) if read_whole(fields, name, 0) else None


def read_moment_ms(fields: Mapping[str, Any], name: str) -> datetime:
    """Whole epoch milliseconds; seconds are a mistake in units, and refused. Raises NotUnderstood("missing-field")."""
    milliseconds = read_whole(fields, name)
    if not MOMENT_LIMIT_SECONDS <= milliseconds < MOMENT_LIMIT_SECONDS * 1000:
        raise NotUnderstood("missing-field", field=name)
    return EPOCH + timedelta(milliseconds=milliseconds)


def optional_moment_ms(fields: Mapping[str, Any], name: str) -> datetime | None:
    """Whole epoch milliseconds; None where there is none, or 0."""
    return read_moment_ms(fields, name) if read_whole(fields, name, 0) else None


def read_written(fields: Mapping[str, Any], name: str) -> datetime:
    """A written time: ISO 8601, or `2026-01-01 12:00:00` of China where no offset is said.

    Raises NotUnderstood("missing-field").
    """
    value = fields.get(name)
    try:
        written = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        written = None
    if written is None or not FIRST_YEAR < written.year <= LAST_YEAR:
        raise NotUnderstood("missing-field", field=name)
    return (written if written.tzinfo else written.replace(tzinfo=CHINA)).astimezone(UTC)


def optional_written(fields: Mapping[str, Any], name: str) -> datetime | None:
    """A written time; None where there is none."""
    return read_written(fields, name) if fields.get(name) else None


def read_amount(fields: Mapping[str, Any], name: str, currency: str = "CNY", default: int | None = None) -> int:
    """Minor units of a decimal text in major units ("12.30"). A JSON float is refused: money is never one.

    Raises NotUnderstood: missing-field, unknown-currency.
    """
    value = fields.get(name)
    if value in (None, "") and default is not None:
        return default
    if currency not in EXPONENTS:
        raise NotUnderstood("unknown-currency", currency=currency)
    try:
        amount = Money.parse(str(value), currency) if isinstance(value, str | int) else None
    except Invalid:
        amount = None
    if amount is None or amount.amount_minor < 0 or isinstance(value, bool):
        raise NotUnderstood("missing-field", field=name)
    return amount.amount_minor
