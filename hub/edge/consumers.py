"""What runs behind queues, streams, schedules and Step Functions: one event, change or message at a time, failures by
each.

An error of any kind gives what failed back to its queue; after the queue's limit it lies in the dead-letter queue,
where an alarm sees it. So nothing is lost, and what is bad never holds up the others. What a batch can do together is
done together first (ADR 43), and no connection takes more of a call than its share. A queue may carry what is for other
consumers of its room as well (ADR 54): that says so, and is done after the queue's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime
from typing import Any

from hub.contracts.events import Event, parse_event
from hub.edge import bus
from hub.edge.bus import Change
from hub.edge.host import Host
from hub.edge.private import masked_facts
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import HubError, Retry
from hub.store.ahead import reading_ahead

Failures = dict[str, list[dict[str, str]]]
Record = Mapping[str, Any]
Run = Callable[[Any], Iterable[Event] | None]
"""What is done with a body; it may answer what follows from it."""
RunJob = Callable[["Job"], Iterable[Event] | None]
Together = Callable[[Sequence[Change]], Collection[int]]
"""What a batch of changes can do at once: it answers the positions of those that are done."""
Ahead = Callable[[Sequence[Mapping[str, Any]]], None]
"""What is read together, or kept, before each body of a batch is done."""
AGAIN_AFTER_SECONDS = (2, 10, 60, 300, 600, 900, 900)
"""What passes quickly is done again quickly; an outage of half an hour is outlived before the dead-letter queue."""
LATEST_START_SECONDS = 30
"""A record is begun only with so much time left: a platform that hangs must not have the function killed amid a call,
when nobody can know what came of it."""
SHARE_SECONDS = 8
"""A connection that took so long of a call has had its share: what else there is of it goes behind the others."""
BEHIND_SECONDS = 2


@dataclass(slots=True)
class Job:
    """One thing to do: a record's body, or one event of the pack in it. to: the consumer of the room that it is for, ""
    for the queue's own. error: why it failed, and is done again. behind: not tried, since its connection had its share.
    events: those that follow from it, for the bus."""

    record: Record
    body: Mapping[str, Any]
    to: str = ""
    packed: bool = False
    error: Exception | None = None
    behind: bool = False
    events: tuple[Event, ...] = ()

    @property
    def connection(self) -> str:
        """Whose it is, "" for nobody's: a shop's, an account's."""
        detail = self.body.get("detail") or self.body.get("event") or self.body
        return str(detail.get("connection_id", "")) if isinstance(detail, Mapping) else ""


@dataclass(frozen=True)
class Before:
    """What a batch does at once before its bodies are done one by one. together: changes that can be done so are."""

    together: Together | None = None
    ahead: Ahead | None = None


class TooLate(Retry):
    """The function has too little time left to begin it."""


@dataclass
class Shares:
    """How long each connection took of this call, in seconds. wall: real time, in epoch seconds."""

    wall: Callable[[], float]
    _taken: dict[str, float] = field(default_factory=dict)

    def used_up(self, connection: str) -> bool:
        return self._taken.get(connection, 0.0) > SHARE_SECONDS

    @contextmanager
    def taking(self, connection: str) -> Iterator[None]:
        """Around something that is done for it."""
        started = self.wall()
        try:
            yield
        finally:
            if connection:
                self._taken[connection] = self._taken.get(connection, 0.0) + self.wall() - started


def run_events(handler: Callable[[Event], Iterable[Event] | None]) -> Run:
    """Contract events (EventBridge's envelope in each body), alone or in packs. What the handler answers is put on the
    bus once for all; where that fails, all that it follows from comes again."""

    def run(body: Any) -> Iterable[Event] | None:
        return handler(parse_event(body["detail"]))

    return run


def before_events(ahead: Callable[[Sequence[Event]], None]) -> Ahead:
    """The same for contract events."""

    def run(bodies: Sequence[Mapping[str, Any]]) -> None:
        ahead([parse_event(body["detail"]) for body in bodies])

    return run


def run_changes(handler: Callable[[Change], Iterable[Event] | None]) -> Run:
    """Changes of the room's tables. What the handler answers is put on the bus as with `run_events`."""
    return lambda body: handler(Change(**body))


def run_messages(handler: Callable[[dict[str, Any]], None]) -> Run:
    """Any other JSON messages."""

    def run(body: dict[str, Any]) -> None:
        handler(body)

    return run


def consume(
    host: Host,
    run: Run,
    batch: Record,
    context: Any = None,
    *,
    before: Before | None = None,
    others: Mapping[str, Run] | None = None,
) -> Failures:
    """A batch of the room's queue. others: what the queue carries for other consumers of the room, by their names."""
    together, ahead = (before.together, before.ahead) if before else (None, None)

    def first(bodies: Sequence[Mapping[str, Any]]) -> Collection[int]:
        if ahead and len(bodies) > 1:
            ahead(bodies)
        return together([Change(**body) for body in bodies]) if together and len(bodies) > 1 else ()

    runs = {"": run, **(others or {})}
    with reading_ahead():
        return _each(host, batch, lambda job: runs[job.to](job.body), context, first)


def task(host: Host, handler: Callable[[dict[str, Any]], dict[str, Any]], payload: dict[str, Any]) -> dict[str, Any]:
    """One Step Functions task. Errors pass through with their class names, after they are logged."""
    try:
        return handler(payload)
    except HubError as error:
        host.logger.warning(error.code, extra=masked_facts(error.facts))
        raise
    except Exception:
        host.logger.exception("task failed")
        raise


