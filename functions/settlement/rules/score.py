"""score (按评分分成): a share of the period's amount that its average score moves up or down."""

from collections.abc import Iterator
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from functions.settlement.rules.figure import Case, Figure, exact, phrase_of, show_number, show_percent
from functions.settlement.rules.step import About, Number, Of, Rate, Step
from hub.contracts.base import Contract
from hub.documents.kinds import Finding


class Band(Contract):
    """From `at_least` (included) up to the next band's, `add` to the base."""

    at_least: Number
    add: Rate


class Score(Step):
    """Adds the period's `of` × share, where share = `base` + the `add` of the band that the average of `score_of`
    reaches, within `least` and `most`. Below the first band, and without any score, the base stands alone. One fact
    brings what it moves that by, so a late score comes as a difference."""

    about: ClassVar = About(
        "按评分分成",
        "a share moved by the period's average score",
        "in: minor units and scores; out: minor units, added",
        monotone=False,
        by_window=True,
    )
    rule: Literal["score"] = "score"
    of: Of
    score_of: Of = "score"
    base: Rate
    bands: tuple[Band, ...] = Field(min_length=1, max_length=20)
    least: Rate = "0"
    most: Rate = "1"

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running + what this fact moves the period's share by."""
        amount, score = case.measure(self.of), case.measure(self.score_of)
        count = case.scale if self.score_of in case.fact.quantities else Fraction(0)
        before = (case.before("of"), case.before("score"), case.before("scores"))
        after = (before[0] + amount, before[1] + score, before[2] + count)
        share, average = self.share(*after[1:]), _average(*after[1:])
        value = after[0] * share - before[0] * self.share(*before[1:])
        item = phrase_of(self.of, after[0], figure.currency)
        zh, en = (f"评分 {average}", f"score {average}") if average else ("无评分", "no score yet")
        made = figure.plus(
            value,
            f"本期{item.zh} × {show_percent(share)}（{zh}）",
            f"the period's {item.en} × {show_percent(share)} ({en})",
        )
        keys = (case.slot("of"), case.slot("score"), case.slot("scores"))
        return made.carrying(**dict(zip(keys, (amount, score, count), strict=True)))

    def share(self, total: Fraction, count: Fraction) -> Fraction:
        """The share at an average of total / count."""
        reached = [band for band in self.bands if count > 0 and total / count >= exact(band.at_least)]
        moved = exact(self.base) + (exact(reached[-1].add) if reached else 0)
        return min(max(moved, exact(self.least)), exact(self.most))

    def findings(self, place: str, currency: str) -> Iterator[Finding]:  # noqa: ARG002 - shares have no currency
        """Bands out of order, and bounds that cross or leave the base outside."""
        for nth, (lower, upper) in enumerate(zip(self.bands, self.bands[1:], strict=False), 1):
            if exact(upper.at_least) <= exact(lower.at_least):
                yield Finding(
                    f"{place}/bands/{nth}/at_least", "can never be reached: must lie above the band before it"
                )
        if not exact(self.least) <= exact(self.base) <= exact(self.most):
            yield Finding(f"{place}/base", "must lie within `least` and `most`")

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of, self.score_of)


def _average(total: Fraction, count: Fraction) -> str:
    return show_number(total / count) if count > 0 else ""
