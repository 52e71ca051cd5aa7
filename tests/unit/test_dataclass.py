"""The lean dataclass does what the standard library's does."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.dataclass import dataclass

ROOT = Path(__file__).parents[2]


def shape(decorate: Any) -> Any:
    """One class with each kind of field, made by that decorator."""

    class Shape:
        """A shape."""

        number: int
        text: str = "-"
        items: list[int] = field(default_factory=list, hash=False)
        secret: str = field(default="", repr=False)
        note: str = field(default="", compare=False)
        named: int = field(default=0, kw_only=True)

        def __post_init__(self) -> None:
            if self.number < 0:
                raise ValueError("below zero")

    return decorate(Shape)


LEAN, PLAIN = shape(dataclass(frozen=True)), shape(dataclasses.dataclass(frozen=True))
LEAN_SLOTS, PLAIN_SLOTS = (
    shape(dataclass(frozen=True, slots=True)),
    shape(dataclasses.dataclass(frozen=True, slots=True)),
)
PAIRS = pytest.mark.parametrize(("lean", "plain"), [(LEAN, PLAIN), (LEAN_SLOTS, PLAIN_SLOTS)], ids=["dict", "slots"])
arguments = st.fixed_dictionaries(
    {"number": st.integers(0, 3)},
    optional={
        "text": st.sampled_from("ab"),
        "items": st.lists(st.integers(0, 1), max_size=1),
        "note": st.text(max_size=1),
        "named": st.integers(0, 1),
    },
)


@PAIRS
@given(first=arguments, second=arguments)
def test_it_compares_hashes_shows_and_copies_as_the_standard_one(
    lean: Any, plain: Any, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """Equality, hash, repr, asdict and replace agree, whatever is in the fields."""
    ours, theirs = (lean(**first), lean(**second)), (plain(**first), plain(**second))
    assert (ours[0] == ours[1]) is (theirs[0] == theirs[1])
    assert (hash(ours[0]) == hash(ours[1])) is (hash(theirs[0]) == hash(theirs[1]))
    assert (repr(ours[0]), asdict(ours[0])) == (repr(theirs[0]), asdict(theirs[0]))
    assert asdict(replace(ours[0], **second)) == asdict(replace(theirs[0], **second))
    assert copy.deepcopy(ours[0]) == ours[0]


@PAIRS
def test_nothing_changes_once_it_is_made(lean: Any, plain: Any) -> None:
    """Neither a field nor anything else is set or deleted."""
    made = lean(1)
    for change in ("made.number = 2", "made.other = 2", "del made.number"):
        with pytest.raises((FrozenInstanceError, AttributeError)):
            exec(change, {"made": made})  # noqa: S102
    assert made == lean(1)
    assert made != plain(1)


@PAIRS
def test_its_parameters_are_the_standard_ones(lean: Any, plain: Any) -> None:
    """By name and place, with the same defaults; `__post_init__` may refuse; what a factory makes is not shared."""
    assert asdict(lean(1, "b")) == asdict(plain(1, "b"))
    names = [(p.name, p.kind) for p in inspect.signature(lean).parameters.values()]
    assert names == [(p.name, p.kind) for p in inspect.signature(plain).parameters.values()]
    assert lean(1).items is not lean(1).items
    with pytest.raises(ValueError, match="below zero"):
        lean(-1)
    with pytest.raises(TypeError, match="number"):
        lean()


@pytest.mark.parametrize("options", [{}, {"slots": True}], ids=["dict", "slots"])
@given(first=arguments, second=arguments)
def test_what_is_not_frozen_changes_and_has_no_hash(
    options: dict[str, bool], first: dict[str, Any], second: dict[str, Any]
) -> None:
    """It is equal to what has the same values now, and is no key of anything."""
    lean, plain = shape(dataclass(**options)), shape(dataclasses.dataclass(**options))
    ours, theirs = (lean(**first), lean(**second)), (plain(**first), plain(**second))
    assert (ours[0] == ours[1]) is (theirs[0] == theirs[1])
    ours[0].number = theirs[0].number = 9
    assert (repr(ours[0]), asdict(ours[0])) == (repr(theirs[0]), asdict(theirs[0]))
    assert ours[0] != ours[1]
    assert copy.deepcopy(ours[0]) == ours[0] == replace(ours[1], **asdict(ours[0]))
    with pytest.raises(TypeError, match="unhashable"):
        hash(ours[0])


@dataclass(frozen=True)
class Base:
    """One that others build on."""

    a: int


@dataclass(frozen=True)
class Derived(Base):
    """With what a class writes itself kept."""

    b: int = 0

    def __repr__(self) -> str:
        return f"<{self.a} {self.b}>"


def test_classes_build_on_each_other_and_keep_what_they_write() -> None:
    """A base's fields come first; a method of the class's own stands; two classes are never equal; it pickles."""
    made = Derived(1, 2)
    assert (repr(made), made.a, made == Base(1)) == ("<1 2>", 1, False)
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301
    match made:
        case Derived(a, b):
            assert (a, b) == (1, 2)


@dataclass(frozen=True, kw_only=True)
class Named:
    """One whose order says nothing."""

    first: int = 0
    second: int


def test_what_is_named_is_named() -> None:
    """A default may come before what has none, and nothing is taken by its place."""
    assert (Named(second=2).first, Named(second=2, first=1)) == (0, Named(first=1, second=2))
    with pytest.raises(TypeError):
        Named(1, 2)  # type: ignore[misc]


def test_the_code_uses_it_everywhere() -> None:
    """A room's cold start counts each class: none is made by the standard decorator by mistake."""
    sources = [path for folder in ("hub", "functions") for path in (ROOT / folder).rglob("*.py")]
    wrong = [path for path in sources if "from dataclasses import dataclass" in path.read_text(encoding="utf-8")]
    assert [path.relative_to(ROOT).as_posix() for path in wrong] == ["hub/kernel/dataclass.py"]
