"""WeChat customer service: a callback says that there is something, one reader fetches it; and greetings that live for
seconds."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.connections.selfcheck import to_event
from functions.webhooks.handlers import changes, messages, pulls, touched
from hub.channels.door import Stamp
from hub.channels.registry import codec
from hub.contracts.events import FeedTouched
from hub.store.secrets import Connection
from hubctl.platforms.app import Platforms
from tests.channels.support import documented, payload
from tests.support.doubles import serving
from tests.support.http import Context, bus_batch, sqs_batch
from tests.support.webhooks import WECOM, Stack, deliver, simulated_stack

DESK = "wkDESK1"
SERVICE = Connection(
    "con_KF",
    "wechat_kf",
    "enabled",
    {**payload("wechat_kf_examples")["settings"], "greeting": "您好，请问有什么可以帮您？"},
)
GREETING = Connection(WECOM.id, "wecom", "enabled", {**WECOM.settings, "greeting": "欢迎！"})


@pytest.fixture
def platforms() -> Iterator[tuple[Stack, Platforms]]:
    apps = {"wechat_kf": [dict(SERVICE.settings)], "wecom": [dict(GREETING.settings)]}
    with serving(apps) as (url, doubles), simulated_stack(HUB_PLATFORMS_URL=url) as stack:
        stack.secrets().put(SERVICE)
        stack.secrets().put(GREETING)
        stack.restart()
        yield stack, doubles


def write(doubles: Platforms, *texts: str, first: int = 1) -> dict[str, Any]:
    """Customers write; what the callback will say."""
    double = doubles.double("wechat_kf")
    assert double is not None
    rows = [
        {
            "msgid": f"m{first + i}",
            "open_kfid": DESK,
            "external_userid": "wmEXT",
            "msgtype": "text",
            "text": {"content": text},
        }
        for i, text in enumerate(texts)
    ]
    told = double.control("messages", rows).body
    assert isinstance(told, dict)
    return told


def call_back(stack: Stack, token: str) -> None:
    """The callback comes, and all that follows from it happens."""
    plaintext = (
        f"<xml><ToUserName>wwscrmhub0000000001</ToUserName><CreateTime>1700000000</CreateTime><MsgType>event</MsgType>"
        f"<Event>kf_msg_or_event</Event><Token>{token}</Token><OpenKfId>{DESK}</OpenKfId></xml>"
    ).encode()
    stamp = Stamp(timestamp="1700000000", nonce="n", randomness=b"R4nd0mPrefix16by")
    made = codec("wechat_kf").sample(SERVICE.settings, plaintext, stamp)
    assert stack.door().answer(to_event(SERVICE, made))["statusCode"] == 200
    stack.publish()
    for event in stack.emitted():
        if event["type"] == "feed.touched":
            assert touched.on_event(bus_batch(FeedTouched(**event)), Context()) == {"batchItemFailures": []}
    stack.publish()


def received(stack: Stack) -> list[tuple[str, str]]:
    return [(e["sender_id"], e["account"]) for e in stack.emitted() if e["type"] == "message.received"]


def test_a_callback_brings_every_message_once(platforms: tuple[Stack, Platforms]) -> None:
    """Seven messages on short pages are fetched after one callback; a second callback finds nothing new."""
    stack, doubles = platforms
    token = write(doubles, *(f"第{i}句" for i in range(7)))["token"]
    call_back(stack, token)
    assert received(stack) == [("wmEXT", "wwscrmhub0000000001")] * 7
    call_back(stack, "another")
    assert received(stack) == []
    assert len([item for item in stack.stored() if item.get("source", {}).get("S") == "pull"]) == 7


def test_the_cursor_is_kept_after_each_page(platforms: tuple[Stack, Platforms]) -> None:
    """A reader that dies in the middle goes on from the last whole page; nothing comes twice, nothing is lost."""
    stack, doubles = platforms
    token = write(doubles, *(f"第{i}句" for i in range(7)))["token"]
    doubles.recorder.order(_fault("500", "/cgi-bin/kf/sync_msg", after=2))
    opened = app.room.desk.inbox.feeds
    with pytest.raises(Exception, match="unreachable"):
        opened.walk(SERVICE.id, DESK)
    kept = len(stack.stored())
    assert 0 < kept < 7
    call_back(stack, token)
    assert len([item for item in stack.stored() if item.get("source", {}).get("S") == "pull"]) == 7


def test_what_no_callback_told_of_still_comes(platforms: tuple[Stack, Platforms]) -> None:
    """The schedule reads every desk that was ever read: a lost callback costs minutes, no message."""
    stack, doubles = platforms
    call_back(stack, write(doubles, "第一句")["token"])
    write(doubles, "没有回调的一句", first=2)
    pulls.pull({}, Context())
    assert pulls.pull_feed(sqs_batch(*stack.drain("pulls")), Context()) == {"batchItemFailures": []}
    stack.publish()
    assert len(received(stack)) == 2


class OddPage:
    """A platform whose one page has a row that is none between two messages."""

    def client(self, connection: Connection) -> OddPage:
        return self

    def sync(self, open_kfid: str, cursor: str, token: str = "") -> tuple[list[Any], str, bool]:
        said = {"open_kfid": open_kfid, "external_userid": "wmEXT", "origin": 3, "send_time": 1, "msgtype": "text"}
        rows = [{**said, "msgid": f"m{nth}", "text": {"content": f"第{nth}句"}} for nth in (1, 2)]
        return [rows[0], 7, rows[1]], "c2", False


def test_a_row_that_cannot_be_read_is_quarantined_and_the_cursor_moves(platforms: tuple[Stack, Platforms]) -> None:
    """Customers behind it are heard; it alone waits to be understood."""
    stack, _ = platforms
    dataclasses.replace(app.room.desk.inbox.feeds, platforms=OddPage()).walk(SERVICE.id, DESK)
    stack.publish()
    assert received(stack) == [("wmEXT", "wwscrmhub0000000001")] * 2
    assert app.room.desk.connections.table.watermark(SERVICE.id, f"conversation#{DESK}") == "c2"
    states = [(item["status"]["S"], item.get("reason", {}).get("S", "")) for item in stack.stored()]
    assert sorted(states) == [("processed", ""), ("processed", ""), ("quarantined", "missing-field origin")]


def test_two_readers_of_one_desk_are_one(platforms: tuple[Stack, Platforms]) -> None:
    """Who finds the cursor moved gives way; no message is stored twice."""
    stack, doubles = platforms
    write(doubles, *(f"第{i}句" for i in range(4)))
    cursors = app.room.desk.connections.table
    app.room.desk.inbox.feeds.walk(SERVICE.id, DESK)
    mark = cursors.watermark(SERVICE.id, f"conversation#{DESK}")
    with pytest.raises(Exception, match="another run"):
        cursors.move_watermark(SERVICE.id, f"conversation#{DESK}", "later", was="stale")
    assert cursors.watermark(SERVICE.id, f"conversation#{DESK}") == mark
    assert len(stack.stored()) == 4


def test_a_reader_that_was_overtaken_goes_on(platforms: tuple[Stack, Platforms]) -> None:
    """Two callbacks of one second start two readers: who finds the cursor moved goes on from there, every row is stored
    once, and nothing is told to the connection's owner."""
    stack, doubles = platforms
    write(doubles, *(f"第{i}句" for i in range(7)))
    feeds, cursors = app.room.desk.inbox.feeds, app.room.desk.connections.table
    overtaking = dataclasses.replace(feeds, cursors=_Overtaken(cursors, lambda: feeds.walk(SERVICE.id, DESK)))
    overtaking.walk(SERVICE.id, DESK)
    assert len(stack.stored()) == 7
    assert cursors.watermark(SERVICE.id, f"conversation#{DESK}") == "cursor-7"
    assert failures_of(SERVICE) == ("", 0)


