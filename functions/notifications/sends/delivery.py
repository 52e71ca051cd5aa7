"""A notice goes out once (C120). All that has to be looked up is looked up first; then the send is claimed, by the
attempt's own token, and the platform is called: nothing lies between.

    none ──claim──▶ claimed ──▶ sent | failed
                      │  ▲
       Retry, or died ▼  │ next delivery of the same event
                    retrying
    none ──quiet hours──▶ delayed ──sweep──▶ bundled ──▶ what became of the digest

Whoever finds a send claimed by another cannot know whether it went out. Where the platform knows a repeat (WeCom by the
body, others by our id), the very same goes again while it does: so it arrives once, however a function dies. Where it
knows none, or no more, the send becomes `unknown`, is shown as such and never goes out again by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.notifications.sends.notices import Notice
from hub.contracts.notifications import SendState
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Refuse, Retry

ATTEMPTS_LIMIT = 7
"""The queue brings an event eight times, the last after three quarters of an hour: before that a send has failed, and
says so, rather than wait for a delivery that never comes."""
TOO_MANY_ATTEMPTS = "too-many-attempts"
TOO_SLOW = "too-slow"
NO_ANSWER = "no-answer"
"""The platform that knows no repeat did not answer: it may have arrived."""
SAME_AGAIN = timedelta(hours=3, minutes=45)
"""So long after its first attempt a body may be sent again: WeCom remembers it for four hours."""
FALLBACK_WITHIN = timedelta(seconds=60)
"""The next channel goes where this one will not have been tried again by then."""
COMES_AGAIN_SECONDS = (2, 10, 60)
"""When the queue brings an event again, by attempt."""
SILENT = ("-unreachable", "-unreadable")
"""How errors end that say nothing of whether it went out."""


@dataclass(frozen=True)
class Terms:
    """How a channel is dealt with. same_again: how long its platform knows a repeat; zero: it knows none. has_next:
    another channel goes where this one fails or is slow."""

    same_again: timedelta = SAME_AGAIN
    has_next: bool = False

    def is_hopeless(self, attempt: int, since: datetime, now: datetime, error: Retry) -> bool:
        """Whether to go on by another channel rather than wait for this one."""
        usual = COMES_AGAIN_SECONDS[min(attempt, len(COMES_AGAIN_SECONDS)) - 1]
        again = now - since + timedelta(seconds=max(usual, error.after_seconds))
        return self.has_next and again >= FALLBACK_WITHIN


@dataclass(frozen=True)
class Send:
    """A notice and how far it got. `version` guards each write: 0 is not stored yet. owner: the token of the attempt
    that claimed it last; claimed_at: when it was first claimed."""

    notice: Notice
    state: SendState
    created_at: datetime
    attempt: int = 0
    reason: str = ""
    release_at: datetime | None = None
    sent_at: datetime | None = None
    digest_id: str = ""
    platform_id: str = ""
    owner: str = ""
    claimed_at: datetime | None = None
    delivered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    cost: str = "0"
    version: int = 0


class Outcome(Protocol):
    """What a platform says of a message that it took."""

    @property
    def platform_id(self) -> str: ...

    @property
    def refused(self) -> str:
        """Why it will not arrive, "" when it will."""

    @property
    def cost(self) -> str:
        """What it costs, a decimal text."""


class Sends(Protocol):
    """Where sends are kept. Every write is conditional on the version that was read."""

    def read(self, send_id: str) -> Send | None:
        """As it is now, strongly consistent."""

    def write(self, send: Send) -> Send | None:
        """Store it if nobody wrote since; the stored send, or None when somebody did."""


class Taken(Exception):
    """The send is another attempt's."""


Claim = Callable[[], None]
"""Called last before the platform is. Raises Taken, which goes through to whoever delivers."""


