"""A notice goes out once (C120). A send is an item claimed before the platform is called, and settled after.

    none ──claim──▶ claimed ──▶ sent | failed
                      │  ▲
               Retry  ▼  │ next delivery of the same event
                    retrying
    none ──quiet hours──▶ delayed ──sweep──▶ bundled ──▶ what became of the digest

Who finds a send claimed, and did not claim it, cannot know whether it went out: the send becomes `unknown`, is shown
as such and never goes out again. So of any send, however its function dies, at most one is unknown and none is
double. A Retry is different: the platform did not take the message as far as we know, and the very same body goes
again within the hours in which WeCom drops a body that it has seen (enable_duplicate_check).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from functions.notifications.notices import Notice
from hub.contracts.notifications import SendState
from hub.kernel.errors import Refuse, Retry

ATTEMPTS_LIMIT = 7
"""The queue brings an event eight times, the last after three quarters of an hour: before that a send has failed, and
says so, rather than wait for a delivery that never comes."""
TOO_MANY_ATTEMPTS = "too-many-attempts"


@dataclass(frozen=True)
class Send:
    """A notice and how far it got. `version` guards each write: 0 is not stored yet."""

    notice: Notice
    state: SendState
    created_at: datetime
    attempt: int = 0
    reason: str = ""
    release_at: datetime | None = None
    sent_at: datetime | None = None
    digest_id: str = ""
    platform_id: str = ""
    version: int = 0


class Outcome(Protocol):
    """What a platform says of a message that it took."""

    @property
    def platform_id(self) -> str: ...

    @property
    def refused(self) -> str:
        """Why it will not arrive, "" when it will."""


class Sends(Protocol):
    """Where sends are kept. Every write is conditional on the version that was read."""

    def read(self, send_id: str) -> Send | None:
        """As it is now, strongly consistent."""

    def write(self, send: Send) -> Send | None:
        """Store it if nobody wrote since; the stored send, or None when somebody did."""


def deliver(
    sends: Sends, notice: Notice, now: datetime, post: Callable[[], Outcome], attempts_limit: int = ATTEMPTS_LIMIT
) -> Send | None:
    """Send a notice unless it went out, or may have. `post` calls the platform.

    Answers the send as it stands now; None when another call holds it. Raises Retry when the platform asks for
    patience: the caller's queue delivers again. At the limit of attempts the send has failed.
    """
    known = sends.read(notice.id)
    claim = _next(known, notice, now)
    if claim is None:
        return known
    claimed = sends.write(claim)
    if claimed is None or claimed.state != "claimed":
        return claimed
    try:
        outcome = post()
    except Retry:
        if claimed.attempt >= attempts_limit:
            return settle(sends, claimed, replace(claimed, state="failed", reason=TOO_MANY_ATTEMPTS))
        settle(sends, claimed, replace(claimed, state="retrying"))
        raise
    except Refuse as error:
        return settle(sends, claimed, replace(claimed, state="failed", reason=error.code))
    if outcome.refused:
        return settle(sends, claimed, replace(claimed, state="failed", reason=outcome.refused))
    return settle(sends, claimed, replace(claimed, state="sent", sent_at=now, platform_id=outcome.platform_id))


def settle(sends: Sends, claimed: Send, settled: Send) -> Send | None:
    """Write what came of a claim. Somebody may have called it unknown meanwhile; who knows better wins."""
    written = sends.write(settled)
    if written is not None:
        return written
    doubted = sends.read(claimed.notice.id)
    if doubted is None or doubted.state != "unknown" or doubted.attempt != claimed.attempt:
        return doubted
    return sends.write(replace(settled, version=doubted.version))


def delay(sends: Sends, notice: Notice, now: datetime, release: datetime) -> Send | None:
    """Keep a notice until `release`, unless it is known already. Answers the send as it stands now."""
    return sends.write(Send(notice, "delayed", now, release_at=release)) or sends.read(notice.id)


def _next(known: Send | None, notice: Notice, now: datetime) -> Send | None:
    """What the send becomes before anything goes out; None when there is nothing to do."""
    if known is None:
        return Send(notice, "claimed", now, attempt=1)
    if known.state == "claimed":
        return replace(known, state="unknown", reason="no-answer-recorded")
    if known.state != "retrying":
        return None
    return replace(known, state="claimed", attempt=known.attempt + 1)
