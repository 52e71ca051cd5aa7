"""The shape shared by everything that crosses a boundary: frozen, strict about unknown fields, UTC times."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, RootModel


class Contract(BaseModel):
    """Base of events and HTTP bodies: immutable, and a field that nobody knows is an error that names it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True)


class Words(Contract):
    """The same in Chinese and English."""

    zh: str
    en: str


class Label(Words):
    """Words that people write into a body: neither is empty or long."""

    zh: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)


def _written_out(value: object) -> object:
    """A bare number could mean seconds or milliseconds: it is refused, not guessed at."""
    if isinstance(value, datetime) or (isinstance(value, str) and "T" in value.upper()):
        return value
    raise ValueError('must be RFC 3339 with an offset, e.g. "2026-11-23T02:00:00+08:00"')


def _to_utc(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(UTC)


def _written_day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and len(value) == len("2026-11-23")):
        return value
    raise ValueError('must be a date, e.g. "2026-11-23"')


def _in_range(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


def check_zone(name: str) -> None:
    """Raises ValueError for what is no IANA zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be an IANA zone, e.g. Asia/Shanghai") from None


FIRST_YEAR, LAST_YEAR = 1970, 2999
Day = Annotated[date, BeforeValidator(_written_day), AfterValidator(_in_range)]
"""A calendar day in the tenant's zone."""

Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_to_utc)]
"""RFC 3339 with an offset outside, UTC inside."""

WallTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["08:30"])]
"""A time of day by somebody's wall clock."""

Amount = Annotated[str, Field(pattern=r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$", examples=["25.00"])]
"""Money on the wire: a decimal string in major units; its currency is a field beside it."""

Total = Annotated[str, Field(pattern=r"^-?[0-9]{1,30}(\.[0-9]{1,2})?$", examples=["25.00"])]
"""What amounts add up to, as `Amount`: wide enough for any that were taken."""

RegionCode = Annotated[str, Field(pattern=r"^([0-9]{6}|base)$", examples=["310000"])]
RegionFilter = Annotated[str, Field(pattern=r"^([0-9]{6}|base)?$", examples=["310000"])]
"""A region, or "" where none is meant."""
"""行政区划代码 (GB/T 2260): 310000 is 上海, 310101 its 黄浦 district."""

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A key that people choose: flows, teams, skills, services, price books."""

TicketType = Slug
Priority = Literal["low", "normal", "high", "urgent"]
NoticeChannel = Literal["wecom", "wecom_group", "dingtalk", "feishu", "official_account", "sms", "email", "phone"]

TicketTag = Annotated[str, Field(pattern=r"^[^\s,;#]{1,40}$", examples=["回访"])]
"""A word that people put on a ticket to find it by (标签)."""
Datum = Literal["wgs84", "gcj02"]
"""坐标系: as satellites say it, or as maps in China print it; they lie half a kilometre apart."""


class GeoPoint(Contract):
    """A point on the map. One that does not say its datum is refused."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    datum: Datum


StoreId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
"""A store's key, as the tenant calls it."""

Role = Literal["administrator", "supervisor", "agent", "engineer", "finance", "integrator", "store_manager", "viewer"]
"""What a person's job lets them do."""

Terminal = Literal["pc", "mobile", "h5"]
"""What somebody works on (终端): a desk, a phone, or a page that was sent to them."""

PersonId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$")]
"""One of us (a principal's `sub`); where WeCom is used, the member's userid."""

NO_NUMBER = "must be a number, not true or false"


def misread(document: Any, value: Any, pointer: str = "") -> Iterator[str]:
    """Where JSON says true or false and `value`, which was made of it, has a number (Python counts them as 1 and 0):
    JSON pointers."""
    if isinstance(document, bool):
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield pointer
    elif isinstance(document, dict):
        of_model = isinstance(value, BaseModel) and not isinstance(value, RootModel)
        parts: Any = value.__dict__ if of_model else getattr(value, "root", value)
        for name, part in document.items() if isinstance(parts, Mapping) else ():
            if isinstance(part, bool | dict | list) and name in parts:
                yield from misread(part, parts[name], f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(document, list) and isinstance(value, list | tuple) and len(value) == len(document):
        for i, (part, made) in enumerate(zip(document, value, strict=True)):
            yield from misread(part, made, f"{pointer}/{i}")
