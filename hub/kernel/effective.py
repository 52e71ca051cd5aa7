"""Effective dates (生效日期): what was in force at a moment, and what was believed to be. Pure.

A timeline is an append-only list of records, each saying when it was recorded. A publication says that a version holds
from `valid_from` until `valid_to`, or until one with a later start takes over. A withdrawal takes a version back.

In force at `at`, as known at `known_at`, is: of the publications that were recorded by `known_at`, not taken back by
then, and whose period contains `at`, the one that starts last; of several with the same start, the one recorded last.

`known_at` is `at` itself unless asked for: what was true then, as it was known then. So what was in force at a moment
that has passed never changes: a withdrawal, or a publication with an earlier start, is a new record and counts from
its recording on. What is believed now about then is `at` with `known_at=now`. Both ends are half-open: a version holds
at `valid_from` itself and no more at `valid_to`; a record is known at the moment of its recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from hub.kernel.dataclass import dataclass

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""From when what ships with the hub holds, and is known."""
END = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """A publication of a version, or with `withdraws` its withdrawal (then its period says nothing)."""

    number: int
    recorded_at: datetime
    valid_from: datetime = BEGINNING
    valid_to: datetime | None = None
    withdraws: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """From `start` on, version `number` is in force; None: nothing is."""

    start: datetime
    number: int | None


def in_force(records: Iterable[Record], at: datetime, known_at: datetime | None = None) -> int | None:
    """The version in force at `at` as known at `known_at` (default: at `at`); None when nothing was."""
    return _strongest(_standing(records, at if known_at is None else known_at), at)


def plan(records: Iterable[Record], since: datetime) -> tuple[Switch, ...]:
    """What will be in force from `since` on by all these records: the first switch is at `since`, each of the others
    changes something."""
    standing = _standing(records, END)
    ends = {moment for record in standing for moment in (record.valid_from, record.valid_to) if moment}
    switches = [Switch(since, _strongest(standing, since))]
    for moment in sorted(moment for moment in ends if moment > since):
        if (number := _strongest(standing, moment)) != switches[-1].number:
            switches.append(Switch(moment, number))
    return tuple(switches)


def planned(switches: Sequence[Switch], at: datetime) -> int | None:
    """The version in force at `at` by a plan, where `at` is not before the plan's first switch."""
    return next((switch.number for switch in reversed(switches) if switch.start <= at), None)


def _standing(records: Iterable[Record], known_at: datetime) -> list[Record]:
    """The publications recorded by `known_at` and not taken back by then, in the order of their recording."""
    standing: list[Record] = []
    for record in records:
        if record.recorded_at > known_at:
            continue
        if record.withdraws:
            standing = [earlier for earlier in standing if earlier.number != record.number]
        else:
            standing.append(record)
    return standing


def _strongest(standing: Iterable[Record], at: datetime) -> int | None:
    candidates = [r for r in standing if r.valid_from <= at and (r.valid_to is None or at < r.valid_to)]
    last = max(enumerate(candidates), key=lambda nth: (nth[1].valid_from, nth[0]), default=None)
    return last[1].number if last else None
