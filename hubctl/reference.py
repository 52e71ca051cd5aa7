"""What is generated from the code: the OpenAPI 3.1 document of every route, the preset flows' machines, and the page
of what flows may do by themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from functions.outbound.catalogue.catalogue import webhook_models
from functions.tickets.actions.action import ActionType
from functions.tickets.actions.registry import ACTIONS
from functions.tickets.flows.asl import compile_flow
from functions.tickets.flows.preset_flows import FOLDER, preset_flows
from functions.tickets.flows.soundness import parse_flow
from hub.channels.registry import channel_document, inbound_channels
from hub.edge.openapi import document
from hubctl.describing import with_words
from hubctl.examples import with_examples
from hubctl.state import ROOT

ROOMS = ("customers", "directory", "notifications", "outbound", "pricing", "settlement", "tickets", "webhooks")
PACKAGED = ROOT / "functions" / "directory" / "openapi.json"


def reference() -> dict[str, Any]:
    """The whole document: what `hubctl openapi` prints and `/openapi.json` serves."""
    rooms = [import_module(f"functions.{name}.app").room for name in ROOMS]
    doors = {f"/webhooks/{name}/{{connection}}": _door(name) for name in inbound_channels()}
    return with_words(with_examples(document(rooms, version("scrm-hub"), doors, webhook_models())))


def flow_machines() -> dict[Path, str]:
    """Where each preset flow's compiled machine lies, and its text."""
    return {FOLDER / f"{key}.asl.json": compile_flow(parse_flow(flow)).asl for key, flow in preset_flows().items()}


def actions_page() -> dict[Path, str]:
    """Where the page of the actions that flows may use lies, and its text."""
    return {ROOT / "docs" / "actions.md": "\n".join([_ACTIONS_INTRODUCTION, *map(_action, ACTIONS)])}


def _action(action: ActionType[Any]) -> str:
    fields = action.params.model_json_schema().get("properties", {})
    params = [
        f"| `{name}` | {_values(field)} | `{json.dumps(field['default']) if 'default' in field else ''}` "
        f"| {field.get('description', '')} |"
        for name, field in fields.items()
    ]
    outcomes = [f"| `{outcome.id}` | {outcome.zh} · {outcome.en} |" for outcome in action.outcomes]
    return "\n".join(
        [
            f"## `{action.name}`\n\n{action.zh} · {action.en}.\n",
            *(
                ["| parameter | values | default | what it is |\n| --- | --- | --- | --- |", *params, ""]
                if params
                else []
            ),
            "| outcome | when |\n| --- | --- |",
            *outcomes,
            "",
        ]
    )


def _values(field: Mapping[str, Any]) -> str:
    return " ".join(f"`{value}`" for value in field["enum"]) if "enum" in field else str(field.get("type", ""))


_ACTIONS_INTRODUCTION = """# Actions: what a flow does by itself

Generated from `functions/tickets/actions/` by `make generate`; over HTTP the same list is `GET /tickets/actions`.

A node `{"kind": "action", "action": "<name>", "params": {…}, "next": "<node>"}` does one of these and goes on to
`next`. Where an outcome shall lead elsewhere, `outcomes` says so: `{"unassigned": "escalate"}`. What an action came to
stands in its visit, and a step that is called twice does it once.

A new action is one file in `functions/tickets/actions/` and one line in its `registry.py`.
"""


def _door(channel: str) -> dict[str, Any]:
    titles = channel_document(channel)["title"]
    connection = {"name": "connection", "in": "path", "required": True, "schema": {"type": "string"}}
    answers = {
        "200": {"description": "已存储,以平台约定的内容应答 · Stored; answered in the platform's own words"},
        "401": {"description": "验签失败(部分平台) · Does not verify, where the platform says 401"},
        "403": {"description": "验签或解密失败 · Does not verify or decrypt"},
        "404": {"description": "没有这个连接 · No such connection"},
        "413": {"description": "超过 256 KiB · Over 256 KiB"},
        "503": {"description": "暂时无法存储,请重推 · Cannot be stored right now: push again"},
    }
    operations: dict[str, Any] = {"parameters": [connection]}
    for method, summary in (("get", "验证回调 URL · Verify the URL"), ("post", "接收推送 · Take a delivery")):
        operations[method] = {
            "operationId": f"accept_{channel}_{method}",
            "tags": ["webhooks"],
            "summary": f"{titles['zh']}: {summary}",
            "security": [],
            "responses": answers,
        }
    operations["post"]["requestBody"] = {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
    return operations
