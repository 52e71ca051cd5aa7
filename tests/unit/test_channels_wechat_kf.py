"""Customer service: the door, what callbacks and fetched rows say, and the calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.base import Draft, NotUnderstood, Rejected
from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.wechat_kf import inbound
from hub.channels.wechat_kf.client import Client
from hub.channels.wechat_kf.codec import DOOR
from hub.contracts.events import FeedTouched, MessageReceived, PlatformNoticed, TouchpointCaptured
from hub.kernel.errors import HubError, Invalid, Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import AT, RECEIVED_AT, STAMP, documented, payload, sample, stored

KNOWN: dict[str, Any] = payload("wechat_kf_examples")["settings"]
SAMPLES = {one["name"]: one["plaintext"] for one in documented("wechat_kf")}
CORP = "wwscrmhub0000000001"
SAID: dict[str, Any] = {"tenant": "demo", "at": RECEIVED_AT, "connection_id": "con_1", "channel": "wechat_kf"}
PLATFORM: dict[str, Any] = {**SAID, "account": CORP, "source_at": datetime.fromtimestamp(AT, UTC)}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(plaintext: str) -> list[Draft]:
    return inbound.events(stored("wechat_kf", plaintext.encode()))


def only(plaintext: str) -> tuple[Any, dict[str, Any] | None]:
    """The one event, its id left out of what is compared, and its content."""
    (draft,) = read(plaintext)
    assert draft.event is not None
    return draft.event.model_copy(update={"id": ""}), draft.content


def pulled(**row: Any) -> str:
    known = {"msgid": "m1", "open_kfid": "wkKF1", "external_userid": "wmEXT", "send_time": AT}
    return json.dumps({"pulled": "message", "row": {**known, **row}}, ensure_ascii=False)


def client(*answers: Any) -> tuple[Client, FakeSession, FakeTokens]:
    session, tokens = FakeSession(*answers), FakeTokens()
    made = Client(KNOWN, tokens, wall_now=lambda: NOW, base_url="http://kf.test", session=session)
    return made, session, tokens


def asked(session: FakeSession, number: int = 0) -> tuple[str, dict[str, Any]]:
    _, url, request = session.asked[number]
    return url.removeprefix("http://kf.test/cgi-bin/"), json.loads(request["data"])


def test_a_callback_says_what_to_fetch_and_not_with_which_token() -> None:
    """The feed is the account; the token is a secret of ten minutes, and no event's."""
    event, content = only(SAMPLES["kf_msg_or_event"])
    assert event == FeedTouched(**SAID, id="", feed="wkKF1", message_id="msg_1")
    assert content is None
    assert inbound.callback_token(SAMPLES["kf_msg_or_event"].encode()).startswith("ENCTOKEN")
    assert [inbound.callback_token(text) for text in (b"", b"<xml>", b"<xml><a/></xml>")] == ["", "", ""]


@pytest.mark.parametrize(
    ("name", "status", "urgent"),
    [("kf_account_auth_change", "added", False), ("kf_account_auth_change-removed", "removed", True)],
)
def test_accounts_are_given_and_taken(name: str, status: str, urgent: bool) -> None:
    """An account taken from the app is urgent: its customers are not heard any more."""
    event, _ = only(SAMPLES[name])
    said = {"kind": "account", "status": status, "subject_id": "wkKF2", "urgent": urgent}
    assert event == PlatformNoticed(**PLATFORM, **said, id="")


