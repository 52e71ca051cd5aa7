"""What documents are decided by: scopes, comparing, what is kept in the process, histories of before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.documents.cache import Cache
from hub.documents.compare import Change, changes
from hub.documents.items import line_of_pointer
from hub.documents.scopes import TENANT, Scope, parse_scope
from hub.documents.versions import Line, Version, past_of
from hub.kernel.effective import Switch
from hub.kernel.errors import NotFound
from tests.support.documents import FORMS

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scope", "text", "named", "chain"),
    [
        (TENANT, "base", ("base", ""), ("base",)),
        (Scope("310000"), "310000", ("310000", ""), ("base", "310000")),
        (Scope("310101", "s1"), "s1", ("", "s1"), ("base", "310000", "310100", "310101", "s1")),
        (Scope("310000", "100234"), "store:100234", ("", "100234"), ("base", "310000", "store:100234")),
        (Scope("310000", "base"), "store:base", ("", "base"), ("base", "310000", "store:base")),
    ],
)
def test_a_scope_is_written_so_that_it_is_read_again(
    scope: Scope, text: str, named: tuple[str, str], chain: tuple[str, ...]
) -> None:
    """A store whose id looks like a region says that it is a store; the chain leads from base to the store."""
    assert (str(scope), parse_scope(text), scope.chain()) == (text, named, chain)


@pytest.mark.parametrize("text", ["", "999999", "store:", "a b", "x#y", "s" * 65])
def test_what_names_no_scope_is_not_there(text: str) -> None:
    """NotFound, before anything is read."""
    with pytest.raises(NotFound):
        parse_scope(text)


def test_two_documents_are_compared_place_by_place() -> None:
    """Items by their ids, so one that was put in front is one change."""
    old = {"a": 1, "list": [{"id": "x", "n": 1}, {"id": "y"}, {"id": "z"}]}
    new = {"b": {"c": None}, "list": [{"id": "z"}, {"id": "x", "n": 2}]}
    assert set(map(_plain, changes(old, new))) == set(
        map(
            _plain,
            [
                Change("/a", "removed", was=1),
                Change("/b", "added", now={"c": None}),
                Change("/list/y", "removed", was={"id": "y"}),
                Change("/list/x", "moved"),
                Change("/list/x/n", "changed", 1, 2),
            ],
        )
    )


def _plain(change: Change) -> tuple[str, str, str, str]:
    return change.pointer, change.what, repr(change.was), repr(change.now)


def test_what_is_used_least_recently_leaves_the_process_first() -> None:
    """By the sum of sizes; what is larger than all is made again each time."""
    made: list[str] = []

    def make(name: str, size: int) -> Any:
        def making() -> tuple[str, int]:
            made.append(name)
            return name, size

        return making

    cache = Cache(limit=10)
    for name, size in (("a", 5), ("b", 5), ("a", 5), ("c", 5), ("a", 5), ("b", 5), ("huge", 11), ("huge", 11)):
        assert cache.get(name, make(name, size)) == name
    assert made == ["a", "b", "c", "b", "huge", "huge"]
    assert "huge" not in cache


def test_a_past_says_where_it_stands() -> None:
    """Three versions, of which the second was made current again."""
    versions = [Version(nth, {}, published_at=NOW.replace(day=nth), published_by="boss") for nth in (1, 2, 3)]
    past = past_of(versions, active=2)
    assert past is not None
    assert (past.pointer.latest, past.pointer.head, past.pointer.stored) == (3, 2, False)
    assert past.pointer.plan == (Switch(NOW.replace(day=3), 2),)
    assert past_of([]) is None


def test_a_pointer_is_known_in_a_tables_stream() -> None:
    """What follows a move follows from the pointer's item alone."""
    assert line_of_pointer("demo#doc#mapping#douyin", "p#base") == Line("mapping", "douyin", "base")
    assert line_of_pointer("demo#doc#mapping#douyin", "v#base#000001") is None
    assert line_of_pointer("demo#ticket#tkt_1", "p#base") is None


@pytest.mark.parametrize("wrong", [{"name": "a#b"}, {"title": "Form"}, {"path": "forms"}])
def test_a_declaration_that_could_not_be_served_is_refused_at_once(wrong: dict[str, str]) -> None:
    """When the file is imported, not when somebody calls."""
    with pytest.raises(ValueError, match="a name of"):
        replace(FORMS, **wrong)
