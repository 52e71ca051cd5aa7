"""Bounds of a figure, of one fact or of a party's period. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from functions.settlement.rules.figure import Case, Figure, in_yuan, minor_of, show_money

Per = Literal["fact", "period"]


def bounded(
    figure: Figure, case: Case, per: Per, least: str | None, most: str | None, words: tuple[str, str]
) -> Figure:
    """The figure within bounds. Of a period it is the period's sum that is bounded, and a fact gets what it moves that
    by: a guarantee comes with the period's first fact. Below zero (what goes back) a fact's own bounds are mirrored."""
    low = None if least is None else Fraction(minor_of(least, figure.currency))
    high = None if most is None else Fraction(minor_of(most, figure.currency))
    if per == "fact":
        value = _within(figure.value, low, high) if case.scale > 0 else _share(figure.value, case.scale, low, high)
        return _said(figure, value, words)
    before, seen = case.before("sum"), case.before("facts") > 0
    start = _within(before, low, high) if seen else Fraction(0)
    value = _within(before + figure.value, low, high) - start
    made = _said(figure, value, words)
    return made.carrying(**{case.slot("sum"): figure.value, case.slot("facts"): Fraction(1)})


def _share(value: Fraction, scale: Fraction, low: Fraction | None, high: Fraction | None) -> Fraction:
    """Of what goes back, the share that it is of the bounded whole."""
    return _within(value / scale, low, high) * scale if scale else value


def _within(value: Fraction, low: Fraction | None, high: Fraction | None) -> Fraction:
    above = value if low is None else max(value, low)
    return above if high is None else min(above, high)


def _said(figure: Figure, value: Fraction, words: tuple[str, str]) -> Figure:
    """A bound that changes nothing says nothing."""
    if value == figure.value:
        return figure
    zh, en = in_yuan(value, figure.currency), f"{show_money(value, figure.currency)} {figure.currency}"
    return figure.at(value, f"{words[0]} {zh}", f"{words[1]} {en}")
