"""Examples for the API's reference (接口示例): what each operation is sent and answers, as the access walk's samples
have it. `python -m tests.support.examples` writes them down; a test runs each again and compares.
"""

from __future__ import annotations

import json
import re
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.edge.routes import Route
from hubctl.examples import EXAMPLES, operation_id
from tests.support.access import BOSS, Sample, Walk, keep_files
from tests.support.access_samples import SAMPLES
from tests.support.example_steps import FILES, FOUND, OPEN_CONNECTION, export_body, import_body, prepared
from tests.support.http import Answer, token

CHANGING = ("POST", "PUT", "PATCH")
ORDER = ("GET", "PUT", "DRAFTED", "PATCH", "POST", "DELETE")
"""What only reads first, what takes away last; a draft is read and compared once there is one."""
DRAFTED = re.compile(r"/(draft|compare)$")
LIST_LIMIT, TEXT_LIMIT = 2, 400
MORE: dict[tuple[str, str], Any] = {
    ("POST", "/customers/batch"): {"items": [{"path": "/customers", "body": {"phone": "13800138000"}}]},
    ("POST", "/directory/batch"): {"items": [{"path": "/directory/people/li/freeze"}]},
    ("POST", "/pricing/batch"): {
        "items": [{"path": "/pricing/quotes", "body": {"service": "tea", "region": "310101"}}]
    },
    ("POST", "/tickets/batch"): {"items": [{"path": "/tickets", "body": {"type": "repair", "customer_id": "cus_1"}}]},
    ("POST", "/flows/{key}/insert"): {"after": "accept", "node": "assign", "edge": "accepted"},
    ("POST", "/f/{key}"): FOUND,
    ("POST", "/pricing/books/{key}/table"): {
        "content_base64": b64encode(
            b"service,place,price,channel,level,min_quantity,weekdays,begins,ends\nfruit_tea,base,24.50,,,,,,\n"
        ).decode()
    },
    ("POST", "/settlement/ledger/entries"): {
        "lines": [
            {"account": "expense:bonus", "amount": "12.30"},
            {"account": "payable:person:li", "amount": "-12.30"},
        ],
        "reason": {"zh": "补发奖金", "en": "A bonus that was left out"},
    },
    ("POST", "/webhooks/connections"): OPEN_CONNECTION,
    ("POST", "/webhooks/connections/{connection_id}/settings"): {"settings": OPEN_CONNECTION["settings"]},
    ("POST", "/webhooks/messages/replay"): {"state": "quarantined", "channel": "wecom"},
    ("POST", "/auth/tokens"): {"api_key": "hubk_…"},
    ("POST", "/auth/login"): {"code": "CODE", "state": "STATE"},
    ("POST", "/auth/login/local"): {"person_id": "li"},
    ("POST", "/auth/login/link"): {"link": "LINK"},
    ("POST", "/auth/refresh"): {"refresh_token": "TOKEN"},
    ("POST", "/auth/logout"): {"refresh_token": "TOKEN"},
}
"""Bodies that the walk has no need of."""
WITHOUT_A_GOOD_ANSWER = {
    "directory_start_wecom": "the stage has no page of the tenant's that could be come back to",
    "directory_sign_in": "WeCom's double is not on the stage: tests/functional/test_directory_sign_in.py has it",
    "directory_sign_in_locally": "there is none but on one machine",
    "pricing_acknowledge": "nobody of the sample was told of a publication",
    "pricing_withdraw_campaign": "the sample's campaign has one version, and a document keeps one",
    "settlement_dispute_line": "the sample's one line is disputed already, so that `resolve` shows its answer",
    "tickets_sign_too": "no node of the sample's flow is for signers",
    "tickets_tell": "no node of the sample's flow waits for an event",
    "tickets_take_next": "nothing of the sample waits in a queue",
    "tickets_reply": "the sample's ticket came by no message",
    "tickets_close": "each type of the sample has a flow, which closes it",
}
"""The operations of which the reference shows what is sent and not what is answered, and why."""
MADE = re.compile(r"\b([a-z]{2,4}_)[0-9A-Z]{26}\b")
"""Ids that are others each time."""
SIGNED = ("link", "refresh_token")
"""What of a body is a secret of its own each time."""
BEGINS = ("/nodes/{node}/delegate", "/nodes/{node}/complete")
ENDS = ("/cancel", "/close", "/delete", "/freeze", "/disable", "/revoke", "/logout-everywhere")
SECRETS = re.compile(r"(hubk_|eyJ|whsec_|whsk_)[A-Za-z0-9_.=/+-]{8,}")


@dataclass(frozen=True)
class Shown:
    """An operation with its example, what it answered, and what it answered when it was sent once more with its
    Idempotency-Key: None where it takes none, or was refused."""

    route: Route
    name: str
    example: dict[str, Any]
    answer: Answer
    again: Answer | None


