"""Duty rosters (值班表): what a team's roster may say. Who is on duty by it is hub.kernel.rosters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.contracts.base import check_zone
from hub.contracts.directory import RosterBody
from hub.contracts.rosters import RecurringShift, Shift, ShiftSwap
from hub.kernel.errors import Invalid, Problem
from hub.kernel.rosters import is_rule


def check_roster(roster: RosterBody) -> None:
    """Raises Invalid naming each shift that ends before it starts or overlaps another of the same person, each rule
    that can't be kept, each swap that is none."""
    shifts = roster.shifts
    problems = [
        Problem(f"/shifts/{i}/ends_at", "must be after starts_at")
        for i, shift in enumerate(shifts)
        if shift.ends_at <= shift.starts_at
    ]
    problems += [Problem(f"/shifts/{i}", f"overlaps /shifts/{j} of the same person") for i, j in _overlaps(shifts)]
    problems += [problem for i, part in enumerate(roster.recurring) for problem in _of_recurring(i, part)]
    problems += [problem for i, part in enumerate(roster.swaps) for problem in _of_swap(i, part)]
    if problems:
        raise Invalid("the roster has wrong shifts", problems=problems)


def roster_of(stored: Mapping[str, Any]) -> RosterBody:
    """A stored roster. One of before there were recurring shifts has none."""
    parts = {name: stored.get(name) or [] for name in ("shifts", "recurring", "swaps")}
    return RosterBody.model_validate({**parts, "hand_over": bool(stored.get("hand_over"))})


def _of_recurring(index: int, part: RecurringShift) -> Iterator[Problem]:
    pointer = f"/recurring/{index}"
    if not is_rule(part.rule):
        yield Problem(f"{pointer}/rule", "must be an RFC 5545 rule of days, e.g. FREQ=WEEKLY;BYDAY=MO,TU")
    if part.until is not None and part.until < part.since:
        yield Problem(f"{pointer}/until", "must not be before since")
    try:
        check_zone(part.timezone)
    except ValueError as wrong:
        yield Problem(f"{pointer}/timezone", str(wrong))


def _of_swap(index: int, part: ShiftSwap) -> Iterator[Problem]:
    if part.ends_at <= part.starts_at:
        yield Problem(f"/swaps/{index}/ends_at", "must be after starts_at")
    if part.by == part.person_id:
        yield Problem(f"/swaps/{index}/by", "must be somebody else")


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
