"""The local HTTP API: routes as AWS picks them, events as AWS builds them."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubctl.http_api import HttpRequest, Route, RouteTable, answer_of, error_answer, event_of

KEYS = (
    "ANY /webhooks",
    "ANY /webhooks/{proxy+}",
    "ANY /webhooks/wecom/{connection}",
    "ANY /{file}",
    "ANY /docs",
    "POST /docs",
    "$default",
)
ROUTES = RouteTable(Route(key, "function") for key in KEYS)


def sent(path: str = "/tiny", query: str = "", body: bytes = b"", **headers: str) -> HttpRequest:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return HttpRequest("POST", path, query, named, body)


@pytest.mark.parametrize(
    ("method", "path", "key", "variables"),
    [
        ("GET", "/webhooks/wecom/con_1", "ANY /webhooks/wecom/{connection}", {"connection": "con_1"}),
        ("POST", "/webhooks/connections", "ANY /webhooks/{proxy+}", {"proxy": "connections"}),
        ("GET", "/webhooks/wecom/con_1/test", "ANY /webhooks/{proxy+}", {"proxy": "wecom/con_1/test"}),
        ("GET", "/webhooks", "ANY /webhooks", {}),
        ("GET", "/webhooks/a\nb", "ANY /webhooks/{proxy+}", {"proxy": "a\nb"}),
        ("GET", "/docs", "ANY /docs", {}),
        ("POST", "/docs", "POST /docs", {}),
        ("GET", "/WW_verify_a.txt", "ANY /{file}", {"file": "WW_verify_a.txt"}),
        ("GET", "/a/b", "$default", {}),
    ],
)
def test_the_most_specific_route_wins(method: str, path: str, key: str, variables: dict[str, str]) -> None:
    """Whole paths before greedy ones, names before variables, a method before ANY, $default last."""
    found = ROUTES.find(method, path)
    assert found is not None
    assert (found[0].key, found[1]) == (key, variables)


def test_no_route_is_no_match() -> None:
    """Without $default an unknown path finds nothing."""
    assert RouteTable([Route("ANY /tickets", "function")]).find("GET", "/ticket") is None


def test_the_query_is_decoded_once_and_kept_raw() -> None:
    """`%2B` arrives as a plus sign, once decoded; the raw text stays beside it."""
    event = event_of(sent(query="a=1%2B2&b=%252B&c=x&c=y&d="), Route("ANY /tiny", "f"), {})
    assert event["queryStringParameters"] == {"a": "1+2", "b": "%2B", "c": "x,y", "d": ""}
    assert event["rawQueryString"] == "a=1%2B2&b=%252B&c=x&c=y&d="


def test_headers_are_folded_and_cookies_apart() -> None:
    """Names in lower case, repeated headers joined by commas, cookies in a list of their own."""
    request = HttpRequest("GET", "/", "", [("X-A", "1"), ("x-a", "2"), ("Cookie", "a=1; b=2")], b"")
    event = event_of(request, Route("ANY /", "f"), {})
    assert event["headers"]["x-a"] == "1,2"
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]


@given(body=st.binary(max_size=200), kind=st.sampled_from(["text/xml", "application/json", "", "image/png"]))
def test_any_body_arrives_byte_for_byte(body: bytes, kind: str) -> None:
    """Whatever the bytes and the type, the function can read back what was sent."""
    event = event_of(sent(body=body, content_type=kind), Route("ANY /tiny", "f"), {})
    text = event.get("body", "")
    assert (base64.b64decode(text) if event["isBase64Encoded"] else text.encode()) == body


def test_an_escaped_slash_cannot_be_decoded_twice() -> None:
    """`%25` stays escaped in rawPath, as AWS leaves it."""
    event = event_of(sent(path="/t/%E4%B8%AD/a%252Fb"), Route("ANY /t/{proxy+}", "f"), {})
    assert event["rawPath"] == "/t/中/a%252Fb"


def test_an_answer_without_status_is_the_body() -> None:
    """Payload 2.0: a result without statusCode is answered 200 as JSON."""
    answer = answer_of({"a": 1})
    assert (answer.status, json.loads(answer.body)) == (200, {"a": 1})


def test_a_binary_answer_is_decoded() -> None:
    """isBase64Encoded bodies leave as bytes, with their headers and cookies."""
    answer = answer_of(
        {
            "statusCode": 201,
            "body": "//4=",
            "isBase64Encoded": True,
            "headers": {"Content-Type": "x/y"},
            "cookies": ["a=1"],
        }
    )
    assert (answer.status, answer.body) == (201, b"\xff\xfe")
    assert list(answer.headers) == [("Content-Type", "x/y"), ("set-cookie", "a=1")]


@pytest.mark.parametrize(
    ("error", "status"), [("TinyRefused", 500), ("Sandbox.Timedout", 503), ("TooManyRequestsException", 503)]
)
def test_a_failed_function_tells_the_caller_nothing(error: str, status: int) -> None:
    """The caller learns that it failed, never why."""
    answer = error_answer(error)
    assert answer.status == status
    assert error.encode() not in answer.body
