"""What the maps of the settlement machine go through: lists that lie in files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hub.store.files import Files

LISTS = ("windows", "shards")


def laid_out(files: Files, payload: Mapping[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """A step's answer for the machine: what one of its maps goes through lies in a file, which the map reads by itself,
    so that no list has to fit into an execution's 256 KB. Done again it writes the same file."""
    name = next((name for name in LISTS if isinstance(answer.get(name), list)), None)
    if name is None:
        return answer
    file = f"job_runs/{payload['run_id']}/{payload['mode']}-{name}.json"
    files.put(file, json.dumps(answer[name]).encode(), "application/json")
    bucket, key = files.address(file)
    return {"count": len(answer[name]), "bucket": bucket, "key": key}
