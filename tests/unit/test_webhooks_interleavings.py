"""Whatever comes between two steps of publishing (another delivery, a replay, the sweep, a fault, a death): each
message is counted once, its events are said with the same ids, and nothing that was said is given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.webhooks.inbox.publish import Publisher
from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.contracts.events import Event, OrderTouched
from hub.kernel.errors import HubError, Retry
from hub.store.messages import InboxItem

NOW = datetime(2026, 11, 21, tzinfo=UTC)
FRESH = InboxItem("msg_1", "con_1", "douyin", "1", "k", b"{}", NOW, "pending")
STEPS = ("go", "go", "deliver", "replay", "sweep", "fault", "die")


class Died(BaseException):
    """The function's process ends here."""


@dataclass
class World:
    """One stored message, its counters and the bus in memory; the script says what happens before each step."""

    script: list[str]
    understood: bool = True
    item: InboxItem = FRESH
    counts: Counter[str] = field(default_factory=Counter)
    said: list[tuple[str, bool]] = field(default_factory=list)
    contents: int = 0
    batched: bool = False

    def deliver(self) -> bool:
        """One delivery by the queue; whether it is done with the message. In a batch what can be is done together
        first, and alone where that fails."""
        if self.batched and self._run(self._together):
            return True
        return self._run(lambda: self._publisher().publish("msg_1"))

    def _together(self) -> None:
        if not self._publisher().publish_together(["msg_1"]):
            raise Retry("alone")

    def read_many(self, message_ids: Any) -> list[InboxItem]:
        return [self.read(message_id) for message_id in message_ids]

    def put_many(self, bodies: dict[str, Any], wall_epoch: int) -> None:
        for ref, body in bodies.items():
            self.put(ref, body, wall_epoch)

    def settle_together(self, verdicts: Any, now: datetime) -> bool:
        return all(self.settle(item, state, now, reason) for item, state, reason in verdicts)

    def read(self, message_id: str) -> InboxItem:
        del message_id
        self._before()
        return self.item

    def settle(self, item: InboxItem, state: Any, now: datetime, reason: str = "") -> bool:
        """As the transaction does it: only while `counted` is what was read."""
        del now
        self._before()
        if self.item.counted != item.counted:
            return False
        if item.counted != state:
            self.counts[state] += 1
            self.counts[item.counted or "accepted"] += -1 if item.counted else 1
        self.item = replace(self.item, status=state, counted=state, reason=reason, attempts=self.item.attempts + 1)
        return True

    def events(self, message: StoredMessage) -> list[Draft]:
        if not self.understood:
            raise NotUnderstood("unknown-tag")
        return [Draft(_touched(message.replay), {"text": "hi"})]

    def emit(self, *events: Event) -> None:
        self._before()
        assert self.contents, "an event refers to content that is not there"
        self.said += [(event.id, event.replay) for event in events]

    def keep(self, facts: Any, noting: Any) -> None:
        raise AssertionError(facts, noting)

    def find(self, connection_id: str) -> None:
        """No connection is disabled."""

    def put(self, ref: str, body: dict[str, Any], wall_epoch: int) -> None:
        del ref, body, wall_epoch
        self._before()
        self.contents += 1

    def _before(self) -> None:
        step = self.script.pop(0) if self.script else "go"
        if step == "fault":
            raise Retry("busy")
        if step == "die":
            raise Died
        if step == "deliver":
            self.deliver()
        if step == "replay":
            self._run(lambda: self._publisher().replay("msg_1"))
        if step == "sweep" and self.item.status == "pending":
            self._run(lambda: self.settle(self.item, "dead", NOW, "not-settled-in-time"))

    def _run(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except (HubError, Died):
            return False
        return True

    def _publisher(self) -> Publisher:
        return Publisher(
            tenant="demo", inbox=self, settler=self, content=self, emit=self.emit,
            keeper=self, connections=self, inbound=lambda _: self, wall_now=lambda: NOW,
            reviews=SimpleNamespace(keep=lambda _review: None),
        )  # fmt: skip


def _touched(replay: bool) -> OrderTouched:
    return OrderTouched(
        id="evt_1", tenant="demo", at=NOW, replay=replay, connection_id="con_1", channel="douyin", shop_id="1",
        order_no="2",
    )  # fmt: skip


@given(st.lists(st.sampled_from(STEPS), max_size=24), st.booleans(), st.booleans())
def test_any_interleaving_counts_once_and_loses_nothing(script: list[str], understood: bool, batched: bool) -> None:
    """accepted = pending + processed + quarantined + dead at every moment, and accepted is 1."""
    world = World(list(script), understood, batched=batched)
    for _ in range(len(script) + 1):
        if world.deliver():
            break
        assert world.counts["accepted"] == sum(world.counts[s] for s in ("pending", "processed", "quarantined", "dead"))
    while world.script:
        world.deliver()
        world.script[:1] = []
    world.deliver()
    assert world.counts["accepted"] == 1
    assert {state for state, count in world.counts.items() if count} == {"accepted", world.item.counted}
    assert {event_id for event_id, _ in world.said} <= {"evt_1"}
    if world.item.counted == "processed":
        assert world.said
    if not understood:
        assert world.said == []


@given(st.lists(st.sampled_from(("go", "deliver", "fault", "die")), max_size=24))
def test_without_a_replay_every_understood_message_is_said_as_new_and_processed(script: list[str]) -> None:
    """Faults and deaths, however many, end in the event being said, never marked as a replay."""
    world = World(list(script))
    while world.script:
        world.deliver()
    world.deliver()
    assert world.item.counted == "processed"
    assert set(world.said) == {("evt_1", False)}


@given(st.lists(st.sampled_from(("go", "deliver", "sweep")), max_size=12), st.booleans())
def test_what_was_said_is_not_given_up(script: list[str], batched: bool) -> None:
    """A sweep that gives a message up while it is being published does not leave it dead: its events are out."""
    world = World(list(script), batched=batched)
    assert world.deliver()
    world.script.clear()
    assert not world.said or world.item.counted == "processed"
