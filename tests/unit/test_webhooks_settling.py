"""Settling when others settle at the same moment, and publishing when things fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.webhooks.inbox.counters_table import Counters
from functions.webhooks.inbox.publish import ATTEMPTS_LIMIT, Publisher
from functions.webhooks.inbox.settling_table import TRIES, Settler
from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.contracts.events import Event, MessageReceived, OrderTouched
from hub.kernel.errors import Broken, NotFound, Retry
from hub.store.connection import Connection
from hub.store.messages import InboxItem
from hub.store.table import Table

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ITEM = InboxItem(
    message_id="msg_1",
    connection_id="con_1",
    channel="douyin",
    account="1",
    dedupe_key="k",
    plaintext=b"{}",
    received_at=NOW,
    status="pending",
)


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    return ClientError(answer, "TransactWriteItems")


class Dynamo:
    """Answers each transaction with the next of `errors`, then with success."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.transactions = list(errors), 0

    def transact_write_items(self, **_: Any) -> None:
        self.transactions += 1
        if self.errors:
            raise self.errors.pop(0)


def settler(client: Dynamo, waits: list[float] | None = None) -> Settler:
    sleep = (waits if waits is not None else []).append
    return Settler(Table("inbox", client), Counters(Table("webhooks", client), "demo"), sleep=sleep)


@pytest.mark.parametrize("conflicts", range(TRIES + 1))
def test_a_busy_counter_is_tried_again_up_to_the_bound(conflicts: int) -> None:
    """A transaction that meets others is tried again, later each time; beyond the bound the queue does it."""
    client, waits = Dynamo(*[cancelled("None", "TransactionConflict")] * conflicts), list[float]()
    if conflicts < TRIES:
        assert settler(client, waits).settle(ITEM, "processed", NOW) is True
    else:
        with pytest.raises(Retry):
            settler(client, waits).settle(ITEM, "processed", NOW)
    assert client.transactions == min(conflicts + 1, TRIES)
    assert waits == sorted(waits)


def test_a_message_that_moved_on_is_left_alone() -> None:
    """When another run has settled the message nothing is counted, and nothing is tried again."""
    client = Dynamo(cancelled("ConditionalCheckFailed", "None"))
    assert settler(client).settle(ITEM, "processed", NOW) is False
    assert client.transactions == 1


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://dynamodb.test"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems"),
    ],
)
def test_what_dynamodb_does_not_take_is_tried_later(error: Exception) -> None:
    """An outage is Retry: the queue keeps the message."""
    with pytest.raises(Retry):
        settler(Dynamo(*[error] * TRIES)).settle(ITEM, "processed", NOW)


class Room:
    """The ports of publishing, all in memory, with a log of what was done in which order."""

    def __init__(self, item: InboxItem | None, *, says: Exception | None = None, bus: Exception | None = None) -> None:
        self.item, self.says, self.bus = item, says, bus
        self.log: list[Any] = []

    def read(self, message_id: str) -> InboxItem | None:
        del message_id
        return self.item

    def read_many(self, message_ids: Any) -> list[InboxItem]:
        del message_ids
        return [self.item] if self.item else []

    def put_many(self, bodies: dict[str, Any], wall_epoch: int) -> None:
        for ref, body in bodies.items():
            self.put(ref, body, wall_epoch)

    def settle_together(self, verdicts: Any, now: datetime) -> bool:
        return all(self.settle(item, state, now, reason) for item, state, reason in verdicts)

    def settle(self, item: InboxItem, state: Any, now: datetime, reason: str = "") -> bool:
        del now
        self.log.append((state, reason))
        self.item = replace(item, status=state, counted=state, reason=reason, attempts=item.attempts + 1)
        return True

    def events(self, message: StoredMessage) -> list[Draft]:
        if self.says:
            raise self.says
        event = OrderTouched(
            id="evt_1", tenant="demo", at=NOW, replay=message.replay,
            connection_id="con_1", channel="douyin", shop_id="1", order_no="2",
        )  # fmt: skip
        return [Draft(event, {"text": "hi"})]

    def emit(self, *events: Event) -> None:
        if self.bus:
            raise self.bus
        self.log.append(("emit", [event.replay for event in events]))

    def put(self, ref: str, body: dict[str, Any], wall_epoch: int) -> None:
        self.log.append(("content", ref, body))

    def keep(self, facts: Any, noting: Any) -> None:
        self.log.append(("keep", facts, noting))

    def find(self, connection_id: str) -> None:
        """No connection is disabled."""

    def publisher(self) -> Publisher:
        return Publisher(
            tenant="demo",
            inbox=self,
            settler=self,
            content=self,
            emit=self.emit,
            keeper=self,
            connections=self,
            inbound=lambda _: self,
            wall_now=lambda: NOW,
            reviews=SimpleNamespace(keep=lambda _review: None),
        )