def test_a_customers_text_is_an_event_without_words_and_a_content_with_them() -> None:
    """The corp is the account within which the customer's id holds; which of its accounts was written to is content."""
    event, content = only(SAMPLES["text"])
    said = {"message_id": "msg_1", "sender_id": "wmEXT", "kind": "text", "content_ref": "msg_1"}
    assert event == MessageReceived(**SAID, **said, id="", account=CORP)
    told = {"text": "冰柜不制冷", "source_time": str(AT), "open_kfid": "wkKF1"}
    assert content == {"schema": 1, "kind": "text", **told}


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("text-menu", "text", {"text": "查订单", "menu_id": "101"}),
        ("image", "image", {"media_id": "M1"}),
        ("file", "file", {"media_id": "M4"}),
        (
            "location",
            "location",
            {"latitude": "31.2304", "longitude": "121.4737", "label": "黄浦区", "address": "人民大道200号"},
        ),
        ("business_card", "card", {"userid": "lisi"}),
        ("channels_shop_order", "order", {"order_id": "3700000000000000001", "state": "待收货"}),
        ("channels", "channels", {"sub_type": "1", "nickname": "冰柜", "title": "新品"}),
        ("note", "note", {}),
    ],
)
def test_each_kind_of_message_keeps_what_it_brings(name: str, kind: str, told: dict[str, str]) -> None:
    """Under the names that other channels use, where they have the same thing; every number is a text."""
    event, content = only(SAMPLES[name])
    assert content is not None
    assert (event.kind, content["kind"]) == (kind, kind)
    assert {key: content.get(key) for key in told} == told


def test_parts_of_a_message_stay_together() -> None:
    """Menus and chat records are lists of parts."""
    assert only(SAMPLES["msgmenu"])[1] == {
        "schema": 1,
        "kind": "menu",
        "head_content": "请选择",
        "list": [
            {"type": "click", "click": {"id": "101", "content": "查订单"}},
            {"type": "view", "view": {"url": "https://example.com", "content": "官网"}},
        ],
        "tail_content": "谢谢",
        "source_time": str(AT),
        "open_kfid": "wkKF1",
    }


def test_a_message_cannot_name_its_own_kind_or_account() -> None:
    """What the platform puts beside a message wins over what stands in it."""
    body = {"content": "hi", "kind": "order", "schema": 7, "open_kfid": "wkOTHER"}
    _, content = only(pulled(origin=3, msgtype="text", text=body))
    assert content == {"schema": 1, "kind": "text", "text": "hi", "source_time": str(AT), "open_kfid": "wkKF1"}


@pytest.mark.parametrize(
    ("name", "kind", "object_id", "attribution"),
    [
        ("enter_session", "session_started", "wkKF1", {"scene": "store_001", "code": "t%3D1"}),
        ("enter_session-channels", "session_started", "wkKF1", {"scene": "store_001", "influencer": "冰柜达人"}),
        ("session_status_change-1", "session_started", "wkKF1", {}),
        ("session_status_change-2", "session_transferred", "wkKF1", {}),
        ("session_status_change-3", "session_ended", "wkKF1", {}),
        ("session_status_change-4", "session_started", "wkKF1", {}),
        ("user_recall_msg", "message_recalled", "row-1", {}),
        ("msg_send_fail", "notice_failed", "snd_1", {}),
    ],
)
def test_customers_come_go_and_take_back(name: str, kind: Any, object_id: str, attribution: Any) -> None:
    """Whose session, since when, and where they came from; ids stand inside of the event there."""
    event, content = only(SAMPLES[name])
    said = {"person_id": "wmEXT", "object_id": object_id, "attribution": attribution}
    assert (event, content) == (TouchpointCaptured(**PLATFORM, **said, id="", kind=kind), None)


@pytest.mark.parametrize(
    "name", ["staff-text", "servicer_recall_msg", "servicer_status_change", "reject_customer_msg_switch_change"]
)
def test_what_our_own_staff_write_or_switch_says_nothing(name: str) -> None:
    """A member of ours who stops hearing a customer is no word of the customer's."""
    assert read(SAMPLES[name]) == []


def test_a_row_is_known_by_its_account_and_number() -> None:
    """In events the account stands inside; a row without a number is known by all that it says."""
    message = {"msgid": "m1", "open_kfid": "wk1", "origin": 3}
    event = {"msgid": "m1", "event": {"open_kfid": "wk1"}}
    bare = [{"open_kfid": "wk1", "send_time": 1}, {"send_time": 1, "open_kfid": "wk1"}, {"msgid": "m1"}]
    assert inbound.row_key(message) == inbound.row_key(event) == "wk1:m1"
    keys = [inbound.row_key(row) for row in bare]
    assert keys[0] == keys[1] != keys[2]
    assert {len(key) for key in keys} == {64}


