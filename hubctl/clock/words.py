"""What people write of time: a mode, a length, a moment. Pure; what can't be read is refused, with what could."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from hub.kernel.errors import Invalid, Problem
from hubctl.failures import OperatorError

Parsed = TypeVar("Parsed")

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
LENGTH_MAX = timedelta(days=3650)
SCALE_MAX = 100_000
MODES = 'must be "real", "stepped", or how many times faster than real time it runs: a whole number, e.g. 720'
LENGTHS = 'must be a length of at most ten years, e.g. "2h", "90m", "1d12h", "45s"'
BACK = f"goes back, and business time never does: it {LENGTHS}"
MOMENTS = (
    'must be a moment, e.g. "08:00" (the next one) or "2026-12-01T00:00", both in the hub\'s zone, '
    'or "2026-12-01T00:00:00+08:00"'
)
TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True)
class Mode:
    """How business time runs. scale: times faster than real time; 1 also when stepped."""

    scale: int = 1
    stepped: bool = False

    def __str__(self) -> str:
        return "stepped" if self.stepped else "real" if self.scale == 1 else str(self.scale)


def readable(parse: Callable[[str], Parsed], text: str) -> Parsed:
    """What `parse` makes of a command's argument. Raises OperatorError with what would be right."""
    try:
        return parse(text)
    except Invalid as error:
        raise OperatorError(f"{text!r} {error.problems[0].rule}") from None


def parse_mode(text: str) -> Mode:
    """ "real", "stepped" or a scale. Raises Invalid."""
    if text in ("real", "stepped"):
        return Mode(stepped=text == "stepped")
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= SCALE_MAX:
        return Mode(int(text))
    raise Invalid("not a clock", problems=[Problem("clock", MODES)], given=text)


def parse_length(text: str) -> timedelta:
    """ "1d12h" or "90m". Raises Invalid, for a negative one too: business time never goes back."""
    if text.startswith("-"):
        raise Invalid("business time never goes back", problems=[Problem("/by", BACK)], given=text)
    parts = re.findall(r"([0-9]{1,7})([dhms])", text)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != text:
        raise Invalid("not a length of time", problems=[Problem("/by", LENGTHS)], given=text)
    length = sum((int(number) * UNITS[unit] for number, unit in parts), timedelta())
    if length > LENGTH_MAX:
        raise Invalid("too long a time", problems=[Problem("/by", LENGTHS)], given=text)
    return length


def parse_moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """A date and time, or a time of day, "08:00": the next one after `now`. Without an offset it is meant in `zone`.
    Raises Invalid."""
    if clock := TIME_OF_DAY.fullmatch(text):
        today = now.astimezone(zone)
        coming = today.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return coming if coming > today else coming + timedelta(days=1)
    try:
        moment = datetime.fromisoformat(text) if "T" in text else None
        if moment is not None:
            return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError:
        pass
    raise Invalid("not a moment", problems=[Problem("/moment", MOMENTS)], given=text)
