"""What no log may show: fields named like a secret or a person."""

from __future__ import annotations

from typing import Any

PRIVATE = frozenset(
    {
        "secret", "app_secret", "token", "access_token", "encoding_aes_key", "api_key", "authorization", "password",
        "phone", "mobile", "name", "content", "text", "body", "plaintext", "address", "email", "link",
    }
)  # fmt: skip
MASK = "***"


def masked_facts(facts: dict[str, Any], *, typed: bool = False) -> dict[str, str]:
    """An error's facts for the log. typed: they are a caller's own words, phones and links among them perhaps, so no
    value is logged."""
    return {f"fact_{name}": MASK if typed or name in PRIVATE else str(value) for name, value in facts.items()}