def test_a_desk_that_is_no_more_holds_up_no_other(platforms: tuple[Stack, Platforms]) -> None:
    """The schedule reads every desk that it may; the one that the platform refuses is told to the owner, once a run."""
    stack, doubles = platforms
    app.room.desk.connections.table.move_watermark(SERVICE.id, "conversation#wkAAGONE", "cursor-1")
    app.room.desk.inbox.feeds.walk(SERVICE.id, write(doubles, "第一句")["open_kfid"])
    write(doubles, "没有回调的一句", first=2)
    pulls.pull({}, Context())
    assert pulls.pull_feed(sqs_batch(*stack.drain("pulls")), Context()) == {"batchItemFailures": []}
    assert len(stack.stored()) == 2
    assert failures_of(SERVICE) == ("wechat_kf-misconfigured", 1)


def test_a_row_that_no_item_holds_is_kept_without_its_content(platforms: tuple[Stack, Platforms]) -> None:
    """A chat of hundreds of kilobytes that a customer passes on holds up nobody's message behind it."""
    stack, doubles = platforms
    double = doubles.double("wechat_kf")
    assert double is not None
    chat = {"title": "聊天记录", "item": [{"msg_content": "长" * 1000} for _ in range(200)]}
    row = {"msgid": "m1", "open_kfid": DESK, "external_userid": "wmEXT", "msgtype": "merged_msg", "merged_msg": chat}
    double.control("messages", [row])
    write(doubles, "后面的一句", first=2)
    app.room.desk.inbox.feeds.walk(SERVICE.id, DESK)
    stack.publish()
    events = [event for event in stack.emitted() if event["type"] == "message.received"]
    assert sorted(event["kind"] for event in events) == ["merged", "text"]


