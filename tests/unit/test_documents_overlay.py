"""Overlays: what a scope changes of the document above it, item by item, and three-way merges that lose nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.documents.merge import Clash, merge
from hub.documents.overlay import ABSENT, apply, difference, same, strangers
from hub.documents.resolve import Layer, Origin, origin_of, resolve

NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x", "y", "/~"])


def _addressed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    items = st.dictionaries(st.sampled_from(["title", "parts"]), inner, max_size=2)
    return st.lists(NAMES, unique=True, max_size=5).flatmap(
        lambda names: st.tuples(st.sampled_from(["id", "key"]), *(items for _ in names)).map(
            lambda drawn: [{drawn[0]: name, **item} for name, item in zip(names, drawn[1:], strict=True)]
        )
    )


VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4) | _addressed(inner)
)
CONTENTS = st.dictionaries(NAMES, VALUES, max_size=4)

FORM = {
    "title": "退款 Refund",
    "fields": [
        {"id": "reason", "required": True},
        {"id": "photo", "required": False, "limit": 3},
        {"id": "logistics_no", "required": True},
    ],
    "tags": ["a", "b"],
}


@given(CONTENTS, CONTENTS)
def test_a_difference_laid_over_the_old_makes_the_new(old: Any, new: Any) -> None:
    """Whatever the two are: lists in another order, nulls, one kind of thing in another's place."""
    assert same(apply(old, difference(old, new)), new)


@given(CONTENTS)
def test_an_overlay_of_nothing_is_the_base(content: Any) -> None:
    """And two equal contents differ by nothing."""
    assert same(apply(content, {}), content)
    assert difference(content, content) == {}


@given(CONTENTS, CONTENTS, CONTENTS)
def test_conflicts_are_the_same_from_either_side(old: Any, ours: Any, theirs: Any) -> None:
    """Who merges into whom changes who wins, never which places disagree or what is reported of them."""
    mine = merge(old, difference(old, ours), theirs).clashes
    other = merge(old, difference(old, theirs), ours).clashes
    mirrored = {clash.pointer: (clash.was, clash.theirs, clash.ours) for clash in other}
    assert {clash.pointer: (clash.was, clash.ours, clash.theirs) for clash in mine} == mirrored


@given(CONTENTS, CONTENTS, CONTENTS)
def test_every_place_that_only_one_has_changed_is_as_that_one_says(old: Any, ours: Any, theirs: Any) -> None:
    """Member by member of the whole: mine where only I changed it, theirs where only they did, mine where both did so
    that it cannot be merged."""
    merged = merge(old, difference(old, ours), theirs)
    content = apply(theirs, merged.overlay)
    for name in {*old, *ours, *theirs}:
        was, mine, other = old.get(name, ABSENT), ours.get(name, ABSENT), theirs.get(name, ABSENT)
        here = content.get(name, ABSENT)
        if same(mine, was):
            assert same(here, other)
        elif same(other, was) or any(clash.pointer == f"/{name}" for clash in merged.clashes):
            assert same(here, mine)


@given(CONTENTS, CONTENTS)
def test_a_merge_with_one_who_changed_nothing_is_the_other(old: Any, new: Any) -> None:
    """Either way round, without a conflict."""
    assert merge(old, {}, new).clashes == merge(old, difference(old, new), old).clashes == ()
    assert same(apply(new, merge(old, {}, new).overlay), new)
    assert same(apply(old, merge(old, difference(old, new), old).overlay), new)


def test_items_are_added_changed_removed_and_put_in_their_places() -> None:
    """By their ids: the rest of the list is the base's."""
    overlay = {
        "fields": {
            "photo": None,
            "reason": {"required": False},
            "cold_chain": {"id": "cold_chain", "required": True, "$after": "reason"},
            "logistics_no": {"$after": ""},
            "last": {"id": "last"},
        }
    }
    assert apply(FORM, overlay)["fields"] == [
        {"id": "logistics_no", "required": True},
        {"id": "reason", "required": False},
        {"id": "cold_chain", "required": True},
        {"id": "last"},
    ]


def test_the_smallest_overlay_moves_as_few_items_as_it_can() -> None:
    """One item put elsewhere is one entry."""
    moved = {**FORM, "fields": [FORM["fields"][2], *FORM["fields"][:2]]}
    assert difference(FORM, moved) == {"fields": {"logistics_no": {"$after": ""}}}


