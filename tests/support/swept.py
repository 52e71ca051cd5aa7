"""The main paths as a caller goes them: each can be begun anew, delivered again, and looked at afterwards."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from functions.customers import app as customers
from functions.directory import app as directory
from functions.directory.tables import MODELS as DIRECTORY_MODELS
from functions.notifications import app as notifications
from functions.notifications.desk import build_desk as build_notifications
from functions.notifications.tables import MODELS as NOTIFICATION_MODELS
from functions.outbound import app as outbound
from functions.settlement import app as settlement
from functions.tickets import app as tickets
from functions.webhooks import app as webhooks
from functions.webhooks.handlers import changes
from hub.contracts.events import MessageReceived, OrderPaid, TicketAssigned, WorkReported
from hub.edge.aws import Clients
from hub.edge.host import Host
from hub.kernel.clock import StepClock
from hub.store.connection import Connection
from hub.store.tokens import LEASE_SECONDS
from tests.support.aws import REGION, TENANT, account
from tests.support.hosts import host_of
from tests.support.http import Answer, Context, bus_batch, bus_events, call, sqs_batch
from tests.support.outbound import OK as OK_ANSWER
from tests.support.outbound import outbound_hub
from tests.support.tickets import ESCALATION, Stage
from tests.support.webhooks import DOUYIN, WECOM, deliver, simulated_stack, wecom_text
from tests.support.wecom_double import wecom_double
from tests.support.wire import Crash, aside

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
NO_RETRIES = {"AWS_MAX_ATTEMPTS": "1"}
RANDOM = (
    (re.compile(r"sealed:1:[A-Za-z0-9+/=]+"), "sealed"),
    (re.compile(r"[0-9a-f]{64}"), "hash"),
    (re.compile(r"token-[0-9]+"), "token"),
    (re.compile(r"link#[A-Za-z0-9_-]{20,}"), "link"),
    (re.compile(r"rpl_[0-9A-Z]{26}"), "rpl"),
)
VOLATILE = ("hash", "prev", "trail_hash", "expires_at", "link", "owner")
"""Attributes that differ from run to run whatever happens."""

OK, AGAIN = "done", "again"


@dataclass(frozen=True)
class Outcome:
    """What a caller heard. word: "done", "again" (the queue or the caller repeats), "crashed", or what was refused."""

    word: str
    told: Any = None


@dataclass
class Path:
    """One path. start: everything as it was before; deliver: one delivery, as its caller makes it; restart: another
    process takes over, a while later; follow: what the streams bring afterwards; look: what is compared, beside the
    tables. ignore: attributes that may count attempts or tell when. apart: what stands in the keys of items that are
    compared by `look` alone. unsure: what a caller may be told where nobody can know whether it was done."""

    name: str
    start: Callable[[], None]
    deliver: Callable[[], Outcome]
    restart: Callable[[], None] = lambda: None
    follow: Callable[[], None] = lambda: None
    look: Callable[[], Any] = lambda: None
    ignore: tuple[str, ...] = ()
    apart: str = ""
    unsure: str = ""

    def attempt(self) -> Outcome:
        """One delivery; a crash is an outcome, too."""
        try:
            return self.deliver()
        except Crash:
            self.restart()
            return Outcome("crashed")

    def state(self) -> list[str]:
        """All items of all tables without what is random, and what else is to be seen."""
        self.follow()
        items = [
            json.dumps(
                [name, _plain(item.to_json()["Attributes"], (*VOLATILE, *self.ignore))], default=repr, sort_keys=True
            )
            for name, table in dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables.items()
            for item in table.all_items()
            if not self.apart or self.apart not in item.to_json()["Attributes"]["pk"]["S"]
        ]
        return [*sorted(map(_without_chance, items)), json.dumps(self.look(), default=str, sort_keys=True)]


def http_outcome(answer: Answer, *shown: str) -> Outcome:
    """A 503 asks to come again and says when; anything else is final."""
    if answer.status == 503:
        return Outcome(AGAIN if "retry-after" in answer.headers else "503 without retry-after")
    if answer.status >= 300:
        return Outcome(f"{answer.status} {answer.text[:200]}")
    return Outcome(OK, {name: answer.json[name] for name in shown})


def queue_outcome(failures: Any) -> Outcome:
    """A record that failed is delivered again."""
    return Outcome(AGAIN if failures["batchItemFailures"] else OK)


@dataclass
class Snapshot:
    """The simulated tables, to go back to."""

    items: dict[str, Any] = field(default_factory=dict)

    def take(self) -> None:
        self.items = {name: copy.deepcopy(table.items) for name, table in _tables().items()}

    def restore(self) -> None:
        for name, table in _tables().items():
            table.items = copy.deepcopy(self.items[name])


def shared_host(room: Any, session: Any, clock: StepClock) -> Host:
    """A host whose clients are made once: making them takes longer than most paths."""
    return replace(host_of(room, session, clock), client=Clients(session.client))


# Tickets: opened by a message and by hand, worked on, commented, published.


@contextmanager
def ticket_paths() -> Iterator[list[Path]]:
    """Intake, open with a key, complete a node, comment, publish a document."""
    facts = {"HUB_ESCALATION_ARN": ESCALATION, "HUB_STEPS_FUNCTION": "hub-demo-tickets-steps", **NO_RETRIES}
    with account("tickets", **facts) as session:
        world = Stage(session, Clients(session.client)).fresh(("repair", "consult"))
        world.hire("li")
        world.hire("chen", role="supervisor", region="base")
        world.say("冰柜不制冷", "msg_0", customer_id="cus_0")
        ticket_id = world.ids()[0]
        event = world.message("冰柜不制冷", "msg_1")
        parts = ("definitions", "flows", "escalations")
        same_clock = {id(world.clock): world.clock}
        machines = copy.deepcopy({name: getattr(world.machines, name) for name in parts}, same_clock)
        before, seen = Snapshot(), copy.deepcopy(world.seen)
        before.take()
        rules = call(tickets.room, "GET", "/tickets/rules").json["document"]
        rules["rules"][0]["note"] = "改过"

        def start() -> None:
            before.restore()
            for name, kept in copy.deepcopy(machines, {id(world.clock): world.clock}).items():
                setattr(world.machines, name, kept)
            world.seen = copy.deepcopy(seen)
            world.emitted.clear()

        def look() -> Any:
            flows = {name: (run.state, run.ended) for name, run in world.machines.flows.items()}
            told = sorted({event.id + event.type for event in world.emitted})
            return flows, sorted(world.machines.escalations), told

        def post(path: str, body: Any, *shown: str) -> Callable[[], Outcome]:
            return lambda: http_outcome(call(tickets.room, "POST", path, body, key="k1"), *shown)

        def path(name: str, deliver_once: Callable[[], Outcome], *ignore: str) -> Path:
            return Path(name, start, deliver_once, follow=world.settle, look=look, ignore=ignore)

        opened = {"type": "repair", "customer_id": "cus_1", "region": "310101", "priority": "high", "subject": "冷柜"}
        yield [
            path("intake", lambda: queue_outcome(tickets.on_event(bus_batch(event), Context()))),
            path("open a ticket", post("/tickets", opened, "id", "subject")),
            path("complete a node", post(f"/tickets/{ticket_id}/nodes/accept/complete", {"outcome": "accepted"}, "id")),
            path("comment", post(f"/tickets/{ticket_id}/comment", {"text": "已联系客户"}, "id", "version")),
            path("assign", post(f"/tickets/{ticket_id}/assign", {"person_id": "chen"}, "id", "assignee")),
            path("publish rules", post("/tickets/rules/publish", {"document": rules}, "version")),
        ]


# The front door and what is published from it.


@contextmanager
def webhook_paths() -> Iterator[list[Path]]:
    """Accept to publish."""
    clock = StepClock(NOON)
    with simulated_stack(clock=clock, **NO_RETRIES) as stack:
        before = Snapshot()
        before.take()
        push = deliver(WECOM, wecom_text("漏水了"))
        three = [deliver(WECOM, wecom_text("漏水了", f"730000000000000000{number}")) for number in range(3)]
        told: set[str] = set()

        def start() -> None:
            before.restore()
            told.clear()
            stack.emitted()
            stack.restart()

        def take(*pushes: Any) -> Outcome:
            for each in pushes:
                answer = stack.door().answer(each)
                if answer["statusCode"] != 200:
                    return Outcome(AGAIN if answer["statusCode"] == 503 else str(answer["statusCode"]))
            with aside():
                bodies = stack.changes()
            return queue_outcome(changes.on_change(sqs_batch(*bodies), Context()))

        def look() -> Any:
            told.update(event["id"] for event in stack.emitted())
            with aside():
                rows = webhooks.room.desk.inbox.counters.rows()
            counted = {
                name: sum(row.numbers.get(name, 0) for row in rows) for name in ("accepted", "processed", "pending")
            }
            return len(told), counted  # ids carry the real moment at which the message came

        ignore = ("received_at", "connection_sk", "pending_since", "attempts", "shard")
        ways = {"accept and publish": (push,), "accept and publish a batch": three}
        yield [
            Path(
                name,
                start,
                lambda pushes=pushes: take(*pushes),  # type: ignore[misc]
                stack.restart,
                look=look,
                ignore=ignore,
                apart="#stats#",  # in which shard a message is counted hangs on whose batch it was in
            )
            for name, pushes in ways.items()
        ]


# A connection: made, its secrets changed, deleted. Its secrets lie in SSM.


@contextmanager
def connection_paths() -> Iterator[list[Path]]:
    """Connect an app, rotate its secret, disable and delete it: the door and the list agree in the end."""
    clock = StepClock(NOON)
    with simulated_stack(clock=clock, **NO_RETRIES) as stack:
        host = shared_host(webhooks.room, stack.session, clock)
        ssm = stack.session.client("ssm")
        new = {"channel": "douyin", "name": "旗舰店", "settings": dict(DOUYIN.settings)}
        webhooks.room.install(host)
        made = call(webhooks.room, "POST", "/webhooks/connections", new, key="k0").json["id"]
        path = f"/webhooks/connections/{made}"
        before, secrets = Snapshot(), _secrets(ssm)
        before.take()
        settings = {"settings": {**DOUYIN.settings, "app_secret": "11111111-demo-demo-demo-000000000000"}}

        def start() -> None:
            before.restore()
            with aside():
                _restore_secrets(ssm, secrets)
            clock.now = NOON
            webhooks.room.install(host)

        def restart() -> None:
            webhooks.room.install(host)

        def look() -> Any:
            with aside():
                return {name: json.loads(value) for name, value in sorted(_secrets(ssm).items())}

        def ask(method: str, path: str, body: Any, *shown: str) -> Callable[[], Outcome]:
            return lambda: http_outcome(call(webhooks.room, method, path, body, key="k1"), *shown)

        def way(name: str, deliver_once: Callable[[], Outcome]) -> Path:
            return Path(name, start, deliver_once, restart, look=look, ignore=("version",))

        yield [
            way("connect", ask("POST", "/webhooks/connections", new, "name", "state")),
            way("rotate a secret", ask("POST", f"{path}/settings", settings, "id", "state")),
            way("disable", ask("POST", f"{path}/disable", {}, "id", "state")),
            way("delete", ask("POST", f"{path}/delete", {}, "id")),
        ]


def _secrets(ssm: Any) -> dict[str, str]:
    """What SSM holds of connections, by name."""
    found = ssm.get_parameters_by_path(Path=f"/hub/{TENANT}/connections", WithDecryption=True)["Parameters"]
    return {parameter["Name"]: parameter["Value"] for parameter in found}


def _restore_secrets(ssm: Any, secrets: dict[str, str]) -> None:
    now = _secrets(ssm)
    for name in now.keys() - secrets.keys():
        ssm.delete_parameter(Name=name)
    for name, value in secrets.items():
        if now.get(name) != value:
            ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


# Customers: met, merged, and what is said of them.

LEVELS = {"levels": [{"id": "vip", "title": {"zh": "贵宾", "en": "VIP"}, "from_amount": "10000.00"}]}


@contextmanager
def customer_paths() -> Iterator[list[Path]]:
    """A message of somebody new, one that makes two customers one, a merge by hand, an order that makes somebody a VIP,
    a fact."""
    clock = StepClock(NOON)
    with account("customers", **NO_RETRIES) as session:
        host = shared_host(customers.room, session, clock)
        customers.room.install(host)
        known = [_wrote("amy", 1, "13800000001"), _wrote("bob", 1)]
        for event in known:
            _content(event, "13800000001" if event.sender_id == "amy" else "")
            assert customers.on_event(bus_batch(event), Context()) == {"batchItemFailures": []}
        amy, bob = (_customer(session, event.sender_id) for event in known)
        fresh, same = _wrote("carl", 1), _wrote("amys-desk", 1)
        _content(fresh, "")
        _content(same, "13800000001")
        bought = _bought("dora")
        assert call(customers.room, "POST", "/customers/levels/publish", {"document": LEVELS}).status == 200
        before, said = Snapshot(), set[str]()
        before.take()
        bus_events(session)

        def start() -> None:
            before.restore()
            said.clear()
            with aside():
                bus_events(session)
            customers.room.install(host)

        def look() -> Any:
            with aside():
                said.update(f"{event['type']} {event['id']}" for event in bus_events(session))
            return sorted(name for name in said if "customer.reachable" not in name)

        def hear(event: Any) -> Callable[[], Outcome]:
            return lambda: queue_outcome(customers.on_event(bus_batch(event), Context()))

        def ask(method: str, path: str, body: Any, *shown: str) -> Callable[[], Outcome]:
            return lambda: http_outcome(call(customers.room, method, path, body, key="k1"), *shown)

        def way(name: str, deliver_once: Callable[[], Outcome]) -> Path:
            return Path(name, start, deliver_once, lambda: customers.room.install(host) and None, look=look)

        yield [
            way("meet somebody", hear(fresh)),
            way("meet who is known", hear(same)),
            way("merge by hand", ask("POST", f"/customers/{bob}/merge", {"into": amy}, "id", "orders")),
            way("an order that makes a level", hear(bought)),
            way("record a fact", ask("PUT", f"/customers/{bob}/facts/level", {"value": "gold"}, "id", "version")),
        ]


def _wrote(sender: str, number: int, _phone: str = "") -> MessageReceived:
    ref = f"msg_{sender}_{number}"
    return MessageReceived(
        id=f"evt_{ref}", tenant=TENANT, at=NOON, message_id=ref, connection_id="con_1", channel="open", account="erp",
        sender_id=sender, kind="text", content_ref=ref,
    )  # fmt: skip


def _bought(buyer: str) -> OrderPaid:
    return OrderPaid(
        id=f"evt_paid_{buyer}", tenant=TENANT, at=NOON, connection_id="con_1", channel="taobao", shop_id="s1",
        order_id="ord_1", order_no="1", buyer_id=buyer, amount_minor=1_000_000, currency="CNY",
    )  # fmt: skip


def _content(event: MessageReceived, phone: str) -> None:
    person = {"phone": phone} if phone else {}
    customers.room.desk.contents.put(
        event.content_ref, {"schema": 1, "kind": "text", "text": "hi", "person": person}, 0
    )


def _customer(session: Any, sender: str) -> str:
    rows = [
        item for item in _scan("customers") if item["sk"].get("S") == "identity" and f"#{sender}" in item["pk"]["S"]
    ]
    del session
    return str(rows[0]["customer_id"]["S"])


# A reply to a customer, which goes out once.


@contextmanager
def reply_paths() -> Iterator[list[Path]]:
    """Answer a customer from a ticket: one message goes out, and the trail says so."""
    platform = AnsweringPlatform()
    with account("tickets", HUB_ESCALATION_ARN=ESCALATION, HUB_STEPS_FUNCTION="hub-demo-tickets-steps",
                 **NO_RETRIES) as session:  # fmt: skip
        world = Stage(session, Clients(session.client)).fresh(
            ("repair", "consult"), connections=platform, platforms=platform
        )
        world.hire("chen", role="supervisor", region="base")
        said = world.message("冰柜不制冷", "msg_0", sender_id="oZhang")
        world.tell(said.model_copy(update={"channel": "official_account"}))
        ticket_id = world.ids()[0]
        before, seen = Snapshot(), copy.deepcopy(world.seen)
        before.take()

        def start() -> None:
            before.restore()
            world.seen = copy.deepcopy(seen)
            world.emitted.clear()
            platform.sent.clear()

        def once() -> Outcome:
            answer = call(tickets.room, "POST", f"/tickets/{ticket_id}/reply", {"text": "马上到"}, key="k1")
            if answer.status == 409 and answer.json["type"].endswith(":reply-refused"):
                return Outcome("409 reply-refused")
            return http_outcome(answer, "id")

        ignore = ("version", "trail_seq", "seq", "changed_at", "attempt")
        sent = lambda: list(platform.sent.values())  # noqa: E731 - a look
        unsure = "409 reply-refused"  # WeChat knows no number again: what may have gone out is not sent twice
        yield [Path("reply", start, once, follow=world.settle, look=sent, ignore=ignore, unsure=unsure)]


@dataclass
class AnsweringPlatform:
    """Connections, their clients and their guard in one, which knows a number again as WeChat's do not: what was sent
    by each number."""

    sent: dict[str, tuple[str, str]] = field(default_factory=dict)

    def find(self, connection_id: str) -> Connection:
        return Connection(connection_id, "official_account", "enabled", {})

    def client(self, _: Connection) -> AnsweringPlatform:
        return self

    @contextmanager
    def guard(self, _: str) -> Iterator[None]:
        yield

    def answer(self, person: str, desk: str, text: str, number: str) -> str:
        del desk
        assert number not in self.sent, "sent twice"
        self.sent[number] = (person, text)
        return "pm_1"


# Settlement: a closed ticket's entries, and one by hand.


@contextmanager
def ledger_paths() -> Iterator[list[Path]]:
    """Post what reported work makes, and an entry by hand, each with the lines of its parties."""
    clock = StepClock(NOON)
    with account("settlement", HUB_RUN_ARN="arn:aws:states:us-east-1:1:stateMachine:x", **NO_RETRIES) as session:
        host = shared_host(settlement.room, session, clock)
        before = Snapshot()
        before.take()
        event = WorkReported(
            id="evt_1", tenant="demo", at=NOON, ticket_id="tkt_1", visit_id="vis_1", run=1, node="service",
            kind="human", ticket_type="repair", region="310101", person_id="wang.wei", outcome="done",
            labour_minutes=120, travel_km=10,
        )  # fmt: skip
        body = {
            "reason": {"zh": "奖励", "en": "bonus"},
            "lines": [
                {"account": "expense:bonus", "amount": "100.00"},
                {"account": "payable:person:li", "amount": "-100.00"},
            ],
        }

        def start() -> None:
            before.restore()
            settlement.room.install(host)

        def heard() -> Outcome:
            return queue_outcome(settlement.on_event(bus_batch(event), Context()))

        def posted() -> Outcome:
            answer = call(settlement.room, "POST", "/settlement/ledger/entries", body, key="k1")
            return http_outcome(answer, "id", "fact_id", "lines")

        yield [Path("post entries", start, heard), Path("post an entry by hand", start, posted)]


# Notices.


@contextmanager
def notice_paths() -> Iterator[list[Path]]:
    """Send a notice: one message goes out, and the send says so."""
    clock = StepClock(NOON)
    with wecom_double() as wecom, account("notifications", HUB_PLATFORMS_URL=wecom.url, **NO_RETRIES) as session:
        host = shared_host(notifications.room, session, clock)
        connection = {"channel": "wecom", "state": "enabled",
                      "settings": {"corp_id": "ww1", "agent_id": "1000002", "secret": "s"}}  # fmt: skip
        name = "/hub/demo/connections/con_1"
        session.client("ssm").put_parameter(Name=name, Value=json.dumps(connection), Type="SecureString")
        before = Snapshot()
        before.take()
        event = TicketAssigned(id="evt_1", tenant="demo", at=NOON, ticket_id="tkt_1", ticket_type="repair",
                               priority="normal", assignee="li")  # fmt: skip

        def restart() -> None:
            """Another process, once a lease that the dead one held is over."""
            clock.advance(seconds=LEASE_SECONDS + 1)
            notifications.room.install(replace(host, clock=clock), build_notifications(host))
            for model in NOTIFICATION_MODELS:
                model.Meta.max_retry_attempts = 0

        def start() -> None:
            before.restore()
            wecom.messages.clear()
            clock.now = NOON
            restart()

        def once() -> Outcome:
            outcome = queue_outcome(notifications.on_event(bus_batch(event), Context()))
            clock.advance(seconds=LEASE_SECONDS + 1)  # the queue takes its time
            return outcome

        times = (
            "created_at",
            "sent_at",
            "claimed_at",
            "l_at",
            "list_sk",
            "renew_at",
            "ends_at",
            "lease_until",
            "places",
        )
        ignore = ("version", "attempt", "expires_at", *times)
        kept = "#token#"  # a platform's token that could not be kept is fetched anew by whoever needs one
        yield [Path("send a notice", start, once, restart, look=lambda: wecom.messages, ignore=ignore, apart=kept)]


# The organisation: accounts and keys.


@contextmanager
def directory_paths() -> Iterator[list[Path]]:
    """Freeze, save a person and a roster, make an API key."""
    clock = StepClock(NOON)
    with account("directory", **NO_RETRIES) as session:
        host = shared_host(directory.room, session, clock)
        directory.room.install(host)
        for model in DIRECTORY_MODELS:
            model.Meta.max_retry_attempts = 0
        desk = directory.room.desk
        person = {"name": "李雷", "roles": ["agent"], "region": "310000"}
        assert call(directory.room, "PUT", "/directory/people/li", person).status == 200
        before = Snapshot()
        before.take()

        def start() -> None:
            before.restore()
            directory.room.install(host, desk)

        def ask(method: str, path: str, body: Any, *shown: str) -> Callable[[], Outcome]:
            return lambda: http_outcome(call(directory.room, method, path, body, key="k1"), *shown)

        key, roster = {"name": "ERP", "scopes": ["integrator"]}, {"shifts": [], "version": 0}

        def key_opens() -> Outcome:
            """The key that the caller holds in the end is the one that was made."""
            answer = call(directory.room, "POST", "/auth/keys", key, key="k1")
            if answer.status != 201:
                return http_outcome(answer)
            exchanged = call(directory.room, "POST", "/auth/tokens", {"api_key": answer.json["api_key"]}, as_="")
            return http_outcome(exchanged) if exchanged.status != 200 else http_outcome(answer, "id", "name")

        yield [
            Path("freeze", start, ask("POST", "/directory/people/li/freeze", {}, "frozen", "version")),
            Path("save a person", start, ask("PUT", "/directory/people/li", {**person, "version": 1}, "version")),
            Path("save a roster", start, ask("PUT", "/directory/rosters/night", roster, "version")),
            Path("make an API key", start, key_opens),
        ]


# Outbound webhooks.


@contextmanager
def outbound_paths() -> Iterator[list[Path]]:
    """An event until it is delivered: nothing is lost, and what comes again has the same id."""
    with outbound_hub(NOON, **NO_RETRIES) as hub:
        url, clock, desk = "https://a.example/hook", hub.clock, outbound.room.desk
        hub.receivers.behaviours[url] = OK_ANSWER
        hub.register(url)
        hub.tell(hub.opened(1))
        hub.work()
        before, event, late = Snapshot(), hub.opened(2), timedelta(minutes=2)
        before.take()

        def start() -> None:
            before.restore()
            hub.queue.clear()
            hub.receivers.received.clear()
            hub.forget()
            clock.now = NOON

        def drained() -> Outcome:
            """What is in the room's own queue, and what a sweep after every lease finds."""
            outcome = Outcome(OK)
            while hub.queue and outcome.word == OK:
                _, body = hub.queue.pop(0)
                outcome = queue_outcome(outbound.on_deliver(sqs_batch(body), Context()))
            return outcome

        def heard() -> Outcome:
            outcome = queue_outcome(outbound.on_event(bus_batch(event), Context()))
            return drained() if outcome.word == OK else outcome

        def follow() -> None:
            clock.now += late
            with aside():
                outbound.sweep({}, Context())
                assert drained().word == OK

        def look() -> Any:
            return sorted(set(hub.receivers.ids(url)))

        moments = ("at", "created_at", "delivered_at", "due_at", "list_sk", "l_at", "until", "last_error_at")
        counted = ("wakes", "attempts", "number", "delivered", "latency_ms", "sk", "webhook-timestamp")
        ignore = (*moments, *counted, "webhook-signature", *(f"b{n}" for n in range(20)))
        desk.token = lambda: "lease"
        yield [Path("deliver an event", start, heard, follow=follow, look=look, ignore=ignore)]


GROUPS = (
    ticket_paths,
    webhook_paths,
    connection_paths,
    customer_paths,
    reply_paths,
    ledger_paths,
    notice_paths,
    directory_paths,
    outbound_paths,
)


def _tables() -> Any:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables


def _scan(room: str) -> list[Any]:
    return [item.to_json()["Attributes"] for item in _tables()[f"hub-demo-{room}"].all_items()]


def _plain(value: Any, ignore: tuple[str, ...]) -> Any:
    """An item without the attributes that are ignored, at any depth."""
    if isinstance(value, dict):
        return {name: _plain(part, ignore) for name, part in value.items() if name not in ignore}
    return [_plain(part, ignore) for part in value] if isinstance(value, list) else value


def _without_chance(text: str) -> str:
    for pattern, word in RANDOM:
        text = pattern.sub(word, text)
    return text
