"""Rehearsals (演练): what a request would write is held against the database by the database itself, and not written.

Each transaction goes out with one condition more, which never holds: DynamoDB weighs every other condition and cancels
the whole. A write by itself goes as such a transaction. So a rehearsal is refused by just what would refuse the deed;
what is read afterwards is as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from hub.store.items import Item
from hub.store.writes import Check, Update

_REHEARSING: ContextVar[bool] = ContextVar("rehearsing", default=False)

Key = TypeVar("Key")
_SET = re.compile(r"(#?\w+) = (:\w+)(?=,|$)")
NEVER = Check(("#never", "#never"), "attribute_exists(pk)")
"""Nothing has this key: the condition that is always the one to fail."""


@contextmanager
def rehearsing() -> Iterator[None]:
    """Inside, in this thread, nothing is written, said or queued."""
    before = _REHEARSING.set(True)
    try:
        yield
    finally:
        _REHEARSING.reset(before)


def foreseen(item: Item | None, write: Update) -> dict[str, Any]:
    """The item as a change would leave it, as far as the change sets values and takes some away; sums and the like are
    left as they are."""
    values = {"pk": write.key[0], "sk": write.key[1], **(item or {})}
    sets, _, removes = write.change.partition(" REMOVE ")
    for name, value in _SET.findall(sets):
        values[_attribute(write, name)] = write.values[value]
    for name in filter(None, map(str.strip, removes.split(","))):
        values.pop(_attribute(write, name), None)
    return values


def _attribute(write: Update, name: str) -> str:
    return write.names.get(name, name.removeprefix("#"))


def is_rehearsal() -> bool:
    """Whether what is done now is only rehearsed."""
    return _REHEARSING.get()


class Known(set[Key]):
    """What a process has seen stand in the table, so that it need not be written or asked for again. What is only
    rehearsed does not stand there, and is not remembered."""

    def add(self, element: Key) -> None:
        """Remember it, unless it is only rehearsed."""
        if not is_rehearsal():
            super().add(element)
