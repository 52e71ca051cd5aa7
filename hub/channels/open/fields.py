"""What fields of an integrator's body may hold, each with its rule."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hub.contracts.envelope import AttributionKey
from hub.kernel.errors import Invalid
from hub.kernel.money import EXPONENTS, Money

Id = Annotated[str, Field(pattern=r"^[!-~]{1,128}$", examples=["8870012345678901234"])]
"""An id as the sender names things: visible ASCII, no blanks, always text (a number would lose digits)."""
OptionalId = Annotated[str, Field(pattern=r"^[!-~]{0,128}$")]
Platform = Annotated[
    str,
    Field(
        pattern=r"^([a-z][a-z0-9_]{0,63})?$",
        description="the marketplace that it is of, e.g. jd, where that has no such message of its own",
    ),
]
ParcelNo = Annotated[str, Field(min_length=1, max_length=128, examples=["9400 1000 0000 0000 0000 00"])]
"""A parcel's number as the carrier writes it: kept so, compared without blanks."""
OptionalParcelNo = Annotated[str, Field(max_length=128)]
Short = Annotated[str, Field(max_length=200)]
Label = Annotated[str, Field(max_length=100)]
Long = Annotated[str, Field(max_length=20_000)]
Currency = Literal["CNY", "HKD", "USD", "EUR", "JPY"]
Whole = Annotated[int, Field(strict=True, ge=-(10**12), le=10**12)]


_MOBILE = re.compile(r"(\+?86-?)?1[3-9][0-9]{9}", re.ASCII)


def _none_of_a_person(value: str) -> str:
    if "@" in value or _MOBILE.fullmatch(value):
        raise ValueError("must be your own number for the person, never a phone or e-mail: ids are shown and logged")
    return value


PersonKey = Annotated[Id, AfterValidator(_none_of_a_person)]
OptionalPersonKey = Annotated[OptionalId, AfterValidator(_none_of_a_person)]
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,2})?$", examples=["129.90"])]
Places = Annotated[dict[AttributionKey, Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=10)]
Entry = Literal["website", "mini_program", "app", "email", "phone", "h5", "exhibition", "group", "social", "other"]
"""Where the person came in (入口)."""


def minor_units(amount: str, currency: str) -> int:
    """An amount in minor units. Raises ValueError for one that the currency cannot express."""
    try:
        return Money.parse(amount, currency).amount_minor
    except Invalid:
        raise ValueError(f"amounts in {currency} have at most {EXPONENTS[currency]} decimals") from None
