"""At the end of quiet hours: what waited goes out as one text a person (C122).

A delayed send first joins its person's digest (`bundled`, one conditional write), and the digest, once claimed, keeps
the list of what it tells. So two sweeps at once, or one that died half way, tell nothing twice and lose nothing: what
joined a digest too late to be told waits for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Protocol

from functions.notifications.delivery import Claim, Outcome, Send, Sends, deliver, settle
from functions.notifications.notices import Notice
from hub.kernel.errors import Retry
from hub.kernel.ids import derived_id

DIGEST = "digest"
DIGEST_ATTEMPTS_LIMIT = 60
"""One a minute: an outage of an hour in the morning costs no digest."""
FINAL = ("sent", "failed", "unknown")
Post = Callable[[Notice, Sequence[Notice], Claim], Outcome]
"""(the digest, what it tells, the claim to make before the call) → what the platform said."""


class DueSends(Sends, Protocol):
    """Sends, and which of them are due."""

    def due(self, now: datetime) -> list[Send]:
        """Delayed sends whose time has come, oldest first, up to a limit."""

    def drop_due(self, send: Send) -> None:
        """This send needs no sweep any more."""


def sweep_due(sends: DueSends, now: datetime, post: Post, owner: str) -> int:
    """Send what is due, one digest a person. owner: a token of this sweep's. Answers how many digests must wait for the
    next sweep."""
    due = sends.due(now)
    for send in due:
        if send.state in FINAL:
            sends.drop_due(send)
    waiting = 0
    for digest, members in bundle(sends, due):
        try:
            _send_digest(sends, digest, members, partial(deliver, sends, now=now, owner=owner), post)
        except Retry:
            waiting += 1
    return waiting


def bundle(sends: Sends, due: Sequence[Send]) -> list[tuple[Notice, list[Send]]]:
    """The digests of what is due, with their members. Delayed sends join a new digest of their person; those that an
    earlier sweep bundled stay in theirs."""
    joined = [_join(sends, send, due) for send in due]
    members = sorted((send for send in joined if send is not None), key=lambda send: send.digest_id)
    grouped = groupby(members, key=lambda send: send.digest_id)
    return [_digest(digest_id, list(group)) for digest_id, group in grouped]


def _send_digest(
    sends: DueSends, digest: Notice, members: Sequence[Send], deliver_one: Callable[..., Send | None], post: Post
) -> None:
    """Send one digest, once; then what it told becomes what it became, and what it does not tell waits again."""
    settled = _deliver_whole(sends, digest, members, deliver_one, post)
    kept = settled.notice.members if settled else digest.members
    for send in members:
        if send.notice.id not in kept:
            sends.write(replace(send, state="delayed", digest_id=""))
        elif settled is not None and settled.state in FINAL:
            settle(sends, send, replace(send, state=settled.state, reason=settled.reason, sent_at=settled.sent_at))
            sends.drop_due(send)


def _deliver_whole(
    sends: DueSends, digest: Notice, members: Sequence[Send], deliver_one: Callable[..., Send | None], post: Post
) -> Send | None:
    """The digest as it stands after this sweep. One that was put together before goes out only with all that it
    tells at hand, so that its words are the same each time."""
    known = sends.read(digest.id)
    digest = known.notice if known else digest
    notices = [send.notice for send in members if send.notice.id in digest.members]
    if len(notices) < len(digest.members):
        return known
    return deliver_one(digest, post=lambda claim: post(digest, notices, claim), attempts_limit=DIGEST_ATTEMPTS_LIMIT)


def _join(sends: Sends, send: Send, due: Sequence[Send]) -> Send | None:
    """The send as a member of a digest, which is named after the first that waits for the same person. None when it
    is settled, or another sweep took it just now."""
    if send.state != "delayed":
        return send if send.state == "bundled" else None
    recipient = send.notice.recipient
    first = next(send for send in due if send.state == "delayed" and send.notice.recipient == recipient)
    digest_id = derived_id("snd", first.release_at or first.created_at, DIGEST, first.notice.id)
    return sends.write(replace(send, state="bundled", digest_id=digest_id))


def _digest(digest_id: str, members: list[Send]) -> tuple[Notice, list[Send]]:
    first = members[0].notice
    digest = Notice(
        id=digest_id,
        kind=DIGEST,
        event_id="",
        recipient=first.recipient,
        channel=first.channel,
        ticket_id="",
        ticket_type="",
        priority="normal",
        members=tuple(send.notice.id for send in members),
        region=first.region,
        store=first.store,
    )
    return digest, members
