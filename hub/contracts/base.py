"""The shape shared by everything that crosses a boundary: frozen, strict about unknown fields, UTC times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


class Contract(BaseModel):
    """Base of events and HTTP bodies: immutable, and a field that nobody knows is an error that names it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _to_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""RFC 3339 with an offset outside, UTC inside."""

Amount = Annotated[str, Field(pattern=r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$", examples=["25.00"])]
"""Money on the wire: a decimal string in major units; its currency is a field beside it."""

RegionCode = Annotated[str, Field(pattern=r"^([0-9]{6}|base)$", examples=["310000"])]
"""行政区划代码 (GB/T 2260): 310000 is 上海, 310101 its 黄浦 district."""

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A key that people choose: flows, teams, skills, services, price books."""

PersonId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$")]
"""One of us (a principal's `sub`); where WeCom is used, the member's userid."""
