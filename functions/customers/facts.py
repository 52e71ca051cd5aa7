"""What is known of a customer: each fact with who said it and when. Personal ones are sealed before they are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.contracts.customers import FactView

PERSONAL = frozenset({"name", "phone", "email", "address", "wechat_id", "birthday", "id_number"})
"""Facts that identify or reach a person: sealed at rest, masked for most roles."""

FACTS_LIMIT = 100
"""A profile is one item: more kinds of facts than this would make it heavy to read."""


@dataclass(frozen=True)
class Fact:
    """`value` is sealed for a personal fact; `masked` is what those see who may not see it ("" when not personal)."""

    name: str
    value: str
    masked: str
    source: str
    at: datetime

    @property
    def personal(self) -> bool:
        return self.name in PERSONAL


def make_fact(
    name: str,
    value: str,
    *,
    source: str,
    at: datetime,
    seal: Callable[[str], str],
    mask: Callable[[str], str],
) -> Fact:
    """A fact ready to be kept; a personal value is sealed and its masked form kept beside it."""
    if name not in PERSONAL:
        return Fact(name, value, "", source, at)
    return Fact(name, seal(value), mask(value), source, at)


def show_fact(fact: Fact, in_full: bool, unseal: Callable[[str], str]) -> FactView:
    """The fact for a reader; a personal value is unsealed only when it is shown `in_full`."""
    value = fact.value
    if fact.personal:
        value = unseal(fact.value) if in_full else fact.masked
    return FactView(name=fact.name, value=value, personal=fact.personal, source=fact.source, at=fact.at)
