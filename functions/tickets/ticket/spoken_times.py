"""Times as people say them (今天上午10:05), in Chinese and English, on the wall of the tenant's zone. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hub.contracts.base import Words

WEEKDAYS = "一二三四五六日"
PARTS = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
"""Until which hour (excluded) which part of the day lasts."""


def spoken_time(moment: datetime, now: datetime, zone: ZoneInfo) -> Words:
    """When that was, seen from `now`: today, yesterday, else the date, with its year where that is another."""
    at, today = moment.astimezone(zone), now.astimezone(zone).date()
    zh_time, en_time = _zh_time(at), f"{at.hour % 12 or 12}:{at.minute:02} {'am' if at.hour < 12 else 'pm'}"
    if at.date() == today:
        return Words(zh=f"今天{zh_time}", en=f"Today, {en_time}")
    if at.date() == today - timedelta(days=1):
        return Words(zh=f"昨天{zh_time}", en=f"Yesterday, {en_time}")
    same_year = at.year == today.year
    zh_year, en_year = ("", "") if same_year else (f"{at.year}年", f" {at.year}")
    weekday = WEEKDAYS[at.weekday()]
    return Words(
        zh=f"{zh_year}{at.month}月{at.day}日（周{weekday}）{zh_time}",
        en=f"{at:%a} {at.day} {at:%b}{en_year}, {en_time}",
    )


def _zh_time(at: datetime) -> str:
    part = next(word for until, word in PARTS if at.hour < until)
    return f"{part}{at.hour if at.hour <= 12 else at.hour - 12}:{at.minute:02}"
