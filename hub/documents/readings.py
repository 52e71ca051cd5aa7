"""What is read of a document: a reading of it as it is in force somewhere, and the overlays over it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Generic, TypeVar

from hub.documents.merge import Clash
from hub.documents.resolve import Origin
from hub.documents.scopes import Scope
from hub.documents.versions import Version
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import NotFound
from hub.kernel.regions import BASE, path

Json = Any
Value = TypeVar("Value")
Pins = tuple[tuple[str, int], ...]
"""The versions that a reading is made of: (scope, number), base first."""


@dataclass(frozen=True)
class Reading(Generic[Value]):
    """A document as it is in force somewhere. value: what the kind's `read` made of it; content: as JSON.

    base: the version of base, with its facts. origins, clashes: as in Resolved.
    """

    key: str
    pins: Pins
    value: Value
    content: Json
    base: Version
    origins: Mapping[str, Origin] = field(default_factory=dict)
    clashes: Mapping[str, tuple[Clash, ...]] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The number of base's version."""
        return self.base.number

    @property
    def pin(self) -> str:
        """What to keep to read exactly this again: "3", or with overlays "3+310000@2+s1@5"."""
        return pin_text(self.pins)


@dataclass(frozen=True, slots=True)
class Overlaid:
    """One scope's overlay in force, and where it and what lies below it have both changed since it was written."""

    scope: Scope
    version: int
    pins: Pins
    clashes: tuple[Clash, ...] = ()


def pin_text(pins: Pins) -> str:
    """Pins in one text: "3", or with overlays "3+310000@2+s1@5"."""
    return "+".join(str(number) if scope == BASE else f"{scope}@{number}" for scope, number in pins)


def pins_of(text: str) -> Pins:
    """The pins in a text that `pin_text` made. Raises NotFound for any other."""
    base, *overlays = text.split("+")
    try:
        split = [pin.rpartition("@") for pin in overlays]
        return ((BASE, int(base)), *((scope, int(number)) for scope, _, number in split))
    except ValueError:
        raise NotFound("no such version", version=text[:80]) from None


def over_pins(over: Mapping[str, int]) -> Pins:
    """What an overlay was written over, base first."""
    return tuple(sorted(over.items(), key=lambda pin: len(path(pin[0]))))
