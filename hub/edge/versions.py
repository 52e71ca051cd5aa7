"""Versions of the API by date (`Hub-Version`): what a client was written against, and until when that is answered.

Whoever names no version gets the newest. Changes within a version only add; what would break a client is a new version,
and the one before is answered until its sunset (RFC 8594), which each of its answers tells. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from email.utils import format_datetime

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

HEADER = "Hub-Version"


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """since: its date, which is its name. sunset: the first day on which it is no longer answered."""

    since: date
    sunset: date | None = None

    def headers(self) -> dict[str, str]:
        """What an answer in this version tells of it."""
        headers = {HEADER: self.since.isoformat()}
        if self.sunset is None:
            return headers
        return headers | {
            "Sunset": _http_date(self.sunset),
            "Deprecation": f"@{int(_midnight(self.since).timestamp())}",
        }


VERSIONS = (ApiVersion(date(2026, 11, 1)),)
"""All that are answered, the oldest first."""


def version_of(day: str, versions: Sequence[ApiVersion] = VERSIONS) -> ApiVersion:
    """The version that held on the day that a client names ("": the newest). Raises Invalid for no date, and for a day
    before the oldest version that is still answered."""
    if not day:
        return versions[-1]
    held = [version for version in versions if version.since <= _day(day)]
    if not held:
        raise _wrong(f"must be {versions[0].since} or later")
    return held[-1]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong('must be a date, e.g. "2026-11-23"') from None


def _wrong(rule: str) -> Invalid:
    return Invalid("bad header", problems=[Problem(f"header:{HEADER}", rule)])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _http_date(day: date) -> str:
    return format_datetime(_midnight(day), usegmt=True)
