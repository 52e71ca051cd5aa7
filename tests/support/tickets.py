"""A small world for the tickets room: a stepped clock, machines that run in memory, and the stream that follows."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from functions.tickets import app
from functions.tickets.desk import build_desk
from functions.tickets.room import FOLLOWED, queues_of
from hub.contracts.events import CardTapped, Event, MessageResolved, PersonChanged, RosterChanged
from hub.edge import bus
from hub.edge.aws import Clients
from hub.edge.host import Host
from hub.kernel.clock import StepClock
from hub.kernel.ids import fresh_id, hashed_id
from hub.store.content import ContentStore
from hub.store.rehearsal import is_rehearsal
from tests.support.aws import REGION, TENANT, account
from tests.support.hosts import host_of
from tests.support.http import Answer, Context, bus_batch, call, sqs_batch, token

T0 = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
"""02:00 in Shanghai: the night case."""
ESCALATION = "arn:aws:states:us-east-1:000000000000:stateMachine:hub-demo-escalation"


@dataclass
class Execution:
    """One execution of a flow's machine, or of a branch of it, in memory: enough of ASL for what flows compile to.
    transitions: how many states it has entered."""

    definition: dict[str, Any]
    data: dict[str, Any]
    clock: StepClock
    state: str = ""
    token: str = ""
    ended: str = ""
    transitions: int = 0
    branches: list[Execution] = field(default_factory=list)
    _asking: bool = False
    _early: dict[str, Any] | None = None

    def run(self, tokens: Iterator[str]) -> None:
        """Go on until a token is awaited, branches have to end, or the execution does."""
        self.state = self.state or self.definition["StartAt"]
        while not self.ended and not self.token and not self.branches:
            step = self.definition["States"][self.state]
            self.transitions += 1
            getattr(self, f"_{step['Type'].lower()}")(step, tokens)

    def answer(self, output: Mapping[str, Any], tokens: Iterator[str]) -> None:
        """The awaited token is answered, maybe while it is still being handed out."""
        self.token = ""
        if self._asking:
            self._early = dict(output)
            return
        step, self.data = self.definition["States"][self.state], dict(output)
        self._go(step)
        self.run(tokens)

    def find(self, token: str) -> Execution | None:
        """The execution, this or of a branch, that waits for the token."""
        if self.token == token:
            return self
        return next((found for branch in self.branches if (found := branch.find(token))), None)

    def join(self, tokens: Iterator[str]) -> None:
        """Go on behind a parallel whose branches have all ended."""
        for branch in self.branches:
            branch.join(tokens)
        if self.branches and all(branch.ended for branch in self.branches):
            self.transitions += sum(branch.transitions for branch in self.branches)
            self.data = {**self.data, "branches": [branch.data for branch in self.branches]}
            self.branches = []
            self._go(self.definition["States"][self.state])
            self.run(tokens)
            self.join(tokens)

    def _task(self, step: dict[str, Any], tokens: Iterator[str]) -> None:
        if step["Resource"].endswith("waitForTaskToken"):
            self.token = next(tokens)
        payload = {name.removesuffix(".$"): self._value(v) for name, v in step["Parameters"]["Payload"].items()}
        self._asking, self._early = True, None
        try:
            answer = app.steps(payload, Context())
        finally:
            self._asking = False
        if not self.token:
            self.data = self._early if self._early is not None else answer
            self._go(step)

    def _choice(self, step: dict[str, Any], _: Iterator[str]) -> None:
        taken = (c["Next"] for c in step["Choices"] if all(map(self._holds, c.get("And", [c]))))
        self.state = next(taken, step["Default"])

    def _holds(self, test: dict[str, Any]) -> bool:
        return bool(self.data[test["Variable"][2:]] == test["StringEquals"])

    def _wait(self, step: dict[str, Any], _: Iterator[str]) -> None:
        self.clock.advance(seconds=self.data[step["SecondsPath"][2:]])
        self._go(step)

    def _parallel(self, step: dict[str, Any], tokens: Iterator[str]) -> None:
        self.branches = [Execution(branch, dict(self.data), self.clock) for branch in step["Branches"]]
        for branch in self.branches:
            branch.run(tokens)

    def _pass(self, step: dict[str, Any], _: Iterator[str]) -> None:
        if "Result" in step:
            self.data = {**self.data, step["ResultPath"][2:]: step["Result"]}
        self._go(step)

    def _succeed(self, _step: dict[str, Any], _: Iterator[str]) -> None:
        self.ended = "SUCCEEDED"

    def _fail(self, step: dict[str, Any], _: Iterator[str]) -> None:
        self.ended = step["Error"]

    def _go(self, step: dict[str, Any]) -> None:
        self.state, self.ended = step.get("Next", ""), "" if "Next" in step else "SUCCEEDED"

    def _value(self, value: Any) -> Any:
        context = {
            "$$.Task.Token": self.token,
            "$$.State.EnteredTime": "2026-11-23T00:00:00Z",
            "$$.State.RetryCount": 0,
        }
        if isinstance(value, str) and value in context:
            return context[value]
        if value == "$.branches[*].edge":
            return [branch["edge"] for branch in self.data["branches"]]
        return self.data[value[2:]] if isinstance(value, str) and value.startswith("$.") else value


@dataclass
class Machines:
    """What the room asks of Step Functions, done in memory. An execution's name is used once; `lost` flow executions
    never start."""

    clock: StepClock
    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    flows: dict[str, Execution] = field(default_factory=dict)
    escalations: dict[str, dict[str, Any]] = field(default_factory=dict)
    wakes_at: dict[str, datetime] = field(default_factory=dict)
    lost: int = 0
    killed: set[str] = field(default_factory=set)
    tokens: Iterator[str] = field(default_factory=lambda: (f"token-{n}" for n in itertools.count(1)))

    def create(self, name: str, definition: str) -> str:
        arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}"
        self.definitions[arn] = json.loads(definition)
        return arn

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> None:
        if machine_arn == ESCALATION:
            self.escalations.setdefault(name, dict(payload))
            self.wakes_at.setdefault(name, self.clock.now + timedelta(seconds=payload["wait_seconds"]))
        elif self.lost:
            self.lost -= 1
        elif name not in self.flows:
            self.flows[name] = Execution(self.definitions[machine_arn], dict(payload), self.clock)
            self.flows[name].run(self.tokens)
            self.flows[name].join(self.tokens)

    def kill(self, name: str) -> None:
        """An execution ends, and nobody is told."""
        self.killed.add(name)
        self.wakes_at.pop(name, None)
        if name in self.flows:
            self.flows[name].ended, self.flows[name].token = "States.Aborted", ""

    def status(self, machine_arn: str, name: str) -> str:
        if name in self.killed:
            return "ABORTED"
        if machine_arn == ESCALATION:
            return "RUNNING" if name in self.wakes_at else "SUCCEEDED" if name in self.escalations else "ABSENT"
        execution = self.flows.get(name)
        ended = {"": "RUNNING", "SUCCEEDED": "SUCCEEDED"}
        return ended.get(execution.ended, "FAILED") if execution else "ABSENT"

    def succeed(self, token: str, output: Mapping[str, Any]) -> None:
        for execution in self.flows.values():
            if waiting := execution.find(token):
                waiting.answer(output, self.tokens)
                execution.join(self.tokens)


@dataclass
class Overheard(Host):
    """A host whose bus is somebody who listens."""

    hear: Callable[..., None] = print

    def emit(self, *events: Event) -> None:
        if events and not is_rehearsal():
            self.hear(*events)


@dataclass
class World:
    """The room on a simulated account. entries: on the bus, where what is said together of one type is one."""

    session: Any
    clock: StepClock
    machines: Machines
    emitted: list[Event] = field(default_factory=list)
    entries: int = 0
    seen: dict[tuple[str, str], Any] = field(default_factory=dict)

    def hear(self, *events: Event) -> None:
        """What the room says."""
        self.emitted.extend(events)
        self.entries += len({bus.type_of(event) for event in events})

    # What comes in.

    def tell(self, *events: Event) -> None:
        """Events from the bus, then all that follows from them."""
        assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}
        self.settle()

    def message(self, text: str, message_id: str = "msg_1", **facts: Any) -> MessageResolved:
        """A text message of now, its content stored; not told yet."""
        told = {"customer_id": "cus_1", "sender_id": "wmZhang", "at": self.clock.now, "channel": "wecom"}
        store = ContentStore(TENANT, f"hub-{TENANT}-content", app.room.host.client("dynamodb"))
        more = facts.pop("text_more", {})
        store.put(message_id, {"schema": 1, "kind": "text", "text": text, **more}, 0)
        return MessageResolved(
            id=hashed_id("evt", message_id),
            tenant=TENANT,
            message_id=message_id,
            connection_id="con_1",
            kind="text",
            content_ref=message_id,
            **{**told, **facts},
        )

    def say(self, text: str, message_id: str = "msg_1", **facts: Any) -> None:
        self.tell(self.message(text, message_id, **facts))

    def tap(self, member_id: str, task_id: str, key: str, number: int = 1) -> CardTapped:
        """A button pressed on a card; not told yet."""
        return CardTapped(
            id=hashed_id("evt", member_id, task_id, key, str(number)),
            tenant=TENANT,
            at=self.clock.now,
            connection_id="con_1",
            channel="wecom",
            member_id=member_id,
            task_id=task_id,
            key=key,
        )

    def hire(self, person_id: str, role: str = "engineer", **facts: Any) -> None:
        """Somebody joins. Engineers know refrigeration and belong to the team `cold`."""
        defaults: dict[str, Any] = {"region": "310000", "teams": ("cold",), "version": 1, "active": True}
        skills = ("refrigeration",) if role == "engineer" else ()
        person = {"roles": (role,), "skills": skills, **defaults, **facts, "person_id": person_id}
        event = {"id": fresh_id("evt", self.clock.now, bytes(10)), "tenant": TENANT, "at": self.clock.now}
        self.tell(PersonChanged.model_validate({**event, **person}))

    def roster(self, team: str, *shifts: tuple[str, datetime, datetime], version: int = 1) -> None:
        """A team's roster."""
        listed = [{"person_id": who, "starts_at": start, "ends_at": end} for who, start, end in shifts]
        event = {"id": "evt_r", "tenant": TENANT, "at": self.clock.now, "team": team, "version": version}
        self.tell(RosterChanged.model_validate({**event, "shifts": listed}))

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """One HTTP request, then all that follows from it."""
        answer = call(app.room, method, path, body, **options)
        self.settle()
        return answer

    # What follows.

    def settle(self) -> None:
        """Let the stream run until nothing changes any more."""
        for _ in range(50):
            records = self._records()
            if not records:
                return
            changes = [bus.change_of(record) for record in records]
            bodies = [change.__dict__ | {} for change in changes if queues_of(change)]
            assert app.on_change(sqs_batch(*bodies), Context()) == {"batchItemFailures": []}
        raise AssertionError("the stream does not come to rest")

    def sleep_until_done(self, name: str, until: datetime) -> None:
        """Play an escalation's machine: sleep, wake, again; the clock steps on, to `until` at most. Where it sleeps
        longer, another call goes on."""
        state, wakes_at = dict(self.machines.escalations[name]), self.machines.wakes_at
        while name in wakes_at and wakes_at[name] <= until:
            self.clock.now = max(self.clock.now, wakes_at.pop(name))
            state |= app.steps({**state, "op": "wake"}, Context())
            self.settle()
            if state["next"] == "again":
                wakes_at[name] = self.clock.now + timedelta(seconds=state["wait_seconds"])

    def let_pass(self, until: datetime) -> None:
        """Time passes until this moment: whatever sleeps wakes at its second, whichever it is."""
        sleeping = self.machines.wakes_at
        while sleeping and min(sleeping.values()) <= until:
            name = min(sleeping, key=sleeping.__getitem__)
            self.clock.now = max(self.clock.now, sleeping.pop(name))
            state = self.machines.escalations[name]
            state |= app.steps({**state, "op": "wake"}, Context())
            self.settle()
            if state["next"] == "again":
                sleeping[name] = self.clock.now + timedelta(seconds=state["wait_seconds"])
        self.clock.now = max(self.clock.now, until)

    def wake(self, name: str) -> dict[str, Any]:
        """Wake an escalation now, whatever it waited for."""
        answer: dict[str, Any] = app.steps({**self.machines.escalations[name], "op": "wake"}, Context())
        self.settle()
        return answer

    # What can be seen.

    def ids(self) -> list[str]:
        """The ids of all tickets, the newest first, as the table has them."""
        heads = [item for item in self._scan(("ticket",)) if item["sk"]["S"] == "ticket"]
        return [item["body"]["M"]["id"]["S"] for item in sorted(heads, key=lambda i: i["l_at"]["S"], reverse=True)]

    def tickets(self) -> list[Any]:
        """All tickets, the newest first, each as an administrator sees it."""
        return [self.ticket(ticket_id) for ticket_id in self.ids()]

    def ticket(self, ticket_id: str = "") -> Any:
        """The ticket of this id, else the newest."""
        return self.call("GET", f"/tickets/{ticket_id or self.ids()[0]}").json

    def timeline(self, ticket_id: str) -> Any:
        return self.call("GET", f"/tickets/{ticket_id}/timeline").json

    def told(self, kind: str) -> list[Any]:
        """The events of a type that the room has put on the bus, each fact once."""
        return list({e.id: e for e in self.emitted if e.type == kind}.values())  # type: ignore[attr-defined]

    def _records(self) -> list[dict[str, Any]]:
        # entries of trails and lists are most of the table, and ask for nothing
        now = {(i["pk"]["S"], i["sk"]["S"]): i for i in self._scan(FOLLOWED)}
        before, self.seen = self.seen, now
        return [_record(key, now[key], before.get(key)) for key in now if now[key] != before.get(key)]

    def _scan(self, begins: tuple[str, ...] = ("",)) -> list[Any]:
        """The table's items whose sort keys begin so."""
        items = _tables()[f"hub-{TENANT}-tickets"].all_items()
        return [item.to_json()["Attributes"] for item in items if item.range_key.value.startswith(begins)]


