"""What fields and parameters mean (字段说明), where their contract does not say it: by name, in Chinese and English.

One name means one thing all over the API; what it means in one place alone stands there, as `Field(description=…)`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).with_name("field_words.json")


@lru_cache(maxsize=1)
def field_words() -> Mapping[str, str]:
    """Name → what it means."""
    words: Mapping[str, str] = json.loads(WORDS.read_text(encoding="utf-8"))
    return words


def with_words(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a description at every field and parameter that had none."""
    for name, field in undescribed(document):
        if name in field_words():
            field["description"] = field_words()[name]
    return document


def undescribed(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of a schema, and each parameter, that says nothing of itself."""
    schemas = document["components"]["schemas"].values()
    fields = (pair for schema in schemas for pair in schema.get("properties", {}).items())
    parameters = ((parameter["name"], parameter) for parameter in _parameters(document))
    for name, part in (*fields, *parameters):
        if not part.get("description") and not part.get("schema", {}).get("description"):
            yield name, part


def _parameters(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        for name, part in item.items():
            yield from part if name == "parameters" else part.get("parameters", ())
