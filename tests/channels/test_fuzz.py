"""The fuzzer on every door, a few bodies each; the million is `make fuzz`. And that it finds what it looks for."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.fuzz import Fuzzer, fuzz
from hub.channels.base import Accepted, Answer, Received, Rejected
from hub.channels.registry import codec, inbound_channels

BODIES = 300


@pytest.mark.parametrize("name", inbound_channels())
def test_wrong_bodies_are_refused_or_read_and_nothing_breaks(name: str) -> None:
    """No door raises anything but Rejected, no reader anything but NotUnderstood, and nothing forged comes in."""
    counts = fuzz(name, BODIES).counts
    assert counts["bodies"] == BODIES
    assert all(counts[outcome] for outcome in ("refused", "unchanged", "taken", "understood", "not understood"))


class OpenDoor:
    """A door that verifies nothing."""

    def accept(self, delivery: Any, settings: Any) -> Accepted:
        return Accepted((Received("key", delivery.body, "account"),), Answer(200))


class BrokenDoor:
    """A door that breaks on a body that it can't read."""

    def accept(self, delivery: Any, settings: Any) -> Accepted:
        delivery.body.decode("ascii")
        return codec("wecom").accept(delivery, settings)

    def refuse(self, rejected: Rejected) -> Answer:
        return codec("wecom").refuse(rejected)


@pytest.mark.parametrize(("door", "error"), [(OpenDoor(), AssertionError), (BrokenDoor(), UnicodeDecodeError)])
def test_a_door_that_takes_anything_or_breaks_is_found(door: Any, error: type[Exception]) -> None:
    """The fuzzer stops at the first broken promise, and says which body it was."""
    fuzzer = Fuzzer("wecom")
    fuzzer.door = door
    with pytest.raises(error) as found:
        fuzzer.run(BODIES)
    assert found.value.__notes__[0].startswith("channel wecom, seed 20261122, body ")


def test_the_same_seed_makes_the_same_bodies() -> None:
    """What was found once is found again; another seed makes others."""
    first, again, other = (fuzz("douyin", BODIES, seed).counts for seed in (1, 1, 2))
    assert first == again
    assert first != other
