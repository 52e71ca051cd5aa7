"""The doubles of the platforms: as strict as the platforms, and able to misbehave on order."""

import asyncio
import json
from typing import Any

import pytest

from hubctl.platforms.app import Platforms
from hubctl.platforms.douyin import signature

CORP, SECRET = "ww1", "wecom-secret"
KEY, KEY_SECRET = "3409409348479354011", "2ad2355c-01d0-11f8-91dc-05a8cd1054b1"
TEXT = {"touser": "lisi", "msgtype": "text", "agentid": 1000002, "text": {"content": "新工单"}}


@pytest.fixture
def platforms() -> Platforms:
    return Platforms(
        {"wecom": [{"corp_id": CORP, "secret": SECRET}], "douyin": [{"app_key": KEY, "app_secret": KEY_SECRET}]}
    )


def call(platforms: Platforms, method: str, path: str, query: str = "", body: object = None, raw: bytes = b"") -> Any:
    """The JSON answer of one request, straight to the ASGI app."""
    content = raw or (json.dumps(body, ensure_ascii=False).encode() if body is not None else b"")
    messages: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": []}
    asyncio.run(platforms(scope, receive, send))
    return json.loads(messages[1]["body"])


def token(platforms: Platforms) -> str:
    answer = call(platforms, "GET", "/wecom/cgi-bin/gettoken", f"corpid={CORP}&corpsecret={SECRET}")
    return str(answer["access_token"])


def send(platforms: Platforms, access_token: str, body: object = TEXT, raw: bytes = b"") -> Any:
    return call(platforms, "POST", "/wecom/cgi-bin/message/send", f"access_token={access_token}", body, raw)


def ask_douyin(platforms: Platforms, path: str, body: dict[str, Any], access_token: str = "") -> Any:
    query = {"app_key": KEY, "method": path.strip("/").replace("/", "."), "timestamp": "1767242700", "v": "2"}
    query |= {"sign": signature(KEY_SECRET, query, body), "access_token": access_token}
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return call(platforms, "POST", f"/douyin{path}", text, body)


def douyin_token(platforms: Platforms) -> str:
    answer = ask_douyin(platforms, "/token/create", {"grant_type": "authorization_self", "shop_id": "1"})
    return str(answer["data"]["access_token"])


def test_wecom_takes_a_message_and_records_it(platforms: Platforms) -> None:
    """A message under a valid token is answered ok and can be read back as it came."""
    assert send(platforms, token(platforms))["errcode"] == 0
    [_, sent] = call(platforms, "GET", "/_control/recorded", "channel=wecom")["calls"]
    assert (sent["path"], sent["body"]) == ("/cgi-bin/message/send", TEXT)


def test_wecom_gives_the_same_token_while_it_lives(platforms: Platforms) -> None:
    """Asking again answers the same token, as WeCom does."""
    assert token(platforms) == token(platforms)


@pytest.mark.parametrize(
    ("query", "code"), [(f"corpid={CORP}&corpsecret=x", 40001), (f"corpid=x&corpsecret={SECRET}", 40013)]
)
def test_wecom_checks_credentials(platforms: Platforms, query: str, code: int) -> None:
    """A wrong secret and an unknown corp have their own codes."""
    assert call(platforms, "GET", "/wecom/cgi-bin/gettoken", query)["errcode"] == code


def test_wecom_refuses_an_unknown_token(platforms: Platforms) -> None:
    """40014, as for a forged or expired token."""
    assert send(platforms, "forged")["errcode"] == 40014


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"touser": ""}, 82001),
        ({"msgtype": "markdown"}, 40008),
        ({"agentid": "1"}, 40056),
        ({"text": {"content": "字" * 700}}, 45002),
    ],
)
def test_wecom_refuses_what_it_could_not_send(platforms: Platforms, change: dict[str, Any], code: int) -> None:
    """No receiver, no body of the type named, no agent, text beyond 2,048 bytes."""
    assert send(platforms, token(platforms), TEXT | change)["errcode"] == code


def test_wecom_refuses_escaped_text(platforms: Platforms) -> None:
    """Chinese must come raw: escapes are refused with 40033."""
    assert send(platforms, token(platforms), raw=json.dumps(TEXT).encode())["errcode"] == 40033


def test_douyin_signature_matches_the_published_rule() -> None:
    """The rule's own vector: keys sorted, no spaces, wrapped in the secret, HMAC-SHA256."""
    body = {"update_time_start": 1767240900, "update_time_end": 1767242700, "order_by": "update_time"}
    query = {"app_key": KEY, "method": "order.searchList", "timestamp": "1767242700"}
    expected = "f114509db6a3039dec29108ed85dd0b6c8ec75020ed3bd7401638b9db565c025"
    assert signature(KEY_SECRET, query, body | {"page": 0, "size": 100}) == expected


def test_douyin_refuses_a_wrong_signature(platforms: Platforms) -> None:
    """Without the right signature no token is given."""
    answer = call(platforms, "POST", "/douyin/token/create", f"app_key={KEY}&method=token.create&sign=x", {})
    assert answer["sub_code"] == "isv.sign-invalid"


def test_douyin_answers_orders_that_the_control_put_there(platforms: Platforms) -> None:
    """An order put in is found by its id, and in the list of its time."""
    order = {"order_id": "6917", "update_time": 100, "order_status": 2}
    call(platforms, "POST", "/_control/douyin/orders", body=order)
    access = douyin_token(platforms)
    detail = ask_douyin(platforms, "/order/orderDetail", {"shop_order_id": "6917"}, access)
    window = {"update_time_start": 50, "update_time_end": 150, "page": 0, "size": 10}
    listed = ask_douyin(platforms, "/order/searchList", window, access)
    later = ask_douyin(platforms, "/order/searchList", window | {"update_time_start": 101}, access)
    assert detail["data"]["shop_order_detail"] == order
    assert (listed["data"]["shop_order_list"], later["data"]["total"]) == ([order], 0)


def test_douyin_wants_a_token_for_orders(platforms: Platforms) -> None:
    """A signed call without a token is told that its token expired."""
    answer = ask_douyin(platforms, "/order/orderDetail", {"shop_order_id": "1"})
    assert answer["sub_code"] == "isv.access-token-expired"


def test_a_token_expires_on_order(platforms: Platforms) -> None:
    """Ordered to, the double forgets its tokens before the next call: the sender must fetch a new one."""
    old = token(platforms)
    fault = {"channel": "wecom", "path": "/message/send", "kind": "expire_token"}
    call(platforms, "POST", "/_control/fail", body=fault)
    assert send(platforms, old)["errcode"] == 40014
    assert send(platforms, token(platforms))["errcode"] == 0


def test_a_fault_lasts_as_many_calls_as_ordered(platforms: Platforms) -> None:
    """Two failures were ordered: the third call goes through."""
    access = token(platforms)
    fault = {"channel": "wecom", "path": "/message/send", "times": 2, "kind": "500"}
    call(platforms, "POST", "/_control/fail", body=fault)
    answers = [send(platforms, access) for _ in range(3)]
    assert [answer.get("errcode") for answer in answers] == [None, None, 0]


def test_a_fault_that_cannot_be_meant_is_refused(platforms: Platforms) -> None:
    """A misspelt order fails the demo that gives it instead of doing nothing."""
    assert "error" in call(platforms, "POST", "/_control/fail", body={"channel": "wecom", "kind": "explode"})