def examples_of(walk: Walk) -> Iterator[Shown]:
    """Each operation of a room: what only reads first, and what takes away last, so that each finds its thing."""
    keep_files(walk.sample.room)
    whole = replace(walk, sample=with_more(walk.sample))
    routes, documents = whole.sample.room.http_routes, dict[str, Any]()
    listed = {route.path: route for route in routes if route.method == "GET" and "{" not in route.path}
    for route in sorted(routes, key=_order):
        if not set(re.findall(r"{(\w+)}", route.path)) <= set(whole.ids):
            continue
        here = _where_a_document_is(whole, route, listed)
        _with_document(here, route, documents)
        here, as_ = prepared(here, (route.method, route.path))
        key = operation_id("once", route) if route.method in CHANGING and not route.is_public else ""
        answer = here.ask(route, as_, key=key)
        if route.method == "GET" and answer.status == 200 and "document" in _fields(answer):
            documents[route.path] = answer.json["document"]
        again = here.ask(route, as_, key=key) if key and answer.status < 300 else None
        yield Shown(route, operation_id(here.sample.room.app_name, route), _example(here, route, answer), answer, again)


def _where_a_document_is(walk: Walk, route: Route, listed: Mapping[str, Route]) -> Walk:
    """The walk with the key of a document that there is, of a kind that has none of the sample's key."""
    base, key, _ = route.path.partition("/{key}")
    if not key or base not in listed:
        return walk
    rows = walk.ask(listed[base], token(sub=BOSS)).json["data"]
    keys = [row["key"] for row in rows if "key" in row]
    return walk if walk.ids["key"] in keys or not keys else replace(walk, ids={**walk.ids, "key": keys[0]})


def _with_document(walk: Walk, route: Route, documents: Mapping[str, Any]) -> None:
    """What changes a document is sent the document as it is."""
    path, _, verb = route.path.rpartition("/")
    bodies: Any = walk.sample.bodies
    if path in documents and route.method != "GET":
        if verb in ("draft", "lint", "compare", "publish"):
            bodies[route.method, route.path] = {"document": documents[path]}
        if verb in ("revert", "withdraw"):
            bodies.setdefault((route.method, route.path), {"version": 1})


def _fields(answer: Answer) -> list[str]:
    is_json = "json" in answer.headers.get("content-type", "") and answer.text
    return list(answer.json) if is_json and isinstance(answer.json, dict) else []


def with_more(sample: Sample) -> Sample:
    """The sample with what its room's remaining operations are sent."""
    name = sample.room.app_name
    jobs: dict[tuple[str, str], Any] = {}
    if name in FILES:
        jobs = {
            ("POST", f"/jobs/{name}/exports"): export_body(name),
            ("POST", f"/jobs/{name}/imports"): import_body(name),
        }
    return replace(sample, bodies={**sample.bodies, **jobs, **MORE})


def _order(route: Route) -> tuple[int, int]:
    method = "DRAFTED" if route.method == "GET" and DRAFTED.search(route.path) else route.method
    first, last, very_last = (route.path.endswith(names) for names in (BEGINS, ENDS, "/logout-everywhere"))
    return ORDER.index(method), last + very_last - first


def _example(walk: Walk, route: Route, answer: Answer) -> dict[str, Any]:
    where = route.method, route.path
    query = {name: text.format(**walk.ids) for name, text in walk.sample.queries.get(where, {}).items()}
    names = re.findall(r"{(\w+)}", route.path)
    example: dict[str, Any] = {"path": {name: walk.ids[name] for name in names}, "query": query}
    if route.body is not None:
        body = without_secrets(walk.sample.bodies.get(where, {}))
        example["body"] = {name: "…" if name in SIGNED else part for name, part in body.items()}
    if route.answer is not None and answer.status < 300 and answer.text:
        example["answer"] = shortened(answer.json)
    return {name: part for name, part in example.items() if part or name in ("body", "answer")}


def without_secrets(body: Any) -> Any:
    """The whole body, but for its secrets."""
    return json.loads(SECRETS.sub(r"\1…", json.dumps(body, ensure_ascii=False)))


def shortened(value: Any) -> Any:
    """The first of long lists, the beginning of long texts, and no secret."""
    if isinstance(value, dict):
        return {name: shortened(part) for name, part in value.items()}
    if isinstance(value, list):
        return [shortened(part) for part in value[:LIST_LIMIT]]
    return SECRETS.sub(r"\1…", value)[:TEXT_LIMIT] if isinstance(value, str) else value


def main() -> None:
    """Write all of them; says which operations answered no good."""
    written: dict[str, Mapping[str, Any]] = {}
    for sample in SAMPLES.values():
        with sample.stage() as ids:
            for shown in examples_of(Walk(sample, ids)):
                written[shown.name] = shown.example
                if shown.answer.status >= 400:
                    sys.stdout.write(f"{shown.answer.status} {shown.name} {shown.answer.text[:300]}\n")
    lines = (f'"{name}": {json.dumps(written[name], ensure_ascii=False, sort_keys=True)}' for name in sorted(written))
    EXAMPLES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
