"""Consent (同意): by which channels somebody wants to hear nothing, from what was said on each of their records. Pure.

A word is a fact `consent_<channel>` (`consent_all` for every one): yes or no. Of one record the last word holds. Where
records were merged, the stricter of theirs does, until somebody says something after the merge: a merge never loosens
a "no". Split off again, each has the words that were said on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from functions.customers.profile import CONSENT
from hub.kernel.dataclass import dataclass

NO = "no"
ALL = "all"


@dataclass(frozen=True)
class Word:
    """What one record says of one channel now."""

    channel: str
    value: str
    at: datetime


def words_of(facts: Mapping[str, tuple[str, datetime]]) -> tuple[Word, ...]:
    """The consents among a record's facts: name → (value, when it was said)."""
    return tuple(
        Word(name.removeprefix(CONSENT), value.strip().casefold(), at)
        for name, (value, at) in facts.items()
        if name.startswith(CONSENT)
    )


def refused_channels(records: Sequence[Iterable[Word]], merged_at: datetime | None) -> tuple[str, ...]:
    """The channels by which a customer of these records wants to hear nothing. merged_at: the last merge, if any."""
    words = [word for record in records for word in record]
    channels = dict.fromkeys(word.channel for word in words)
    return tuple(sorted(c for c in channels if _refuses([word for word in words if word.channel == c], merged_at)))


def _refuses(words: Sequence[Word], merged_at: datetime | None) -> bool:
    later = [word for word in words if merged_at is not None and word.at > merged_at]
    if not later:
        return any(word.value == NO for word in words)
    last = max(word.at for word in later)
    return any(word.value == NO for word in later if word.at == last)
