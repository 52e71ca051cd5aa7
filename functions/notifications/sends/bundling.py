"""At the end of quiet hours: what waited goes out as one text a person (C122).

A delayed send first joins its person's digest (`bundled`, one conditional write), and the digest, once claimed, keeps
the list of what it tells. So two sweeps at once, or one that died half way, tell nothing twice and lose nothing: what
joined a digest too late to be told waits for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from functions.notifications.sends.delivery import Send, Sends, settle
from functions.notifications.sends.lines import Post, send_line
from functions.notifications.sends.notices import Notice
from hub.kernel.clock import rfc3339
from hub.kernel.ids import derived_id

DIGEST = "digest"
DIGEST_ATTEMPTS_LIMIT = 60
"""One a minute or so: an outage of an hour in the morning costs no digest."""
FINAL = ("sent", "failed", "unknown", "cancelled")
Write = Callable[[Notice, Sequence[Notice]], Post]
"""(the digest, what it tells) → how it is posted by a channel."""
Line = Callable[[Notice], Notice]
"""A digest with the channels by which its recipient is told now."""


def send_together(
    sends: Sends, due: Sequence[Send], now: datetime, *, owner: str, line: Line, write: Write
) -> Sequence[Send]:
    """Send what one person waited for, as one digest; what is left of it, which waits on. owner: this call's token.
    Raises Retry when the platform asks for patience."""
    waiting = [send for send in due if send.state not in FINAL]
    left: list[Send] = []
    for digest, members in bundle(sends, waiting):
        left += _send_digest(sends, line(digest), members, now, owner, write)
    return left


def bundle(sends: Sends, due: Sequence[Send]) -> list[tuple[Notice, list[Send]]]:
    """The digests of what is due, with their members. Delayed sends join a new digest of their person; those that an
    earlier sweep bundled stay in theirs."""
    joined = [_join(sends, send, due) for send in due]
    members = sorted((send for send in joined if send is not None), key=lambda send: send.digest_id)
    grouped = groupby(members, key=lambda send: send.digest_id)
    return [_digest(digest_id, list(group)) for digest_id, group in grouped]


def _send_digest(
    sends: Sends, digest: Notice, members: Sequence[Send], now: datetime, owner: str, write: Write
) -> list[Send]:
    """Send one digest, once; then what it told becomes what it became, and what it does not tell waits again."""
    known = sends.read(digest.id)
    digest = known.notice if known else digest
    settled = known
    notices = [send.notice for send in members if send.notice.id in digest.members]
    if len(notices) >= len(digest.members):  # its words are the same each time
        settled = send_line(sends, digest, now, write(digest, notices), owner, DIGEST_ATTEMPTS_LIMIT)
    left = []
    for send in members:
        if send.notice.id not in digest.members:
            again = sends.write(replace(send, state="delayed", digest_id=""))
            left += [again] if again else []
        elif settled is not None and settled.state in FINAL:
            settle(sends, send, replace(send, state=settled.state, reason=settled.reason, sent_at=settled.sent_at))
        else:
            left.append(send)
    return left


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
    first = members[0]
    notice = first.notice
    digest = Notice(
        id=digest_id,
        kind=DIGEST,
        event_id="",
        recipient=notice.recipient,
        channel=notice.channel,
        ticket_id="",
        ticket_type="",
        priority="normal",
        members=tuple(send.notice.id for send in members),
        region=notice.region,
        store=notice.store,
        notification_id=digest_id.replace("snd_", "ntf_"),
        audience=notice.audience,
        since=rfc3339(first.release_at or first.created_at),
    )
    return digest, members