def scheduled(host: Host, handler: Callable[[datetime], datetime | None]) -> dict[str, Any]:
    """One scheduled run, told the business time. A handler may answer before when it has nothing to do unless its room
    is called: a stepped hub leaves those runs out, AWS ignores it."""
    rests_until = handler(host.now())
    return {"rests_until": rfc3339(rests_until)} if rests_until else {}


def _each(
    host: Host,
    batch: Record,
    run: RunJob,
    context: Any,
    first: Callable[[Sequence[Mapping[str, Any]]], Collection[int]] = lambda _: (),
) -> Failures:
    # what was put back for want of time goes first, or it would come to its last attempt without ever being tried; what
    # is for others goes last, as it may take long: nothing of the queue's own waits for it in the same call
    records = sorted(batch["Records"], key=_attempt, reverse=True)
    jobs = [job for record in records for job in _jobs(record)]
    own = [job for job in jobs if job.error is None and not job.to]
    done = _attempted(host, lambda: first([job.body for job in own])) or ()
    waiting = [job for position, job in enumerate(own) if position not in done]
    waiting += [job for job in jobs if job.error is None and job.to]
    _run_all(host, waiting, run, context)
    _say(host, waiting)
    return _give_back(host, jobs)


def _jobs(record: Record) -> Iterator[Job]:
    """What there is to do of a record."""
    try:
        body = json.loads(record["body"])
        if not isinstance(body, dict):
            raise ValueError("a message must be an object")
    except ValueError as error:  # it alone comes again, the others of its batch are done
        yield Job(record, {}, error=error)
        return
    if body.keys() == {"for", "body"}:
        yield Job(record, body["body"], to=str(body["for"]))
        return
    detail = body.get("detail")
    if not isinstance(detail, dict) or "pack" not in detail:
        yield Job(record, body)
        return
    pack = bus.events_of(detail)
    for event in pack:  # what is alone in its pack comes again by itself, and nears its limit
        yield Job(record, {**body, "detail": event}, packed=len(pack) > 1)


def _attempted(host: Host, do: Callable[[], Any]) -> Any:
    """What it answers, None where it fails: then each is done alone, and says itself what is wrong."""
    try:
        return do()
    except HubError as error:
        host.logger.info("not together: %s", error.code, extra=masked_facts(error.facts))
    except Exception:
        host.logger.exception("not together")
    return None


def _run_all(host: Host, jobs: Sequence[Job], run: RunJob, context: Any) -> None:
    shares = Shares(lambda: host.clock.wall_now().timestamp())
    for job in jobs:
        if shares.used_up(job.connection) and bus.queue_of(job.record):
            job.behind = True
        elif _too_late(context):
            job.error = TooLate("too little time left")
        else:
            _run(host, job, run, shares)


def _run(host: Host, job: Job, run: RunJob, shares: Shares) -> None:
    try:
        with shares.taking(job.connection):
            job.events = tuple(run(job) or ())
    except HubError as error:
        host.logger.warning(error.code, extra={**masked_facts(error.facts), "detail": error.detail})
        job.error = error
    except Exception as error:
        host.logger.exception("record failed", extra={"message_id": job.record["messageId"]})
        job.error = error


def _say(host: Host, jobs: Sequence[Job]) -> None:
    """Put on the bus what follows from the jobs; where it does not take all, they are done again."""
    following = [event for job in jobs for event in job.events]
    try:
        host.emit(*following)
    except HubError as error:
        host.logger.warning(error.code, extra=masked_facts(error.facts))
        for job in jobs:
            job.error = job.error or (error if job.events else None)


def _give_back(host: Host, jobs: Sequence[Job]) -> Failures:
    """What failed comes again: a record that holds nothing else by itself, a part of a pack as a message of its own, so
    that what is done is not done again. What only had to stand behind starts anew: it has not been tried."""
    failed = sum(job.error is not None for job in jobs)
    if failed:
        host.count("RecordsFailed", failed)
    back: dict[str, Record] = {}
    for job in jobs:
        if job.error is None and not job.behind:
            continue
        alone = not job.behind and not job.packed
        if alone or not _sent_apart(host, job):
            back[job.record["messageId"]] = job.record
            _come_again(host, job)
    return {"batchItemFailures": [{"itemIdentifier": name} for name in back]}


def _sent_apart(host: Host, job: Job) -> bool:
    """Whether what is left of a record is in its queue as a message of its own."""
    if not bus.queue_of(job.record):
        return False
    delay = BEHIND_SECONDS if job.behind else _delay_of(job)
    try:
        body = bus.for_another(job.to, job.body) if job.to else job.body
        bus.send_back(host.client("sqs"), job.record, body, delay)
    except HubError as error:
        host.logger.warning("not sent apart", extra=masked_facts(error.facts))
        return False
    return True


def _too_late(context: Any) -> bool:
    """Whether the function has too little time left to begin another record."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    return left is not None and int(left()) < LATEST_START_SECONDS * 1000


def _attempt(record: Record) -> int:
    """How often the queue has given the record, this time included."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _delay_of(job: Job) -> int:
    """A while that grows with its attempts, and that a platform may ask to be longer."""
    usual = AGAIN_AFTER_SECONDS[min(_attempt(job.record), len(AGAIN_AFTER_SECONDS)) - 1]
    platforms_own = (
        job.error.after_seconds if isinstance(job.error, Retry) and not isinstance(job.error, TooLate) else 0
    )
    return max(usual, min(platforms_own, AGAIN_AFTER_SECONDS[-1]))


def _come_again(host: Host, job: Job) -> None:
    """Ask the queue to bring the record back after that while; without this word it would come back when its visibility
    ends."""
    try:
        bus.delay_record(host.client("sqs"), job.record, _delay_of(job))
    except HubError as error:
        host.logger.warning("redelivery not hastened", extra=masked_facts(error.facts))
