"""C101: a franchise's share follows its score of the month; a late one changes the next period by a line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.settlement_room import Till, handed, moment, till

IN_NOVEMBER = "2026-11-20T09:00:00+08:00"


@pytest.fixture
def room() -> Iterator[Till]:
    with till("2026-11-21T09:00:00+08:00") as made:
        made.clock.now = moment("2026-11-01T09:00:00+08:00")
        made.adopt("satisfaction_weighted")
        made.clock.now = moment("2026-11-21T09:00:00+08:00")
        yield made


@pytest.mark.parametrize(("score", "share"), [(4.6, "-620.00"), (3.4, "-550.00"), (4.0, "-600.00")])
def test_the_average_moves_the_share(room: Till, score: float, share: str) -> None:
    """Base 60 %: 4.6 makes 62 %, 3.4 makes 55 %, 4.0 leaves it."""
    (sale, said) = room.hand_in(handed("order", amount="1000.00"), handed("score", 2, score=score))
    assert (sale["provisional"], said["provisional"], sale["entries"]) == (1, 1, 0)
    room.run_windows()
    assert room.accounts("payable") == {"payable:store:s1": share}


def test_a_score_after_the_close_is_a_line_of_the_next_period() -> None:
    """600.00 closed with November; 4.6 comes in December: +20.00 in December, pointing to November, which stays."""
    with till("2026-11-01T09:00:00+08:00") as room:
        room.set_calendar({"every": "month"})
        room.adopt("satisfaction_weighted")
        room.clock.now = moment("2026-11-21T09:00:00+08:00")
        room.hand_in(handed("order", amount="1000.00"))
        room.clock.now = moment("2026-12-01T06:00:00+08:00")
        november = room.close("base.2026-11")
        room.clock.now = moment("2026-12-05T09:00:00+08:00")
        room.hand_in(handed("score", 2, IN_NOVEMBER, score=4.6))
        room.clock.now = moment("2027-01-01T06:00:00+08:00")
        room.close("base.2026-12")
        lines = [(e["period"], e["lines"][0]["amount"], e["reason"]["facts"]["period"]) for e in room.entries()]
        assert sorted(lines) == [("2026-11", "600.00", "2026-11"), ("2026-12", "20.00", "2026-11")]
        assert room.close("base.2026-11", "prove")["hash"] == november["hash"]
