"""Lines (备用渠道): a notice goes by the first of its channels that takes it, within a minute (C055)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from functions.notifications.gateways.senders import SAME_AGAIN
from functions.notifications.sends.delivery import (
    ATTEMPTS_LIMIT,
    NO_ANSWER,
    Claim,
    Outcome,
    Send,
    Sends,
    Terms,
    deliver,
)
from functions.notifications.sends.notices import Notice, by_next_channel

FINAL_REASONS = frozenset({"inactive", "not-wanted"})
"""Whoever left, or refuses, is not told by another channel."""
Post = Callable[[Notice, Claim], Outcome]


def send_line(
    sends: Sends, notice: Notice, now: datetime, post: Post, owner: str, attempts_limit: int = ATTEMPTS_LIMIT
) -> Send | None:
    """Send by the first channel of the notice's line that can; the last send as it stands. Raises Retry, as `deliver`.
    Doing it again goes on where it stands."""
    while True:
        terms = Terms(SAME_AGAIN.get(notice.channel, timedelta(0)), bool(notice.rest))
        send = deliver(sends, notice, now, partial(post, notice), owner, attempts_limit, terms)
        if send is None or not notice.rest or not has_failed(send):
            return send
        notice = by_next_channel(notice)


def has_failed(send: Send) -> bool:
    """Whether another channel shall tell it: it will not arrive, or nobody knows and nobody answers."""
    if send.reason in FINAL_REASONS:
        return False
    return send.state == "failed" or (send.state == "unknown" and send.reason == NO_ANSWER)
