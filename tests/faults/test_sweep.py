"""Every main path, every call to AWS on it, six faults, the caller repeating up to twice: as if nothing had happened.

`make test` runs a seeded sample; `make faults` all of it (HUB_FAULTS=all).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.support.swept import (
    AGAIN,
    GROUPS,
    OK,
    Path,
)
from tests.support.wire import KINDS, faulty

DELIVERIES = (1, 2, 3)
EVERYTHING = os.environ.get("HUB_FAULTS") == "all"
SAMPLE = 14
"""So many cases of each group in `make test`."""
SEED = 20261130

Group = Callable[[], AbstractContextManager[list[Path]]]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_a_fault_anywhere_changes_nothing_in_the_end(group: Group) -> None:
    """Whichever call fails in whichever way: who repeats is told that it is done, and all is as without the fault."""
    with group() as paths:
        wrong = [f"{name}: {verdict}" for name, verdict in sweep(paths) if verdict]
    assert wrong == []


def sweep(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Each case by name, and what was wrong with it, "" for nothing."""
    cases = []
    for path in paths:
        path.start()
        with faulty() as wire:
            outcome = path.attempt()
            calls = list(wire.calls)
        assert outcome.word == OK, (path.name, outcome)
        wanted = outcome.told, path.state()
        cases += [
            (path, wanted, at, call, kind, deliveries)
            for at, call in enumerate(calls)
            for kind in KINDS
            for deliveries in DELIVERIES
        ]
    if not EVERYTHING:
        cases = random.Random(SEED).sample(cases, SAMPLE)
    for path, wanted, at, call, kind, deliveries in cases:
        name = f"{path.name}, {kind} at call {at} ({call}), {deliveries} deliveries"
        yield name, verdict_of(path, wanted, at, kind, deliveries)


def verdict_of(path: Path, wanted: tuple[object, list[str]], at: int, kind: str, deliveries: int) -> str:
    """What is wrong after so many deliveries, of which the first one meets the fault."""
    path.start()
    with faulty(at, kind):
        outcome = path.attempt()
    for _ in range(deliveries - 1):
        outcome = path.attempt()
    if outcome.word in ("crashed", AGAIN):
        return "" if deliveries == 1 else f"still {outcome.word} though the fault is over"
    if path.unsure and outcome.word == path.unsure:
        return ""
    if outcome.word != OK:
        return f"the caller is told {outcome.word}"
    if outcome.told != wanted[0]:
        return f"the caller is told {outcome.told}, not {wanted[0]}"
    state = path.state()
    return "" if state == wanted[1] else f"the state differs: {difference(wanted[1], state)}"


def difference(wanted: list[str], state: list[str]) -> str:
    missing = [line for line in wanted if line not in state]
    extra = [line for line in state if line not in wanted]
    return f"missing {missing[:2]}, extra {extra[:2]}, {len(state) - len(wanted)} more"
