"""Rails: which steps a change of what is in force brings that were not to come anyway."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.documents.rails import new_steps
from hub.kernel.effective import Switch

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def plan(*numbers: int | None, begun: int = 0) -> list[Switch]:
    """One version after the other, a day each; `begun`: since so many days."""
    return [Switch(NOW + timedelta(days=nth - begun), number) for nth, number in enumerate(numbers)]


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        (plan(2, begun=3), plan(1), [(2, 1)]),
        (plan(1, 2), plan(1), []),
        (plan(1, 2, 3), plan(1, 1, 3), [(1, 3)]),
        (plan(1, 2, 3), plan(1, 2), []),
        (plan(2, 3, begun=0), plan(1, 3), [(2, 1), (1, 3)]),
        (plan(2, begun=9), plan(None), [(2, None)]),
        (plan(1, 2, 1), plan(1, 2, 1, 2), []),
    ],
)
def test_only_steps_that_were_not_to_come_are_looked_at(
    before: list[Switch], after: list[Switch], steps: list[tuple[int | None, int | None]]
) -> None:
    """At once, at a later switch, neither; what comes to nothing; the same step at another time is known."""
    assert new_steps(before, after, NOW) == steps
