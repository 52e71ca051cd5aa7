"""A delivery (投递): one event for one endpoint, and what becomes of it. Pure.

pending ──2xx──▶ delivered           held ──enabling, a replay──▶ pending
   │ anything else: again, by RETRY_AFTER
   ├──the receiver says stop, or five days are over──▶ failed ──a replay──▶ pending
   └──410──▶ held (the endpoint is disabled)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from hub.contracts.outbound import DeliveryState
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import derived_id, digest

RETRY_AFTER = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""Before each attempt, counted from the one before; what comes after the last goes on by its interval."""
JITTER_PERCENT = 10
"""A wait is longer by up to so much, so that what failed at one moment does not come back at one."""
GIVE_UP_AFTER = timedelta(days=5)
KEPT = timedelta(days=90)
STOP_HEADER = "webhook-should-retry"
"""An answer with `webhook-should-retry: false` asks for no further attempt."""
GONE, TOO_MANY, UNAVAILABLE = 410, 429, 503
RETRY_AFTER_LIMIT = timedelta(hours=10)
SUCCESS = range(200, 300)


@dataclass(frozen=True)
class Delivery:
    """One event for one endpoint. key: what it is about. replay: the last replay that asked for it again."""

    id: str
    endpoint_id: str
    event_id: str
    event_type: str
    key: str
    state: DeliveryState
    created_at: datetime
    reason: str = ""
    attempts: int = 0
    delivered_at: datetime | None = None
    test: bool = False
    replay: str = ""


@dataclass(frozen=True)
class Waiting:
    """A delivery that is to be sent. due: from when on. at: the event's own time. since: from when on it was to be
    sent. attempts: made so far; tried_at: when the last one was."""

    delivery_id: str
    event_id: str
    key: str
    due: datetime
    at: datetime
    since: datetime
    attempts: int = 0
    tries: int = 0
    tried_at: datetime | None = None


@dataclass(frozen=True)
class Attempt:
    """What was sent, and what came back. status: 0 without an answer; error: why there is none."""

    at: datetime
    latency_ms: int
    status: int = 0
    error: str = ""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    answer: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status in SUCCESS

    @property
    def words(self) -> str:
        """What went wrong, "" for nothing."""
        return "" if self.succeeded else self.error or f"HTTP {self.status}"


@dataclass(frozen=True)
class Verdict:
    """What becomes of a delivery after an attempt. due: when it is tried again (pending)."""

    state: Literal["delivered", "failed", "pending", "held"]
    due: datetime | None = None
    reason: str = ""


def delivery_id(endpoint_id: str, event_id: str, at: datetime) -> str:
    """The same for the same event and endpoint, however often it is said. at: the event's own time."""
    return derived_id("dlv", at, endpoint_id, event_id)


def judge(waiting: Waiting, attempt: Attempt) -> Verdict:
    """What becomes of a delivery by this attempt."""
    if attempt.succeeded:
        return Verdict("delivered")
    if attempt.status == GONE:
        return Verdict("held", reason="gone")
    if attempt.answer_headers.get(STOP_HEADER, "").strip().lower() == "false":
        return Verdict("failed", reason="receiver-said-stop")
    if attempt.at - waiting.since >= GIVE_UP_AFTER:
        return Verdict("failed", reason="five-days-over")
    due = attempt.at + wait_after(waiting.delivery_id, waiting.tries + 1)
    return Verdict("pending", due=max(due, attempt.at + asked_patience(attempt)))


def wait_after(name: str, tries: int) -> timedelta:
    """How long to wait after so many tries, jitter included: the same each time for the same delivery."""
    usual = RETRY_AFTER[min(tries, len(RETRY_AFTER) - 1)]
    share = int.from_bytes(digest(name, str(tries))[:2], "big") / 0xFFFF
    return usual * (1 + share * JITTER_PERCENT / 100)


def asked_patience(attempt: Attempt) -> timedelta:
    """For how long the receiver asks to be left alone: Retry-After of 429 and 503, seconds or a date."""
    text = attempt.answer_headers.get("retry-after", "").strip()
    if attempt.status not in (TOO_MANY, UNAVAILABLE) or not text:
        return timedelta(0)
    if text.isascii() and text.isdecimal() and len(text) <= 9:
        patience = timedelta(seconds=int(text))
    else:
        patience = _until(text, attempt)
    return min(max(patience, timedelta(0)), RETRY_AFTER_LIMIT)


def _until(text: str, attempt: Attempt) -> timedelta:
    """By the receiver's own clock, where it says what that shows."""
    try:
        until = parsedate_to_datetime(text)
        now = attempt.answer_headers.get("date", "")
        return until - (parsedate_to_datetime(now) if now else attempt.at)
    except (ValueError, TypeError):
        return timedelta(0)
