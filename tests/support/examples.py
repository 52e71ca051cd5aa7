"""Examples for the API's reference (接口示例): what each operation is sent and answers, as the access walk's samples
have it. `python -m tests.support.examples` writes them down; a test runs each again and compares.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from hub.edge.routes import Route
from hubctl.examples import EXAMPLES, operation_id
from tests.support.access import BOSS, Walk
from tests.support.access_samples import SAMPLES
from tests.support.http import Answer, token

ORDER = ("GET", "PUT", "POST", "PATCH", "DELETE")
LIST_LIMIT, TEXT_LIMIT = 2, 400
SECRETS = re.compile(r"(hubk_|eyJ|whsec_|whsk_)[A-Za-z0-9_.=/+-]{8,}")


def examples_of(walk: Walk) -> Iterator[tuple[str, dict[str, Any], Answer]]:
    """(operationId, its example, what it answered) of each operation of a room: what only reads first, and what takes
    away last, so that each finds its thing."""
    for route in sorted(walk.sample.room.http_routes, key=_order):
        if not set(re.findall(r"{(\w+)}", route.path)) <= set(walk.ids):
            continue
        answer = walk.ask(route, token(sub=BOSS))
        yield operation_id(walk.sample.room.app_name, route), _example(walk, route, answer), answer


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
    if answer.status < 300 and "json" in answer.headers.get("content-type", ""):
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
    EXAMPLES.write_text(json.dumps(written, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
