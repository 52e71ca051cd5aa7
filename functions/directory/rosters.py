"""Duty rosters (值班表): who is on duty when. A shift holds from its start (included) to its end (excluded), so at
18:00:00 sharp the evening's person is on, and the day's is off (C121)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.contracts.events import Shift
from hub.kernel.errors import Invalid, Problem


def check_shifts(shifts: Sequence[Shift]) -> None:
    """Raises Invalid naming each shift that ends before it starts, or overlaps another of the same person."""
    problems = [
        Problem(f"/shifts/{i}/ends_at", "must be after starts_at")
        for i, shift in enumerate(shifts)
        if shift.ends_at <= shift.starts_at
    ]
    problems += [Problem(f"/shifts/{i}", f"overlaps /shifts/{j} of the same person") for i, j in _overlaps(shifts)]
    if problems:
        raise Invalid("the roster has wrong shifts", problems=problems)


def on_duty(shifts: Sequence[Shift], at: datetime) -> tuple[str, ...]:
    """The people on duty at a moment, in the order of the roster, each once."""
    return tuple(dict.fromkeys(s.person_id for s in shifts if s.starts_at <= at < s.ends_at))


def shifts_of(stored: Sequence[Mapping[str, Any]]) -> tuple[Shift, ...]:
    """The shifts of a stored roster."""
    return tuple(Shift.model_validate(shift) for shift in stored)


def _overlaps(shifts: Sequence[Shift]) -> list[tuple[int, int]]:
    """Pairs (later start, earlier start) of indexes: each shift against the one of its person that reaches furthest."""
    furthest: dict[str, int] = {}
    pairs = []
    for i in sorted(range(len(shifts)), key=lambda i: (shifts[i].starts_at, i)):
        person = shifts[i].person_id
        before = furthest.get(person)
        if before is not None and shifts[i].starts_at < shifts[before].ends_at:
            pairs.append((i, before))
        if before is None or shifts[i].ends_at > shifts[before].ends_at:
            furthest[person] = i
    return pairs