@dataclass
class Attempt:
    """One attempt at a send, `send` as it shall be claimed."""

    sends: Sends
    send: Send
    claimed: bool = False

    def claim(self) -> None:
        """Claim the send. Ours it is also when the answer to our write was lost: the owner says so. Raises Taken."""
        written = self.sends.write(self.send)
        known = written or self.sends.read(self.send.notice.id)
        if known is None or (known.owner, known.state) != (self.send.owner, "claimed"):
            raise Taken
        self.send, self.claimed = known, True

    def settle(self, **outcome: Any) -> Send | None:
        """Write what came of it; where somebody took the send over meanwhile, theirs stands."""
        settled = replace(self.send, **outcome)
        return settle(self.sends, self.send, settled)


def deliver(
    sends: Sends,
    notice: Notice,
    now: datetime,
    post: Callable[[Claim], Outcome],
    owner: str,
    attempts_limit: int = ATTEMPTS_LIMIT,
    terms: Terms | None = None,
) -> Send | None:
    """Send a notice unless it went out. `post` prepares, claims and calls the platform. owner: a token of this call's.

    Answers the send as it stands now; None when another call holds it. Raises Retry when the platform asks for
    patience: the caller's queue delivers again. At the limit of attempts the send has failed.
    """
    terms = terms or Terms()
    known = sends.read(notice.id)
    pending = _next(known, notice, now, owner, terms)
    if pending is None:
        return known
    if pending.state != "claimed":
        return sends.write(pending)
    attempt = Attempt(sends, pending)
    try:
        outcome = post(attempt.claim)
    except Taken:
        return None
    except Retry as error:
        return _put_off(attempt, error, now, attempts_limit, terms)
    except Refuse as error:
        return attempt.settle(state="failed", reason=error.code)
    if outcome.refused:
        return attempt.settle(state="failed", reason=outcome.refused)
    return attempt.settle(state="sent", sent_at=now, platform_id=outcome.platform_id, cost=outcome.cost)


def _put_off(attempt: Attempt, error: Retry, now: datetime, attempts_limit: int, terms: Terms) -> Send | None:
    """What becomes of a send whose platform did not take it just now. Raises the Retry where it is tried again."""
    pending = attempt.send
    if attempt.claimed and not terms.same_again and error.detail.endswith(SILENT):
        return attempt.settle(state="unknown", reason=NO_ANSWER)
    if pending.attempt >= attempts_limit:
        return attempt.settle(state="failed", reason=TOO_MANY_ATTEMPTS)
    if terms.is_hopeless(pending.attempt, pending.claimed_at or now, now, error):
        return attempt.settle(state="failed", reason=TOO_SLOW)
    attempt.settle(state="retrying")
    raise error


def settle(sends: Sends, claimed: Send, settled: Send) -> Send | None:
    """Write what came of a claim. Its own write may have been done though nobody answered, or somebody called it
    unknown meanwhile; who knows better wins."""
    written = sends.write(settled)
    if written is not None:
        return written
    known = sends.read(claimed.notice.id)
    open_still = known is not None and known.state in ("claimed", "unknown")
    if known is None or not open_still or (known.owner, known.attempt) != (claimed.owner, claimed.attempt):
        return known
    return sends.write(replace(settled, version=known.version))


def delay(sends: Sends, notice: Notice, now: datetime, release: datetime) -> Send | None:
    """Keep a notice until `release`, unless it is known already. Answers the send as it stands now."""
    return sends.write(Send(notice, "delayed", now, release_at=release)) or sends.read(notice.id)


def _next(known: Send | None, notice: Notice, now: datetime, owner: str, terms: Terms) -> Send | None:
    """What the send becomes before anything goes out; None when there is nothing to do."""
    if known is None or known.state == "delayed":
        fresh = known or Send(notice, "claimed", now)
        return replace(fresh, notice=notice, state="claimed", attempt=1, owner=owner, claimed_at=now)
    if known.state not in ("claimed", "retrying"):
        return None
    first = known.claimed_at or known.created_at
    if known.state == "claimed" and (not terms.same_again or now - first > terms.same_again):
        return replace(known, state="unknown", reason="no-answer-recorded")
    return replace(known, state="claimed", attempt=known.attempt + 1, owner=owner, claimed_at=first)
