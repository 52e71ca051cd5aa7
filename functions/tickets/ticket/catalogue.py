"""What a tenant starts with: ticket types, the intake rules and the ladders, as data files beside this one. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from functions.tickets.deadlines.deadlines import Ladder, Step
from hub.kernel.errors import Invalid, Problem

_PRESETS = Path(__file__).parents[1] / "presets"
URGENT = "urgent"


@dataclass(frozen=True)
class TypeCard:
    """A ticket type (工单类型): its names, the flow it takes, the skill its work needs.

    ladder: which one runs while its flow is not published; a published flow names its own.
    """

    zh: str
    en: str
    urgent_zh: str
    urgent_en: str
    flow: str
    ladder: str
    skill: str = ""

    def title(self, priority: str) -> tuple[str, str]:
        """Its name in Chinese and English, as people read it at this priority."""
        return (self.urgent_zh, self.urgent_en) if priority == URGENT else (self.zh, self.en)


def ticket_type(key: str) -> TypeCard:
    """The type named `key`. Raises Invalid, pointing at `/type`, for one that does not exist."""
    cards = _types()
    if key not in cards:
        raise Invalid("no such type", problems=[Problem("/type", "must be one of: " + ", ".join(cards))])
    return cards[key]


def ladder(key: str) -> Ladder:
    """The ladder named `key`; one that does not exist has no rungs."""
    return _ladders().get(key, ())


def type_keys() -> tuple[str, ...]:
    """The keys of all ticket types."""
    return tuple(_types())


def intake_document() -> dict[str, Any]:
    """The preset rules that say what kind of ticket a message opens: a decision table's document."""
    document: dict[str, Any] = _read("routing")
    return document


@cache
def _types() -> dict[str, TypeCard]:
    return {key: TypeCard(**card) for key, card in _read("types").items()}


@cache
def _ladders() -> dict[str, Ladder]:
    return {key: tuple(Step(**step) for step in doc["steps"]) for key, doc in _read("ladders").items()}


def _read(name: str) -> Any:
    return json.loads((_PRESETS / f"{name}.json").read_text("utf-8"))
