"""Calls to the official account API: what is sent, what each code means, and values that fit their fields."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.official_account.client import Client
from hub.channels.official_account.templates import WORDS, fit_values
from hub.kernel.errors import Invalid, Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import payload

KNOWN: dict[str, Any] = payload("official_account_examples")["settings"]
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
OK = {"errcode": 0, "errmsg": "ok"}


def client(*answers: Any) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    return Client(KNOWN, FakeTokens(), wall_now=lambda: NOW, session=session), session


def pointers(values: dict[str, str]) -> list[str]:
    with pytest.raises(Invalid) as refused:
        fit_values(values)
    return [problem.pointer for problem in refused.value.problems]


def test_text_goes_out_raw() -> None:
    """Chinese is sent as UTF-8, never escaped (40033)."""
    known, session = client(OK)
    known.send_text("oA", "你好")
    _, url, request = session.asked[0]
    assert url == "https://api.weixin.qq.com/cgi-bin/message/custom/send"
    assert "你好".encode() in request["data"]
    assert json.loads(request["data"]) == {"touser": "oA", "msgtype": "text", "text": {"content": "你好"}}


@pytest.mark.parametrize("text", ["", "好" * 683])
def test_text_that_no_message_can_hold_is_refused(text: str) -> None:
    """Empty, or over 2048 bytes: said before it is sent."""
    known, session = client()
    with pytest.raises(Invalid):
        known.send_text("oA", text)
    assert session.asked == []


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (40003, PlatformGone),
        (43004, PlatformGone),
        (43019, PlatformGone),
        (45015, PlatformGone),
        (45047, PlatformGone),
        (48002, PlatformGone),
        (50005, PlatformGone),
        (48001, PlatformMisconfigured),
        (48004, PlatformMisconfigured),
        (40164, PlatformMisconfigured),
        (47003, PlatformRefused),
        (45009, Retry),
        (45011, Retry),
        (-1, Retry),
    ],
)
def test_each_code_means_what_it_means_here(code: int, error: type[Exception]) -> None:
    """Over the window and switched off are gone; no permission is a setting; limits pass."""
    known, _ = client({"errcode": code, "errmsg": "no"})
    with pytest.raises(error) as refused:
        known.send_text("oA", "x")
    assert type(refused.value) is error


def test_a_message_that_was_sent_before_is_sent() -> None:
    """45065, a client id seen before, is a success."""
    known, _ = client({"errcode": 45065})
    known.send_text("oA", "x")


def test_a_template_carries_its_id_and_fits() -> None:
    """Values are cut, `first` is left out, the client id makes it idempotent; msgid comes back as text."""
    known, session = client({**OK, "msgid": 2000000000000000123})
    made = known.send_template(
        "oA", "TPL", {"first": "x", "thing1": "好" * 21, "amount2": "¥12.30"}, url="https://h.cn/t", client_msg_id="s1"
    )
    body = json.loads(session.asked[0][2]["data"])
    assert made == "2000000000000000123"
    assert body == {
        "touser": "oA",
        "template_id": "TPL",
        "data": {"thing1": {"value": "好" * 19 + "…"}, "amount2": {"value": "¥12.30"}},
        "url": "https://h.cn/t",
        "client_msg_id": "s1",
    }


@pytest.mark.parametrize(
    ("name", "text", "fitted"),
    [
        ("thing1", "空调\n不制冷", "空调 不制冷"),
        ("short_thing2", "一二三四五六", "一二三四…"),
        ("phrase3", "已派单(A)请留意", "已派单请留"),
        ("name4", "王" * 11, "王" * 10),
        ("name5", "a" * 25, "a" * 20),
        ("character_string6", "TKT-2026_01", "TKT-2026_01"),
        ("time7", "2026年1月1日 15:01~16:00", "2026年1月1日 15:01~16:00"),
        ("date8", "2026年1月1日", "2026年1月1日"),
        ("amount9", "￥1234567890.00元", "￥1234567890.00元"),
        ("phone_number10", "+86-021 12345678", "+86-021 12345678"),
        ("number11", "-1.5", "-1.5"),
        ("car_number12", "沪A12345", "沪A12345"),
        ("const13", "已完成", "已完成"),
        ("keyword1", "一" * 40, "一" * 40),
    ],
)
def test_each_kind_of_field_fits(name: str, text: str, fitted: str) -> None:
    """Words are cut to the documented limits, figures pass whole."""
    assert fit_values({name: text}) == {name: {"value": fitted}}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("amount1", "12345678901"),
        ("amount1", "￥12.3万"),
        ("phone_number1", "123456789012345678"),
        ("number1", "1,2"),
        ("number1", "1" * 33),
        ("letter1", "字"),
        ("character_string1", "订单1"),
        ("car_number1", "沪A12345678"),
        ("const1", "长" * 21),
        ("phrase1", "ABC"),
        ("time1", "soon"),
        ("thing1", " \n "),
    ],
)
def test_a_figure_is_never_cut(name: str, text: str) -> None:
    """What does not fit is refused by its field, not made into another amount or number."""
    assert pointers({name: text, "thing9": "x"}) == [f"/data/{name}"]


def test_a_template_without_fields_is_refused() -> None:
    """`first` alone is nothing that the platform still shows."""
    assert pointers({"first": "x"}) == ["/data"]


@given(st.sampled_from(sorted(WORDS)), st.text("好a ,。\n", min_size=1, max_size=60))
def test_cut_words_always_fit(kind: str, text: str) -> None:
    """Whatever words come, what is sent is within the limit and on one line."""
    try:
        fitted = fit_values({f"{kind}1": text})[f"{kind}1"]["value"]
    except Invalid:
        return
    limit = WORDS[kind] * (2 if kind == "name" and fitted.isascii() else 1)
    assert 1 <= len(fitted) <= limit
    assert "\n" not in fitted


def test_who_a_follower_is() -> None:
    """Union id, time and scene of a follower; the number 0 is no scene."""
    answer = {"subscribe": 1, "openid": "oA", "unionid": "uA", "subscribe_time": 1767242700, "qr_scene": 0}
    known, session = client({**answer, "qr_scene_str": "店铺1", "subscribe_scene": "ADD_SCENE_QR_CODE", "nickname": ""})
    told = known.user_info("oA")
    assert (told.subscribed, told.union_id, told.scene, told.source) == (True, "uA", "店铺1", "ADD_SCENE_QR_CODE")
    assert told.subscribed_at == NOW
    assert session.asked[0][2]["params"] == {"access_token": "token-1", "openid": "oA", "lang": "zh_CN"}
    known, _ = client({"subscribe": 0, "openid": "oA"})
    assert known.user_info("oA").subscribed is False


@pytest.mark.parametrize("told", [0, -1, 10**11, 10**30, "1767242700", None])
def test_a_time_that_is_none_is_left_out(told: Any) -> None:
    """A follower is known without the moment since when."""
    known, _ = client({"subscribe": 1, "openid": "oA", "subscribe_time": told})
    assert known.user_info("oA").subscribed_at is None


def test_a_code_with_a_scene() -> None:
    """Temporary for a life in seconds, permanent for 0; the picture's address has the ticket escaped."""
    known, session = client(
        {"ticket": "a+b/=", "url": "http://weixin.qq.com/q/x", "expire_seconds": 60}, {"ticket": "t", "url": "u"}
    )
    made = known.create_qrcode("店铺1", 60)
    assert made.image_url.endswith("?ticket=a%2Bb%2F%3D")
    known.create_qrcode("店铺1")
    first, second = (json.loads(request["data"]) for _, _, request in session.asked)
    assert (first["action_name"], first["expire_seconds"]) == ("QR_STR_SCENE", 60)
    assert (second["action_name"], "expire_seconds" in second) == ("QR_LIMIT_STR_SCENE", False)


@pytest.mark.parametrize(("scene", "seconds"), [("", 60), ("x" * 65, 60), ("x", -1), ("x", 2_592_001)])
def test_a_code_that_cannot_be_is_refused(scene: str, seconds: int) -> None:
    """1 to 64 characters, at most 30 days: said before it is asked for."""
    known, session = client()
    with pytest.raises(Invalid):
        known.create_qrcode(scene, seconds)
    assert session.asked == []
