"""Events and contents, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.channels.base import Draft, NotUnderstood
from hub.channels.douyin import inbound as douyin
from hub.channels.wecom import inbound as wecom
from hub.contracts.events import CardTapped, ContactChanged, MessageReceived, OrderTouched
from tests.channels.support import RECEIVED_AT, payload, stored

WECOM = {one["name"]: one["plaintext"].encode() for one in payload("wecom_examples")["documented"]}
DOUYIN = {one["name"]: one["plaintext"].encode() for one in payload("douyin_examples")["documented"]}
ENVELOPE: dict[str, Any] = {"tenant": "demo", "at": RECEIVED_AT, "connection_id": "con_1"}


def only(drafts: list[Draft]) -> Draft:
    (draft,) = drafts
    return draft


def test_a_text_is_an_event_without_words_and_a_content_with_them() -> None:
    """What a person wrote stays out of the event; the platform's time is kept beside it."""
    draft = only(wecom.events(stored("wecom", WECOM["text"])))
    assert draft.event == MessageReceived(
        **ENVELOPE,
        id=draft.event.id,
        message_id="msg_1",
        channel="wecom",
        account="wwscrmhub0000000001",
        sender_id="zhangsan",
        kind="text",
        content_ref="msg_1",
    )
    assert draft.content == {
        "schema": 1,
        "kind": "text",
        "text": "你好",
        "source_time": "1700000000",
        "agent_id": "1000002",
    }


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("image", {"pic_url": "https://example.com/p.jpg", "media_id": "M1"}),
        ("voice", {"media_id": "M2", "format": "amr"}),
        ("video", {"media_id": "M3", "thumb_media_id": "T3"}),
        ("location", {"latitude": "31.2304", "longitude": "121.4737", "scale": "15", "label": "黄浦区"}),
        ("link", {"title": "t", "description": "d", "url": "https://example.com"}),
        ("file", {"media_id": "M7"}),
    ],
)
def test_each_kind_of_message_keeps_what_it_brings(kind: str, told: dict[str, str]) -> None:
    """Media ids, places and links, as texts."""
    content = only(wecom.events(stored("wecom", WECOM[kind]))).content
    assert content == {
        "schema": 1,
        "kind": kind,
        **told,
        "source_time": "1700000000",
        "agent_id": "1000002",
    }


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("add_external_contact", "added"),
        ("add_half_external_contact", "half_added"),
        ("edit_external_contact", "edited"),
        ("del_external_contact", "deleted_by_member"),
        ("del_follow_user", "deleted_by_customer"),
    ],
)
def test_contacts_come_and_go(name: str, change: Any) -> None:
    """Who, with whom, and by which code: the state is the attribution."""
    draft = only(wecom.events(stored("wecom", WECOM[name])))
    assert draft == Draft(
        ContactChanged(
            **ENVELOPE,
            id=draft.event.id,
            channel="wecom",
            account="wwscrmhub0000000001",
            change=change,
            member_id="zhangsan",
            contact_id="wmEXT",
            state="ch_store_001",
            source_at=datetime.fromtimestamp(1700000000, UTC),
        )
    )


def test_a_tap_names_its_card_button_and_member() -> None:
    """The task id says which visit is meant."""
    draft = only(wecom.events(stored("wecom", WECOM["template_card_event"])))
    assert draft == Draft(
        CardTapped(
            **ENVELOPE,
            id=draft.event.id,
            channel="wecom",
            member_id="zhangsan",
            task_id="vis_1",
            key="accept",
        )
    )


def test_an_order_is_touched_with_every_digit_of_its_number() -> None:
    """Numbers above 2^53 arrive as text, exact."""
    draft = only(douyin.events(stored("douyin", DOUYIN["101"])))
    assert draft == Draft(
        OrderTouched(**ENVELOPE, id=draft.event.id, channel="douyin", shop_id="10001", order_no="4900000000000000001")
    )


def test_event_ids_differ_by_message() -> None:
    """Two messages with equal words are two facts."""
    ids = {only(wecom.events(stored("wecom", WECOM["text"], message_id=one))).event.id for one in ("msg_1", "msg_2")}
    assert len(ids) == 2


def test_a_json_callback_reads_as_the_xml_one() -> None:
    """Some products send JSON with numbers in it."""
    body = b'{"MsgType":"text","FromUserName":"zhangsan","Content":"hi","MsgId":7300000000000000002,"AgentID":1}'
    draft = only(wecom.events(stored("wecom", body)))
    assert draft.content == {"schema": 1, "kind": "text", "text": "hi", "source_time": "", "agent_id": "1"}


@pytest.mark.parametrize("field", ["FromUserName", "UserID", "TaskId", "ExternalUserID", "EventKey", "Event"])
def test_a_nested_or_missing_field_is_not_guessed(field: str) -> None:
    """Where an id should be text and is not, the message is quarantined with the field's name."""
    for name in ("text", "add_external_contact", "template_card_event"):
        plaintext = WECOM[name].decode()
        for broken in ("", "<a>1</a>", " "):
            start, end = f"<{field}><![CDATA[", f"]]></{field}>"
            if start not in plaintext:
                continue
            head, rest = plaintext.split(start)
            message = f"{head}<{field}>{broken}</{field}>{rest.split(end)[1]}"
            if name == "add_external_contact" and field == "FromUserName":
                continue  # an event of the system itself: its sender is not asked for
            with pytest.raises(NotUnderstood) as refused:
                wecom.events(stored("wecom", message.encode()))
            assert (refused.value.reason, refused.value.facts) == ("missing-field", {"field": field.lower()})


@pytest.mark.parametrize(
    "data", ["[]", '"{}"', '{"p_id":null,"shop_id":1}', '{"p_id":{"a":1},"shop_id":1}', '{"p_id":"é","shop_id":1}']
)
def test_a_push_without_a_usable_order_number_is_quarantined(data: str) -> None:
    """No event with an invented number."""
    with pytest.raises(NotUnderstood) as refused:
        douyin.events(stored("douyin", f'{{"tag":"101","data":{data}}}'.encode()))
    assert refused.value.reason == "missing-field"


@pytest.mark.parametrize(("name", "limit"), [("FromUserName", wecom.NAME_LIMIT_BYTES)])
def test_a_name_too_long_to_be_one_is_not_understood(name: str, limit: int) -> None:
    """What could not become a key of ours is quarantined here, not a poison to every room behind the bus."""
    message = "<xml><MsgType>text</MsgType><{0}>{1}</{0}><Content>x</Content></xml>"
    fits = wecom.events(stored("wecom", message.format(name, "w" * limit).encode()))
    assert len(fits) == 1
    with pytest.raises(NotUnderstood):
        wecom.events(stored("wecom", message.format(name, "w" * (limit + 1)).encode()))
