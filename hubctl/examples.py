"""Examples of the API's operations, as they were last run (`python -m tests.support.examples`), in its document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.edge.routes import Route

EXAMPLES = Path(__file__).with_name("examples.json")
METHODS = ("get", "put", "post", "patch", "delete")


def operation_id(room: str, route: Route) -> str:
    """How the document calls an operation."""
    return f"{room}_{route.handler.__name__}"


def with_examples(document: dict[str, Any]) -> dict[str, Any]:
    """The document with each operation's example: of its parameters, its body and its answer."""
    written: Mapping[str, Any] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    for item in document["paths"].values():
        for method in METHODS:
            if method in item and item[method]["operationId"] in written:
                _add(item[method], written[item[method]["operationId"]])
    return document


def _add(operation: dict[str, Any], example: Mapping[str, Any]) -> None:
    values = {**example.get("path", {}), **example.get("query", {})}
    operation["parameters"] = [
        {**parameter, "example": values[parameter["name"]]} if parameter["name"] in values else parameter
        for parameter in operation.get("parameters", ())
    ]
    if "body" in example and "requestBody" in operation:
        _put(operation["requestBody"], example["body"])
    if "answer" in example:
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                _put(answer, example["answer"])


def _put(part: dict[str, Any], example: Any) -> None:
    for content_type, content in part.get("content", {}).items():
        if content_type == "application/json":
            content["example"] = example
