"""What is checked of the channels without calling anybody: that no status is left unmapped, and that no client calls an
API which its channel does not list (and its operator was therefore never asked to allow)."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hub.channels.mapping import lint, rows
from hubctl.failures import OperatorError
from hubctl.state import ROOT

CHANNELS = ROOT / "hub" / "channels"
GATEWAY = "PATH"
"""The constant in which a client holds the one path behind which a platform's APIs lie: no API's name itself."""
_API = re.compile(r"/[A-Za-z][\w-]*(/[\w.-]+)+|[A-Za-z]\w*(\.[A-Za-z]\w*)+(/\d+(\.\d+)*)?")
_TOKEN = re.compile("token|oauth", re.IGNORECASE)
"""Getting a token reads nobody's data: no permission is asked for."""
_ERROR_CODES = ("isv.", "isp.")


class LintFailed(OperatorError):
    """Something that would lose an order, or not work at all."""


class ApiNotAllowed(LintFailed):
    """A client names an API that its channel.json does not list under `apis`."""


def lint_mappings(folder: Path = CHANNELS) -> Iterator[str]:
    """Every packaged mapping, a line a rule, and how many there are. Raises LintFailed, after the last line, when a
    documented status is unmapped or a document is broken."""
    total, problems = 0, list[str]()
    for path in sorted(folder.glob("*/status.json")):
        document, channel = _read(path), path.parent.name
        lines = [
            f"{channel}  {kind}  {condition} → {state}  {label}".rstrip()
            for kind, condition, state, label in rows(document)
        ]
        yield from lines
        yield f"{channel}: {len(lines)} rows"
        total += len(lines)
        problems += [f"{channel}{problem.pointer} {problem.rule}" for problem in lint(document)]
    yield f"{total} rows, {len(problems)} unmapped or broken" if problems else f"{total} rows, 0 unmapped"
    if problems:
        raise LintFailed("\n".join(problems))


def lint_connectors(folder: Path = CHANNELS) -> Iterator[str]:
    """Every marketplace's client, a line each. Raises ApiNotAllowed, in place of the last line, naming each API that is
    called and not listed."""
    problems = list[str]()
    for path in sorted(folder.glob("*/client.py")):
        listed = _read(path.with_name("channel.json")).get("apis") if path.with_name("channel.json").exists() else None
        if listed is None:
            continue
        channel, allowed = path.parent.name, {name for names in listed.values() for name in names}
        named = apis_named(path.read_text(encoding="utf-8"))
        yield f"{channel}: {len(named)} APIs named, {len(allowed)} listed"
        problems += [f"{channel}: {name} is not listed in its channel.json" for name in sorted(named - allowed)]
    if problems:
        raise ApiNotAllowed("ApiNotAllowed\n" + "\n".join(problems))
    yield "every API that is called is listed"


def apis_named(source: str) -> set[str]:
    """The names in a client's source that look like an API's: `/order/searchList`, `pdd.order.list.get`,
    `youzan.trade.get/4.0.2`. Neither docstrings, nor error codes, nor what gets a token."""
    tree = ast.parse(source)
    constants = {
        ast.unparse(node.targets[0]): node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    texts = {text for node in _spoken(tree) if (text := _text(node, constants))}
    return {text for text in texts if _API.fullmatch(text) and not _is_else(text)}


def _spoken(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but docstrings, the gateway's path, and what is inside texts with placeholders."""
    for node in ast.iter_child_nodes(tree):
        gateway = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == GATEWAY
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not gateway and not docstring:
            yield node
            if not isinstance(node, ast.JoinedStr):
                yield from _spoken(node)


def _text(node: ast.AST, constants: Mapping[str, str]) -> str:
    """The text of a constant, or of a text whose placeholders are the module's constants; "" for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts = [_text(part, constants) or constants.get(_placeholder(part), "{}") for part in node.values]
    return "".join(parts)


def _placeholder(node: ast.AST) -> str:
    return ast.unparse(node.value) if isinstance(node, ast.FormattedValue) else ""


def _is_else(text: str) -> bool:
    return bool(_TOKEN.search(text)) or text.startswith(_ERROR_CODES) or text.startswith("application/")


def _read(path: Path) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
