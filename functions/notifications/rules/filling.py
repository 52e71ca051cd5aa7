"""What a rule's own words say of an event, as its reader may see it (C087). Pure.

Values are put in once and never read again: a customer who calls themselves `{ticket_id}` or `[点我](https://…)` stays
a text, in whatever form it goes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.notifications.gateways.message import Address, Message, Template
from functions.notifications.rules.rule_kind import Rule
from hub.channels.wecom.cards import plain_words
from hub.contracts.base import Label
from hub.contracts.envelope import Event
from hub.contracts.notifications import SmsDocument
from hub.edge.access import Policy, Viewer, project
from hub.edge.access.texts import fill_values
from hub.kernel.money import Money

Values = Mapping[str, Any]
Filled = dict[str, Any]
"""title, text and markup; templates as [code, values]: JSON, and the same for a reader however often it is made."""


def fill_words(rule: Rule, event: Event, reader: Address, policy: Policy, more: Mapping[str, str]) -> Filled:
    """The rule's words for one reader. more: what they may say beside the event's fields (a link, a name)."""
    document = rule.document
    if document.words is None:
        return {}
    viewer = Viewer(reader.roles if reader.is_staff else ())
    values = {**_derived(project(event, viewer, policy)), **more}
    title, text = (_in_both(label, reader.is_staff) for label in (document.words.title, document.words.text))
    return {
        "title": " ".join(fill_values(title, values).split()),
        "text": fill_values(text, values, _one_line),
        "markup": f"**{fill_values(title, values, plain_words)}**\n{fill_values(text, values, plain_words)}",
        "sms": _template(document.sms, values),
        "official_account": _template(document.official_account, values),
        "url": more.get("url", ""),
    }


def message_of_words(filled: Filled) -> Message:
    """The message that these words are."""
    link = filled["url"]
    return Message(
        title=filled["title"],
        text=filled["text"],
        url=link,
        markup=filled["markup"] + (f"\n[查看 Open]({link})" if link else ""),
        markdown=True,
        sms=_read(filled["sms"]),
        official_account=_read(filled["official_account"]),
    )


def _derived(shown: Values) -> dict[str, Any]:
    """Amounts as people read them: `{amount}` is the event's own, in major units."""
    minor = shown.get("amount_minor")
    currency = shown.get("currency") or shown.get("amount_currency") or "CNY"
    return {**shown, "amount": str(Money(minor, str(currency))) if isinstance(minor, int) else ""}


def _in_both(label: Label, is_staff: bool) -> str:
    """Staff read both languages, customers the first."""
    return f"{label.zh} {label.en}" if is_staff else label.zh


def _template(document: SmsDocument | None, values: Values) -> list[Any]:
    if document is None:
        return []
    return [document.template, {name: fill_values(text, values, _one_line) for name, text in document.params.items()}]


def _read(stored: list[Any]) -> Template | None:
    return Template(stored[0], stored[1]) if stored else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
