"""The flows that every tenant has from the start: statemachines/flows/*.flow.json, beside their compiled machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FLOWS = Path(__file__).parents[3] / "statemachines" / "flows"


def preset_keys() -> tuple[str, ...]:
    """The keys of all preset flows."""
    return tuple(sorted(path.name.removesuffix(".flow.json") for path in FLOWS.glob("*.flow.json")))


def preset_flow(key: str) -> dict[str, Any] | None:
    """The document of a preset flow, None when there is none of this key."""
    if key not in preset_keys():
        return None
    document: dict[str, Any] = json.loads((FLOWS / f"{key}.flow.json").read_text(encoding="utf-8"))
    return document
