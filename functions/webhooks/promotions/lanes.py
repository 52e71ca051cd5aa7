"""Lanes (排队发送): the promotions of a connection go out one by one, at the platform's pace. Pure.

A lane is drained in turns. One message is on its way for each lane and says whose turn it is; who takes the turn sends
what may be sent now, and a message for the next turn, when the limit allows the next call. So no message waits in the
queue for its budget (it would be received again and again, and end among the dead letters), and never do two
drain one lane. A turn that is lost with its process is begun anew by a schedule, once it is overdue.

Platforms have no key by which they know a repeat (Pinduoduo makes another batch of coupons of it). So nothing is pushed
again once a platform may have taken it: such a promotion has failed, `outcome-unknown`, and a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.webhooks.promotions.promotions import Promotion, Stored
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Invalid, Problem, Refuse, Retry
from hub.kernel.platforms import OverLimit

PUSHES_LIMIT = 50
"""So many are pushed in one turn, where no limit ends it."""
TURN_SECONDS = 15
"""No push is begun later in a turn: ten lanes' turns may share one run of the function."""
AGAIN_AFTER_SECONDS = (5, 15, 60, 300, 600, 900)
"""After failures in a row. An outage is outlived in the lane."""
DELAY_LIMIT_SECONDS = 900
"""The longest that a queue holds a message back."""
GIVE_UP = timedelta(hours=24)
"""What a platform did not take for so long has failed."""
UNKNOWN = "outcome-unknown"


