"""Sessions (会话): what one may go on with after signing in, and when it ends. Pure.

A session is renewed by refresh tokens with a number: each opens the next one, once. The one before is answered again
for a minute, since answers get lost; an older one means that two hold the session, so it ends for both.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hub.edge.signed import read_signed, sign
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Unauthenticated

IDLE = timedelta(days=7)
"""So long a session lies unused before it is over."""
WHOLE = timedelta(days=30)
"""After so long one signs in anew, however busy."""
REPEATED = timedelta(seconds=60)
ACCESS_SECONDS = 900


@dataclass(frozen=True)
class Session:
    """One sign-in. number: of the refresh token that is good now. epoch: when it began, as tokens count it. terminal:
    the one to which its tokens are bound, "" for none."""

    id: str
    person_id: str
    number: int
    epoch: int
    started_at: datetime
    renewed_at: datetime
    terminal: str = ""

    @property
    def ends_at(self) -> datetime:
        """When it is over unless it is renewed."""
        return min(self.renewed_at + IDLE, self.started_at + WHOLE)


def renew(session: Session, number: int, now: datetime) -> Session | None:
    """The session as the refresh token of this number leaves it; None for the one before, whose answer got lost: what
    holds goes on holding. Raises Unauthenticated when the session is over, or two hold it."""
    if now >= session.ends_at:
        raise Unauthenticated("signed out: sign in again")
    if number == session.number:
        return replace(session, number=number + 1, renewed_at=now)
    if number == session.number - 1 and now < session.renewed_at + REPEATED:
        return None
    raise Spent("signed out: sign in again")


class Spent(Unauthenticated):
    """A refresh token that was used long ago: whoever holds it may have stolen it."""


def refresh_token(session: Session, keys: str) -> str:
    """The token that renews the session as it is."""
    return sign(keys, "refresh", session.ends_at, session.id, str(session.number))


def read_refresh(token: str, keys: str, now: datetime) -> tuple[str, int]:
    """(session, number) of a refresh token. Raises Unauthenticated."""
    session_id, number = read_signed(keys, "refresh", token, now)
    return session_id, int(number)


def session_of(item: dict[str, object]) -> Session:
    """From what is stored."""
    return Session(
        id=str(item["session_id"]),
        person_id=str(item["person_id"]),
        number=int(str(item["number"])),
        epoch=int(str(item["epoch"])),
        started_at=parse_rfc3339(str(item["started_at"])),
        renewed_at=parse_rfc3339(str(item["renewed_at"])),
        terminal=str(item.get("terminal", "")),
    )


def facts_of(session: Session) -> dict[str, object]:
    """What is stored."""
    return {
        "session_id": session.id,
        "person_id": session.person_id,
        "number": session.number,
        "epoch": session.epoch,
        "started_at": rfc3339(session.started_at),
        "renewed_at": rfc3339(session.renewed_at),
        "terminal": session.terminal,
    }
