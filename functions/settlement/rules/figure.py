"""What a pipeline works on: a figure that stays exact until it is rounded once, and the case that it is about. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from functions.settlement.facts.facts import Fact
from functions.settlement.facts.items import ITEMS, is_money
from hub.kernel.dataclass import dataclass
from hub.kernel.money import EXPONENTS, Money

Rounding = Literal["HALF_UP", "HALF_EVEN", "DOWN", "UP"]
"""HALF_UP: halves away from zero, on both sides of it. DOWN: toward zero. UP: away from it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a step did, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What has been worked out so far.

    value: minor units, exact. phrases: one a step that did something. carries: by step, what it adds to what its window
    (窗口: a party's period) has come to. marks: what happened on the way, e.g. {"pool": "exhausted"}.
    """

    value: Fraction = Fraction(0)
    currency: str = "CNY"
    phrases: tuple[Phrase, ...] = ()
    carries: Mapping[str, Fraction] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)

    def at(self, value: Fraction, zh: str, en: str) -> Figure:
        """This figure at another value, and why."""
        return replace(self, value=value, phrases=(*self.phrases, Phrase(zh, en)))

    def plus(self, value: Fraction, zh: str, en: str) -> Figure:
        """This figure and something more."""
        return self.at(self.value + value, zh, en)

    def carrying(self, **carries: Fraction) -> Figure:
        """This figure, adding so much to what its window carries."""
        return replace(self, carries={**self.carries, **carries})

    def marked(self, name: str, text: str) -> Figure:
        """This figure with a mark."""
        return replace(self, marks={**self.marks, name: text})


@dataclass(frozen=True, slots=True)
class Case:
    """What a step may ask. scale: how much of the fact counts: 1, or of a refund the (negative) share that it takes
    back. carried: what the window has come to before this fact, by step. nth: which step of the pipeline this is."""

    fact: Fact
    scale: Fraction = Fraction(1)
    carried: Mapping[str, Fraction] = field(default_factory=dict)
    nth: int = 0

    def measure(self, name: str) -> Fraction:
        """What the fact says of an item, as far as it counts."""
        return self.fact.measure(name) * self.scale

    def before(self, name: str) -> Fraction:
        """What this step has carried under a name in this window before."""
        return self.carried.get(self.slot(name), Fraction(0))

    def slot(self, name: str) -> str:
        """Under which a step carries something."""
        return f"{self.nth}_{name}"


@lru_cache(maxsize=4096)
def exact(text: str) -> Fraction:
    """An exact number from a decimal string, or a share such as "1/3"."""
    return Fraction(text)


@lru_cache(maxsize=4096)
def minor_of(text: str, currency: str) -> int:
    """An amount in minor units. Raises Invalid where the currency cannot express it."""
    return Money.parse(text, currency).amount_minor


def rounded(value: Fraction, rounding: str, unit: int = 1) -> int:
    """The nearest multiple of `unit` minor units, by the stated rounding."""
    above, below = abs(value.numerator), value.denominator * unit
    whole, rest = divmod(above, below)
    twice = 2 * rest - below
    up = {
        "HALF_UP": twice >= 0,
        "HALF_EVEN": twice > 0 or (twice == 0 and whole % 2 == 1),
        "DOWN": False,
        "UP": rest > 0,
    }[rounding]
    size = (whole + up) * unit
    return -size if value < 0 else size


def show_money(value: Fraction, currency: str) -> str:
    """Minor units as major ones; as many decimals as it has, up to four beyond the currency's."""
    places = EXPONENTS[currency]
    if value.denominator == 1:
        return str(Money(value.numerator, currency))
    text = f"{rounded(value * 10**4, 'HALF_UP'):d}"
    sign, digits = ("-" if text.startswith("-") else ""), text.lstrip("-").rjust(places + 5, "0")
    cut = len(digits) - places - 4
    return f"{sign}{digits[:cut]}.{digits[cut:].rstrip('0').ljust(places, '0')}"


def show_number(value: Fraction) -> str:
    """A quantity without needless zeros: "10.5"."""
    return f"{float(value):.6f}".rstrip("0").rstrip(".") if value.denominator != 1 else str(value.numerator)


def show_percent(rate: Fraction) -> str:
    """ "8%", "0.5%"."""
    return f"{show_number(rate * 100)}%"


def phrase_of(name: str, value: Fraction, currency: str) -> Phrase:
    """An item with what it comes to: 工时费 120.00 元; labour 120.00 CNY."""
    item = ITEMS.get(name)
    zh, en = (item.zh, item.en) if item else (name, name)
    if name == RUNNING or is_money(name):
        return Phrase(f"{zh} {in_yuan(value, currency)}", f"{en} {show_money(value, currency)} {currency}")
    return Phrase(f"{zh} {show_number(value)}", f"{en} {show_number(value)}")


def in_yuan(value: Fraction, currency: str) -> str:
    """An amount as people read it in Chinese."""
    return f"{show_money(value, currency)} {'元' if currency == 'CNY' else currency}"


RUNNING = "running"
"""Said of a step that works on what the pipeline has come to, instead of an item of the fact."""
