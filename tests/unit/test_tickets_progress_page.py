"""The customer's page: its words, its times, and that nothing on it is anybody else's."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from functions.tickets.ticket.progress_page import content_policy, render_elsewhere, render_gone, render_progress
from functions.tickets.ticket.spoken_times import spoken_time
from hub.contracts.base import Words
from hub.contracts.tickets import Milestone, ProgressView
from hub.edge.negotiation import prefers_html

SHANGHAI, URUMQI = ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Urumqi")
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""Monday noon in Shanghai."""
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def at(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "zh", "en"),
    [
        (at(23, 10, 5), "今天上午10:05", "Today, 10:05 am"),
        (at(23, 0, 0), "今天凌晨0:00", "Today, 12:00 am"),
        (at(23, 12, 0), "今天中午12:00", "Today, 12:00 pm"),
        (at(22, 23, 59), "昨天晚上11:59", "Yesterday, 11:59 pm"),
        (at(21, 15, 20), "11月21日（周六）下午3:20", "Sat 21 Nov, 3:20 pm"),
        (at(31, 8, 0, month=12, year=2025), "2025年12月31日（周三）上午8:00", "Wed 31 Dec 2025, 8:00 am"),
    ],
)
def test_a_time_is_said_as_people_say_it(moment: datetime, zh: str, en: str) -> None:
    """Today and yesterday by name, else the date, in both languages."""
    assert spoken_time(moment, NOW, SHANGHAI) == Words(zh=zh, en=en)


def test_today_is_the_tenant_s() -> None:
    """0:30 in Shanghai is yesterday evening in Urumqi."""
    moment = at(23, 0, 30)
    assert spoken_time(moment, NOW, SHANGHAI).zh == "今天凌晨0:30"
    assert spoken_time(moment, NOW, URUMQI).zh == "昨天晚上10:30"


def view(*times: datetime | None, title: str = "维修") -> ProgressView:
    return ProgressView(
        title=Words(zh=title, en="Repair"),
        milestones=tuple(Milestone(title=Words(zh=f"第{i}步", en=f"Step {i}"), at=t) for i, t in enumerate(times)),
    )


def test_what_is_done_what_goes_on_and_what_is_to_come() -> None:
    """The first that is not done goes on, the others are to come; once it is over only what was done is left."""
    times = (at(23, 9), at(23, 10), None, None)
    page = render_progress(view(*times), "open", NOW, SHANGHAI)
    assert [page.count(f'<li class="{kind}"') for kind in ("done", "now", "later")] == [2, 1, 1]
    assert "已完成 2/4 步" in page
    over = render_progress(view(at(23, 9), None, at(23, 11)), "closed", NOW, SHANGHAI)
    assert [over.count(f'<li class="{kind}"') for kind in ("done", "now", "later")] == [2, 0, 0]
    assert ("已全部完成" in over, "http-equiv" in over) == (True, False)
    assert "已取消" in render_progress(view(at(23, 9), None), "cancelled", NOW, SHANGHAI)


class Tags(HTMLParser):
    """The tags of a page, and the attributes by which one could load or send something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.loading = list[str](), list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loading += [name for name, _ in attrs if name in ("src", "href", "action", "srcset", "style")]


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ticket.cost}}&amp;"]
)
def test_a_name_is_a_name(title: str) -> None:
    """Whatever a type or a milestone is called stands on the page as it was typed and does nothing."""
    for page in (render_progress(view(None, title=title), "open", NOW, SHANGHAI), render_elsewhere(title)):
        tags = Tags()
        tags.feed(page)
        assert not {"script", "img", "link", "iframe", "form", "a", "object"} & set(tags.tags)
        assert tags.loading == []


def test_no_page_may_load_anything() -> None:
    """Its policy lets in its own style by its hash, and nothing else."""
    policy = content_policy()
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in render_gone().replace("http-equiv", "")


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (CHROME, True),
        ("text/html", True),
        ("application/json, text/html;q=0.5", False),
        ("*/*", False),
        ("", False),
        ("application/json", False),
        ("text/html;q=0", False),
        ("text/html;q=x", False),
    ],
)
def test_a_browser_gets_a_page_and_a_program_json(accept: str, page: bool) -> None:
    """By what it says that it accepts."""
    assert prefers_html(accept) is page
