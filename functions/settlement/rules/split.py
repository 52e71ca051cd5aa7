"""split (分配): fixed shares of the figure to several accounts."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from functions.settlement.rules.figure import Case, exact
from functions.settlement.rules.remainders import Remainder, allocate
from functions.settlement.rules.step import About, Distribution, Share
from hub.contracts.base import Contract
from hub.documents.kinds import Finding

SharePart = Annotated[
    str, Field(pattern=r"^(0|1|0?\.[0-9]{1,10}|[0-9]{1,4}/[1-9][0-9]{0,3})$", examples=["0.70", "1/3"])
]


class SplitShare(Contract):
    """`share` of the whole to the account `to`; names in braces as in every account."""

    to: str = Field(min_length=1, max_length=150)
    share: SharePart


class Split(Distribution):
    """Whole minor units in the stated shares, which sum to 1; what cannot be divided goes as `remainder` says."""

    about: ClassVar = About(
        "分配",
        "fixed shares to several accounts",
        "in: whole minor units; out: whole minor units an account",
        rounding="toward zero, a share at a time",
        remainder="declared: the largest fractions, the first share or the last",
    )
    rule: Literal["split"] = "split"
    shares: tuple[SplitShare, ...] = Field(min_length=2, max_length=40)
    remainder: Remainder

    def distribute(self, amount_minor: int, case: Case) -> tuple[Share, ...]:  # noqa: ARG002 - shares are fixed
        """Shares in the order of the document."""
        parts = allocate(amount_minor, [exact(share.share) for share in self.shares], self.remainder)
        return tuple(Share(share.to, part) for share, part in zip(self.shares, parts, strict=True))

    def findings(self, place: str, currency: str) -> Iterator[Finding]:  # noqa: ARG002 - shares have no currency
        """Shares that are not the whole, and such that get nothing."""
        yield from _whole_findings([share.share for share in self.shares], f"{place}/shares")


def _whole_findings(texts: Sequence[str], place: str) -> Iterator[Finding]:
    shares = [exact(text) for text in texts]
    if (total := sum(shares, Fraction(0))) != 1:
        yield Finding(place, f"does not balance: the shares sum to {float(total):g}, and must sum to 1")
    for nth, share in enumerate(shares):
        if share == 0:
            yield Finding(f"{place}/{nth}/share", "gets nothing: leave it out", "warning")
