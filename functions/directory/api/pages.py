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
from hub.kernel.errors import NotFound
from hub.kernel.frozen import dataclass

OPENAPI = Path(__file__).parents[1] / "openapi.json"
_VERIFY_FILE = re.compile(r"(WW|MP)_verify_[A-Za-z0-9]{1,64}\.txt")


@room.http("GET", "/openapi.json", summary="接口描述 · The OpenAPI document", scope="public")
def read_openapi(desk: Desk, request: Request) -> Raw:
    """The OpenAPI 3.1 document of the whole hub."""
    return Raw(200, _openapi(), "application/json")


@room.http("GET", "/docs", summary="接口文档 · The reference page", scope="public")
def read_docs(desk: Desk, request: Request) -> Raw:
    """The reference as one page that loads nothing."""
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
    tenant."""

    roles: tuple[str, ...]
    whole: bool

    def opens(self, principal: Principal, *, reaches_all: bool) -> bool:
        """Whether it is this principal's to ask."""
        return (not self.roles or principal.has(*self.roles)) and (reaches_all or not self.whole)


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
            tuple(operation.get("x-roles", ())), operation.get("x-scope") == "tenant" and method != "get"
        )
        for method, operation in operations
    }


def _openapi() -> bytes:
    if not OPENAPI.exists():
        raise NotFound("this build has no OpenAPI document")
    return OPENAPI.read_bytes()