@dataclass
class Stage:
    """A simulated account that worlds use one after the other: each finds it as if nobody had been there."""

    session: Any
    clients: Clients
    published: dict[tuple[str, ...], tuple[Any, Any]] = field(default_factory=dict)

    def fresh(self, publish: tuple[str, ...], **facts: Any) -> World:
        """A room at T0, with these preset flows published; what publishing wrote is kept for the next one."""
        for table in _tables().values():
            table.items.clear()
        clock = StepClock(T0)
        made = World(self.session, clock, Machines(clock))
        plain = host_of(app.room, self.session, clock)
        host = Overheard(plain.settings, clock, self.clients, plain.room, plain.make_idempotency, hear=made.hear)
        app.room.install(host, replace(build_desk(host, made.machines), **facts))
        if publish not in self.published:
            for key in publish:
                assert made.call("POST", f"/flows/{key}/publish", {}).status == 200
            self.published[publish] = copy.deepcopy(
                (_tables()[f"hub-{TENANT}-tickets"].items, made.machines.definitions)
            )
        else:
            items, definitions = copy.deepcopy(self.published[publish])
            _tables()[f"hub-{TENANT}-tickets"].items.update(items)
            made.machines.definitions.update(definitions)
            made.settle()
        return made


_OPEN: list[Stage] = []


