"""WeChat customer service: a callback says that there is something, one reader fetches it; and greetings that live for
seconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.selfcheck import to_event
from hub.channels.registry import codec
from hub.contracts.events import FeedTouched
from hub.store.secrets import Connection
from hubctl.platforms.app import Platforms
from tests.channels.support import payload
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
        app.room.reset()
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
    made = codec("wechat_kf").sample(
        SERVICE.settings, plaintext, timestamp="1700000000", nonce="n", randomness=b"R4nd0mPrefix16by"
    )
    assert stack.door().answer(to_event(SERVICE, made))["statusCode"] == 200
    stack.publish()
    for event in stack.emitted():
        if event["type"] == "feed.touched":
            assert app.on_event(bus_batch(FeedTouched(**event)), Context()) == {"batchItemFailures": []}
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
    opened = app.tools().feeds
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
    app.pull({}, Context())
    assert app.pull_feed(sqs_batch(*stack.drain("pulls")), Context()) == {"batchItemFailures": []}
    stack.publish()
    assert len(received(stack)) == 2


def test_two_readers_of_one_desk_are_one(platforms: tuple[Stack, Platforms]) -> None:
    """Who finds the cursor moved gives way; no message is stored twice."""
    stack, doubles = platforms
    write(doubles, *(f"第{i}句" for i in range(4)))
    cursors = app.tools().connections
    app.tools().feeds.walk(SERVICE.id, DESK)
    mark = cursors.watermark(SERVICE.id, f"conversation#{DESK}")
    with pytest.raises(Exception, match="another run"):
        cursors.move_watermark(SERVICE.id, f"conversation#{DESK}", "later", was="stale")
    assert cursors.watermark(SERVICE.id, f"conversation#{DESK}") == mark
    assert len(stack.stored()) == 4


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
    app.forward({"Records": [_inserted(item)]}, Context())
    urgent = stack.drain("greetings")
    assert len(stack.drain("HUB_CHANGES_QUEUE_URL")) == len(urgent) == 1
    for _ in range(2):
        assert app.greet(sqs_batch(*urgent), Context()) == {"batchItemFailures": []}
    paths = [call["answer"]["errcode"] for call in doubles.recorder.recorded("wecom") if "welcome" in call["path"]]
    assert paths[0] == 0
    assert 0 not in paths[1:]


def test_whoever_brings_no_code_takes_no_fast_lane(platforms: tuple[Stack, Platforms]) -> None:
    """A message without a greeting's code is published, and nothing else."""
    stack, _ = platforms
    stack.door().answer(deliver(GREETING, contact_added("").replace(b"<WelcomeCode></WelcomeCode>", b"")))
    (item,) = stack.stored()
    app.forward({"Records": [_inserted(item)]}, Context())
    assert stack.drain("greetings") == []


def _inserted(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventName": "INSERT",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:1:table/hub-demo-inbox/stream/1",
        "dynamodb": {"Keys": {"pk": item["pk"], "sk": item["sk"]}, "NewImage": item},
    }


def _fault(kind: str, path: str, after: int = 0) -> Any:
    from hubctl.platforms.recorder import FaultOrder

    return FaultOrder.model_validate({"channel": "wechat_kf", "path": path, "kind": kind, "after": after})
