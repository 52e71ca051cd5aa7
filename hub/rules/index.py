"""A table's rules as bit sets: each field answers which rules it lets through, and one AND joins the fields.

Bit i stands for rule i. A check that asks for a known value, an interval, a member, a region or a phrase is
looked up; what cannot be looked up (nested any/not, several phrases at once) is left over and tried on the
survivors alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from hub.kernel.regions import path
from hub.rules.conditions import All, Check, Condition, holds

Mask = Callable[[Any], int]
Entries = list[tuple[int, Check]]
"""(rule's bit, its check) of one field and one way of looking up."""

_EQUAL = ("eq", "ne", "in", "not_in", "present")
_ORDER = ("gt", "gte", "lt", "lte")
_TOGETHER = ("equal", "order")  # several checks of a rule on one field are looked up as one
_ELSE = object()

MAX_REMEMBERED = 4096
MAX_REMEMBERED_LENGTH = 64


class Memo(dict[Any, int]):
    """Raw fact → mask, remembered: for the kinds whose facts are short texts that come again and again."""

    def __init__(self, compute: Mask, missing: int) -> None:
        super().__init__({None: missing})
        self.compute = compute

    def __missing__(self, raw: Any) -> int:
        mask = self.compute(raw)
        if len(self) < MAX_REMEMBERED and len(raw) <= MAX_REMEMBERED_LENGTH:
            self[raw] = mask
        return mask


class Index:
    """Compiled once from the rules' conditions, in table order."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self.everyone = (1 << len(conditions)) - 1
        self.leftovers: dict[int, Condition] = {}
        looked_up: dict[str, dict[str, Entries]] = defaultdict(lambda: defaultdict(list))
        for position, condition in enumerate(conditions):
            rest = _split(1 << position, condition, looked_up)
            if rest:
                self.leftovers[1 << position] = All(tuple(rest))
        columns = {name: _column(families, self.everyone) for name, families in looked_up.items()}
        self.remembered = tuple((name, memo) for name, memo in columns.items() if isinstance(memo, Memo))
        self.computed = tuple((name, of) for name, of in columns.items() if not isinstance(of, Memo))

    def first(self, facts: Mapping[str, Any]) -> int | None:
        """Position of the first rule that holds. Raises as `hits` does."""
        mask, get, leftovers = self.everyone, facts.get, self.leftovers
        for name, memo in self.remembered:  # as _candidates does; a call less is a tenth of a decision's time
            mask &= memo[get(name)]
        for name, of_raw in self.computed:
            mask &= of_raw(get(name))
        while mask:
            lowest = mask & -mask
            if not leftovers or lowest not in leftovers or holds(leftovers[lowest], facts):
                return lowest.bit_length() - 1
            mask ^= lowest
        return None

    def hits(self, facts: Mapping[str, Any]) -> list[int]:
        """Positions of the rules that hold, in table order.

        Raises WrongValueError, TypeError or Invalid for facts that are not of their field's kind.
        """
        mask, positions = self._candidates(facts), []
        while mask:
            lowest = mask & -mask
            if lowest not in self.leftovers or holds(self.leftovers[lowest], facts):
                positions.append(lowest.bit_length() - 1)
            mask ^= lowest
        return positions

    def _candidates(self, facts: Mapping[str, Any]) -> int:
        mask, get = self.everyone, facts.get
        for name, memo in self.remembered:
            mask &= memo[get(name)]
        for name, of_raw in self.computed:
            mask &= of_raw(get(name))
        return mask


def _split(bit: int, condition: Condition, looked_up: dict[str, dict[str, Entries]]) -> list[Condition]:
    """File each check under its field and family; answer the parts that have to be tried one by one."""
    rest: list[Condition] = []
    filed: set[tuple[str, str]] = set()
    for part in _conjuncts(condition):
        family = _family(part) if isinstance(part, Check) else None
        repeats = isinstance(part, Check) and family not in _TOGETHER and (part.field.name, family) in filed
        if not isinstance(part, Check) or family is None or repeats:
            rest.append(part)
        else:
            filed.add((part.field.name, family))
            looked_up[part.field.name][family].append((bit, part))
    return rest


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _family(check: Check) -> str | None:
    if check.op in _EQUAL:
        return "equal"
    if check.op in _ORDER:
        return "order"
    one_needle = check.op == "contains_all" and len(check.operand) == 1
    one_member = check.op == "has_all" and len(check.operand) == 1
    names = {
        "within": "within",
        "contains_any": "phrase",
        "has": "member",
        "has_any": "member",
        "has_none": "none",
    }
    return "phrase" if one_needle else "member" if one_member else names.get(check.op)


def _column(families: dict[str, Entries], everyone: int) -> Memo | Mask:
    """One field: from a raw fact, or None for a missing one, to the rules that it lets through."""
    entries = [entry for family in families.values() for entry in family]
    field, missing = entries[0][1].field, everyone
    for bit, check in entries:
        missing &= everyone if check.accepts(None) else ~bit
    masks = [_BUILDERS[family](checks, everyone) for family, checks in families.items()]
    of_value = masks[0] if len(masks) == 1 else _joined(masks)
    read = field.read
    if field.kind in ("enum", "region") or (field.kind == "text" and "phrase" not in families):
        return Memo(lambda raw: of_value(read(raw)), missing)

    def usual(raw: Any) -> int:
        return missing if raw is None else of_value(read(raw))

    if field.kind == "boolean":  # by identity: 1 and 0 are equal to them, and refused by `read`
        yes, no = of_value(True), of_value(False)
        return lambda raw: yes if raw is True else no if raw is False else usual(raw)
    if field.kind == "number":  # a plain int is read as it is
        return lambda raw: of_value(raw) if type(raw) is int else usual(raw)
    return usual


def _joined(masks: list[Mask]) -> Mask:
    def mask(value: Any) -> int:
        rules = -1
        for of_value in masks:
            rules &= of_value(value)
        return rules

    return mask


def _free(entries: Entries, everyone: int) -> int:
    """The rules that do not ask."""
    for bit, _ in entries:
        everyone &= ~bit
    return everyone


def _by_operand(entries: Entries) -> dict[Any, int]:
    """A value that checks name → the rules that name it, among others or alone."""
    masks: dict[Any, int] = defaultdict(int)
    for bit, check in entries:
        for value in check.operand:
            masks[value] |= bit
    return dict(masks)


def _equal(entries: Entries, everyone: int) -> Mask:
    """A dictionary from each value that rules name to the rules that let it through, and one answer for the
    rest.

    A rule treats every value that it does not name alike, so the cost is the number of values named.
    """
    otherwise, masks = everyone, dict[Any, int]()
    by_rule = _by_rule(entries)
    for bit, checks in by_rule.items():
        otherwise &= everyone if all(check.accepts(_ELSE) for check in checks) else ~bit
    for bit, checks in by_rule.items():
        for value in frozenset().union(*map(_named, checks)):
            passes = all(check.accepts(value) for check in checks)
            masks[value] = masks.get(value, otherwise) & ~bit | (bit if passes else 0)
    return lambda value: masks.get(value, otherwise)


def _named(check: Check) -> frozenset[Any]:
    if check.op == "present":
        return frozenset()
    return check.operand if isinstance(check.operand, frozenset) else frozenset((check.operand,))


def _by_rule(entries: Entries) -> dict[int, list[Check]]:
    checks: dict[int, list[Check]] = defaultdict(list)
    for bit, check in entries:
        checks[bit].append(check)
    return checks


def _order(entries: Entries, everyone: int) -> Mask:
    """Cut points split the line into 2n+1 places (below, at, between … above); a sweep gives each place its
    rules.

    The place of a value is bisect_left + bisect_right: point i is place 2i+1, what lies just below it is
    place 2i.
    """
    points = sorted({check.operand for _, check in entries})
    enter, leave = [0] * (2 * len(points) + 2), [0] * (2 * len(points) + 2)
    for bit, checks in _by_rule(entries).items():
        first, last = 0, len(enter) - 1
        for check in checks:
            at = 2 * bisect_left(points, check.operand) + 1
            first = max(first, at + (check.op == "gt") if check.op in ("gt", "gte") else 0)
            last = min(last, at + (check.op == "lte") if check.op in ("lt", "lte") else last)
        if first < last:
            enter[first] |= bit
            leave[last] |= bit
    masks, inside = list[int](), _free(entries, everyone)
    for entering, leaving in zip(enter, leave, strict=True):
        inside = inside & ~leaving | entering
        masks.append(inside)
    return lambda value: masks[bisect_left(points, value) + bisect_right(points, value)]


def _member(entries: Entries, everyone: int) -> Callable[[Iterable[str]], int]:
    free, masks = _free(entries, everyone), _by_operand(entries)

    def mask(value: Iterable[str]) -> int:
        rules = free
        for item in value:
            rules |= masks.get(item, 0)
        return rules

    return mask


def _within(entries: Entries, everyone: int) -> Mask:
    of_steps = _member(entries, everyone)
    return lambda value: of_steps(path(value))


def _none(entries: Entries, everyone: int) -> Mask:
    of_members = _member(entries, 0)
    return lambda value: everyone & ~of_members(value)


def _phrase(entries: Entries, everyone: int) -> Mask:
    free, needles = _free(entries, everyone), tuple(_by_operand(entries).items())

    def mask(value: str) -> int:
        rules, folded = free, value.casefold()
        for needle, bits in needles:
            if needle in folded:
                rules |= bits
        return rules

    return mask


_BUILDERS: dict[str, Callable[[Entries, int], Mask]] = {
    "equal": _equal,
    "order": _order,
    "member": _member,
    "within": _within,
    "none": _none,
    "phrase": _phrase,
}
