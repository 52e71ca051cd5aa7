"""Live reads: the platform's word while it answers, its last one for five minutes, and decisions put right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.webhooks import app
from hub.store.circuit import FAILURES_LIMIT, OPEN_SECONDS
from tests.support.http import call, token
from tests.support.live_shop import FROZEN, ORDER, PAID, SHIPPED, Desk, live_desk
from tests.support.webhooks import DOUYIN


@pytest.fixture
def desk() -> Iterator[Desk]:
    with live_desk() as found:
        yield found


def test_a_live_read_is_the_platforms_word(desk: Desk) -> None:
    """The order is read again and noted: what changed on the platform a moment ago is in the answer."""
    desk.shop.status = SHIPPED
    desk.clock.advance(minutes=7)
    answer = desk.read().json
    assert (answer["id"], answer["state"]) == (ORDER, "shipped")
    assert answer["freshness"] == {"stale": False, "age_seconds": 0, "source": "platform"}


def test_a_stored_read_asks_nobody(desk: Desk) -> None:
    """Without live=true the order is what we know, with its age."""
    desk.clock.advance(minutes=7)
    reads = desk.shop.reads
    answer = desk.read(live="").json
    assert answer["freshness"] == {"stale": False, "age_seconds": 420, "source": "cache"}
    assert (answer["state"], desk.shop.reads) == ("paid", reads)


def test_a_read_that_changed_nothing_is_fresh_too(desk: Desk) -> None:
    """The five minutes count from when the platform last told us, not from when the order last changed."""
    desk.clock.advance(minutes=20)
    assert desk.read().json["freshness"]["source"] == "platform"
    desk.fail()
    desk.clock.advance(minutes=3)
    assert desk.read().json["freshness"] == {"stale": True, "age_seconds": 180, "source": "cache"}


def test_a_platform_that_is_down_is_not_asked_each_time(desk: Desk) -> None:
    """After three failures the circuit is open: readers get the stored order at once, and when it ends."""
    desk.fail()
    reads = desk.shop.reads
    answers = [desk.read().json["freshness"]["stale"] for _ in range(FAILURES_LIMIT + 3)]
    assert (answers, desk.shop.reads - reads) == ([True] * (FAILURES_LIMIT + 3), FAILURES_LIMIT)
    desk.clock.advance(minutes=5, seconds=-1)
    desk.read()
    desk.clock.advance(seconds=2)
    assert desk.read().headers["retry-after"] == str(OPEN_SECONDS - 2)


def test_a_state_in_unknown_words_is_no_answer(desk: Desk) -> None:
    """What can't be understood is kept for whoever maps it; the reader gets what we knew, marked."""
    desk.shop.status = FROZEN
    answer = desk.read().json
    assert (answer["state"], answer["freshness"]["stale"]) == ("paid", True)


def test_a_decision_that_was_right_is_let_be(desk: Desk) -> None:
    """The platform answers with the state that was assumed: nothing is said, and the tag is gone."""
    desk.fail()
    desk.check("tkt_1")
    desk.recover(PAID)
    assert (desk.recheck(), desk.tags()) == ([], [])


def test_a_decision_on_a_fresh_state_is_not_tagged(desk: Desk) -> None:
    """There is nothing to check later."""
    assert desk.check().json["freshness"]["source"] == "platform"
    assert desk.tags() == []


def test_each_decision_on_an_order_is_corrected_under_an_id_of_its_own(desk: Desk) -> None:
    """Two decisions are two facts; one that was taken twice is one."""
    desk.fail()
    for decision in ("tkt_1", "tkt_2", "tkt_2"):
        desk.check(decision)
    desk.recover(SHIPPED)
    events = desk.recheck()
    assert sorted(event["decision"] for event in events) == ["tkt_1", "tkt_2"]
    assert len({event["id"] for event in events}) == 2


def test_a_decision_waits_as_long_as_its_platform_is_down(desk: Desk) -> None:
    """However many runs find nobody there; each run asks a platform that is down once at most."""
    desk.fail()
    for number in range(5):
        desk.check(f"tkt_{number}")
    reads = desk.shop.reads
    assert [desk.recheck() for _ in range(4)] == [[], [], [], []]
    assert (len(desk.tags()), desk.shop.reads - reads) == (5, 4)


def test_an_order_that_there_is_not_and_a_caller_who_may_not(desk: Desk) -> None:
    """404 for an unknown order, 403 for who does not decide, 422 naming what is wrong with a decision."""
    assert call(app.room, "GET", "/webhooks/orders/ord_none", query={"live": "true"}).status == 404
    assert desk.check(as_=token("finance")).status == 403
    refused = desk.check("#")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/decision")


def test_an_order_of_a_connection_that_is_gone_says_so(desk: Desk) -> None:
    """Nobody can be asked: 409, and the stored order is still there to read."""
    desk.stack.clients["ssm"].delete_parameter(Name=f"/hub/demo/connections/{DOUYIN.id}")
    desk.clock.advance(minutes=2)
    assert (desk.read().status, desk.read(live="").status) == (409, 200)
