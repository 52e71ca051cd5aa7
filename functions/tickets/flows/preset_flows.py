"""The flows that every tenant has from the start: statemachines/flows/*.flow.json, beside their compiled machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "statemachines" / "flows"
SUFFIX = ".flow.json"


@cache
def preset_flows() -> Mapping[str, dict[str, Any]]:
    """The documents of all preset flows, by key."""
    files = sorted(FOLDER.glob(f"*{SUFFIX}"))
    return {file.name.removesuffix(SUFFIX): json.loads(file.read_text(encoding="utf-8")) for file in files}
