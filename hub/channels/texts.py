"""Texts within a platform's limits. Pure."""

from __future__ import annotations


def cut_text(text: str, limit_bytes: int) -> str:
    """`text` within the limit in UTF-8 bytes, cut between characters, with … where something is missing."""
    raw = text.encode()
    if len(raw) <= limit_bytes:
        return text
    ellipsis = "…"
    return raw[: limit_bytes - len(ellipsis.encode())].decode(errors="ignore") + ellipsis
