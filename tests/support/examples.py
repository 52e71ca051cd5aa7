"""Examples for the API's reference (接口示例): what each operation is sent and answers, as the access walk's samples
have it. `python -m tests.support.examples` writes them down; a test runs each again and compares.
"""

from __future__ import annotations

import json
import re
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from hub.edge.routes import Route
from hubctl.examples import EXAMPLES, operation_id
from tests.support.access import BOSS, Sample, Walk
from tests.support.access_samples import SAMPLES
from tests.support.http import Answer, token

ORDER = ("GET", "PUT", "POST", "PATCH", "DELETE")
LIST_LIMIT, TEXT_LIMIT = 2, 400
FILES = {
    "customers": ("/customers", "customers", "手机,姓名,地区\n13800138000,张三,310101\n"),
    "directory": ("/directory/people", "people", "工号,姓名,角色,地区\nli,小李,engineer,310000\n"),
    "notifications": ("/notifications", "", ""),
    "settlement": ("/settlement/statements", "statements", "id\n"),
    "tickets": ("/tickets", "tickets", "类型,客户,地区,内容\nrepair,cus_1,310101,冷柜结霜\n"),
    "webhooks": ("/webhooks/orders", "orders", "连接,订单号,状态,金额,更新时间\ncon_1,E1,paid,19.90,2026/12/1 14:30\n"),
}
"""Of each room with jobs: a list that can be exported, what comes from files, and such a file."""
MORE: dict[tuple[str, str], Any] = {
    ("POST", "/customers/batch"): {"items": [{"path": "/customers", "body": {"phone": "13800138000"}}]},
    ("POST", "/directory/batch"): {"items": [{"path": "/directory/people/li/freeze"}]},
    ("POST", "/pricing/batch"): {
        "items": [{"path": "/pricing/quotes", "body": {"service": "tea", "region": "310101"}}]
    },
    ("POST", "/tickets/batch"): {"items": [{"path": "/tickets", "body": {"type": "repair", "customer_id": "cus_1"}}]},
    ("POST", "/settlement/ledger/entries"): {
        "lines": [
            {"account": "expense:bonus", "amount": "12.30"},
            {"account": "payable:person:li", "amount": "-12.30"},
        ],
        "reason": {"zh": "补发奖金", "en": "A bonus that was left out"},
    },
    ("POST", "/webhooks/connections"): {
        "channel": "open",
        "name": "ERP",
        "settings": {"secret": f"whsec_{b64encode(bytes(32)).decode()}", "account": "erp"},
    },
    ("POST", "/webhooks/connections/{connection_id}/settings"): {"settings": {"account": "erp"}},
    ("POST", "/webhooks/messages/replay"): {"state": "quarantined", "channel": "wecom"},
    ("POST", "/auth/tokens"): {"api_key": "hubk_…"},
    ("POST", "/auth/login"): {"code": "CODE", "state": "STATE"},
    ("POST", "/auth/login/local"): {"person_id": "li"},
    ("POST", "/auth/login/link"): {"link": "LINK"},
    ("POST", "/auth/refresh"): {"refresh_token": "TOKEN"},
    ("POST", "/auth/logout"): {"refresh_token": "TOKEN"},
}
"""Bodies that the walk has no need of."""
SECRETS = re.compile(r"(hubk_|eyJ|whsec_|whsk_)[A-Za-z0-9_.=/+-]{8,}")


def examples_of(walk: Walk) -> Iterator[tuple[str, dict[str, Any], Answer]]:
    """(operationId, its example, what it answered) of each operation of a room: what only reads first, and what takes
    away last, so that each finds its thing."""
    whole = replace(walk, sample=with_more(walk.sample))
    routes, documents = whole.sample.room.http_routes, dict[str, Any]()
    listed = {route.path: route for route in routes if route.method == "GET" and "{" not in route.path}
    for route in sorted(routes, key=_order):
        if not set(re.findall(r"{(\w+)}", route.path)) <= set(whole.ids):
            continue
        here = _where_a_document_is(whole, route, listed)
        _with_document(here, route, documents)
        answer = here.ask(route, token(sub=BOSS))
        if route.method == "GET" and answer.status == 200 and "document" in _fields(answer):
            documents[route.path] = answer.json["document"]
        yield operation_id(here.sample.room.app_name, route), _example(here, route, answer), answer


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
    listed, into, file = FILES.get(name, ("", "", ""))
    jobs = {
        ("POST", f"/jobs/{name}/exports"): {"list": listed, "format": "xlsx"},
        ("POST", f"/jobs/{name}/imports"): {"into": into, "content": b64encode(file.encode()).decode()},
    }
    return replace(sample, bodies={**sample.bodies, **jobs, **MORE})


def _order(route: Route) -> tuple[int, bool]:
    ends = route.path.endswith(("/cancel", "/close", "/delete", "/freeze", "/disable", "/revoke", "/logout-everywhere"))
    return ORDER.index(route.method), ends


def _example(walk: Walk, route: Route, answer: Answer) -> dict[str, Any]:
    where = route.method, route.path
    query = {name: text.format(**walk.ids) for name, text in walk.sample.queries.get(where, {}).items()}
    names = re.findall(r"{(\w+)}", route.path)
    example: dict[str, Any] = {"path": {name: walk.ids[name] for name in names}, "query": query}
    if route.body is not None:
        example["body"] = walk.sample.bodies.get(where, {})
    if route.answer is not None and answer.status < 300 and answer.text:
        example["answer"] = shortened(answer.json)
    return {name: part for name, part in example.items() if part or name in ("body", "answer")}


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
            for name, example, answer in examples_of(Walk(sample, ids)):
                written[name] = example
                if answer.status >= 300:
                    sys.stdout.write(f"{answer.status} {name} {answer.text[:300]}\n")
    lines = (f'"{name}": {json.dumps(written[name], ensure_ascii=False, sort_keys=True)}' for name in sorted(written))
    EXAMPLES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
