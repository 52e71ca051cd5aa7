"""Stored messages: published, quarantined, counted exactly, replayed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.handlers import changes, counters, messages
from hub.kernel.clock import StepClock
from hub.store.inbox import Arrival
from tests.support.aws import make_table
from tests.support.http import Context, call, sqs_batch, token
from tests.support.webhooks import DOUYIN, NOW, WECOM, Stack, deliver, douyin_push, simulated_stack, wecom_text

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
STRANGE = b"<xml><MsgType><![CDATA[hologram]]></MsgType><FromUserName>wm1</FromUserName><MsgId>9</MsgId></xml>"


@pytest.fixture
def stack() -> Iterator[Stack]:
    with simulated_stack() as simulated:
        yield simulated


def counts(**expected: int) -> dict[str, int]:
    names = ("accepted", "pending", "processed", "quarantined", "dead", "duplicates", "rejected_signature")
    return {name: expected.get(name, 0) for name in names}


def told() -> dict[str, Any]:
    """The tenant's counts, without each connection's."""
    stats: dict[str, Any] = call(app.room, "GET", "/webhooks/stats").json
    return {name: value for name, value in stats.items() if name != "connections"}


def only_message(state: str) -> dict[str, Any]:
    (message,) = call(app.room, "GET", "/webhooks/messages", query={"state": state}).json["data"]
    found: dict[str, Any] = message
    return found


def test_a_message_becomes_an_event_and_its_content_stays_behind(stack: Stack) -> None:
    """The bus hears of a message by ids; what the customer wrote lies in the content store alone."""
    stack.door().answer(deliver(WECOM, wecom_text("厨房漏水了")))
    assert stack.publish() == []
    (event,) = stack.emitted()
    assert (event["type"], event["sender_id"], event["kind"]) == ("message.received", "wmCustomer1", "text")
    assert "漏水" not in str(event)
    (content,) = stack.clients["dynamodb"].scan(TableName=stack.settings["HUB_CONTENT_TABLE"])["Items"]
    assert content["pk"]["S"].endswith(event["content_ref"])
    assert "厨房漏水了" in content["body"]["B"].decode()


def test_whoever_reads_what_a_customer_wrote_is_written_down(stack: Stack) -> None:
    """A supervisor reads the message as it came, and that is seen; others read nothing, and leave no trace."""
    stack.door().answer(deliver(WECOM, wecom_text("厨房漏水了")))
    stack.publish()
    (message,) = call(app.room, "GET", "/webhooks/messages").json["data"]
    path = f"/webhooks/messages/{message['id']}"
    assert call(app.room, "GET", f"{path}/payload", as_=token("integrator")).status == 403
    assert call(app.room, "GET", f"{path}/readings", as_=token("supervisor")).json["data"] == []

    payload = call(app.room, "GET", f"{path}/payload", as_=token("supervisor", sub="sup_li"))

    assert (payload.status, payload.json["encoding"], "厨房漏水了" in payload.json["body"]) == (200, "utf-8", True)
    (reading,) = call(app.room, "GET", f"{path}/readings", as_=token("supervisor")).json["data"]
    assert reading["actor"] == "sup_li"
    assert call(app.room, "GET", "/webhooks/messages/msg_none/payload").status == 404


def test_what_is_no_text_is_shown_in_base64(stack: Stack) -> None:
    """Bytes that are no UTF-8 come back as they were."""
    stack.inbox().store(Arrival("con_1", "wecom", "ww1", "k1", b"\xff\x00"), NOON, NOON)
    message_id = stack.inbox().message_id("con_1", "k1")
    payload = call(app.room, "GET", f"/webhooks/messages/{message_id}/payload").json
    assert (payload["encoding"], payload["body"], payload["cut"]) == ("base64", "/wA=", False)


def test_delivered_again_by_the_queue_it_counts_once(stack: Stack) -> None:
    """However often the stream tells of a message, it is processed and counted once, and its event keeps its id."""
    stack.door().answer(deliver(WECOM, wecom_text("你好")))
    for _ in range(3):
        stack.publish()
    assert told() == counts(accepted=1, processed=1)
    assert len(stack.emitted()) == 1


def test_settling_twice_from_the_same_reading_counts_once(stack: Stack) -> None:
    """Two runs that read the same message before either settled it move the counters once."""
    stack.door().answer(deliver(WECOM, wecom_text("你好")))
    message_id = stack.stored()[0]["message_id"]["S"]
    item = stack.inbox().read(message_id)
    assert item is not None
    settler, now = app.room.desk.inbox.settler, datetime.now(UTC)
    assert [settler.settle(item, "processed", now), settler.settle(item, "processed", now)] == [True, False]
    assert settler.settle(item, "dead", now) is False
    assert told() == counts(accepted=1, processed=1)


def test_what_is_not_understood_is_kept_with_its_reason_and_replayed(stack: Stack) -> None:
    """An unknown kind of message is quarantined and listed; replaying it counts nothing twice."""
    assert stack.door().answer(deliver(WECOM, STRANGE))["statusCode"] == 200
    assert stack.publish() == []
    message = only_message("quarantined")
    assert (message["state"], message["reason"]) == ("quarantined", "unmapped-message")
    again = call(app.room, "POST", f"/webhooks/messages/{message['id']}/replay")
    assert (again.status, again.json["state"]) == (200, "quarantined")
    assert told() == counts(accepted=1, quarantined=1)
    assert stack.emitted() == []


def test_a_replayed_message_says_that_it_is_a_replay(stack: Stack) -> None:
    """A replay emits the same event again, marked, so that nothing is sent to the customer because of it."""
    stack.door().answer(deliver(WECOM, wecom_text("你好")))
    stack.publish()
    (first,) = stack.emitted()
    assert call(app.room, "POST", f"/webhooks/messages/{first['message_id']}/replay").json["state"] == "processed"
    (second,) = stack.emitted()
    assert second == {**first, "replay": True}
    assert told() == counts(accepted=1, processed=1)


def test_an_outage_keeps_messages_waiting_and_the_given_up_can_be_brought_back(stack: Stack) -> None:
    """While the content store is gone a message is pending however often it comes; one given up is replayed by hand."""
    stack.door().answer(deliver(WECOM, wecom_text("你好")))
    table = stack.settings["HUB_CONTENT_TABLE"]
    stack.clients["dynamodb"].delete_table(TableName=table)
    seen = [(len(stack.publish()), told()) for _ in range(5)]
    assert seen == [(1, counts(accepted=1, pending=1))] * 5
    item = stack.inbox().read(stack.stored()[0]["message_id"]["S"])
    assert item is not None
    assert app.room.desk.inbox.settler.settle(item, "dead", datetime.now(UTC), "not-settled-in-time")
    make_table(table)
    message = only_message("dead")
    assert message["reason"] == "not-settled-in-time"
    assert call(app.room, "POST", f"/webhooks/messages/{message['id']}/replay").json["state"] == "processed"
    assert told() == counts(accepted=1, processed=1)


@pytest.mark.parametrize(
    ("age", "state", "sent"),
    [(timedelta(minutes=1), "pending", 0), (timedelta(minutes=3), "pending", 1), (timedelta(hours=25), "dead", 0)],
)
def test_what_stays_pending_is_driven_again_and_given_up_after_a_day(
    stack: Stack, age: timedelta, state: str, sent: int
) -> None:
    """The sweep leaves fresh messages alone, re-sends overdue ones, and gives up those that nothing moves for a day."""
    then = datetime.now(UTC) - age
    arrival = Arrival(
        connection_id=WECOM.id, channel="wecom", account="ww", dedupe_key="k", plaintext=wecom_text("你好")
    )
    stack.inbox().store(arrival, then, then)
    messages.sweep({}, Context())
    again = stack.drain("HUB_CHANGES_QUEUE_URL")
    assert (len(again), stack.stored()[0]["status"]["S"]) == (sent, state)
    changes.on_change(sqs_batch(*again), Context())
    assert told()["processed"] == sent


def test_the_sweep_finds_each_lost_message_once_it_is_overdue() -> None:
    """Of two connections, some lost on their way to the queue at different times: each is sent until it is tried, what
    was tried is not looked at again, and a later loss is found."""
    clock = StepClock(NOW)
    with simulated_stack(clock=clock) as stack:

        def lose(name: str, minutes: int, connection: str = WECOM.id) -> str:
            at = clock.now - timedelta(minutes=minutes)
            arrival = Arrival(connection, "wecom", "ww", name, wecom_text(name, name))
            assert stack.inbox().store(arrival, at, at)
            return stack.inbox().message_id(connection, name)

        def swept() -> set[str]:
            messages.sweep({}, Context())
            return {body["pk"].rpartition("#")[2] for body in stack.drain("HUB_CHANGES_QUEUE_URL")}

        first, second, fresh = lose("a", 30), lose("b", 9, DOUYIN.id), lose("c", 1)
        assert swept() == swept() == {first, second}
        app.room.desk.inbox.publisher.publish(first)
        assert swept() == {second}
        app.room.desk.inbox.publisher.publish(second)
        assert swept() == set()
        clock.advance(minutes=5)
        assert swept() == {fresh}
        app.room.desk.inbox.publisher.publish(fresh)
        assert swept() == set()


def test_repeats_and_forgeries_are_counted_by_connection(stack: Stack) -> None:
    """What the door knew or refused is on the stats of that connection, and only there."""
    door = stack.door()
    for _ in range(3):
        door.answer(deliver(WECOM, wecom_text("你好")))
    forged = deliver(DOUYIN, b"[]")
    forged["headers"]["event-sign"] = "0"
    door.answer(forged)
    counters.tally(sqs_batch(*stack.drain("HUB_TALLY_QUEUE_URL")), Context())
    connections = call(app.room, "GET", "/webhooks/stats").json["connections"]
    assert connections[WECOM.id] == counts(duplicates=2)
    assert connections[DOUYIN.id] == counts(rejected_signature=1)


def test_a_message_is_shown_without_what_it_says(stack: Stack) -> None:
    """Whoever looks a message up sees its state and size, never its content."""
    stack.door().answer(deliver(WECOM, wecom_text("我的电话是13800000000")))
    answer = call(app.room, "GET", f"/webhooks/messages/{stack.stored()[0]['message_id']['S']}")
    assert answer.status == 200
    assert "13800000000" not in answer.text
    assert answer.json["size_bytes"] == len(wecom_text("我的电话是13800000000"))


@pytest.mark.parametrize(
    ("path", "status"), [("/webhooks/messages/msg_NONE", 404), ("/webhooks/messages?state=processed", 422)]
)
def test_a_wrong_question_is_told_what_is_wrong(stack: Stack, path: str, status: int) -> None:
    """An unknown message is 404, a state that is not listed 422."""
    assert call(app.room, "GET", path).status == status


def recent(**query: Any) -> Any:
    return call(app.room, "GET", "/webhooks/messages", query={name: str(value) for name, value in query.items()})


def test_recent_messages_are_listed_in_every_state_with_what_each_became(stack: Stack) -> None:
    """After three good ones, one that nobody understands and one that still waits, all five are there, latest first."""
    door = stack.door()
    for number in range(3):
        door.answer(deliver(WECOM, wecom_text("你好", f"73000000000000000{number}")))
    door.answer(deliver(WECOM, STRANGE))
    stack.publish()
    emitted = {event["id"] for event in stack.emitted()}
    door.answer(deliver(WECOM, wecom_text("在吗", "7300000000000000009")))
    answer = recent(connection_id=WECOM.id)
    assert [message["state"] for message in answer.json["data"]] == ["pending", "quarantined", *["processed"] * 3]
    became = [[event["type"] for event in message["events"]] for message in answer.json["data"]]
    assert became == [[], [], *[["message.received"]] * 3]
    assert {event["id"] for message in answer.json["data"] for event in message["events"]} == emitted
    assert "你好" not in answer.text
    assert recent().json["data"] == answer.json["data"]


def test_recent_messages_are_a_connections_own_and_come_page_by_page(stack: Stack) -> None:
    """Each message once, whichever connection is asked for, and all connections' together where none is."""
    door = stack.door()
    for number in range(3):
        door.answer(deliver(WECOM, wecom_text("你好", f"73000000000000000{number}")))
        door.answer(deliver(DOUYIN, douyin_push({"tag": "101", "msg_id": f"m{number}", "data": {"p_id": number}})))
    assert {message["connection_id"] for message in recent(connection_id=DOUYIN.id).json["data"]} == {DOUYIN.id}
    pages, cursor = [], ""
    for _ in range(4):
        page = recent(limit=2, **({"cursor": cursor} if cursor else {})).json
        pages.append([message["id"] for message in page["data"]])
        cursor = page["next_cursor"]
    assert ([len(page) for page in pages], cursor) == ([2, 2, 2, 0], "")
    assert len({message_id for page in pages for message_id in page}) == 6
    newest_first = sorted(stack.stored(), key=lambda item: item["connection_sk"]["S"], reverse=True)
    assert [message_id for page in pages for message_id in page] == [item["message_id"]["S"] for item in newest_first]


