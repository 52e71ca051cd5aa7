"""Mappings (状态映射): whether a document that a tenant wrote may replace the one before. Pure.

What is checked is what would lose an order: a document must map every code that the platform documents, so the values
listed in the packaged one must be listed, and every combination of listed values must find a rule. The codes of kinds
and of money must be there too: a refund whose code is missing would never count as paid back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.channels.mapping import RANKS, StatusTable, lint
from hub.kernel.errors import Problem

TOP = ("schema", "channel", "version", "about", *RANKS)
WORD = "unknown-status"
"""Why a message waits in quarantine for a newer mapping."""


def check_mapping(document: Mapping[str, Any], packaged: StatusTable) -> list[Problem]:
    """What is wrong with a document, by JSON pointer into it; empty when it can be published."""
    problems = list(_form(document, str(packaged.document["channel"])))
    return problems or [*_undocumented(document, packaged.document), *lint(document)]


def _form(document: Mapping[str, Any], channel: str) -> Iterator[Problem]:
    """What the linter takes for granted."""
    for name in sorted(set(document) - set(TOP)):
        yield Problem(f"/{name}", "must be one of: " + ", ".join(TOP))
    if document.get("schema", 1) != 1:
        yield Problem("/schema", "must be 1")
    if type(document.get("version", 0)) is not int:
        yield Problem("/version", "must be a whole number")
    if document.get("channel", channel) != channel:
        yield Problem("/channel", f"must be {channel}, as in the path")
    for kind in (kind for kind in RANKS if kind in document):
        yield from _form_of(f"/{kind}", document[kind])


def _form_of(pointer: str, part: Any) -> Iterator[Problem]:
    if not isinstance(part, Mapping):
        yield Problem(pointer, "must be an object")
        return
    if not isinstance(part.get("rules"), list):
        yield Problem(f"{pointer}/rules", "must be a list of rules")
    elif not all(isinstance(rule, Mapping) and isinstance(rule.get("label", ""), str) for rule in part["rules"]):
        yield Problem(f"{pointer}/rules", "must be objects, each label a text")
    for name in ("fields", "types", "money"):
        if not isinstance(part.get(name, {}), Mapping):
            yield Problem(f"{pointer}/{name}", "must be an object")
            return
    for name, values in part.get("fields", {}).items():
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            yield Problem(f"{pointer}/fields/{name}", "must be a list of texts, one at least")
    for name in ("types", "money"):
        for code, ours in part.get(name, {}).items():
            if not isinstance(ours, str):
                yield Problem(f"{pointer}/{name}/{code}", "must be a text")


def _undocumented(document: Mapping[str, Any], packaged: Mapping[str, Any]) -> Iterator[Problem]:
    """Documented values and codes that the document leaves out."""
    for kind in (kind for kind in RANKS if kind in packaged):
        if kind not in document:
            yield Problem(f"/{kind}", "must be there: the platform has them")
            continue
        fields = document[kind].get("fields", {})
        for name, values in packaged[kind]["fields"].items():
            missing = [value or '""' for value in values if value not in fields.get(name, ())]
            if missing:
                yield Problem(f"/{kind}/fields/{name}", "must list the documented: " + ", ".join(missing))
        for name in ("types", "money"):
            if missing := [code for code in packaged[kind].get(name, {}) if code not in document[kind].get(name, {})]:
                yield Problem(f"/{kind}/{name}", "must have the documented: " + ", ".join(missing))
