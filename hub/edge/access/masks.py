"""How something is shown to those who may know that it is there, but not what it is. Pure."""

from __future__ import annotations

from typing import Any

from hub.contracts.classes import FieldClass

HINTED: frozenset[FieldClass] = frozenset({"contact", "identity", "words"})
"""Classes whose first character may be shown: enough to tell two apart who stand side by side. Of an amount even the
first digit says too much."""

MASKABLE = (str, dict, list)


def masked(text: str) -> str:
    """The first character; how long the text was stays hidden. What is masked already stays as it is."""
    return f"{text[:1]}**" if text else ""


def masked_value(value: Any, field_class: FieldClass) -> Any:
    """A JSON text, list or object with every text in it masked; what is none of these has no mask and is left out."""
    if isinstance(value, dict):
        return {key: masked_value(part, field_class) for key, part in value.items() if isinstance(part, MASKABLE)}
    if isinstance(value, list):
        return [masked_value(part, field_class) for part in value if isinstance(part, MASKABLE)]
    return masked(value) if field_class in HINTED or not value else "**"