def test_only_who_comes_brings_a_code_to_greet_with() -> None:
    """welcome_code of enter_session, and nothing else."""
    rows = {name: json.loads(text)["row"] for name, text in SAMPLES.items() if text.startswith("{")}
    codes = {name: inbound.welcome_code_of(row) for name, row in rows.items()}
    greeted = codes.pop("enter_session")
    assert greeted.startswith("WELCOME_")
    assert set(codes.values()) == {""}
    assert inbound.welcome_code_of({"event": {"event_type": "enter_session", "welcome_code": None}}) == ""


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
rows = st.fixed_dictionaries(
    {},
    optional={
        "msgid": json_values,
        "open_kfid": json_values,
        "external_userid": json_values,
        "origin": st.one_of(st.sampled_from([3, 4, 5, "3"]), json_values),
        "msgtype": st.one_of(st.sampled_from([*inbound.KINDS, "event"]), json_values),
        "text": json_values,
        "event": st.one_of(st.fixed_dictionaries({"event_type": st.sampled_from([*inbound.READERS])}), json_values),
    },
)


@given(rows)
def test_any_row_ends_in_events_or_not_understood(row: dict[str, Any]) -> None:
    """Whatever the platform answers, a row has a key, reading it never crashes, and its content can be stored."""
    assert isinstance(inbound.row_key(row), str)
    assert isinstance(inbound.welcome_code_of(row), str)
    try:
        drafts = read(json.dumps({"pulled": "message", "row": row}))
    except NotUnderstood:
        return
    assert len(drafts) <= 1
    json.dumps([draft.content for draft in drafts]).encode()


@pytest.mark.parametrize("broken", [{}, {"token": "t"}, {**KNOWN, "token": ""}, {**KNOWN, "corp_id": "wwother"}])
def test_a_connection_that_cannot_verify_takes_nothing(broken: dict[str, Any]) -> None:
    """No token, no key, or another corp: every delivery is refused."""
    with pytest.raises(Rejected):
        DOOR.accept(DOOR.sample(KNOWN, b"<xml/>", STAMP), broken)


def test_the_account_is_the_corp_that_was_called_back() -> None:
    """The receive id within the ciphertext, and the platform hears success."""
    accepted = DOOR.accept(sample("wechat_kf", KNOWN, SAMPLES["kf_msg_or_event"].encode()), KNOWN)
    assert (accepted.messages[0].account, accepted.answer.body) == (CORP, b"success")


def test_rows_are_asked_for_after_the_cursor_with_the_callbacks_token() -> None:
    """As many as there may be; a page says whether more wait, however few came."""
    rows = [{"msgid": "m1"}]
    kf, session, _ = client({"errcode": 0, "next_cursor": "c2", "has_more": 1, "msg_list": rows})
    assert kf.sync("wkKF1", "c1", "ENC") == (rows, "c2", True)
    assert asked(session) == (
        "kf/sync_msg",
        {"cursor": "c1", "token": "ENC", "limit": 1000, "voice_format": 0, "open_kfid": "wkKF1"},
    )


def test_a_callbacks_token_that_is_too_old_is_left_out() -> None:
    """After ten minutes it is refused (95007); the rows are fetched without it, once more and no more."""
    kf, session, _ = client({"errcode": 95007}, {"errcode": 0, "next_cursor": "c1", "has_more": 0})
    assert kf.sync("wkKF1", "", "OLD") == ([], "c1", False)
    assert "token" not in asked(session, 1)[1]
    kf, _, _ = client({"errcode": 95007})
    with pytest.raises(PlatformRefused):
        kf.sync("wkKF1", "")


