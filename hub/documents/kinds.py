"""Kinds (文档种类): what a document is, declared once; everything else comes from the declaration. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

from hub.documents.readings import Reading
from hub.documents.scopes import TENANT, Scope
from hub.documents.versions import Past
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid

Json = Any
Value = TypeVar("Value")
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What lint says of one place. pointer: JSON pointer (RFC 6901) into the whole document. An error: it cannot work,
    and is refused; a warning: it can."""

    pointer: str
    rule: str
    severity: Severity = "error"


@dataclass(frozen=True)
class Proposal(Generic[Value]):
    """A document that parses, as it would be once it is published. content: the schema's model; value: as `read`."""

    key: str
    content: Any
    value: Value
    scope: Scope = TENANT


class Legacy(Protocol):
    """What a room stored of a kind before it was one: read where it lies, never written."""

    def keys(self) -> Sequence[str]: ...

    def past(self, key: str) -> Past | None: ...


def as_it_is(content: Any) -> Any:
    """A kind whose value is the model itself."""
    return content


def no_findings(proposal: Any, context: Any) -> Iterable[Finding]:  # noqa: ARG001 - lint's signature
    """A kind that its schema says all of."""
    return ()


def nothing_follows(proposal: Any, context: Any) -> Mapping[str, str]:  # noqa: ARG001 - published's signature
    """A kind that needs nothing done before it is in force."""
    return {}


def no_presets() -> Mapping[str, Json]:
    """A kind of which nothing ships with the hub."""
    return {}


def same_schema(schema: int, raw: Json) -> Json:  # noqa: ARG001 - upcast's signature
    """A kind whose schema never changed."""
    return raw


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[Value]):
    """A kind of document. `context` is what the room gives to its Documents: lint, published and legacy get it.

    name: in keys, `[a-z_]+`. path: of the list; one document is `path/{key}`. title: Chinese, then English.
    schema: the model of the content. Content is stored as it dumps it (mode "json"), defaults filled in, so dumping
    and validating must be one round; a schema of a form of its own is a RootModel[dict[str, Any]] and `read` parses it.
    read: from the model to what the room works with, once a version and process; Invalid becomes findings.
    lint: what else is wrong with it. published: what must be there before a version is in force (a flow's machine);
    what it answers is kept with the version as its facts. presets: documents that ship with the hub, by key: in force
    as version 0 while nothing is published. overlays: regions and stores may change parts. effective: publications have
    `valid_from` and `valid_to`. approval: what of a publication `approvers` alone may say yes to (warnings), and what
    nobody may (errors), against the reading that would be in force without it; else it is refused. schema_version,
    upcast: what was stored under an older schema (0: by `legacy`) is made one of this; an overlay too, in which any
    part may be missing. only: the key of a kind with a single document, which then lies at `path` itself. limit_bytes:
    of a whole document, where less than of any. readers, editors: roles; none: everybody who is signed in.
    """

    name: str
    path: str
    title: str
    schema: type[BaseModel]
    read: Callable[[Any], Value] = as_it_is
    lint: Callable[[Proposal[Value], Any], Iterable[Finding]] = no_findings
    published: Callable[[Proposal[Value], Any], Mapping[str, str]] = nothing_follows
    presets: Callable[[], Mapping[str, Json]] = no_presets
    overlays: bool = False
    effective: bool = False
    approval: Callable[[Reading[Value], Proposal[Value], Any], Iterable[Finding]] | None = None
    approvers: tuple[str, ...] = ("administrator",)
    schema_version: int = 1
    upcast: Callable[[int, Json], Json] = same_schema
    legacy: Callable[[Any], Legacy] | None = None
    only: str = ""
    limit_bytes: int = 0
    readers: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses a declaration whose name could not be part of a key, or whose title is in one language."""
        if not is_key(self.name) or " · " not in self.title or not self.path.startswith("/"):
            raise ValueError(f"{self.name}: a name of a-z, 0-9 and _, a title '中文 · English', a path from /")


_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")


def is_key(text: str) -> bool:
    """Whether a document may be called so."""
    return bool(_KEY.fullmatch(text))


def findings_of(error: Invalid, prefix: str = "") -> tuple[Finding, ...]:
    """The problems of an Invalid as findings."""
    return tuple(Finding(prefix + problem.pointer, problem.rule) for problem in error.problems)


def preset_files(folder: Path) -> Callable[[], Mapping[str, Json]]:
    """Presets that lie as `<key>.json` in a folder, read at first use."""

    @cache
    def presets() -> Mapping[str, Json]:
        return {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))}

    return presets
