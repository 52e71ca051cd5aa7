"""OpenAPI 3.1 from the routes as they are declared: nothing is written twice, so nothing can disagree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import ModelSchema, UnionSchema

from hub.contracts.http import ProblemAnswer
from hub.edge.access.terminals import terminals_for
from hub.edge.answers import PROBLEM_TYPE
from hub.edge.room import Room
from hub.edge.routes import Route

REFERENCE = "#/components/schemas/{model}"
PARAMETER = re.compile(r"{(\w+)}")
SENT: Any = "serialization"
IDEMPOTENT = ("POST", "PATCH", "PUT")

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "重复请求只做一次 · With the same key and body the request is done once; kept for two days.",
    "schema": {"type": "string", "maxLength": 128},
}

DRY_RUN = {
    "name": "dry_run",
    "in": "query",
    "required": False,
    "description": "只演示不执行 · Answers what would be, and changes nothing.",
    "schema": {"type": "string", "enum": ["1", "true", "0", "false"]},
}


EXPLAIN = {
    "name": "explain",
    "in": "query",
    "required": False,
    "description": "说明原因 · Answers why it is decided so, too.",
    "schema": {"type": "string", "enum": ["1", "true", "0", "false"]},
}


EMPTY = {"const": "", "type": "string"}


class _Schemas(GenerateJsonSchema):
    """A classified field of an answer (`x-class`) is there for those who may see it: no reader may count on it. A text
    that may be empty is one text: client generators take it for nothing but empty where it is two alternatives."""

    def union_schema(self, schema: UnionSchema) -> JsonSchemaValue:
        made = super().union_schema(schema)
        parts = made.get("anyOf", [])
        texts = [part for part in parts if part != EMPTY]
        is_text = len(parts) == 2 and len(texts) == 1 and texts[0].get("type") == "string" and not _is_choice(texts[0])
        if not is_text:
            return made
        text = {name: value for name, value in texts[0].items() if name != "minLength"}
        return text | ({"pattern": f"^$|{text['pattern']}"} if "pattern" in text else {})

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        if self.mode == "serialization" and "required" in made:
            properties = made.get("properties", {})
            made["required"] = [name for name in made["required"] if "x-class" not in properties[name]]
        return made


def _is_choice(part: Mapping[str, Any]) -> bool:
    return "enum" in part or "const" in part


def document(
    rooms: Iterable[Room[Any]],
    version: str,
    extra_paths: Mapping[str, Any],
    webhooks: Mapping[str, type[BaseModel]] | None = None,
) -> dict[str, Any]:
    """The whole API. `extra_paths`: path items of what is no room's route (the webhook front door). webhooks: the event
    types that are sent to integrators, by name."""
    declared = [(room, route) for room in rooms for route in room.http_routes]
    events: dict[str, type[BaseModel]] = dict(webhooks or {})
    models = [*_models(route for _, route in declared), *((event, SENT) for event in events.values())]
    references, components = models_json_schema(models, ref_template=REFERENCE, schema_generator=_Schemas)
    paths: dict[str, Any] = {}
    for room, route in declared:
        item = paths.setdefault(route.path, {})
        item[route.method.lower()] = _operation(room.app_name, route, references)
    paths.update(extra_paths)
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "scrm-hub",
            "version": version,
            "summary": "社交 CRM 集成中枢 · An integration hub for social CRM",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": dict(sorted(paths.items())),
        **({"webhooks": {name: _webhook(name, event, references) for name, event in events.items()}} if events else {}),
        "components": {
            "schemas": _titled(components.get("$defs", {})),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A person's JWT, or a machine's API key (hubk_…)",
                }
            },
        },
    }
    return _without_aliases(whole)


def _without_aliases(whole: dict[str, Any]) -> dict[str, Any]:
    """The document without components that are another's second name: client generators make two classes of one name of
    those, and leave out whatever uses them."""
    schemas = whole["components"]["schemas"]
    targets = {
        name: schema["$ref"]
        for name, schema in schemas.items()
        if "$ref" in schema and set(schema) <= {"$ref", "title"}
    }
    if not targets:
        return whole
    own = {REFERENCE.format(model=name): target for name, target in targets.items()}
    kept = {name: schema for name, schema in schemas.items() if name not in targets}
    whole = {**whole, "components": {**whole["components"], "schemas": kept}}
    renamed: dict[str, Any] = _renamed(whole, own)
    return renamed


def _renamed(value: Any, own: Mapping[str, str]) -> Any:
    """The value with each reference to an alias going to what that names."""
    if isinstance(value, dict):
        return {
            key: own.get(part, part) if key == "$ref" and isinstance(part, str) else _renamed(part, own)
            for key, part in value.items()
        }
    return [_renamed(part, own) for part in value] if isinstance(value, list) else value


def _webhook(name: str, event: type[BaseModel], references: Mapping[Any, Any]) -> dict[str, Any]:
    """What is sent of one type of event: a signed POST of CloudEvents' attributes with the event as `data`."""
    body = {
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "description": "the webhook-id, the same over all attempts"},
            "source": {"type": "string"},
            "type": {"const": name},
            "subject": {"type": "string", "description": "the id of what it is about"},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": {"type": "string"},
            "data": references[(event, SENT)],
        },
        "required": ["specversion", "id", "source", "type", "time", "datacontenttype", "data"],
    }
    headers = [
        {"name": f"webhook-{header}", "in": "header", "required": True, "schema": {"type": "string"}}
        for header in ("id", "timestamp", "signature")
    ]
    return {
        "post": {
            "operationId": f"event_{name.replace('.', '_')}",
            "tags": ["outbound"],
            "summary": f"事件推送 · Event {name}",
            "description": " ".join((event.__doc__ or "").split()),
            "security": [],
            "parameters": headers,
            "requestBody": {"required": True, "content": _json(body)},
            "responses": {"2XX": {"description": "已收到 · Received"}, "410": {"description": "停用 · Disable me"}},
        }
    }