def test_half_a_character_holds_up_no_page() -> None:
    """A text that was cut in the middle of an emoji can be stored, and the rest of the row with it."""
    row = {"msgid": "m1", "text": {"content": "冰柜\ud83d"}, "send_time": 1}
    kf, _, _ = client({"errcode": 0, "next_cursor": "c", "msg_list": [row]})
    (got,), _, _ = kf.sync("wkKF1", "")
    assert got == {"msgid": "m1", "text": {"content": "冰柜?"}, "send_time": 1}
    json.dumps(got, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": 0, "msg_list": []},
        {"errcode": 0, "next_cursor": 7},
        {"errcode": 0, "next_cursor": "c", "msg_list": {}},
        [],
    ],
)
def test_an_answer_of_another_shape_is_asked_for_again(answer: Any) -> None:
    """Nothing is taken for read that could not be read."""
    kf, _, _ = client(answer)
    with pytest.raises(Retry) as refused:
        kf.sync("wkKF1", "")
    assert refused.value.detail == "wechat_kf-unreadable"


def test_an_answer_to_a_customer_carries_our_own_number() -> None:
    """The number is what makes it be sent once; a long text is cut."""
    kf, session, _ = client({"errcode": 0, "msgid": "snd_1"})
    assert kf.send_text("wkKF1", "wmEXT", "你" * 1000, "snd_1") == "snd_1"
    path, body = asked(session)
    assert len(body.pop("text")["content"].encode()) <= 2048
    expected = {"touser": "wmEXT", "open_kfid": "wkKF1", "msgid": "snd_1", "msgtype": "text"}
    assert (path, body) == ("kf/send_msg", expected)


def test_who_comes_is_greeted_by_the_code() -> None:
    """send_msg_on_event: the code stands in for the customer."""
    kf, session, _ = client({"errcode": 0, "msgid": "snd_2"})
    assert kf.send_on_event("CODE", "您好", "snd_2") == "snd_2"
    expected = {"code": "CODE", "msgid": "snd_2", "msgtype": "text", "text": {"content": "您好"}}
    assert asked(session) == ("kf/send_msg_on_event", expected)


@pytest.mark.parametrize("msgid", ["", "a" * 33, "a b", "中"])
def test_a_number_that_the_platform_would_not_take_is_named(msgid: str) -> None:
    """1 to 32 of letters, digits, _ and -; refused before the call."""
    kf, session, _ = client()
    with pytest.raises(Invalid) as refused:
        kf.send_text("wkKF1", "wmEXT", "hi", msgid)
    assert ([one.pointer for one in refused.value.problems], session.asked) == (["/msgid"], [])


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        (95018, PlatformGone, "wechat_kf-gone"),
        (95001, PlatformGone, "wechat_kf-gone"),
        (95013, PlatformGone, "wechat_kf-gone"),
        (95000, PlatformMisconfigured, "wechat_kf-misconfigured"),
        (60020, PlatformMisconfigured, "wechat_kf-misconfigured"),
        (95016, PlatformRefused, "wechat_kf-refused"),
        (45009, Retry, "try-again"),
    ],
)
def test_an_error_code_says_what_can_be_done(code: int, kind: type[HubError], name: str) -> None:
    """Too many or too late: this customer can't be written to here; the rest as for all of WeCom."""
    kf, _, _ = client({"errcode": code, "errmsg": "why"})
    with pytest.raises(HubError) as refused:
        kf.send_text("wkKF1", "wmEXT", "hi", "snd_1")
    assert (type(refused.value), refused.value.code) == (kind, name)


def test_accounts_are_listed_to_the_last_page() -> None:
    """A full page asks for another; one that is not full ends the list."""
    full = {"errcode": 0, "account_list": [{"open_kfid": f"wk{n}"} for n in range(100)]}
    kf, session, _ = client(full, {"errcode": 0, "account_list": [{"open_kfid": "wk100"}]})
    assert [one["open_kfid"] for one in kf.accounts()] == [f"wk{n}" for n in range(101)]
    assert [asked(session, n)[1]["offset"] for n in range(2)] == [0, 100]