@dataclass(frozen=True, slots=True)
class Due:
    """A place in a lane: which promotion, in which wording (`digest`). key: where the place lies."""

    key: str
    promotion_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a push: the platform's id of it, or why it failed."""

    platform_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of a lane. number: it counts only if the lane waits for just this one. failures: in a row."""

    connection_id: str
    number: int
    failures: int = 0


class PromotionClient(Protocol):
    """A client whose platform takes promotions."""

    def push_promotion(self, promotion: Mapping[str, Any]) -> str: ...


class Promotions(Protocol):
    """The promotions and their places: functions.webhooks.promotions.promotions_table."""

    def find(self, connection_id: str, promotion_id: str) -> Stored | None: ...
    def enqueue(self, connection_id: str, promotion: Promotion, place: int, now: datetime) -> None: ...
    def next_due(self, connection_id: str) -> Due | None: ...
    def begin(self, connection_id: str, due: Due) -> Stored | None: ...
    def put_back(self, connection_id: str, due: Due) -> None: ...
    def settle(self, connection_id: str, due: Due, outcome: Outcome, now: datetime) -> None: ...
    def drop(self, connection_id: str, due: Due) -> None: ...


class Lanes(Protocol):
    """Whose turn it is: functions.webhooks.promotions.lanes_table."""

    def ask(self, connection_id: str) -> None: ...
    def open(self, connection_id: str, now: datetime) -> int | None: ...
    def take_turn(self, connection_id: str, number: int, now: datetime) -> int | None: ...
    def hand_over(self, connection_id: str, number: int, next_at: datetime) -> bool: ...
    def close(self, connection_id: str, number: int, queued: int) -> bool: ...
    def opened(self) -> list[str]: ...


@dataclass(frozen=True)
class Promoter:
    """Sends promotions. client: a connection's, None while it is disabled or gone. send: a turn's message, to be seen
    after so many seconds. wall_now: real time."""

    promotions: Promotions
    lanes: Lanes
    client: Callable[[str], PromotionClient | None]
    send: Callable[[Turn, int], None]
    wall_now: Callable[[], datetime]

    def enqueue(self, connection_id: str, promotions: tuple[Promotion, ...]) -> list[Stored]:
        """Queue those that are new, or failed before, or wait with another wording; all of them as they are now.

        Raises Invalid, before it queues any, for what was sent with another wording, and Conflict for what was sent
        just now; and Retry.
        """
        places = list(enumerate(promotions))
        problems = [problem for place, each in places for problem in self._check_unsent(connection_id, each, place)]
        if problems:
            raise Invalid("promotions", problems=problems)
        now = self.wall_now()
        for place, promotion in places:
            self.promotions.enqueue(connection_id, promotion, place, now)
        self.lanes.ask(connection_id)
        self.start(connection_id)
        return [self._queued(connection_id, promotion) for promotion in promotions]

    def start(self, connection_id: str) -> None:
        """Begin to drain a lane, unless somebody does. Raises Retry."""
        number = self.lanes.open(connection_id, self.wall_now())
        if number is not None:
            self.send(Turn(connection_id, number), 0)

    def resume(self) -> None:
        """Begin anew where a turn is overdue. Raises Retry."""
        for connection_id in self.lanes.opened():
            self.start(connection_id)

    def take(self, turn: Turn) -> None:
        """Send what may be sent now, and the message for the next turn. A turn that is over does nothing.

        Raises Retry: then this turn is lost, and begun anew when it is overdue.
        """
        connection_id, number = turn.connection_id, turn.number + 1
        queued = self.lanes.take_turn(connection_id, turn.number, self.wall_now())
        if queued is None:
            return
        pause_seconds, failures = self._drain(turn)
        if pause_seconds is None and self.lanes.close(connection_id, number, queued):
            return
        delay_seconds = min(int(pause_seconds or 0), DELAY_LIMIT_SECONDS)
        if self.lanes.hand_over(connection_id, number, self.wall_now() + timedelta(seconds=delay_seconds)):
            self.send(Turn(connection_id, number, failures), delay_seconds)

    def _drain(self, turn: Turn) -> tuple[float | None, int]:
        """Seconds to the next turn (None: the lane is empty), and how many failures in a row there are then."""
        started_at = self.wall_now()
        for _ in range(PUSHES_LIMIT):
            if self.wall_now() - started_at > timedelta(seconds=TURN_SECONDS):
                break
            due = self.promotions.next_due(turn.connection_id)
            if due is None:
                return None, 0
            try:
                self._send(turn.connection_id, due)
            except OverLimit as refused:
                return refused.wait_seconds, 0
            except Retry as error:
                usual_seconds = AGAIN_AFTER_SECONDS[min(turn.failures, len(AGAIN_AFTER_SECONDS) - 1)]
                return max(usual_seconds, error.after_seconds), turn.failures + 1
        return 0, 0

    def _send(self, connection_id: str, due: Due) -> None:
        """Push what is due, and settle it. Raises Retry when the lane has to pause."""
        stored = self.promotions.begin(connection_id, due)
        if stored is None:
            self.promotions.drop(connection_id, due)
            return
        reason = _hopeless(stored, self.wall_now())
        try:
            outcome = Outcome(reason=reason) if reason else self._push(connection_id, stored.promotion)
        except Retry as error:
            if _may_be_done(error):
                self.promotions.settle(connection_id, due, Outcome(reason=UNKNOWN), self.wall_now())
            else:
                self.promotions.put_back(connection_id, due)
            raise
        self.promotions.settle(connection_id, due, outcome, self.wall_now())

    def _push(self, connection_id: str, promotion: Promotion) -> Outcome:
        client = self.client(connection_id)
        if client is None:
            raise Retry("the connection is disabled or gone", after_seconds=DELAY_LIMIT_SECONDS)
        try:
            return Outcome(platform_id=client.push_promotion(asdict(promotion)))
        except Refuse as refused:
            return Outcome(reason=_words(refused))

    def _queued(self, connection_id: str, promotion: Promotion) -> Stored:
        stored = self.promotions.find(connection_id, promotion.id)
        if stored is None or stored.promotion != promotion:
            raise Conflict("it was sent just now, with another wording", promotion_id=promotion.id)
        return stored

    def _check_unsent(self, connection_id: str, promotion: Promotion, place: int) -> list[Problem]:
        stored = self.promotions.find(connection_id, promotion.id)
        if stored is None or stored.state in ("queued", "failed") or stored.promotion == promotion:
            return []
        return [Problem(f"/promotions/{place}/id", "must be new: this one was sent with another wording")]


def due_key(now: datetime, place: int, promotion_id: str) -> str:
    """Where a place in a lane lies: who came first is served first."""
    return f"due#{rfc3339(now)}#{place:04}#{promotion_id}"


def turn_of(message: dict[str, Any]) -> Turn:
    """From a queue's message."""
    return Turn(str(message["connection_id"]), int(message["number"]), int(message["failures"]))


def _hopeless(stored: Stored, now: datetime) -> str:
    """Why a promotion is not pushed any more, "" when it should be. One found on its way was left by a dead process."""
    if stored.state == "sending":
        return UNKNOWN
    if stored.promotion.ends_at <= now:
        return "ended"
    return "not-sent-in-time" if now - stored.queued_at > GIVE_UP else ""


def _may_be_done(error: Retry) -> bool:
    """Whether the platform may have taken what it did not answer for. An error that it explains (`errcode`), a limit of
    ours or a connection that never was say that it has not."""
    unclear = error.detail.endswith(("-unreachable", "-unreadable"))
    return unclear and "errcode" not in error.facts and error.facts.get("failure") != "ConnectTimeout"


def _words(refused: Refuse) -> str:
    """Why it was refused: the wrong fields, or the platform's code."""
    problems = getattr(refused, "problems", ())
    if problems:
        return "; ".join(f"{problem.pointer} {problem.rule}" for problem in problems)
    return " ".join(str(part) for part in (refused.code, refused.facts.get("errcode", "")) if part != "")
