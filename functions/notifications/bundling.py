"""At the end of quiet hours: what waited goes out as one text a person (C122).

The due rows say what waits. A delayed send first joins its person's digest (`bundled`, one conditional write), so two
sweeps at once, or a sweep that died, never tell it twice: whoever comes next finds the digest as it was put together
and goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from functions.notifications.delivery import Outcome, Send, Sends, deliver
from functions.notifications.notices import Notice
from hub.kernel.ids import derived_id

DIGEST = "digest"
FINAL = ("sent", "failed", "unknown")
Post = Callable[[Notice, Sequence[Notice]], Outcome]
"""(the digest, what it tells) → what the platform said."""


@dataclass(frozen=True)
class Swept:
    """One digest that a sweep dealt with: `done` when nothing more will be tried, so its due rows may go."""

    digest: Notice
    members: tuple[Send, ...]
    done: bool


def bundle(sends: Sends, due: Sequence[Send]) -> list[tuple[Notice, list[Send]]]:
    """The digests of what is due, each with its members, in the order of `due`. Delayed sends join a new digest of
    their person; those that a sweep before bundled stay in theirs."""
    joined = [_join(sends, send, _digest_id(send, due)) for send in due]
    members = sorted((send for send in joined if send is not None), key=lambda send: send.digest_id)
    return [
        (_digest(digest_id, group), group)
        for digest_id, group in ((key, list(found)) for key, found in groupby(members, lambda send: send.digest_id))
    ]


def send_digest(sends: Sends, digest: Notice, members: Sequence[Send], now: datetime, post: Post) -> Swept:
    """Send one digest, once, and settle its members as it was settled. Raises Retry when the platform asks for
    patience: the next sweep tries again."""
    told = [send.notice for send in members]
    sent = deliver(sends, digest, now, lambda: post(digest, told))
    if sent is None or sent.state not in FINAL:
        return Swept(digest, tuple(members), False)
    for send in members:
        sends.write(replace(send, state=sent.state, reason=sent.reason, sent_at=sent.sent_at))
    return Swept(digest, tuple(members), True)


def _join(sends: Sends, send: Send, digest_id: str) -> Send | None:
    """The send as a member of a digest; None when another sweep took it, or it is settled."""
    if send.state == "bundled":
        return send
    if send.state != "delayed":
        return None
    return sends.write(replace(send, state="bundled", digest_id=digest_id))


def _digest_id(send: Send, due: Sequence[Send]) -> str:
    """The digest that a delayed send joins: named after the first that waits for the same person."""
    first = next(s for s in due if s.state == "delayed" and s.notice.recipient == send.notice.recipient) \
        if send.state == "delayed" else send
    return derived_id("snd", first.release_at or first.created_at, DIGEST, first.notice.id)


def _digest(digest_id: str, members: Sequence[Send]) -> Notice:
    first = members[0].notice
    return Notice(
        id=digest_id,
        kind=DIGEST,
        event_id="",
        recipient=first.recipient,
        channel=first.channel,
        ticket_id="",
        ticket_type="",
        priority="normal",
    )