@contextmanager
def stage() -> Iterator[Stage]:
    """The account that is open, else a new one."""
    if _OPEN:
        yield _OPEN[-1]
        return
    with account("tickets", HUB_ESCALATION_ARN=ESCALATION, HUB_STEPS_FUNCTION="hub-demo-tickets-steps") as session:
        _OPEN.append(Stage(session, Clients(session.client)))
        try:
            yield _OPEN[-1]
        finally:
            _OPEN.pop()


@contextmanager
def world(publish: tuple[str, ...] = ("repair", "consult"), **facts: Any) -> Iterator[World]:
    """A fresh room at T0, with these preset flows published. facts: of its desk."""
    with stage() as found:
        yield found.fresh(publish, **facts)


def _tables() -> Any:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables


def as_(*roles: str, sub: str, region: str = "310000") -> str:
    """A token of somebody in Shanghai."""
    return token(*roles, sub=sub, region=region)


def _record(key: tuple[str, str], new: Any, old: Any) -> dict[str, Any]:
    images = {"NewImage": new} | ({"OldImage": old} if old else {})
    keys = {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
    return {
        "eventName": "MODIFY" if old else "INSERT",
        "eventSourceARN": f"arn:aws:dynamodb:us-east-1:000000000000:table/hub-{TENANT}-tickets/stream/1",
        "dynamodb": {"Keys": keys, **images},
    }
