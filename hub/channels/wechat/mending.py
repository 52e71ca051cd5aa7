"""XML that people's words made ill-formed, mended: a control character, half of one, a lone `&` or `<`, `]]>` in CDATA.

The structure stays as it came: what is wrong with that is still refused by the parser.
"""

from __future__ import annotations

import re

from hub.channels.parsing import tidy

_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>(?=\s*<(?:/|!\[CDATA\[))", re.DOTALL)
"""It ends where an element does, or the next begins: `]]>` before anything else is somebody's."""
_REFERENCE = re.compile(r"&#(?:([0-9]{1,7})|x([0-9A-Fa-f]{1,6}));")
_LONE_AND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_LONE_LESS = re.compile(r"<(?![A-Za-z_/!?])")


def mend_xml(document: bytes) -> bytes:
    """The document with its words as XML can hold them."""
    text = tidy(document.decode("utf-8", "replace"))
    mended, at = [], 0
    for section in _CDATA.finditer(text):
        mended += [_mend_bare(text[at : section.start()]), _wrap(section[1])]
        at = section.end()
    return "".join([*mended, _mend_bare(text[at:])]).encode()


def _wrap(words: str) -> str:
    return "<![CDATA[" + words.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _mend_bare(text: str) -> str:
    """What stands outside of CDATA: elements, and words without a wrapper."""
    text = _LONE_AND.sub("&amp;", _REFERENCE.sub(_allowed, text))
    return _LONE_LESS.sub("&lt;", text).replace("]]>", "]]&gt;")


def _allowed(reference: re.Match[str]) -> str:
    """The reference, "" where it stands for a character that XML has not."""
    code = int(reference[1]) if reference[1] else int(reference[2], 16)
    return reference[0] if code <= 0x10FFFF and code and tidy(chr(code)) == chr(code) else ""
