"""What duty rosters (值班表) are made of. Who is on duty by them is hub.kernel.rosters."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import Contract, Day, Moment, PersonId, WallTime


class Shift(Contract):
    """One person on duty from `starts_at` (included) to `ends_at` (excluded)."""

    person_id: PersonId
    starts_at: Moment
    ends_at: Moment


class RecurringShift(Contract):
    """A shift that comes again (循环班次), by an RFC 5545 rule over days, from `starts` to `ends` by the wall clock: so
    8:30 stays 8:30 all year. An end that is no later than the start is the next day's."""

    person_id: PersonId
    rule: str = Field(max_length=200, examples=["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"])
    since: Day = Field(description="the first day on which it may fall, and from which intervals are counted")
    until: Day | None = Field(default=None, description="the last day on which it may begin")
    starts: WallTime
    ends: WallTime
    timezone: str = "Asia/Shanghai"
    days: Literal["any", "workdays", "days_off"] = Field(
        default="any", description="of the days that the rule names only work days (调休 included), or only days off"
    )


class ShiftSwap(Contract):
    """A swap (换班): what `person_id` has between these moments is `by`'s."""

    person_id: PersonId
    by: PersonId
    starts_at: Moment
    ends_at: Moment
