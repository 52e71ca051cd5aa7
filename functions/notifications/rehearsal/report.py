"""What a draft of a rule would have sent beside what the one in force would have: in counts, and where it is most.
Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.notifications.sends.delivery import Send
from hub.contracts.events import Event
from hub.contracts.notifications import NoticeDifference, NoticeRehearsal, RehearsedSend

LARGEST = 10
WAITED = ("delayed", "bundled")


def report_of(events: Sequence[Event], was: Sequence[Send], would_be: Sequence[Send]) -> dict[str, Any]:
    """What a job keeps of a slice of these events (hub.contracts.notifications.NoticeRehearsal)."""
    since = events[0].at if events else None
    view = NoticeRehearsal(
        events=len(events), since=since, counts=counts_of(was, would_be), largest=largest(events, was, would_be)
    )
    return view.model_dump(mode="json")


def added(report: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Two slices as one report; `more` is of the earlier events."""
    counts = Counter(report.get("counts", {}))
    counts.update(more["counts"])
    rows = sorted([*report.get("largest", ()), *more["largest"]], key=_size)[:LARGEST]
    since = more["since"] or report.get("since")
    return {"events": report.get("events", 0) + more["events"], "since": since, "counts": counts, "largest": rows}


def counts_of(was: Iterable[Send], would_be: Iterable[Send]) -> dict[str, int]:
    """Of both, by name: how many messages would have left, by which channels and rules, to how many people; what waited
    for the morning or a place, what was taken back, and what would have reached nobody."""
    counts = Counter[str]()
    for name, sends in (("was", list(was)), ("would_be", list(would_be))):
        left = [send for send in sends if send.state == "sent" and not send.digest_id]
        counts[f"messages.{name}"] = len(left)
        counts.update(f"messages.{send.notice.channel}.{name}" for send in left)
        counts.update(f"rules.{send.notice.rule}.{name}" for send in sends if send.state == "sent" and send.notice.rule)
        counts[f"digests.{name}"] = sum(bool(send.notice.members) for send in left)
        counts[f"people.{name}"] = len({send.notice.recipient for send in left})
        counts[f"waited.{name}"] = sum(send.release_at is not None for send in sends)
        counts[f"waits.{name}"] = sum(send.state in WAITED for send in sends)
        counts[f"taken_back.{name}"] = sum(send.state == "cancelled" for send in sends)
        counts[f"unreached.{name}"] = sum(send.state == "failed" for send in sends)
    return dict(counts)


def largest(events: Sequence[Event], was: Iterable[Send], would_be: Iterable[Send]) -> tuple[NoticeDifference, ...]:
    """The ten events of which most would have been told otherwise: first where most is told more or less, then where
    most is told otherwise; what is alike goes by its id."""
    before, after = _by_event(was), _by_event(would_be)
    rows = [_difference(event, before[event.id], after[event.id]) for event in events]
    other = [row for row in rows if row.was != row.would_be]
    return tuple(sorted(other, key=lambda row: _size(row.model_dump(mode="json")))[:LARGEST])


def _size(row: Mapping[str, Any]) -> tuple[int, int, str]:
    was, would_be = row["was"], row["would_be"]
    apart = sum(send not in would_be for send in was) + sum(send not in was for send in would_be)
    return -abs(len(was) - len(would_be)), -apart, row["event_id"]


def _difference(event: Event, was: Sequence[Send], would_be: Sequence[Send]) -> NoticeDifference:
    ticket_id = str(getattr(event, "ticket_id", ""))
    return NoticeDifference(
        event_id=event.id,
        at=event.at,
        ticket_id=ticket_id,
        link=f"/tickets/{ticket_id}" if ticket_id else "",
        was=tuple(map(_shown, was)),
        would_be=tuple(map(_shown, would_be)),
    )


def _by_event(sends: Iterable[Send]) -> Mapping[str, list[Send]]:
    of_event: defaultdict[str, list[Send]] = defaultdict(list)
    for send in sorted(sends, key=_place):
        of_event[send.notice.event_id].append(send)
    return of_event


def _place(send: Send) -> tuple[Any, ...]:
    return send.notice.recipient, send.notice.round, send.notice.channel


def _shown(send: Send) -> RehearsedSend:
    return RehearsedSend(
        recipient=send.notice.recipient,
        channel=send.notice.channel,
        state=send.state,
        sent_at=send.sent_at,
        in_digest=bool(send.digest_id),
    )
