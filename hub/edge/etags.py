"""Entity tags (RFC 9110, 8.8): whether what a client holds is what it would be told now, and which version it saw.

A tag is the resource's version, where it has one, and a digest of the answer as this viewer gets it: rights, masks and
the hour change what is shown though the version stays. Whoever changes something holds the version against it. Pure.
"""

from __future__ import annotations

import hashlib
import re

from hub.kernel.errors import Invalid, Problem

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_VERSION = re.compile(r'"(\d{1,15})(?:\.[0-9a-f]+)?"')
DIGEST_CHARACTERS = 16
VERSION_FIELDS = ("version", "seen_version")
"""Under these names a body says which version its sender saw."""


def version_tag(version: int) -> str:
    """The tag of what a change made: its version alone."""
    return f'"{version}"'


def content_tag(body: str | bytes, version: int | None = None) -> str:
    """The tag of an answer: `"<version>.<digest>"`, or `"<digest>"` where there is no version."""
    raw = body.encode() if isinstance(body, str) else body
    digest = hashlib.sha256(raw).hexdigest()[:DIGEST_CHARACTERS]
    return f'"{digest}"' if version is None else f'"{version}.{digest}"'


def is_held(if_none_match: str, tag: str) -> bool:
    """Whether the client holds this answer already: by one of the tags of `If-None-Match`, or `*`."""
    return if_none_match.strip() == "*" or tag.strip('"') in _TAG.findall(if_none_match)


def seen_version(if_match: str) -> int | None:
    """The version that the sender saw, by `If-Match`; None for "" and for `*` (whichever it is). Raises Invalid for
    what holds no version."""
    if not if_match or if_match.strip() == "*":
        return None
    match = _VERSION.fullmatch(if_match.strip())
    if match is None:
        rule = 'must be the ETag of the thing as you saw it, e.g. "3"'
        raise Invalid("bad header", problems=[Problem("header:If-Match", rule)])
    return int(match[1])
