"""A Bruno collection of the API (https://docs.usebruno.com/bru-lang): a folder a room, a file an operation, with the
examples that the reference has. Pure: from the OpenAPI document to texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

METHODS = ("get", "put", "post", "patch", "delete")
COLLECTION = """meta {
  name: scrm-hub
}

auth {
  mode: bearer
}

auth:bearer {
  token: {{token}}
}
"""
ENVIRONMENT = """vars {
  hub: http://127.0.0.1:8000
}

vars:secret [
  token
]
"""


def collection_files(document: Mapping[str, Any]) -> dict[str, str]:
    """Each file's path within the collection, and its text. document: OpenAPI 3.1, as parsed from JSON."""
    settings = {"version": "1", "name": "scrm-hub", "type": "collection", "ignore": ["node_modules", ".git"]}
    files = {
        "bruno.json": json.dumps(settings, indent=2) + "\n",
        "collection.bru": COLLECTION,
        "environments/this machine.bru": ENVIRONMENT,
    }
    return files | dict(_requests(document))


def _requests(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, item in sorted(document["paths"].items()):
        for sequence, method in enumerate((method for method in METHODS if method in item), start=1):
            operation = item[method]
            room, _, name = operation["operationId"].partition("_")
            parameters = (*item.get("parameters", ()), *operation.get("parameters", ()))
            yield f"{room}/{name}.bru", _request(path, method, operation, parameters, sequence)


def _request(
    path: str, method: str, operation: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]], sequence: int
) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    auth = "none" if operation.get("security") == [] else "inherit"
    url = "{{hub}}" + re.sub(r"{(\w+)}", r":\1", path)
    by_place = {
        place: [_pair(parameter) for parameter in parameters if parameter["in"] == place]
        for place in ("path", "query", "header")
    }
    blocks = [
        ("meta", [f"name: {_line(operation['summary'])}", "type: http", f"seq: {sequence}"]),
        (method, [f"url: {url}", f"body: {'json' if body else 'none'}", f"auth: {auth}"]),
        ("params:path", by_place["path"]),
        ("params:query", by_place["query"]),
        ("headers", by_place["header"]),
        ("body:json", json.dumps(body.get("example", {}), ensure_ascii=False, indent=2).splitlines() if body else []),
        ("docs", [_line(operation.get("description", ""))] if operation.get("description") else []),
    ]
    return "\n".join(_block(name, lines) for name, lines in blocks if lines)


def _pair(parameter: Mapping[str, Any]) -> str:
    """`name: value`; what need not be sent is there, switched off."""
    off = "" if parameter.get("required") else "~"
    return f"{off}{parameter['name']}: {_line(str(parameter.get('example', '')))}".rstrip()


def _block(name: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{name} {{", *(f"  {line}" for line in lines), "}", ""])


def _line(text: str) -> str:
    return " ".join(text.split())