def came(doubles: Platforms, code: str, **more: Any) -> None:
    """A customer opens the conversation."""
    double = doubles.double("wechat_kf")
    assert double is not None
    event = {"event_type": "enter_session", "open_kfid": DESK, "external_userid": "wmEXT", "welcome_code": code}
    double.control("messages", [{"origin": 4, "msgtype": "event", "event": event, **more}])


def greetings(doubles: Platforms) -> list[int]:
    """The errcodes of all greetings that were tried."""
    calls = doubles.recorder.recorded("wechat_kf")
    return [call["answer"]["errcode"] for call in calls if call["path"].endswith("send_msg_on_event")]


def test_who_comes_to_a_desk_is_greeted_once(platforms: tuple[Stack, Platforms]) -> None:
    """Once, however often the row is read, and whatever its number looks like; not after the code's life is over."""
    _, doubles = platforms
    came(doubles, "CODE1", msgid="4yhFMTEdQ/ZzUFu2CxrGgF6dUQ==:" + "0" * 40)
    came(doubles, "CODE2", msgid="4yhFMTEdQ/ZzUFu2CxrGgF6dUQ==:" + "0" * 41)
    came(doubles, "CODE3", send_time=int(time.time()) - 3600)
    for _ in range(2):
        app.room.desk.inbox.feeds.walk(SERVICE.id, DESK)
    assert greetings(doubles) == [0, 0]


def test_a_greeting_that_fails_is_told_and_holds_up_nothing(platforms: tuple[Stack, Platforms]) -> None:
    """The row is stored, the cursor moves, the code is not tried again, and the owner sees that a call failed."""
    stack, doubles = platforms
    came(doubles, "CODE1")
    doubles.recorder.order(_fault("500", "/cgi-bin/kf/send_msg_on_event"))
    for _ in range(2):
        app.room.desk.inbox.feeds.walk(SERVICE.id, DESK)
    assert len(stack.stored()) == 1
    assert failures_of(SERVICE) == ("wechat_kf-unreachable", 1)


def contact_added(code: str) -> bytes:
    return (
        "<xml><ToUserName>wwdemo0000000001</ToUserName><FromUserName>sys</FromUserName><CreateTime>1700000000</CreateTime>"
        "<MsgType>event</MsgType><Event>change_external_contact</Event><ChangeType>add_external_contact</ChangeType>"
        f"<UserID>lilei</UserID><ExternalUserID>wmNEW</ExternalUserID><WelcomeCode>{code}</WelcomeCode></xml>"
    ).encode()


def test_a_new_contact_is_greeted_before_all_else(platforms: tuple[Stack, Platforms]) -> None:
    """The stream puts the message into a queue of its own; the greeting goes out once, however often it comes."""
    stack, doubles = platforms
    stack.door().answer(deliver(GREETING, contact_added("CODE1")))
    (item,) = stack.stored()
    changes.forward({"Records": [_inserted(item)]}, Context())
    urgent = stack.drain("greetings")
    assert len(stack.drain("HUB_CHANGES_QUEUE_URL")) == len(urgent) == 1
    for _ in range(2):
        assert messages.greet(sqs_batch(*urgent), Context()) == {"batchItemFailures": []}
    paths = [call["answer"]["errcode"] for call in doubles.recorder.recorded("wecom") if "welcome" in call["path"]]
    assert paths[0] == 0
    assert 0 not in paths[1:]


