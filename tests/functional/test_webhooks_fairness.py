"""One shop of three hundred hangs: the others are read at once; the hung one is asked three times, then left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.handlers import touched
from hub.contracts.events import OrderTouched
from hub.kernel.clock import StepClock
from hub.kernel.errors import Retry
from hub.store.circuit import FAILURES_LIMIT, OPEN_SECONDS
from tests.support.http import Context, bus_batch
from tests.support.webhooks import NOW, Stack, simulated_stack

SHOPS, HUNG, CALL_SECONDS = 300, "con_7", 10
BATCH = 10


class Platforms:
    """Every shop's API: one hangs until its caller gives up."""

    def __init__(self, clock: StepClock) -> None:
        self.clock, self.hangs, self.asked = clock, True, Counter[str]()

    def find(self, connection_id: str, channel: str, shop_id: str) -> Any:
        del channel, shop_id
        return _Shop(connection_id, self)


class _Shop:
    """What the room reads an order of."""

    def __init__(self, connection_id: str, platforms: Platforms) -> None:
        self.connection_id, self._platforms = connection_id, platforms

    def noting(self, *_: Any, **__: Any) -> None:
        return None

    def read(self) -> None:
        self._platforms.asked[self.connection_id] += 1
        if self.connection_id == HUNG and self._platforms.hangs:
            self._platforms.clock.advance(seconds=CALL_SECONDS)
            raise Retry("douyin-unreachable")


class Refresher:
    """Reads, and keeps nothing."""

    def refresh(self, shop: Any, *_: Any) -> None:
        shop.read()


@pytest.fixture(name="street")
def _street() -> Iterator[tuple[Stack, Platforms, StepClock]]:
    clock = StepClock(NOW)
    with simulated_stack(clock=clock) as stack:
        platforms, desk = Platforms(clock), app.room.desk
        orders = replace(desk.orders, shops=platforms, refresher=Refresher())  # type: ignore[arg-type]
        app.room.install(app.room.host, replace(desk, orders=orders))
        yield stack, platforms, clock


def hint(connection_id: str, number: int) -> OrderTouched:
    return OrderTouched(
        id=f"evt_{connection_id}_{number}", tenant="demo", at=NOW, connection_id=connection_id, channel="douyin",
        shop_id="1", order_no=str(number),
    )  # fmt: skip


def hear(hints: list[OrderTouched]) -> list[OrderTouched]:
    """One batch; what comes again of it."""
    failed = touched.on_event(bus_batch(*hints), Context())["batchItemFailures"]
    return [hints[int(failure["itemIdentifier"][1:])] for failure in failed]


def test_one_hung_shop_does_not_hold_up_299(street: tuple[Stack, Platforms, StepClock]) -> None:
    """Thirty pushes of the hung shop lie before one of each other: the others wait for three calls that time out, half
    a minute, whatever lies before them; the hung shop's come again, and are read when it answers."""
    _, platforms, clock = street
    waiting = [hint(HUNG, number) for number in range(3 * BATCH)]
    waiting += [hint(f"con_{shop}", 1) for shop in range(SHOPS) if f"con_{shop}" != HUNG]
    back: list[OrderTouched] = []
    for start in range(0, len(waiting), BATCH):
        back += hear(waiting[start : start + BATCH])

    assert (clock.now - NOW).total_seconds() == FAILURES_LIMIT * CALL_SECONDS
    assert platforms.asked.pop(HUNG) == FAILURES_LIMIT
    assert platforms.asked == dict.fromkeys((f"con_{shop}" for shop in range(SHOPS) if f"con_{shop}" != HUNG), 1)
    assert {each.connection_id for each in back} == {HUNG}
    assert len(back) == 3 * BATCH

    platforms.hangs = False
    clock.advance(seconds=OPEN_SECONDS + 1)
    for _ in range(2):
        back = [each for start in range(0, len(back), BATCH) for each in hear(back[start : start + BATCH])]
    assert (back, platforms.asked[HUNG]) == ([], 3 * BATCH)
