"""What channels that only send have in common: what became of a message, whom it may go to, and how long it may be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

ELLIPSIS = "…"
PHONE = re.compile(r"\+?[0-9]{5,20}", re.ASCII)
PHONE_RULE = "must be phone numbers: 5 to 20 digits, a + before them where a country's code is"
SEND_ID = re.compile(r"[A-Za-z0-9_-]{0,64}", re.ASCII)


@dataclass(frozen=True)
class Sent:
    """A message that the platform took. message_id: its own name for it, "" where it has none. unreached: receivers
    that it will not arrive at, though the platform calls it a success."""

    message_id: str = ""
    unreached: tuple[str, ...] = ()


def check_message(
    receivers: Sequence[str], send_id: str, *, least: int, most: int, form: re.Pattern[str], rule: str
) -> None:
    """Raises Invalid: /receivers (how many, of which form), /send_id."""
    problems = []
    if isinstance(receivers, str) or not least <= len(receivers) <= most:
        problems.append(Problem("/receivers", f"must be a list of {least} to {most}"))
    elif not all(form.fullmatch(receiver) for receiver in receivers):
        problems.append(Problem("/receivers", rule))
    if not SEND_ID.fullmatch(send_id):
        problems.append(Problem("/send_id", "must be at most 64 letters, digits, '_' or '-'"))
    if problems:
        raise Invalid("message", problems=problems)


def unreached_in(answer: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """The remainder (余下) of a success: whom an answer names under `names`, as a list or a text parted by `|`."""
    named: list[str] = []
    for value in filter(None, map(answer.get, names)):
        parts = value if isinstance(value, list) else str(value).split("|")
        named += map(str, parts)
    return tuple(dict.fromkeys(each.strip() for each in named if each.strip()))


def cut_text(text: str, limit_bytes: int) -> str:
    """`text`, cut to at most `limit_bytes` of UTF-8 between two characters, with an ellipsis where it was cut."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit_bytes:
        return raw.decode()
    return raw[: limit_bytes - len(ELLIPSIS.encode())].decode("utf-8", "ignore") + ELLIPSIS
