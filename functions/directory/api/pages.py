"""What everybody may read: the API's description, and the files by which platforms see that the domain is ours."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from functions.directory.desk import Desk
from functions.directory.reference import POLICY, render_reference
from functions.directory.room import room
from hub.edge.answers import Raw
from hub.edge.auth import Principal
from hub.edge.requests import Request
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import NotFound

SWAGGER = Path(__file__).parents[1] / "swagger"
SWAGGER_TYPES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
TRYING = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
OPENAPI = Path(__file__).parents[1] / "openapi.json"
_VERIFY_FILE = re.compile(r"(WW|MP)_verify_[A-Za-z0-9]{1,64}\.txt")


@room.http("GET", "/openapi.json", summary="接口描述 · The OpenAPI document", scope="public")
def read_openapi(desk: Desk, request: Request) -> Raw:
    """The OpenAPI 3.1 document of the whole hub."""
    return Raw(200, _openapi(), "application/json")


@room.http("GET", "/docs", summary="接口文档 · The reference page", scope="public")
def read_docs(desk: Desk, request: Request) -> Raw:
    """The reference, in which calls can be tried: paste a token or a key under Authorize. It loads nothing but its own
    files and the OpenAPI document."""
    return Raw(200, (SWAGGER / "page.html").read_bytes(), "text/html; charset=utf-8", TRYING)


@room.http("GET", "/docs/{file}", summary="接口文档的文件 · A file of the reference page", scope="public")
def read_docs_file(desk: Desk, request: Request) -> Raw:
    """The scripts and styles of the reference page, which are part of the hub."""
    name = request.path["file"]
    if name not in SWAGGER_TYPES:
        raise NotFound("no such path")
    held = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Raw(200, (SWAGGER / name).read_bytes(), SWAGGER_TYPES[name], held)


@room.http("GET", "/docs/plain", summary="无脚本接口文档 · The reference without scripts", scope="public")
def read_plain_docs(desk: Desk, request: Request) -> Raw:
    """The reference as one page that runs and loads nothing."""
    page = render_reference(json.loads(_openapi()))
    return Raw(200, page.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": POLICY})


@room.http("GET", "/{file}", summary="域名校验文件 · A platform's verification file", scope="public")
def read_verification(desk: Desk, request: Request) -> Raw:
    """`WW_verify_….txt` or `MP_verify_….txt` of the tenant, by which a platform sees that the domain is ours."""
    name = request.path["file"]
    content = desk.host.settings.verify_file(name) if _VERIFY_FILE.fullmatch(name) else None
    if content is None:
        raise NotFound("no such path")
    return Raw(200, content.encode(), "text/plain; charset=utf-8")


@dataclass(frozen=True)
class OperationRule:
    """Who gets past the first question of an operation. roles: (): everybody. whole: only who reaches all of the
    tenant. terminals: where from, (): anywhere."""

    roles: tuple[str, ...]
    whole: bool
    terminals: tuple[str, ...]

    def opens(self, principal: Principal, terminal: str, *, reaches_all: bool) -> bool:
        """Whether it is this principal's to ask, on this terminal."""
        by_role = not self.roles or principal.has(*self.roles)
        return by_role and (reaches_all or not self.whole) and (not self.terminals or terminal in self.terminals)


@lru_cache(maxsize=1)
def operation_rules() -> Mapping[str, OperationRule]:
    """The rule of each operation of the reference, by its operationId."""
    operations = (
        (method, operation)
        for item in json.loads(_openapi())["paths"].values()
        for method, operation in item.items()
        if "operationId" in operation
    )
    return {
        operation["operationId"]: OperationRule(
            tuple(operation.get("x-roles", ())),
            operation.get("x-scope") == "whole" or (operation.get("x-scope") == "tenant" and method != "get"),
            tuple(operation.get("x-terminals", ())),
        )
        for method, operation in operations
    }


def _openapi() -> bytes:
    if not OPENAPI.exists():
        raise NotFound("this build has no OpenAPI document")
    return OPENAPI.read_bytes()
