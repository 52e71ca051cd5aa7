"""What is known of a customer: facts, each with who said it and when. Personal ones are sealed before they are kept;
all are, but those whose names are declared plain. What was said before stays in the history; the last is the present.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime

from functions.customers.levels.spend import NOTHING, Spend
from functions.customers.places import Listed
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

FACTS_LIMIT = 100
"""A profile is one item: more kinds of facts than this would make it heavy to read."""

CONSENT = "consent_"
"""How facts begin that say by which channels somebody may be told."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
Change = Callable[[str, str], str]
"""(text, context) → text: seals or unseals for a context."""


@dataclass(frozen=True)
class Fact:
    """One thing known. A personal one is sealed: then `masked` is what most see of it, else "". What was stored before
    its name counted as personal is clear, and shown by its name all the same.

    mark: a keyed hash of name and value, "" on what was stored before there was one: two words for one thing are told
    apart without opening either. customer_id: of the record that it was sealed for.
    """

    name: str
    value: str
    masked: str
    source: str
    at: datetime
    mark: str = ""
    customer_id: str = ""

    @property
    def sealed(self) -> bool:
        return bool(self.masked)

    def differs(self, other: Fact) -> bool:
        """Whether it says something else of the same thing, or is kept in another way."""
        return (self.mark, self.sealed) != (other.mark, other.sealed)

    def is_news(self, known: Fact) -> bool:
        """Whether it is worth keeping beside what is known: another word, or a consent said again, which counts from
        when it was said last."""
        return self.differs(known) or (self.name.startswith(CONSENT) and self.at > known.at)

    @property
    def key(self) -> str:
        """Text order is the order in which a name's values were said; the same word always has the same key."""
        return f"{self.name}#{rfc3339(self.at)}#{self.mark}"


@dataclass(frozen=True)
class Profile:
    """A record's own facts. `version` counts its changes. merged_into: what it is part of, "" where it stands alone.
    spend: what was spent by this name."""

    id: str
    created_at: datetime
    first_channel: str
    version: int
    facts: tuple[Fact, ...] = ()
    merged_into: str = ""
    spend: Spend = NOTHING

    @property
    def listed(self) -> Listed:
        return Listed(self.id, self.created_at, self.first_channel)


@dataclass(frozen=True)
class Scribe:
    """Makes facts ready to be kept. mark: the keyed hash of a text."""

    is_personal: Callable[[str], bool]
    seal: Change
    mask: Callable[[str], str]
    mark: Callable[[str], str] = field(repr=False)

    def fact(self, customer_id: str, name: str, value: str, *, source: str, at: datetime) -> Fact:
        """A fact; a personal value is sealed for this record and field. Raises Invalid."""
        if not _NAME.fullmatch(name):
            raise Invalid("not a fact", problems=[Problem("path:name", "must be a-z, 0-9 and _, at most 64")])
        mark = self.mark(f"{name}={value}")
        if not self.is_personal(name):
            return Fact(name, value, "", source, at, mark, customer_id)
        sealed = self.seal(value, seal_context(customer_id, name))
        return Fact(name, sealed, self.mask(value), source, at, mark, customer_id)


def with_facts(facts: Iterable[Fact], news: Iterable[Fact]) -> dict[str, Fact]:
    """The facts, by name, after news: of two words on one thing the later holds, and the same word is no news. Raises
    Invalid beyond FACTS_LIMIT."""
    after = {fact.name: fact for fact in facts}
    for fact in news:
        known = after.get(fact.name)
        if known is None or (fact.at >= known.at and fact.is_news(known)):
            after[fact.name] = fact
    if len(after) > FACTS_LIMIT:
        raise Invalid("too many facts", problems=[Problem("", f"a customer has at most {FACTS_LIMIT} facts")])
    return after


def latest_facts(profiles: Sequence[Profile]) -> tuple[Fact, ...]:
    """What is known of a customer whose records these are: of each name what was said last, by name."""
    latest: dict[str, Fact] = {}
    for fact in (fact for profile in profiles for fact in profile.facts):
        if fact.name not in latest or fact.at > latest[fact.name].at:
            latest[fact.name] = fact
    return tuple(latest[name] for name in sorted(latest))


def roomy(profile: Profile, values: Mapping[str, str]) -> dict[str, str]:
    """What is told of a customer, as far as there is room for it."""
    known = {fact.name for fact in profile.facts}
    fresh = [name for name in values if name not in known][: max(0, FACTS_LIMIT - len(known))]
    return {name: value for name, value in values.items() if name in known or name in fresh}


def seal_context(customer_id: str, name: str) -> str:
    """What a sealed value is bound to: it opens nowhere else."""
    return f"{customer_id}/{name}"
