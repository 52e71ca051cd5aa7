"""Promotions over HTTP: what is taken, what is refused by name, and how far each one got."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.handlers import decisions, promotions
from hub.kernel.clock import StepClock
from hub.store.secrets import Connection
from tests.support.doubles import serving
from tests.support.http import Answer, Context, call, sqs_batch, token
from tests.support.webhooks import DOUYIN, Stack, simulated_stack

PINDUODUO = Connection(
    "con_01JP1NDV0DV000000000000000",
    "pinduoduo",
    "enabled",
    {
        "client_id": "05cabcdb00000000000000000001",
        "client_secret": "000000000000000000000000000000000007e57",
        "shop_id": "100000001",
        "refresh_token": "0000000000000000000000000000scrmhubrefresh",
    },
)
NOW = datetime.now(UTC).replace(microsecond=0)


def promotion(number: int = 1, **changes: Any) -> dict[str, Any]:
    made = {
        "id": f"p{number}",
        "title": "满199减50",
        "threshold": "199.00",
        "reduction": "50.00",
        "starts_at": NOW.isoformat(),
        "ends_at": (NOW + timedelta(days=3)).isoformat(),
    }
    return made | changes


class Desk:
    """The room, its clock, and Pinduoduo's double."""

    def __init__(self, stack: Stack, double: Any, clock: StepClock) -> None:
        self.stack, self.double, self.clock = stack, double, clock

    def post(self, *promotions: dict[str, Any], connection: str = PINDUODUO.id, as_: str | None = None) -> Answer:
        body = {"connection_id": connection, "promotions": list(promotions)}
        return call(app.room, "POST", "/webhooks/promotions", body, as_=as_)

    def take_turns(self) -> int:
        """Hand what lies in the queue to the room: how many turns that were."""
        messages = self.stack.drain("HUB_PROMOTIONS_QUEUE_URL")
        answer = promotions.push_promotions(sqs_batch(*messages), Context())
        assert answer == {"batchItemFailures": []}
        return len(messages)

    def listed(self, **query: str) -> dict[str, Any]:
        query = {"connection_id": PINDUODUO.id, **query}
        return dict(call(app.room, "GET", "/webhooks/promotions", query=query).json)


@pytest.fixture
def desk() -> Iterator[Desk]:
    clock = StepClock(NOW)
    with (
        serving({"pinduoduo": [dict(PINDUODUO.settings)]}) as (url, platforms),
        simulated_stack(clock=clock, HUB_PLATFORMS_URL=url) as stack,
    ):
        stack.secrets().put(PINDUODUO)
        yield Desk(stack, platforms.double("pinduoduo"), clock)


def test_promotions_are_queued_and_reach_the_platform_one_by_one(desk: Desk) -> None:
    """202 and queued; the first becomes a batch of coupons at once, the second waits for the platform's limit."""
    answer = desk.post(promotion(1), promotion(2))
    assert (answer.status, [one["state"] for one in answer.json["data"]]) == (202, ["queued", "queued"])
    assert desk.take_turns() == 1
    first, second = desk.listed()["data"]
    assert (first["state"], second["state"], len(desk.double.coupons)) == ("sent", "queued", 1)
    assert (first["reduction"], first["sent_at"][:10], bool(first["platform_id"])) == ("50.00", f"{NOW:%Y-%m-%d}", True)
    asked = desk.double.coupons[0]
    assert (asked["min_order_amount"], asked["discount"], asked["batch_desc"]) == ("19900", "5000", "满199减50")


def test_a_message_that_got_lost_holds_nothing_up_for_long(desk: Desk) -> None:
    """The schedule finds the lane whose turn is overdue, and no lane that is being drained."""
    desk.post(promotion(1), promotion(2))
    desk.take_turns()
    decisions.recheck({}, Context())
    assert desk.take_turns() == 0
    desk.clock.advance(minutes=1)
    decisions.recheck({}, Context())
    assert desk.take_turns() == 1
    assert [one["state"] for one in desk.listed()["data"]] == ["sent", "sent"]
    assert len(desk.double.coupons) == 2


def test_what_the_platform_has_no_promotion_for_fails_and_says_why(desk: Desk) -> None:
    """Pinduoduo's coupons are one article's or the whole shop's."""
    desk.post(promotion(1, goods=["1", "2"]))
    desk.take_turns()
    (failed,) = desk.listed()["data"]
    assert (failed["state"], failed["reason"].split()[0]) == ("failed", "/goods")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"threshold": "-1"}, "/promotions/0/threshold"),
        ({"reduction": "0.00"}, "/promotions/0/reduction"),
        ({"reduction": "199.01"}, "/promotions/0/reduction"),
        ({"currency": "JPY", "threshold": "199.5"}, "/promotions/0/threshold"),
        ({"ends_at": NOW.isoformat()}, "/promotions/0"),
        ({"starts_at": 1700000000}, "/promotions/0/starts_at"),
        ({"id": "a b"}, "/promotions/0/id"),
        ({"goods": ["1"] * 101}, "/promotions/0/goods"),
        ({"colour": "red"}, "/promotions/0/colour"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_queued(desk: Desk, changes: dict[str, Any], pointer: str) -> None:
    """422 with the field's pointer."""
    refused = desk.post(promotion(1, **changes))
    assert (refused.status, [one["pointer"] for one in refused.json["errors"]]) == (422, [pointer])
    assert desk.listed()["data"] == []


def test_at_most_two_hundred_and_each_once(desk: Desk) -> None:
    """The bound of a call, and no id twice in it."""
    assert desk.post(*(promotion(number) for number in range(201))).json["errors"][0]["pointer"] == "/promotions"
    for wrong in ((promotion(1), promotion(1)), ()):
        refused = desk.post(*wrong)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/promotions")


def test_a_connection_that_takes_no_promotions_is_named(desk: Desk) -> None:
    """A channel without promotions: 422 at /connection_id; no connection at all: 404."""
    refused = desk.post(promotion(1), connection=DOUYIN.id)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/connection_id")
    assert desk.post(promotion(1), connection="con_none").status == 404


def test_the_list_goes_on_where_a_page_ends(desk: Desk) -> None:
    """By ids, with a cursor; one that is made up, or of another list, is refused."""
    desk.post(*(promotion(number) for number in (3, 1, 2)))
    first = desk.listed(limit="2")
    second = desk.listed(limit="2", cursor=first["next_cursor"])
    assert [one["id"] for one in (*first["data"], *second["data"])] == ["p1", "p2", "p3"]
    foreign = {"connection_id": DOUYIN.id, "cursor": first["next_cursor"]}
    assert call(app.room, "GET", "/webhooks/promotions", query=foreign).status == 422


def test_who_may_queue_promotions(desk: Desk) -> None:
    """Integrators and supervisors; an agent may not."""
    assert desk.post(promotion(1), as_=token("agent")).status == 403
    assert desk.post(promotion(1), as_=token("supervisor")).status == 202
