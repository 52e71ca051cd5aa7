"""A decrypted callback as fields. XML or JSON, by its first character; names in lower case, every value a text.

WeCom writes the same name as `MsgId`, `msgid` or `MsgID` from one product to the next, with and without CDATA; and it
passes on what people typed as it is, so that what no parser takes is mended once (mending.py) before it is given up.
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from hub.channels.base import NotUnderstood
from hub.channels.parsing import parse_json
from hub.channels.wechat.mending import mend_xml

DEPTH_LIMIT = 16
Fields = dict[str, Any]
"""Text, or Fields for an element with children, or a list of those where an element repeats."""

# A DTD can stand only before the root element. Nothing but a declaration may stand there, so that no DTD, however
# large, reaches the parser (which would go on reading it after a handler has refused).
_PROLOG = re.compile(rb"(?:<\?xml\s[^<>]*\?>\s*)?<[A-Za-z_]")

# One child of a flat document: no attributes, no entities, no children, nothing that XML forbids or rewrites.
_ODD = r"\x00-\x08\x0b-\x1f\ufffe\uffff"
_CDATA = rf"<!\[CDATA\[([^\]{_ODD}]*(?:\](?!\]>)[^\]{_ODD}]*)*)\]\]>"
_CHILD = re.compile(rf"<([A-Za-z_][A-Za-z0-9_]*)>(?:{_CDATA}|([^<&\]{_ODD}]*))</\1>[ \t\n]*")
_ROOT, _END = "<xml>", "</xml>"
_BLANKS = b"\xef\xbb\xbf \t\r\n"


def read_fields(plaintext: bytes) -> Fields:
    """The fields of a callback. Raises NotUnderstood: dtd, bad-xml, bad-json, too-deep, empty."""
    text = plaintext.lstrip(_BLANKS)
    if not text:
        raise NotUnderstood("empty")
    return _read_json(text) if is_json(text) else _read_xml(text)


def is_json(text: bytes) -> bool:
    """Whether it is JSON and no XML, by the first character that is neither a blank nor a byte order mark."""
    return text.lstrip(_BLANKS)[:1] == b"{"


def _read_xml(text: bytes) -> Fields:
    flat = read_flat(text)
    return flat if flat is not None else parse_xml(text)


def read_flat(text: bytes) -> Fields | None:
    """The fields of a document as WeCom nearly always writes it; None leaves it to `parse_xml`, which agrees with this.

    Half of all time at the door would go into the parser's callbacks.
    """
    try:
        document = text.decode().rstrip(" \t\n")
    except UnicodeDecodeError:
        return None
    if not document.startswith(_ROOT) or not document.endswith(_END):
        return None
    fields: Fields = {}
    at, end = len(_ROOT), len(document) - len(_END)
    while at < end:
        child = _CHILD.match(document, at, end)
        if child is None:
            return None
        name, wrapped, bare = child.groups()
        key = name.lower()
        if key in fields:
            return None
        fields[key] = bare if wrapped is None else wrapped
        at = child.end()
    return fields or None


def parse_xml(text: bytes) -> Fields:
    """Any document without a DTD, mended where it is not well-formed for people's words alone. Raises NotUnderstood."""
    try:
        return _parse_strictly(text)
    except NotUnderstood as refused:
        if refused.reason != "bad-xml":
            raise
    return _parse_strictly(mend_xml(text))


def _parse_strictly(text: bytes) -> Fields:
    if not _PROLOG.match(text):
        raise NotUnderstood("dtd" if b"<!DOCTYPE" in text[:4096] else "bad-xml")
    tree = _Tree()
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.text.append
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        raise NotUnderstood("bad-xml") from None
    return tree.root()


class _Tree:
    """Builds Fields from what the parser reports."""

    __slots__ = ("stack", "text")

    def __init__(self) -> None:
        self.stack: list[Fields] = [{}]
        self.text: list[str] = []

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        if len(self.stack) > DEPTH_LIMIT:
            raise NotUnderstood("too-deep")
        self.stack.append({})
        self.text.clear()

    def end(self, name: str) -> None:
        value: Any = self.stack.pop() or "".join(self.text)
        self.text.clear()
        siblings, key = self.stack[-1], name.lower()
        if key not in siblings:
            siblings[key] = value
        elif isinstance(siblings[key], list):
            siblings[key].append(value)
        else:
            siblings[key] = [siblings[key], value]

    def root(self) -> Fields:
        (root,) = self.stack[0].values()
        if not isinstance(root, dict):
            raise NotUnderstood("bad-xml")
        return root


def _read_json(text: bytes) -> Fields:
    try:
        fields: Fields = parse_json(text, parse_float=str, parse_constant=str, pairs=_lower_names)
    except (ValueError, RecursionError):
        raise NotUnderstood("bad-json") from None
    if _is_deeper(fields, DEPTH_LIMIT):
        raise NotUnderstood("too-deep")
    return fields


def _is_deeper(value: Any, limit: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and (limit == 0 or any(_is_deeper(item, limit - 1) for item in inner))


def _lower_names(pairs: list[tuple[str, Any]]) -> Fields:
    return {name.lower(): value for name, value in pairs}
