"""HTTP API (payload 2.0) to what Chalice understands (payload 1.0), and our own route matching.

Chalice routes on `requestContext.resourcePath`, which one greedy route per room does not give, and an unknown path
would stay in its route table for good. So the path is matched here, static segments before parameters, and Chalice
only ever sees a route that it has. Pure; imports nothing heavy, since the webhook front door uses it too.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from hub.kernel.dataclass import dataclass

WANTED = "x-hub-accept"
"""Where the caller's own Accept stands while Chalice is told another. Chalice hands bytes out (XLSX, and on API Gateway
any answer that is no text) only to who accepts `application/octet-stream`, and answers 400 to anybody else; what a
caller accepts is ours to weigh (hub.edge.negotiation). Whatever a caller sends under this name is overwritten."""


@dataclass(frozen=True, slots=True)
class Match:
    """A route template and the decoded values of its parameters."""

    template: str
    parameters: Mapping[str, str]


def match_path(templates: Iterable[str], path: str) -> Match | None:
    """The template that fits `path`, preferring static segments, left to right; None when none does."""
    segments = path.strip("/").split("/")
    best: tuple[tuple[bool, ...], Match] | None = None
    for template in templates:
        parts = template.strip("/").split("/")
        if len(parts) != len(segments):
            continue
        dynamic = tuple(part.startswith("{") for part in parts)
        if any(part != segment for part, segment, is_open in zip(parts, segments, dynamic, strict=True) if not is_open):
            continue
        parameters = {p[1:-1]: unquote(s) for p, s, is_open in zip(parts, segments, dynamic, strict=True) if is_open}
        if best is None or dynamic < best[0]:
            best = (dynamic, Match(template, parameters))
    return best[1] if best else None


def is_http_event(event: Mapping[str, Any]) -> bool:
    """Whether this is an HTTP API event, payload 2.0."""
    return event.get("version") == "2.0" and "http" in event.get("requestContext", {})


def request_path(event: Mapping[str, Any]) -> str:
    """The path without its stage."""
    stage = event["requestContext"].get("stage", "$default")
    path = str(event.get("rawPath") or "/")
    prefix = f"/{stage}"
    return path[len(prefix) :] or "/" if stage != "$default" and path.startswith(f"{prefix}/") else path


def raw_body(event: Mapping[str, Any]) -> bytes:
    """The body as it was sent, byte for byte."""
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode("utf-8", "surrogateescape")


def query_values(event: Mapping[str, Any]) -> dict[str, str]:
    """The query decoded exactly once; of a repeated name the last value counts."""
    parsed = parse_qs(
        str(event.get("rawQueryString") or ""), keep_blank_values=True, encoding="utf-8", errors="replace"
    )
    return {name: values[-1] for name, values in parsed.items()}


def to_chalice(event: Mapping[str, Any], match: Match) -> dict[str, Any]:
    """The payload 1.0 event that Chalice routes to `match.template`."""
    http = event["requestContext"]["http"]
    query = parse_qs(str(event.get("rawQueryString") or ""), keep_blank_values=True)
    return {
        "requestContext": {
            "httpMethod": http["method"],
            "resourcePath": match.template,
            "requestId": event["requestContext"].get("requestId", ""),
            "identity": {"sourceIp": http.get("sourceIp", "")},
        },
        "headers": dict(event.get("headers") or {}),
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(match.parameters),
        "stageVariables": None,
        "body": base64.b64encode(raw_body(event)).decode(),
        "isBase64Encoded": True,
    }
