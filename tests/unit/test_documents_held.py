"""Documents that are asked for together: one read says whether any moved; nothing that moves is missed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hub.documents.documents import Documents
from hub.documents.scopes import Scope
from hub.documents.submissions import Submission
from hub.store.table import Key
from tests.support.documents import BOOKS, FORMS, STORES
from tests.support.memory_table import MemoryTable

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DISTRICT = Scope("310101")


class Counted(MemoryTable):
    """Which items are read by their keys."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def get(self, key: Key, **options: Any) -> dict[str, Any] | None:
        self.asked.append(key[1])
        return super().get(key, **options)


def documents(table: MemoryTable) -> Documents:
    return Documents(table, "demo", lambda: NOW, None, STORES.get)  # type: ignore[arg-type]


def publish(room: Documents, title: str) -> None:
    room.publish(FORMS, "trial", Submission({"title": title}), "amy")


def title(room: Documents) -> str:
    return str(room.current(FORMS, "trial", DISTRICT).value.title)


def test_where_documents_stand_is_read_once_while_none_moves() -> None:
    """The first time costs the pointers; after that one read answers for all of them, however many are asked."""
    table = Counted()
    room = documents(table)
    publish(room, "one")
    with room.held():
        title(room)
        room.all(FORMS, DISTRICT)
    table.asked.clear()
    for _ in range(3):
        with room.held():
            assert (title(room), title(room), "trial" in room.all(FORMS, DISTRICT)) == ("one", "one", True)
    assert table.asked == ["stamp"] * 3


def test_what_another_process_publishes_is_seen_at_once() -> None:
    """Each process has its own memory; the stamp of the table tells it that it is old."""
    table = Counted()
    here, there = documents(table), documents(table)
    publish(here, "one")
    with there.held():
        assert title(there) == "one"
    publish(here, "two")
    with there.held():
        assert title(there) == "two"
    here.revert(FORMS, "trial", 1, "amy")
    with there.held():
        assert title(there) == "one"


def test_what_moves_meanwhile_is_not_seen_half() -> None:
    """Inside, all is as it was when it was first asked; outside, as it is."""
    table = Counted()
    here, there = documents(table), documents(table)
    publish(here, "one")
    with there.held():
        assert title(there) == "one"
        publish(here, "two")
        assert title(there) == "one"
        with there.held():
            assert title(there) == "one"
    assert title(there) == "two"


def test_what_there_was_not_is_found_once_it_is_published() -> None:
    """That nothing stood anywhere is known as well, until something moves."""
    table = Counted()
    here, there = documents(table), documents(table)
    with there.held():
        assert (there.find(BOOKS, "winter"), "winter" in there.all(BOOKS)) == (None, False)
    here.publish(BOOKS, "winter", Submission({"prices": {"a": 1}}), "amy")
    with there.held():
        assert "winter" in there.all(BOOKS)
        assert there.current(BOOKS, "winter").value.prices == {"a": 1}
