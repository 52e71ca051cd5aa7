"""C010: while a platform hangs, its last word of five minutes is served and marked, and decisions on it put right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.webhooks.orders.live import TIMEOUT_SECONDS
from tests.support.live_shop import ORDER, SHIPPED, Desk, live_desk
from tests.support.webhooks import DOUYIN


@pytest.fixture
def desk() -> Iterator[Desk]:
    with live_desk() as found:
        yield found


def test_a_platform_that_hangs_is_answered_for_by_its_last_word_for_five_minutes(desk: Desk) -> None:
    """At +4 min the stored order with its age, after three seconds at most; at +6 min 503 and when to try again."""
    desk.shop.hanging.clear()
    desk.clock.advance(minutes=4)
    answer = desk.read()
    assert (answer.status, answer.json["state"]) == (200, "paid")
    assert answer.json["freshness"] == {"stale": True, "age_seconds": 240, "source": "cache"}
    desk.clock.advance(minutes=2)
    desk.shop.hanging.set()
    desk.fail()
    refused = desk.read()
    assert (refused.status, refused.json["type"]) == (503, "urn:scrm-hub:problem:platform-unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert sum(TIMEOUT_SECONDS) <= 3


def test_a_decision_on_a_stale_state_is_corrected_when_the_platform_answers(desk: Desk) -> None:
    """It was taken on "paid"; the order had shipped meanwhile: said once, with the state that holds."""
    desk.fail()
    assert desk.check("tkt_1").json["freshness"]["stale"] is True
    assert (desk.recheck(), len(desk.tags())) == ([], 1)
    desk.recover(SHIPPED)
    (event,) = desk.recheck()
    assert {name: event[name] for name in ("decision", "order_id", "assumed", "state", "connection_id", "channel")} == {
        "decision": "tkt_1",
        "order_id": ORDER,
        "assumed": "paid",
        "state": "shipped",
        "connection_id": DOUYIN.id,
        "channel": "douyin",
    }
    assert (desk.recheck(), desk.tags()) == ([], [])
