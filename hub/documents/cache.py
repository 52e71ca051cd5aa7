"""What never changes, kept in the process: least recently used goes first when it is full. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Thing = TypeVar("Thing")


class Cache:
    """limit: the sum of the sizes of what is kept."""

    def __init__(self, limit: int) -> None:
        self._limit, self._total = limit, 0
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def get(self, name: Hashable, make: Callable[[], tuple[Thing, int]]) -> Thing:
        """What is kept under `name`, else what `make` makes, with its size. A thing larger than all is not kept."""
        if name in self._held:
            self._held.move_to_end(name)
            kept: Thing = self._held[name][0]
            return kept
        thing, size = make()
        self._held[name] = (thing, size)
        self._total += size
        while self._total > self._limit:
            _, (_, freed) = self._held.popitem(last=False)
            self._total -= freed
        return thing

    def __contains__(self, name: Hashable) -> bool:
        return name in self._held
