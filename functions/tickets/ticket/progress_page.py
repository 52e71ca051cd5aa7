"""The customer's progress page (客户进度页): made for a phone, it loads nothing, runs nothing and says nothing but the
milestones. Pure; every word that comes from a ticket or a flow is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

from functions.tickets.ticket.spoken_times import spoken_time
from hub.contracts.base import Words
from hub.contracts.tickets import Milestone, ProgressView, TicketState

REFRESH_SECONDS = 60
NOW = Words(zh="进行中", en="In progress")
LATER = Words(zh="待进行", en="To come")
CANCELLED = Words(zh="已取消", en="Cancelled")
FINISHED = Words(zh="已全部完成", en="All done")
UPDATES = Words(zh="本页每分钟自动更新，请勿转发链接", en="This page updates itself. Please keep its link to yourself.")


def render_progress(view: ProgressView, state: TicketState, now: datetime, zone: ZoneInfo) -> str:
    """The page of one matter: what is done and when, what is going on, and what is to come."""
    steps = _steps(view.milestones, state)
    done = sum(kind == "done" for kind, _ in steps)
    body = [
        f"<header>{_both('h1', view.title)}{_state(state, done, len(steps))}{_bar(steps)}</header>",
        '<section aria-label="进度 · Progress"><ol>',
        *(_step(kind, milestone, now, zone) for kind, milestone in steps),
        "</ol></section>",
        f'<footer>{escape(UPDATES.zh)}<br><span lang="en">{escape(UPDATES.en)}</span></footer>',
    ]
    return _page(view.title, body, refresh=state == "open")


def render_gone() -> str:
    """What is said of a link that leads nowhere, to whoever opened it in good faith."""
    title = Words(zh="这个链接已失效", en="This link is no longer here")
    lines = (
        Words(zh="它可能不完整，或已过期。", en="It may be incomplete, or its time is over."),
        Words(
            zh="想知道进度？请在收到链接的对话里回复我们，我们会告诉您。",
            en="To hear how things are, answer in the conversation that the link came in: we will tell you.",
        ),
    )
    return _page(
        title, [f'<header class="kind">{_both("h1", title)}{"".join(_both("p", line) for line in lines)}</header>']
    )


def render_elsewhere(thing: str) -> str:
    """Where a colleague who tapped a card finds the thing, on a hub whose tenant named no front end. Shows its id and
    nothing else: whoever opens this is nobody yet."""
    title = Words(zh="请在工单系统中查看", en="Look at it in your ticket desk")
    why = Words(
        zh="此编号对应的内容需登录后查看。管理员可在租户设置中填写 board_url，卡片便会直接打开它。",
        en="What has this id is shown to those who signed in. Once board_url stands in the tenant's settings, cards "
        "open it right there.",
    )
    shown = f'<p class="state off">{escape(thing)}</p>'
    return _page(title, [f'<header class="kind">{_both("h1", title)}{shown}{_both("p", why)}</header>'])


@lru_cache(maxsize=1)
def content_policy() -> str:
    """The page's Content-Security-Policy: its one style sheet by its hash, and nothing else at all."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _steps(milestones: Sequence[Milestone], state: TicketState) -> list[tuple[str, Milestone]]:
    """Each milestone as done, now or later. Once a matter is over, what it never came by is left out."""
    if state != "open":
        return [("done", milestone) for milestone in milestones if milestone.at is not None]
    current = next((i for i, milestone in enumerate(milestones) if milestone.at is None), len(milestones))
    kinds = ("done" if m.at is not None else "now" if i == current else "later" for i, m in enumerate(milestones))
    return list(zip(kinds, milestones, strict=True))


def _step(kind: str, milestone: Milestone, now: datetime, zone: ZoneInfo) -> str:
    when = spoken_time(milestone.at, now, zone) if milestone.at else NOW if kind == "now" else LATER
    moment = f' datetime="{milestone.at.isoformat()}"' if milestone.at else ""
    mark = "✓" if kind == "done" else ""
    news = _both("p", milestone.news) if milestone.news and milestone.news != milestone.title and kind == "now" else ""
    return (
        f'<li class="{kind}"{_current(kind)}><span class="dot" aria-hidden="true">{mark}</span>'
        f"{_both('b', milestone.title)}{news}<time{moment}>{escape(when.zh)} "
        f'<span class="en" lang="en">{escape(when.en)}</span></time></li>'
    )


def _current(kind: str) -> str:
    return ' aria-current="step"' if kind == "now" else ""


def _state(state: TicketState, done: int, count: int) -> str:
    if state == "cancelled":
        return f'<p class="state off">{escape(CANCELLED.zh)} · {escape(CANCELLED.en)}</p>'
    if state == "closed":
        return f'<p class="state over">{escape(FINISHED.zh)} · {escape(FINISHED.en)}</p>'
    return f'<p class="state">已完成 {done}/{count} 步 · {done} of {count} steps done</p>'


def _bar(steps: Sequence[tuple[str, Milestone]]) -> str:
    return f'<div class="bar" aria-hidden="true">{"".join(f"<i class={kind}></i>" for kind, _ in steps)}</div>'


def _both(tag: str, words: Words) -> str:
    """Chinese in its element, and English below where it says something else."""
    english = f'<div class="en" lang="en">{escape(words.en)}</div>' if words.en and words.en != words.zh else ""
    return f"<{tag}>{escape(words.zh)}</{tag}>{english}"


def _page(title: Words, body: Sequence[str], *, refresh: bool = False) -> str:
    return "".join(_html(title, body, refresh=refresh))


def _html(title: Words, body: Sequence[str], *, refresh: bool) -> Iterator[str]:
    yield '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover">'
    yield '<meta name="robots" content="noindex,nofollow"><meta name="color-scheme" content="light dark">'
    if refresh:
        yield f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">'
    yield f"<title>{escape(title.zh)} · {escape(title.en)}</title><style>{_style()}</style></head><body><main>"
    yield from body
    yield "</main></body></html>"


@lru_cache(maxsize=1)
def _style() -> str:
    return Path(__file__).with_name("progress.css").read_text(encoding="utf-8")
