"""Documents that were stored before: older schemas, and what a room kept before its kind was one. And races."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.documents.documents import Documents
from hub.documents.scopes import TENANT, Scope
from hub.documents.submissions import Moved, Publication, Submission
from hub.documents.versions import Past, Version, past_of
from hub.kernel.errors import Conflict
from hub.store.table import Busy
from tests.support.documents import BOOKS, FORMS, REFUND, STORES
from tests.support.memory_table import MemoryTable

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)


class Old:
    """What a room stored of its forms: `name` was the title then."""

    def __init__(self, _context: Any = None) -> None:
        self.versions = [
            Version(nth, {"name": f"old {nth}"}, 0, published_at=NOW - (4 - nth) * DAY, published_by="boss")
            for nth in (1, 2, 3)
        ]

    def keys(self) -> Sequence[str]:
        return ("trial",)

    def past(self, key: str) -> Past | None:
        return past_of(self.versions, active=2) if key == "trial" else None


def upcast(schema: int, raw: Any) -> Any:
    """0: `name` instead of `title`; 1: `tags` were one text."""
    if schema == 0 and "name" in raw:
        raw = {("title" if name == "name" else name): value for name, value in raw.items()}
    if isinstance(raw.get("tags"), str):
        raw = {**raw, "tags": raw["tags"].split()}
    return raw


TRIALS = replace(FORMS, legacy=Old, upcast=upcast, schema_version=2, presets=dict)


def documents(table: MemoryTable, now: datetime = NOW) -> Documents:
    return Documents(table, "demo", lambda: now, None, STORES.get)  # type: ignore[arg-type]


def test_what_was_stored_before_is_read_where_it_lies_by_the_schema_of_then() -> None:
    """The current one, each version, who published it when, and what was in force on a day."""
    hub = documents(MemoryTable())
    assert (hub.current(TRIALS, "trial").version, hub.current(TRIALS, "trial").value.title) == (2, "old 2")
    assert hub.version(TRIALS, "trial", 3).value.title == "old 3"
    assert hub.current(TRIALS, "trial", at=NOW - 3 * DAY).version == 1
    assert [(m.what, m.number, m.recorded_by) for m in hub.moves(TRIALS, "trial")] == [
        *(("publish", nth, "boss") for nth in (1, 2, 3)),
        ("revert", 2, "boss"),
    ]
    assert hub.keys(TRIALS) == list(hub.all(TRIALS)) == ["trial"]


def test_numbers_go_on_after_what_was_stored_before_and_its_versions_can_be_reverted_to() -> None:
    """The next is 4; what an old version says is that version again."""
    hub = documents(MemoryTable())
    assert hub.publish(TRIALS, "trial", Submission({"title": "new"}), "zhao.min").version == 4
    assert hub.publish(TRIALS, "trial", Submission({"title": "old 1"}), "zhao.min").version == 1
    hub.revert(TRIALS, "trial", 3, "zhao.min")
    assert hub.current(TRIALS, "trial").value.title == "old 3"
    assert [m.number for m in hub.moves(TRIALS, "trial")] == [1, 2, 3, 2, 4, 1, 3]
    assert hub.current(TRIALS, "trial", at=NOW - 3 * DAY).version == 1


def test_versions_and_overlays_of_an_older_schema_are_read_as_todays() -> None:
    """History is never rewritten."""
    table = MemoryTable()
    first = replace(TRIALS, schema_version=1, schema=TRIALS.schema)
    hub = documents(table)
    hub.publish(first, "trial", Submission({"title": "a", "questions": [{"id": "q"}]}), "zhao.min")
    hub.publish(first, "trial", Submission({"title": "华东"}), "zhao.min", scope=Scope("310000"))
    (pk, sk), item = next((key, item) for key, item in table.items.items() if key[1] == "v#base#000004")
    table.items[pk, sk] = {**item, "content": '{"title": "a", "tags": "x y"}'}
    today = documents(table).current(TRIALS, "trial", Scope("310000"))
    assert (today.value.tags, today.value.title) == (["x", "y"], "华东")


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans()), max_size=12))
def test_the_pointer_moves_once_for_each_publication_that_is_told_of_as_done(steps: list[tuple[str, bool]]) -> None:
    """Of publishers who saw the head of before, or an old one, each is either Moved, or done and in the history."""
    table = MemoryTable()
    hub, stale, done = documents(table), 0, []
    for title, is_stale in steps:
        pointer = hub.pointer(FORMS, "refund")
        head = pointer.head if pointer else 0
        seen = stale if is_stale else head
        stale = head
        try:
            done.append(hub.publish(FORMS, "refund", Submission({**REFUND, "title": title}, seen), "x"))
        except Moved:
            assert seen != head
    moved = [one.version for one in done if not one.unchanged]
    assert [move.number for move in hub.moves(FORMS, "refund")] == moved
    assert hub.current(FORMS, "refund").version == (moved[-1] if moved else 0)
    numbers = {one.version for one in done}
    titles = {number: hub.version(FORMS, "refund", number).value.title for number in numbers}
    assert len(set(titles.values())) == len(titles)


@pytest.mark.parametrize("lost_at", range(1, 6))
def test_a_publication_that_is_cut_short_has_written_nothing(lost_at: int) -> None:
    """Whatever write fails: before the one transaction there is at most a part that nobody refers to."""

    class Failing(MemoryTable):
        left = lost_at

        def transact(self, *writes: Any, token: str = "", made: str = "") -> None:
            self.left -= 1
            if self.left <= 0:
                raise Conflict("gone")
            super().transact(*writes, token=token)

    table = Failing()
    hub = documents(table)
    large = Submission({**REFUND, "tags": ["字" * 400_000]})
    outcome: Publication | None = None
    try:
        outcome = hub.publish(FORMS, "refund", large, "x")
    except Conflict:
        assert hub.current(FORMS, "refund").version == 0
        assert [key for key in table.items if not key[1].startswith("x#")] == []
    assert (outcome is not None) == (lost_at > 5)


def test_a_document_that_moves_for_years_is_still_published() -> None:
    """Its versions are not read, and of its moves only what is needed."""
    table = MemoryTable()
    hub = documents(table)
    for nth in range(300):
        hub.publish(FORMS, "refund", Submission({**REFUND, "title": str(nth)}), "x")
    table.read.clear()
    hub.publish(FORMS, "refund", Submission({**REFUND, "title": "last"}), "x")
    assert len(table.read) <= 4


def test_switches_ahead_have_a_bound() -> None:
    """A hundred seasons can be planned, one more is refused."""
    hub = documents(MemoryTable())
    for nth in range(99):
        hub.publish(BOOKS, "standard", Submission({"prices": {"tea": nth}}, valid_from=NOW + nth * DAY), "x")
    hub.publish(BOOKS, "standard", Submission({"prices": {"tea": 99}}, valid_from=NOW + 99 * DAY), "x")
    with pytest.raises(Conflict):
        hub.publish(BOOKS, "standard", Submission({"prices": {"tea": 100}}, valid_from=NOW + 100 * DAY), "x")
    assert hub.current(BOOKS, "standard", TENANT, at=NOW + 99 * DAY).value.prices == {"tea": 99}


def test_a_move_beside_another_that_is_on_its_way_is_tried_again() -> None:
    """DynamoDB refuses both of two transactions at once; after the other is through, this one wins or is overtaken."""

    class Crowded(MemoryTable):
        left = 0

        def transact(self, *writes: Any, token: str = "", made: str = "") -> None:
            self.left -= 1
            if self.left >= 0:
                raise Busy("crowded")
            super().transact(*writes, token=token)

    table = Crowded()
    hub = documents(table)
    table.left = 3
    assert hub.publish(FORMS, "refund", Submission({**REFUND, "title": "a"}), "x").version == 1
    table.left = 4
    with pytest.raises(Busy):
        hub.publish(FORMS, "refund", Submission({**REFUND, "title": "b"}), "x")