def test_a_pushed_order_says_which(stack: Stack) -> None:
    """A hint shows the order's number beside its event."""
    paid = {"tag": "101", "msg_id": "m1", "data": {"shop_id": 4321, "p_id": 6917000000000000001}}
    stack.door().answer(deliver(DOUYIN, douyin_push(paid)))
    stack.publish()
    (message,) = recent(connection_id=DOUYIN.id).json["data"]
    assert [(e["type"], e["order_no"]) for e in message["events"]] == [("order.touched", "6917000000000000001")]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"connection_id": WECOM.id, "state": "dead"}, "query:state"),
        ({"cursor": "eyJwayI6ImEifQ"}, "query:cursor"),
        ({"state": "processed"}, "query:state"),
    ],
)
def test_a_wrong_list_of_messages_is_told_what_is_wrong(stack: Stack, query: dict[str, str], pointer: str) -> None:
    """A state of one connection, another list's cursor, a state that the list by states has not."""
    answer = recent(**query)
    assert (answer.status, [problem["pointer"] for problem in answer.json["errors"]]) == (422, [pointer])


def test_only_integrators_replay(stack: Stack) -> None:
    """An agent may not replay messages."""
    assert call(app.room, "POST", "/webhooks/messages/msg_X/replay", as_=token("agent")).status == 403


