"""C099: a discount is borne by those who fund it; a gift is spread over quarters until it is cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.settlement import app
from tests.support.http import Context
from tests.support.settlement_room import WHO, Till, handed, moment, till


@pytest.fixture
def room() -> Iterator[Till]:
    with till("2026-01-05T09:00:00+08:00") as made:
        made.set_calendar({"every": "month"})
        yield made


def test_a_discount_of_thirty_is_borne_sixty_to_forty(room: Till) -> None:
    """260 − 30, headquarters 60 %, the store 40 %: 18.00 and 12.00."""
    room.adopt("discount_cofunding")
    room.clock.now += timedelta(days=1)
    room.hand_in(handed("order", 1, "2026-01-06T08:00:00+08:00", amount="260.00", discount="30.00"))
    sums = {name: amount.lstrip("-") for name, amount in room.accounts().items() if name != "income:sales"}
    assert sums == {"expense:discount:hq": "18.00", "payable:store:s1": "12.00"}


def test_a_gift_is_posted_at_the_ends_of_its_quarters_until_it_is_cancelled(room: Till) -> None:
    """90.00 over three quarters: 30.00 at the end of the first; cancelled in the second, the rest is never posted, and
    waits beside its reversal until then."""
    room.adopt("gift_amortisation")
    room.clock.now += timedelta(days=1)
    room.hand_in(handed("gift", 1, "2026-01-06T08:00:00+08:00", gift_cost="90.00"))
    assert (room.entries(), [line["amount"] for line in waiting(room)]) == ([], ["30.00"] * 3)
    sweep(room, "2026-03-31T23:00:00+08:00")
    assert room.accounts() == {}
    sweep(room, "2026-04-01T00:00:00+08:00")
    assert room.accounts() == {"asset:gifts": "-30.00", "expense:gifts": "30.00"}
    sweep(room, "2026-05-10T09:00:00+08:00")
    back = {"id": "refund:1", "kind": "refund", "occurred_at": "2026-05-10T08:00:00+08:00", "reverses": "gift:1"}
    (taken,) = room.hand_in({**back, "parties": WHO, "amounts": {}, "quantities": {}})
    assert taken["state"] == "settled"
    for moment_ in ("2026-07-01T00:00:00+08:00", "2026-10-01T00:00:00+08:00"):
        sweep(room, moment_)
    assert room.accounts() == {"asset:gifts": "-30.00", "expense:gifts": "30.00"}
    assert waiting(room) == []


def waiting(room: Till) -> list[dict[str, Any]]:
    """The debits that are still to come."""
    return [one["lines"][0] for one in room.call("GET", "/settlement/deferrals").json["data"]]


def sweep(room: Till, at: str) -> None:
    room.clock.now = moment(at)
    app.room.desk.machine.client = Idle()
    app.hourly({}, Context())


class Idle:
    """Step Functions that start nothing."""

    class exceptions:  # noqa: N801 - theirs
        ExecutionAlreadyExists = RuntimeError

    def start_execution(self, **_payload: Any) -> None:
        return
