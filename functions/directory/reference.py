"""The API's reference page (接口文档): one self-contained HTML page made from the OpenAPI document. Everything that
comes from the document is escaped; nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

METHODS = ("get", "put", "post", "patch", "delete")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The page runs no script and loads nothing, and the browser is told so."""

_STYLE = """body{font:15px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:60rem;margin:2rem auto;
padding:0 1rem;color:#1b1f24}h1{font-size:1.5rem}h2{margin-top:2.5rem;border-bottom:1px solid #d8dee4}
details{border:1px solid #d8dee4;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}
code,.verb{font-family:ui-monospace,Menlo,Consolas,monospace}.verb{display:inline-block;width:4.5rem;font-weight:700}
table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{border:1px solid #d8dee4;padding:.2rem .5rem;
text-align:left;vertical-align:top}.muted{color:#57606a}"""


def render_reference(document: Mapping[str, Any]) -> str:
    """The page for an OpenAPI 3.1 document (a dict as parsed from JSON)."""
    info = document.get("info", {})
    title = escape(str(info.get("title", "scrm-hub")))
    parts = [
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f'<h1>{title} <span class="muted">{escape(str(info.get("version", "")))}</span></h1>',
        f"<p>{escape(str(info.get('summary', '')))}</p>",
        '<p>机器可读版本 · Machine-readable: <a href="/openapi.json">/openapi.json</a></p>',
        *_operations(document),
        "<h2>数据结构 · Schemas</h2>",
        *_schemas(document),
        "</body></html>",
    ]
    return "".join(parts)


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    room = ""
    for path, item in sorted(document.get("paths", {}).items()):
        first = "/" + path.strip("/").split("/")[0]
        if first != room:
            room = first
            yield f"<h2>{escape(room)}</h2>"
        for method in METHODS:
            if method in item:
                yield _operation(path, method, item[method])


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    body = operation.get("requestBody", {}).get("content", {})
    answers = operation.get("responses", {})
    rows = "".join(
        _row(p.get("name", ""), f"{p.get('in', '')} · {_type(p.get('schema', {}))}", p.get("description", ""))
        for p in operation.get("parameters", ())
    )
    bodies = "".join(f"<p>请求 · Request: {_type(c.get('schema', {}))}</p>" for c in body.values())
    responses = "".join(
        _row(status, _content_type(answer), answer.get("description", "")) for status, answer in answers.items()
    )
    return (
        f'<details><summary><span class="verb">{method.upper()}</span><code>{escape(path)}</code> '
        f"{escape(str(operation.get('summary', '')))}</summary>"
        f"<p>{escape(str(operation.get('description', '')))}</p>{_table(rows)}{bodies}{_table(responses)}</details>"
    )


def _content_type(answer: Mapping[str, Any]) -> str:
    return " ".join(_type(content.get("schema", {})) for content in answer.get("content", {}).values())


def _schemas(document: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        needed = schema.get("required", ())
        rows = "".join(
            _row(f"{field}{'' if field in needed else ' ?'}", _type(of), of.get("description", ""))
            for field, of in schema.get("properties", {}).items()
        )
        about = escape(str(schema.get("description", "")))
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        yield f"<p>{about}</p>{_table(rows)}</details>"


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, as HTML: a link for a reference, else its type."""
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rsplit("/", 1)[-1])
        return f'<a href="#{name}"><code>{name}</code></a>'
    for many in ("anyOf", "oneOf", "allOf"):
        if many in schema:
            return " | ".join(_type(part) for part in schema[many])
    if "enum" in schema:
        return escape(" | ".join(str(value) for value in schema["enum"]))
    if "const" in schema:
        return escape(str(schema["const"]))
    if schema.get("type") == "array":
        return _type(schema.get("items", {})) + "[]"
    return escape(str(schema.get("type", "")))


def _row(name: object, kind_html: str, about: object) -> str:
    """A row of a table: `kind_html` is escaped already."""
    return f"<tr><td><code>{escape(str(name))}</code></td><td>{kind_html}</td><td>{escape(str(about))}</td></tr>"


def _table(rows: str) -> str:
    return f"<table>{rows}</table>" if rows else ""
