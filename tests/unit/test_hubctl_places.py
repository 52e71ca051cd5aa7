"""Line and column of a place in a JSON text."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hubctl.places import line_and_column, offsets

TEXT = """{
  "rules": [
    {"id": "hot", "when": {"mood": {"eq": "hot"}}}
  ]
}
"""
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def test_a_member_is_at_its_name_and_what_is_missing_where_it_should_be() -> None:
    """Counted from 1, as editors do."""
    places = ("", "/rules", "/rules/0", "/rules/0/when/mood", "/rules/0/then/type", "/default")
    assert [line_and_column(TEXT, place) for place in places] == [(1, 1), (2, 3), (3, 5), (3, 28), (3, 5), (1, 1)]


def members(value: Any, pointer: str = "") -> dict[str, str]:
    """What each place of a value begins with: a member with its name, an item with itself."""
    found = {}
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        place = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
        found[place] = json.dumps(name if isinstance(value, dict) else inner)[:1]
        found |= members(inner, place)
    return found


@given(values, st.sampled_from([None, 2]))
def test_every_place_is_found_where_it_is(value: Any, indent: int | None) -> None:
    """However the text is laid out, and whatever the names are."""
    text = json.dumps(value, indent=indent)
    found = dict(offsets(text))
    assert found.pop("") == 0
    assert {place: text[offset] for place, offset in found.items()} == members(value)
