"""Bodies, pages and messages as text and JSON, though people typed what stands in them. Standard library only.

What people type reaches us through platforms that neither clean nor escape it: raw control characters, half a surrogate
pair, a last character cut in half, a lone backslash. Such a character is dropped or replaced, and the rest is read:
strictness belongs to signatures and to structure, not to words.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from typing import Any

UNPACKED_LIMIT_BYTES = 4 << 20
"""What a packed body may become."""
BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_ANY_HEADER = 47
"""zlib's word for: gzip or deflate, as its head says."""
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SUSPECT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\\[bf]|\\u(?:00[01]|[dD][89a-fA-F]|[fF]{3}[eEfF])")
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')

Hook = Callable[[list[tuple[str, Any]]], Any]


def is_packed(body: bytes) -> bool:
    """Whether it begins as gzip does; no platform's body does so otherwise."""
    return body[:2] == _GZIP


def unpack(body: bytes, limit_bytes: int = UNPACKED_LIMIT_BYTES) -> bytes:
    """What was packed by gzip or deflate. Raises ValueError where it was not, is cut, or becomes longer than that."""
    unpacker = zlib.decompressobj(_ANY_HEADER)
    try:
        unpacked = unpacker.decompress(body, limit_bytes + 1)
    except zlib.error:
        raise ValueError("not packed") from None
    if len(unpacked) > limit_bytes or not unpacker.eof:
        raise ValueError("too long, or cut")
    return unpacked


def decode(body: bytes) -> str:
    """The text of a body, packed or not, in any UTF, without its byte order mark; half a character is U+FFFD.

    Raises ValueError for what looks packed and can't be unpacked.
    """
    unpacked = unpack(body) if is_packed(body) else body
    return unpacked.decode(json.detect_encoding(unpacked), "replace").removeprefix("\ufeff")


def tidy(text: str) -> str:
    """Somebody's words without the control characters that no text holds (tabs and line breaks stay), and a question
    mark for each half of a character."""
    return _ODD.sub("", text).encode("utf-8", "replace").decode()


def escape_lone(text: str) -> str:
    """JSON with each backslash that begins no escape written as two."""
    return _ESCAPE.sub(lambda match: match[0] if match[1] else r"\\", text)


def parse_json(
    text: bytes | str,
    *,
    parse_int: Callable[[str], Any] = str,
    parse_float: Callable[[str], Any] = float,
    parse_constant: Callable[[str], Any] | None = None,
    pairs: Hook | None = None,
) -> Any:
    """A JSON value, whole numbers as text (ids exceed 2^53) unless told otherwise, all words tidy.

    Raises ValueError and RecursionError: its structure is broken.
    """
    text = decode(text) if isinstance(text, bytes) else text
    decoder = json.JSONDecoder(
        parse_int=parse_int,
        parse_float=parse_float,
        parse_constant=parse_constant,
        object_pairs_hook=pairs,
        strict=False,
    )
    try:
        value = decoder.decode(text)
    except ValueError:
        value = decoder.decode(escape_lone(text))
    return _tidy_all(value) if _SUSPECT.search(text) else value


def tidy_json(body: bytes) -> bytes:
    """A JSON body as a strict reader takes it. Raises as parse_json."""
    return json.dumps(parse_json(body, parse_int=int), ensure_ascii=False).encode()


def _tidy_all(value: Any) -> Any:
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, list):
        return [_tidy_all(item) for item in value]
    if isinstance(value, dict):
        return {tidy(name): _tidy_all(item) for name, item in value.items()}
    return value