def test_content_is_stored_before_events_and_both_before_it_counts() -> None:
    """Nothing counts as processed before the bus has its events, and no event refers to content that is not there."""
    room = Room(ITEM)
    room.publisher().publish("msg_1")
    assert room.log == [("content", "msg_1", {"text": "hi"}), ("emit", [False]), ("processed", "")]


def test_an_outage_kills_no_message() -> None:
    """However often a message comes again while the bus is down, it waits, and is said as new when the bus is back."""
    room = Room(ITEM, bus=Retry("busy"))
    for _ in range(ATTEMPTS_LIMIT * 3):
        with pytest.raises(Retry):
            room.publisher().publish("msg_1")
    room.bus = None
    room.publisher().publish("msg_1")
    assert room.item is not None
    assert (room.item.counted, room.log[-2:]) == ("processed", [("emit", [False]), ("processed", "")])


def test_failing_again_and_again_ends_in_death() -> None:
    """A message is pending while it may still succeed, and dead at the bound: then the queue is done with it."""
    room = Room(ITEM, bus=Broken("bug"))
    for _ in range(ATTEMPTS_LIMIT - 1):
        with pytest.raises(Broken):
            room.publisher().publish("msg_1")
    room.publisher().publish("msg_1")
    states = [entry[0] for entry in room.log if entry[0] != "content"]
    assert states == ["pending"] * (ATTEMPTS_LIMIT - 1) + ["dead"]


@pytest.mark.parametrize("error", [NotUnderstood("unknown-tag"), NotFound("channel")])
def test_what_nobody_understands_is_quarantined_at_once(error: Exception) -> None:
    """It is not tried again, and its reason is kept."""
    room = Room(ITEM, says=error)
    room.publisher().publish("msg_1")
    assert room.log == [("quarantined", getattr(error, "reason", "not-found"))]


@pytest.mark.parametrize("state", ["processed", "quarantined", "dead"])
def test_a_settled_message_is_published_again_by_replay_alone(state: Any) -> None:
    """The queue's repeats do nothing to it; a replay says its events once more, marked."""
    room = Room(replace(ITEM, status=state, counted=state))
    room.publisher().publish("msg_1")
    assert room.log == []
    assert room.publisher().replay("msg_1").status == "processed"
    assert ("emit", [True]) in room.log


@pytest.mark.parametrize("counted", ["", "pending"])
def test_replaying_a_message_that_still_waits_makes_no_old_news_of_it(counted: str) -> None:
    """Whoever is impatient with a fresh message does not take its timers and answers from the customer."""
    room = Room(replace(ITEM, counted=counted))
    room.publisher().replay("msg_1")
    assert ("emit", [False]) in room.log


def test_a_replay_that_fails_leaves_the_message_as_it_was() -> None:
    """Nothing is settled by a replay that did not get through."""
    room = Room(replace(ITEM, status="dead", counted="dead"), bus=Retry("busy"))
    with pytest.raises(Retry):
        room.publisher().replay("msg_1")
    assert [entry for entry in room.log if entry[0] != "content"] == []


def test_a_message_that_is_gone_is_not_replayed() -> None:
    """An expired message is done with for the queue, and not found for people."""
    room = Room(None)
    room.publisher().publish("msg_1")
    with pytest.raises(NotFound):
        room.publisher().replay("msg_1")
    assert room.log == []


class Placed(Room):
    """A connection with a place, and one of its desks with another; a message to each of two desks."""

    def find(self, connection_id: str) -> Any:
        return Connection(connection_id, "wechat_kf", "enabled", {}, "310115", "pd1", {"wk2": ("440300", "s_south")})

    def events(self, message: StoredMessage) -> list[Draft]:
        facts = {"tenant": "demo", "at": NOW, "connection_id": "con_1", "channel": "wechat_kf", "account": "ww1"}
        said = {**facts, "message_id": "msg_1", "sender_id": "wmZhang", "kind": "text", "content_ref": "msg_1"}
        desks = ("wk1", "wk2")
        return [Draft(MessageReceived(id=f"evt_{desk}", **said), {"open_kfid": desk}) for desk in desks]

    def emit(self, *events: Any) -> None:
        self.log.append(("emit", [(event.region, event.store_id) for event in events]))


def test_an_event_says_where_it_came_in() -> None:
    """The place of its connection, or of the account within it that was written to."""
    room = Placed(ITEM)
    room.publisher().publish("msg_1")
    assert ("emit", [("310115", "pd1"), ("440300", "s_south")]) in room.log