def _titled(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The components by name. Client generators name their classes by `title`, so each is its component's own name."""
    return {name: {**schemas[name], "title": name} for name in sorted(schemas)}


def _models(routes: Iterable[Route]) -> list[tuple[type[BaseModel], Any]]:
    models: dict[tuple[type[BaseModel], str], None] = {(ProblemAnswer, "serialization"): None}
    for route in routes:
        if route.body is not None:
            models[(route.body, "validation")] = None
        if _is_model(route.answer):
            models[(route.answer, "serialization")] = None
    return list(models)


def _is_model(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, BaseModel)


def _operation(tag: str, route: Route, references: Mapping[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{tag}_{route.handler.__name__}",
        "tags": [tag],
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {str(route.status): _success(route, references), "default": _problem(references)},
    }
    if route.handler.__doc__:
        operation["description"] = " ".join(route.handler.__doc__.split())
    if route.is_public:
        operation["security"] = []
    elif route.roles:
        operation["x-roles"] = list(dict.fromkeys(("administrator", *route.roles)))
    if route.scope is not None:
        operation["x-scope"] = route.scope
    if route.needs != "work":
        operation["x-terminals"] = list(terminals_for(route.needs))
    if route.dry_run:
        operation["parameters"].append(DRY_RUN)
    if route.explain:
        operation["parameters"].append(EXPLAIN)
    if route.method in IDEMPOTENT and not route.is_public:
        operation["parameters"].append(IDEMPOTENCY_KEY)
    if route.body is not None:
        needed = route.method == "PUT" or any(field.is_required() for field in route.body.model_fields.values())
        operation["requestBody"] = {"required": needed, "content": _json(references[(route.body, "validation")])}
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = PARAMETER.findall(route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema()
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _inlined(field, schema)}
        for name, field in schema["properties"].items()
    ]


def _inlined(field: Any, schema: Mapping[str, Any]) -> Any:
    """A query field's schema with the model's own definitions put in place: parameters cannot refer to them."""
    if isinstance(field, dict):
        if "$ref" in field:
            return _inlined(schema["$defs"][field["$ref"].rsplit("/", 1)[-1]], schema)
        return {key: _inlined(value, schema) for key, value in field.items()}
    return [_inlined(item, schema) for item in field] if isinstance(field, list) else field


def _success(route: Route, references: Mapping[Any, Any]) -> dict[str, Any]:
    if not _is_model(route.answer):
        return {"description": "OK"}
    return {"description": "OK", "content": _json(references[(route.answer, "serialization")])}


def _problem(references: Mapping[Any, Any]) -> dict[str, Any]:
    schema = references[(ProblemAnswer, "serialization")]
    return {"description": "出错 · An error (RFC 9457)", "content": {PROBLEM_TYPE: {"schema": schema}}}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
