"""Values put into a text for somebody (文案填充): first projected for whoever reads it, then put in once.

What stands in a value is never read again, so a customer who calls themselves `{phone}` or `[点我](https://…)` stays a
text; `escape` says what the text's own markup needs. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from hub.edge.access.policy import Policy
from hub.edge.access.projector import Viewer, project
from hub.edge.access.scope import Place

_HOLE = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)\}")


def fill_text(
    template: str,
    values: BaseModel,
    viewer: Viewer,
    policy: Policy,
    place: Place | None = None,
    escape: Callable[[str], str] = str,
) -> str:
    """The template with each `{field}` or `{field.inner}` of the contract as its reader may see it; what they may not
    see, or what is not there, leaves nothing."""
    return fill_values(template, project(values, viewer, policy, place), escape)


def fill_values(template: str, shown: Mapping[str, Any], escape: Callable[[str], str] = str) -> str:
    """The same with values that are projected already."""
    return _HOLE.sub(lambda hole: escape(_text(_at(shown, hole[1]))), template)


def _at(shown: Any, path: str) -> Any:
    for step in path.split("."):
        shown = shown.get(step) if isinstance(shown, Mapping) else None
    return shown


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)