def test_only_what_asks_for_something_goes_through_the_queue(stack: Stack) -> None:
    """Of all that the streams tell of one message, its arrival alone is forwarded: settling and counting are not."""
    stack.door().answer(deliver(WECOM, wecom_text("你好")))
    (stored,) = stack.stored()
    stack.publish()
    records = [
        stream_record("inbox", "INSERT", stored),
        stream_record("inbox", "MODIFY", stack.stored()[0]),
        *(stream_record("webhooks", "MODIFY", item) for item in stack.clients["dynamodb"].scan(
            TableName=stack.settings["HUB_TABLE"])["Items"]),
    ]  # fmt: skip
    assert len(records) > 2
    changes.forward({"Records": records}, Context())
    (told_of,) = stack.drain("HUB_CHANGES_QUEUE_URL")
    assert (told_of["kind"], told_of["pk"]) == ("INSERT", stored["pk"]["S"])


def stream_record(table: str, kind: str, image: dict[str, Any]) -> dict[str, Any]:
    """What a table's stream says of an item."""
    return {
        "eventName": kind,
        "eventSourceARN": f"arn:aws:dynamodb:us-east-1:1:table/hub-demo-{table}/stream/1",
        "dynamodb": {"Keys": {"pk": image["pk"], "sk": image["sk"]}, "NewImage": image},
    }
