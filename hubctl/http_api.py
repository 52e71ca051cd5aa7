"""An HTTP API as AWS has it, without the network: which route a request takes, which event it becomes.

Payload format 2.0: see "Create AWS Lambda proxy integrations for HTTP APIs" in the API Gateway developer guide.
"""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

BODY_BYTES_MAX = 10 * 1024 * 1024
TEXT_TYPES = ("application/json", "application/xml", "application/javascript")

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came over the wire. path: undecoded; query: without its question mark, undecoded."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    client: str = "127.0.0.1"


@dataclass(frozen=True)
class HttpAnswer:
    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Route:
    """One route of the API: `ANY /webhooks/{proxy+}` and the Lambda function behind it."""

    key: str
    function: str

    @property
    def method(self) -> str:
        return self.key.partition(" ")[0]

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.key.partition(" ")[2].strip("/").split("/"))

    @property
    def rank(self) -> tuple[bool, tuple[bool, ...], bool]:
        """The higher, the more specific: whole paths beat greedy ones, names variables, a method ANY."""
        names = tuple(not segment.startswith("{") for segment in self.segments)
        return not self.segments[-1].endswith("+}"), names, self.method != "ANY"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The path's variables when this route takes the request, else None."""
        if self.key == "$default":
            return {}
        if self.method not in ("ANY", method):
            return None
        pattern = "/".join(_pattern(segment) for segment in self.segments)
        match = re.fullmatch(pattern, path.strip("/"), re.DOTALL)
        return match.groupdict() if match else None


def _pattern(segment: str) -> str:
    if not segment.startswith("{"):
        return re.escape(segment)
    name = segment.strip("{}").removesuffix("+")
    return f"(?P<{name}>.+)" if segment.endswith("+}") else f"(?P<{name}>[^/]+)"


class RouteTable:
    """All routes of an API, the most specific first."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = sorted(routes, key=lambda route: (route.key != "$default", route.rank), reverse=True)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route that takes this request and its path variables."""
        for route in self.routes:
            variables = route.match(method, path)
            if variables is not None:
                return route, variables
        return None


def decode_path(path: str) -> str:
    """A path as `rawPath` has it: every escape decoded but %25, so nothing can be decoded twice."""
    return "%25".join(unquote(part) for part in re.split("%25", path))


def event_of(request: HttpRequest, route: Route, variables: dict[str, str], api_id: str = "local") -> dict[str, Any]:
    """The Lambda event, payload format 2.0. A body that is no UTF-8 text travels base64, byte for byte."""
    headers, cookies = _fold(request.headers)
    path = decode_path(request.path)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers | {"x-forwarded-for": request.client, "x-forwarded-proto": "http"},
        "requestContext": _context(request, route, path, headers, api_id),
        "isBase64Encoded": False,
    }
    optional = {
        "cookies": cookies,
        "queryStringParameters": _query(request.query),
        "pathParameters": variables,
    }
    return event | {name: value for name, value in optional.items() if value} | _body(request.body, headers)


def _context(request: HttpRequest, route: Route, path: str, headers: dict[str, str], api_id: str) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": "000000000000",
        "apiId": api_id,
        "domainName": headers.get("host", "localhost").partition(":")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.client,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": uuid.uuid4().hex,
        "routeKey": route.key,
        "stage": "$default",
        "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now * 1000),
    }


def _fold(headers: Headers) -> tuple[dict[str, str], list[str]]:
    """Header names in lower case, repeated ones joined by commas; cookies apart."""
    folded: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in ((name.lower(), value) for name, value in headers):
        if name == "cookie":
            cookies += [part.strip() for part in value.split(";")]
        else:
            folded[name] = f"{folded[name]},{value}" if name in folded else value
    return folded, cookies


def _query(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _body(body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    if not body:
        return {}
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in TEXT_TYPES:
        try:
            return {"body": body.decode("utf-8")}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode("ascii"), "isBase64Encoded": True}


def answer_of(result: Any) -> HttpAnswer:
    """A function's result as an HTTP answer. A result without a status is itself the body; as in AWS, payload 2.0
    has no multiValueHeaders.
    """
    if not isinstance(result, dict) or "statusCode" not in result:
        return json_answer(200, result)
    text = result.get("body") or ""
    body = base64.b64decode(text) if result.get("isBase64Encoded") else str(text).encode()
    headers = [(name, str(value)) for name, value in (result.get("headers") or {}).items()]
    headers += [("set-cookie", cookie) for cookie in result.get("cookies") or ()]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    return HttpAnswer(int(result["statusCode"]), headers, body)


def json_answer(status: int, body: object) -> HttpAnswer:
    """What the API itself answers, with an id as AWS gives it."""
    headers = [("content-type", "application/json"), ("x-request-id", uuid.uuid4().hex)]
    return HttpAnswer(status, headers, json.dumps(body).encode())


def error_answer(error_type: str) -> HttpAnswer:
    """What API Gateway says when a function failed: 503 when it was throttled or too slow, else 500."""
    if error_type in ("TooManyRequestsException", "Sandbox.Timedout"):
        return json_answer(503, {"message": "Service Unavailable"})
    return json_answer(500, {"message": "Internal Server Error"})