@pytest.mark.parametrize(
    ("overlay", "result"),
    [
        ({"tags": ["c"]}, ["c"]),
        ({"tags": {"$value": None}}, None),
        ({"tags": {"$value": {"x": 1}}}, {"x": 1}),
        ({"fields": []}, ["a", "b"]),
    ],
)
def test_other_lists_are_replaced_and_a_value_can_be_said_exactly(overlay: Any, result: Any) -> None:
    """`null` alone would take the part away."""
    assert apply(FORM, overlay)["tags"] == result


def test_what_an_overlay_says_of_things_that_are_not_there_is_found() -> None:
    """A change of no item, a removal of nothing, a place behind nobody: each by its pointer."""
    overlay = {"colour": None, "fields": {"foto": {"limit": 1}, "new": {"id": "new", "$after": "nobody"}}}
    assert set(strangers(FORM, overlay)) == {("colour",), ("fields", "foto"), ("fields", "new", "$after")}
    assert list(strangers(FORM, {"fields": {"new": {"id": "new", "$after": "photo"}}, "title": "x"})) == []


def test_a_base_upgrade_keeps_what_the_overlay_changed_and_reports_where_both_did() -> None:
    """Another title from both: ours is kept, and the report says what was, ours and theirs."""
    upgraded = {**FORM, "title": "退款申请 Refund request", "tags": ["a", "b", "c"]}
    overlay = {"title": "冷链退款", "fields": {"photo": {"limit": 9}}}
    merged = merge(FORM, overlay, upgraded)
    assert merged.clashes == (Clash("/title", FORM["title"], "冷链退款", upgraded["title"]),)
    content = apply(upgraded, merged.overlay)
    assert (content["title"], content["tags"], content["fields"][1]["limit"]) == ("冷链退款", ["a", "b", "c"], 9)


def test_what_the_base_removes_and_the_overlay_changes_comes_back_whole_in_its_place() -> None:
    """A half item would be none: the rest is taken from the base that the overlay was written over."""
    upgraded = {**FORM, "fields": [FORM["fields"][0], FORM["fields"][2]]}
    merged = merge(FORM, {"fields": {"photo": {"limit": 9}}}, upgraded)
    whole = {"id": "photo", "required": False, "limit": 9}
    assert [(clash.pointer, clash.ours, clash.theirs) for clash in merged.clashes] == [("/fields/photo", whole, ABSENT)]
    assert apply(upgraded, merged.overlay)["fields"] == [FORM["fields"][0], whole, FORM["fields"][2]]


def test_an_item_behind_one_that_the_base_removed_stands_behind_the_one_before() -> None:
    """It is not thrown to the end."""
    upgraded = {**FORM, "fields": [FORM["fields"][0], FORM["fields"][2]]}
    merged = merge(FORM, {"fields": {"cold": {"id": "cold", "$after": "photo"}}}, upgraded)
    assert [item["id"] for item in apply(upgraded, merged.overlay)["fields"]] == ["reason", "cold", "logistics_no"]


def test_a_base_that_removed_all_items_still_takes_the_overlays_own() -> None:
    """The list is empty, not another kind of thing."""
    merged = merge(FORM, {"fields": {"cold": {"id": "cold"}}}, {**FORM, "fields": []})
    assert apply({**FORM, "fields": []}, merged.overlay)["fields"] == [{"id": "cold"}]


def test_each_part_names_its_origin() -> None:
    """Base, 华东 and one store: the nearest part that somebody set says whose it is."""
    east = Layer("310000", 2, {"fields": {"cold": {"id": "cold", "label": "冷链"}, "photo": {"limit": 9}}}, FORM)
    below = apply(FORM, east.content)
    store = Layer("s1", 5, {"fields": {"cold": {"label": "冷链物流"}}, "title": "本店"}, below)
    resolved = resolve([Layer("base", 1, FORM), east, store])
    assert {
        place: origin_of(resolved, place) for place in ("", "/title", "/fields/cold/id", "/fields/photo/required")
    } == {
        "": Origin("base", 1),
        "/title": Origin("s1", 5),
        "/fields/cold/id": Origin("310000", 2),
        "/fields/photo/required": Origin("base", 1),
    }
    assert origin_of(resolved, "/fields/cold/label") == Origin("s1", 5)
    assert resolved.clashes == {}


def test_resolving_over_a_newer_base_merges_and_says_where_they_clash() -> None:
    """The overlay was written over version 1; version 2 changed the same title."""
    newer = {**FORM, "title": "新"}
    resolved = resolve([Layer("base", 2, newer), Layer("310000", 1, {"title": "华东"}, FORM)])
    assert resolved.content["title"] == "华东"
    assert resolved.clashes == {"310000": (Clash("/title", FORM["title"], "华东", "新"),)}