@pytest.mark.parametrize(
    ("wrong", "failed"),
    [
        ({"state": "disabled"}, ("", 0)),
        ({"settings": {**GREETING.settings, "greeting": ""}}, ("", 0)),
        ({"settings": {**GREETING.settings, "secret": ""}}, ("wecom-misconfigured", 1)),
        ({"settings": {**GREETING.settings, "secret": "another-apps-secret-01"}}, ("wecom-misconfigured", 1)),
    ],
)
def test_a_greeting_that_cannot_be_sent_is_told_and_done_with(
    platforms: tuple[Stack, Platforms], wrong: dict[str, Any], failed: tuple[str, int]
) -> None:
    """A disabled connection greets nobody; a wrong secret is its owner's to see, and fails no queue."""
    stack, doubles = platforms
    stack.door().answer(deliver(GREETING, contact_added("CODE9")))
    stack.secrets().put(dataclasses.replace(GREETING, **wrong))
    stack.restart()
    (item,) = stack.stored()
    message = {"table": "inbox", "pk": item["pk"]["S"], "sk": "message"}
    assert messages.greet(sqs_batch(message), Context()) == {"batchItemFailures": []}
    assert not [call for call in doubles.recorder.recorded("wecom") if "welcome" in call["path"]]
    assert failures_of(GREETING) == failed


@pytest.mark.parametrize(("state", "replied"), [("enabled", True), ("disabled", False)])
def test_a_disabled_account_replies_to_nobody(platforms: tuple[Stack, Platforms], state: str, replied: bool) -> None:
    """What comes for it is stored and taken with the platform's word for yes; the reply waits for nobody."""
    stack, _ = platforms
    known = {**payload("official_account_examples")["settings"], "auto_reply": "稍后回复"}
    fans = Connection("con_FANS", "official_account", state, known)
    stack.secrets().put(fans)
    answer = stack.door().answer(deliver(fans, documented("official_account")[0]["plaintext"].encode()))
    assert (answer["statusCode"], "<Encrypt>" in answer["body"]) == (200, replied)
    assert replied or answer["body"] == "success"
    assert len(stack.stored()) == 1


def test_whoever_brings_no_code_takes_no_fast_lane(platforms: tuple[Stack, Platforms]) -> None:
    """A message without a greeting's code is published, and nothing else."""
    stack, _ = platforms
    stack.door().answer(deliver(GREETING, contact_added("").replace(b"<WelcomeCode></WelcomeCode>", b"")))
    (item,) = stack.stored()
    changes.forward({"Records": [_inserted(item)]}, Context())
    assert stack.drain("greetings") == []


def failures_of(connection: Connection) -> tuple[str, int]:
    """What the connection's owner sees: the last error, and how many calls failed."""
    rows = [row for row in app.room.desk.inbox.counters.rows(connection.id) if "failed_calls" in row.numbers]
    return "".join(row.facts["last_error"] for row in rows), sum(row.numbers["failed_calls"] for row in rows)


@dataclasses.dataclass
class _Overtaken:
    """Cursors; the first time that one is moved, another reader was faster."""

    cursors: Any
    faster: Callable[[], None] | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursors, name)

    def move_watermark(self, *moved: Any, **was: Any) -> None:
        faster, self.faster = self.faster, None
        if faster is not None:
            faster()
        self.cursors.move_watermark(*moved, **was)


def _inserted(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventName": "INSERT",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:1:table/hub-demo-inbox/stream/1",
        "dynamodb": {"Keys": {"pk": item["pk"], "sk": item["sk"]}, "NewImage": item},
    }


def _fault(kind: str, path: str, after: int = 0) -> Any:
    from hubctl.platforms.recorder import FaultOrder

    return FaultOrder.model_validate({"channel": "wechat_kf", "path": path, "kind": kind, "after": after})
