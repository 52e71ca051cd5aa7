"""What `hubctl demo` prints, without what differs from run to run: ids, random words, and how long the machine took."""

from __future__ import annotations

import re

MASKS = (
    (re.compile(r"^ +nothing changed: .*\n", re.MULTILINE), ""),
    (re.compile(r"Ready after [\d.]+ s"), "Ready after N s"),
    (re.compile(r"[0-9A-HJKMNP-TV-Z]{26}"), "ID"),
    (re.compile(r"\b\d{16,20}\b"), "RANDOM"),
    (re.compile(r"/t/[\w.-]+"), "/t/LINK"),
)


def masked(printed: str) -> str:
    """The same day is the same text."""
    for pattern, instead in MASKS:
        printed = pattern.sub(instead, printed)
    return "\n".join(line.rstrip() for line in printed.splitlines()) + "\n"
