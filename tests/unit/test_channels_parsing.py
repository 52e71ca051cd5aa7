"""Bodies as text and JSON: any UTF, packed or not, and words that nobody cleaned."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.parsing import decode, escape_lone, parse_json, tidy, unpack

VALUES = st.recursive(
    st.none() | st.booleans() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_what_is_json_is_read_as_json_says_but_for_odd_characters(value: Any) -> None:
    """Escaped or not, the same value with its words tidy."""
    for escaped in (False, True):
        assert parse_json(json.dumps(value, ensure_ascii=escaped)) == cleaned(value)


def cleaned(value: Any) -> Any:
    match value:
        case str():
            return tidy(value)
        case list():
            return [cleaned(item) for item in value]
        case dict():
            return {tidy(name): cleaned(item) for name, item in value.items()}
        case _:
            return value


@given(st.text())
def test_tidy_words_can_be_stored_anywhere(text: str) -> None:
    """They are UTF-8, hold no control character but tabs and line breaks, and stay as they are."""
    words = tidy(text)
    words.encode()
    assert not [char for char in words if ord(char) < 32 and char not in "\t\n\r"]
    assert tidy(words) == words


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_any_utf_is_read(encoding: str) -> None:
    """With its mark or without."""
    assert decode('{"a":"冰柜"}'.encode(encoding)) == '{"a":"冰柜"}'


@pytest.mark.parametrize(
    ("text", "value"),
    [(r'"C:\path"', r"C:\path"), (r'"\\x \n \" \u51b0 \u51"', '\\x \n " 冰 \\u51'), ('"a\nb"', "a\nb")],
)
def test_a_lone_backslash_and_a_raw_line_break_are_words(text: str, value: str) -> None:
    """What is an escape stays one."""
    assert parse_json(text) == value
    assert escape_lone(escape_lone(text)) == escape_lone(text)


@pytest.mark.parametrize("text", ["", "[1,]", '{"a":1', '{"a":"b"c"}', "[" * 100_000, b"\x1f\x8bno"])
def test_broken_structure_is_refused(text: str | bytes) -> None:
    """Words are mended, structure is not."""
    with pytest.raises((ValueError, RecursionError)):
        parse_json(text)


def test_what_is_unpacked_has_a_limit() -> None:
    """At the limit it is read, above it is refused."""
    assert unpack(gzip.compress(bytes(1000)), 1000) == bytes(1000)
    with pytest.raises(ValueError, match="too long"):
        unpack(gzip.compress(bytes(1001)), 1000)
