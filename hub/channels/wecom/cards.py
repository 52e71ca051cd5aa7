"""Cards and texts as WeCom takes them, within its limits. Pure.

https://developer.work.weixin.qq.com/document/path/90236 (read 2025-09): text ≤ 2048 bytes, button cards with a
task_id (≤ 128 of 0-9 A-Z a-z _ - @) that comes back with the tap.
"""

from __future__ import annotations

import re
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

TEXT_LIMIT_BYTES = 2048
TITLE_LIMIT_CHARS = 36
DESCRIPTION_LIMIT_CHARS = 44
FIELDS_LIMIT = 6
BUTTONS_LIMIT = 6

_TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")


_MARKUP = re.compile(r"([\[\]()<>@*_`#>|~!&\\])")
NOTHING = "\u2060"
"""A word joiner: it shows as nothing, and no markup goes across it."""


def plain_words(text: str) -> str:
    """What somebody typed, in a text with markup: it shows as typed, on one line, and is no link, no mention and no
    heading."""
    return _MARKUP.sub(rf"{NOTHING}\1{NOTHING}", " ".join(text.split()))


@dataclass(frozen=True)
class Card:
    """A notice with buttons (按钮交互型卡片); without buttons it is a plain notice, which needs its url.

    fields: (name, value) rows. buttons: (what it says, key that comes back in the tap).
    """

    title: str
    task_id: str
    url: str
    description: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()


def render_card(card: Card) -> dict[str, Any]:
    """The `template_card` of this card; titles are cut to what WeCom shows. Raises Invalid: task_id, counts."""
    _check(card)
    body: dict[str, Any] = {
        "card_type": "button_interaction" if card.buttons else "text_notice",
        "main_title": {"title": card.title[:TITLE_LIMIT_CHARS], "desc": card.description[:DESCRIPTION_LIMIT_CHARS]},
        "horizontal_content_list": [{"keyname": name, "value": value} for name, value in card.fields],
        "task_id": card.task_id,
        "card_action": {"type": 1, "url": card.url},
    }
    if card.buttons:
        body["button_list"] = [{"text": text, "style": 1, "key": key} for text, key in card.buttons]
    return body


def _check(card: Card) -> None:
    problems = []
    if not _TASK_ID.fullmatch(card.task_id):
        problems.append(Problem("/task_id", "must be 1 to 128 of 0-9 A-Z a-z _ - @"))
    if len(card.fields) > FIELDS_LIMIT:
        problems.append(Problem("/fields", f"must be at most {FIELDS_LIMIT}"))
    if len(card.buttons) > BUTTONS_LIMIT:
        problems.append(Problem("/buttons", f"must be at most {BUTTONS_LIMIT}"))
    if problems:
        raise Invalid("card", problems=problems)
