"""A morning's digests leave side by side: what the sweep does and what each costs is counted, not timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.notifications import app
from functions.notifications.gateways.carrier import Posted
from hub.contracts.events import TicketAssigned
from hub.kernel.clock import StepClock, rfc3339
from hub.kernel.errors import Retry
from hub.store.due import due_keys
from hub.store.table import Put, Table
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, drain, sqs_batch

TWO = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
EIGHT = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
PEOPLE = 40
CALLS_A_DIGEST = 30
"""So many calls to AWS one digest of one notice takes at most."""


class Killed(BaseException):
    """The sender dies here."""


@dataclass
class Carrier:
    """Takes every message; may kill its caller, or ask for patience, at some of them."""

    kills: set[int] = field(default_factory=set)
    busy: set[int] = field(default_factory=set)
    calls: int = 0
    arrived: Counter[str] = field(default_factory=Counter)

    def usable(self, channels: Any, address: Any) -> Any:
        del address
        return tuple(channels)[:1]

    def send(self, channel: str, address: Any, message: Any, send_id: str, claim: Callable[[], None]) -> Posted:
        del channel, message
        if self.calls in self.busy:
            self.calls += 1
            raise Retry("wecom", errcode="45009")
        claim()
        self.calls += 1
        self.arrived[address.names["wecom"]] = 1  # WeCom knows a repeat by its body
        if self.calls in self.kills:
            raise Killed
        return Posted(send_id)


@dataclass
class Morning:
    session: Any
    clock: StepClock
    carrier: Carrier

    def sweep(self) -> list[Any]:
        """One sweep; what it shared out."""
        app.sweep({}, Context())
        sqs = self.session.client("sqs")
        return [
            message["body"]
            for message in drain(sqs, sqs.get_queue_url(QueueName=f"hub-{TENANT}-notifications-events")["QueueUrl"])
        ]

    def do(self, *bodies: Any) -> None:
        """Each by a function of its own, some of which are killed."""
        for body in bodies:
            try:
                app.on_due(sqs_batch(body), Context())
            except Killed:
                continue

    def states(self) -> Counter[str]:
        from functions.notifications.tables import SendItem

        return Counter(item.state for item in SendItem.scan() if item.sk == "send")


@pytest.fixture
def morning() -> Iterator[Morning]:
    """PEOPLE of us have one notice each that waits for 8:00."""
    with account("notifications") as session:
        clock = StepClock(TWO)
        session.client("sqs").create_queue(QueueName=f"hub-{TENANT}-notifications-events")
        install(app.room, session, clock)
        carrier = Carrier()
        app.room.install(app.room.host, replace(app.room.desk, carrier=carrier))
        for number in range(PEOPLE):
            event = TicketAssigned(
                id=f"evt_{number}", tenant=TENANT, at=TWO, ticket_id=f"tkt_{number}", ticket_type="repair",
                priority="normal", assignee=f"p{number}",
            )  # fmt: skip
            assert app.on_event(bus_batch(event), Context()) == {"batchItemFailures": []}
        yield Morning(session, clock, carrier)


def test_one_sweep_shares_all_of_them_out(morning: Morning) -> None:
    """Nothing at 7:59:59; at 8:00:00 one message of the queue a person, so that 3,000 leave as fast as functions run;
    each digest costs a bounded number of calls, whatever their number."""
    morning.clock.now = EIGHT - timedelta(seconds=1)
    assert morning.sweep() == []
    morning.clock.now = EIGHT
    calls: Counter[str] = Counter()
    host = app.room.host
    for service in ("sqs", "dynamodb"):
        client = host.client(service)
        client.meta.events.register(
            "before-parameter-build", lambda model, **_: calls.update([model.name]), unique_id=service
        )
    bodies = morning.sweep()
    assert len(bodies) == PEOPLE
    assert calls["SendMessageBatch"] == PEOPLE // 10
    calls.clear()
    morning.do(*bodies)
    assert sum(calls.values()) <= CALLS_A_DIGEST * PEOPLE
    assert morning.carrier.arrived == Counter({f"p{number}": 1 for number in range(PEOPLE)})
    assert morning.states() == Counter({"sent": 2 * PEOPLE})
    assert morning.sweep() == []


def test_three_thousand_are_shared_out_by_one_sweep(morning: Morning) -> None:
    """All of them at 8:00:00, each once, by a few queries: with CALLS_A_DIGEST calls of ten milliseconds each, three
    functions side by side have sent them by 8:05."""
    many = 3000
    desk = app.room.desk
    table, shared, calls = Table(f"hub-{TENANT}-notifications", app.room.host.client("dynamodb")), [], Counter[str]()
    slots = [(f"{TENANT}#slot#m{number}#{rfc3339(EIGHT)}", f"m{number}") for number in range(many - PEOPLE)]
    for begin in range(0, len(slots), 100):
        some = slots[begin : begin + 100]
        items = ({"pk": pk, "sk": "slot", "schema": 1, "recipient": who, "version": 1} for pk, who in some)
        table.transact(*(Put({**item, **due_keys(TENANT, "wait", str(item["pk"]), EIGHT)}) for item in items))
    app.room.install(app.room.host, replace(desk, share=lambda _queue, *bodies: shared.extend(bodies)))
    client = app.room.host.client("dynamodb")
    client.meta.events.register(
        "before-parameter-build", lambda model, **_: calls.update([model.name]), unique_id="many"
    )
    morning.clock.now = EIGHT
    app.sweep({}, Context())
    assert len({body["pk"] for body in shared}) == len(shared) == many
    assert sum(calls.values()) <= 20
    assert many * CALLS_A_DIGEST * 0.010 / 3 <= 300


def test_a_killed_sender_leaves_none_for_ever(morning: Morning) -> None:
    """Every tenth dies amid its call, some of what was shared out is lost: a few minutes later everybody has heard,
    nobody twice, and nothing is left."""
    morning.clock.now = EIGHT
    morning.carrier.kills = set(range(1, PEOPLE, 10))
    morning.carrier.busy = {5, 25}
    morning.do(*morning.sweep()[::2])
    for _ in range(5):
        morning.clock.advance(minutes=1)
        morning.do(*morning.sweep())
    assert morning.carrier.arrived == Counter({f"p{number}": 1 for number in range(PEOPLE)})
    assert morning.states() == Counter({"sent": 2 * PEOPLE})
    assert app.room.desk.waiting.due(morning.clock.now) == []


def test_two_at_one_slot_are_one_digest(morning: Morning) -> None:
    """The queue brings the same twice: the second finds it held, or gone."""
    morning.clock.now = EIGHT
    bodies = morning.sweep()[:3]
    morning.do(*bodies, *bodies)
    assert sum(morning.carrier.arrived.values()) == morning.carrier.calls == 3
