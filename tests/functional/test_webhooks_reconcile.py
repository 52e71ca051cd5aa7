"""The reconcile report: what was pushed, pulled, recovered, repeated, refused and lost, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.handlers import counters
from functions.webhooks.orders.days_table import OrderDays
from hub.store.messages import Arrival
from hub.store.table import Table
from tests.support.aws import TENANT
from tests.support.http import Answer, Context, call, sqs_batch, token
from tests.support.webhooks import DOUYIN, WECOM, Stack, deliver, douyin_push, simulated_stack

NAMES = {"douyin": "旗舰店", "wecom": "企业微信"}


@pytest.fixture
def stack() -> Iterator[Stack]:
    with simulated_stack() as simulated:
        yield simulated


def connection(stack: Stack) -> str:
    """A Douyin connection with an id of ours in the room's table, and its door open under the same id."""
    body = {"channel": "douyin", "name": "旗舰店", "settings": dict(DOUYIN.settings)}
    view: dict[str, Any] = call(app.room, "POST", "/webhooks/connections", body).json
    return str(view["id"])


def today(days: int = 0) -> str:
    """A day in Shanghai, as the query has it."""
    return f"{datetime.now(UTC) + timedelta(hours=8, days=days):%Y-%m-%d}"


def report(connection_id: str, first: str = "", last: str = "", as_: str | None = None) -> Answer:
    query = {"from": first or today(), "to": last or today()}
    return call(app.room, "GET", f"/webhooks/connections/{connection_id}/reconcile", query=query, as_=as_)


def put_order(stack: Stack, connection_id: str, number: int, **flags: Any) -> None:
    """An order as the room's order items are listed."""
    day = today().replace("-", "")
    texts = {
        "pk": f"ord_{number}",
        "sk": "order",
        "list_pk": f"{TENANT}#orders#{connection_id}#{day}",
        "list_sk": f"{number:06}",
        "state": flags.pop("state", "paid"),
    }
    item = {name: {"S": text} for name, text in texts.items()} | {name: {"BOOL": on} for name, on in flags.items()}
    stack.clients["dynamodb"].put_item(TableName=stack.settings["HUB_TABLE"], Item=item)


def test_a_day_s_pushes_pulls_and_repeats_are_told_apart(stack: Stack) -> None:
    """Pushed and pulled messages, repeats, forgeries, orders that only a pull knew and ones that nobody understands."""
    one = connection(stack)
    door, ours = stack.door(), DOUYIN.__class__(one, "douyin", "enabled", DOUYIN.settings)
    for number in ("1", "2", "2"):
        message = {"tag": "101", "msg_id": number, "data": {"shop_id": 4321, "p_id": int(number)}}
        assert door.answer(deliver(ours, douyin_push(message)))["statusCode"] == 200
    forged = deliver(ours, b"[]")
    forged["headers"]["event-sign"] = "0"
    door.answer(forged)
    now = datetime.now(UTC)
    stack.inbox().store(Arrival(one, "douyin", "4321", "row", b'{"pulled": "strange"}', "pull"), now, now)
    stack.publish()
    counters.tally(sqs_batch(*stack.drain("HUB_TALLY_QUEUE_URL")), Context())
    put_order(stack, one, 1, pulled=False, pushed=True)
    put_order(stack, one, 2, pulled=True, pushed=True)
    put_order(stack, one, 3, pulled=True)
    put_order(stack, one, 4, pulled=True, state="unknown")
    told = report(one).json
    (day,) = told["days"]
    wanted = {
        "accepted": 3, "pushed": 2, "pulled": 4, "recovered": 2, "duplicates": 1, "rejected": 1, "pending": 0,
        "processed": 2, "quarantined": 1, "dead": 0, "orders": 4, "unmapped": 1, "lost": 1, "known": 5,
        "loss_ratio": "0.200000",
    }  # fmt: skip
    assert day == {**wanted, "day": today(), "orders_complete": True}
    assert (told["total"], told["channel"], set(told["meanings"])) == (wanted, "douyin", set(wanted))


def test_a_folded_day_is_told_as_before(stack: Stack) -> None:
    """Folding changes where a day's numbers lie, not the report; the last delivery is still known."""
    one = connection(stack)
    then = datetime.now(UTC) - timedelta(days=4)
    stack.inbox().store(Arrival(one, "douyin", "4321", "k", b'{"tag": "101", "data": "{}"}'), then, then)
    stack.publish()
    path = f"/webhooks/connections/{one}"
    before = (report(one, today(-5), today()).json, call(app.room, "GET", path).json["health"]["last_delivery_at"])
    counters.fold({}, Context())
    after = (report(one, today(-5), today()).json, call(app.room, "GET", path).json["health"]["last_delivery_at"])
    assert after == before
    assert [day["day"] for day in after[0]["days"] if day["accepted"]] == [today(-4)]
    days = [row.day for row in app.room.desk.inbox.counters.rows(one)]
    assert days == [""]


def test_days_are_asked_for_in_words_that_are_checked(stack: Stack) -> None:
    """No day, too many, a word that is none: 422 with the name; an unknown connection: 404; an agent: 403."""
    one = connection(stack)
    answers = [report(one, today(), today(-1)), report(one, today(-31), today()), report(one, "yesterday", today())]
    found = [(answer.status, answer.json["errors"][0]["pointer"]) for answer in answers]
    assert found == [(422, "query:to"), (422, "query:to"), (422, "query:from")]
    assert (report("con_X").status, report(one, as_=token("agent")).status) == (404, 403)


def test_orders_are_counted_page_by_page_up_to_the_bound(stack: Stack) -> None:
    """All pages of a day are counted; beyond the bound the report says that it did not count all."""

    class Paged:
        """A table whose list of orders never ends."""

        calls = 0

        def query(self, **request: Any) -> dict[str, Any]:
            Paged.calls += 1
            own = {"list_pk": request["ExpressionAttributeValues"][":pk"]}
            last = {key: {"S": "x"} for key in ("pk", "sk", "list_sk")} | own
            return {"Items": [{"pulled": {"BOOL": True}}], "LastEvaluatedKey": last}

    days = [f"202611{day:02}" for day in range(1, 8)]
    figures = OrderDays(Table("t", Paged()), TENANT).count("con", days)
    assert [figures[day].orders for day in days] == [50] * 5 + [0, 0]
    assert not any(one.complete for one in figures.values())
    assert Paged.calls == 250


def test_health_tells_how_far_behind_a_connection_is(stack: Stack) -> None:
    """Seconds since the last delivery, and of the last error what, when and why."""
    one = connection(stack)
    ours = DOUYIN.__class__(one, "douyin", "enabled", DOUYIN.settings)
    forged = deliver(ours, b"[]")
    forged["headers"]["event-sign"] = "0"
    stack.door().answer(forged)
    now = datetime.now(UTC)
    stack.inbox().store(Arrival(one, "douyin", "4321", "k", b'{"tag": "0"}'), now - timedelta(minutes=2), now)
    stack.publish()
    counters.tally(sqs_batch(*stack.drain("HUB_TALLY_QUEUE_URL")), Context())
    health = call(app.room, "GET", f"/webhooks/connections/{one}").json["health"]
    assert 120 <= health["delivery_lag_seconds"] < 180
    assert (health["last_error_code"], health["watermark_lag_seconds"]) == ("bad-signature", None)
    assert health["last_error_at"] >= f"{now:%Y-%m-%dT%H:%M}"
    assert WECOM.id not in str(health)
