"""What a million messages cost by AWS's price list, from counted calls: to the door's answer, and all the way until
everybody knows whose they are.

The floor is one DynamoDB write and one Lambda request a message: $0.83. Messages come ten a batch, as they do when it
matters, of people who are known. What is counted and what is reckoned, with every price: benchmarks/meter.py. The rows
that it prints stand in docs/cost.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import Ratio
from benchmarks.meter import METER, aside, function, metered
from functions.customers import app as customers
from functions.customers.people.identities import Identity
from functions.outbound import app as outbound
from functions.webhooks.handlers import changes, touched
from hub.edge.aws import Clients
from hub.edge.host import Host
from hub.edge.settings import Settings
from hub.kernel.clock import StepClock
from tests.support.aws import TENANT, environment, make_table
from tests.support.doubles import serving
from tests.support.http import Context, drain, sqs_batch
from tests.support.tickets import as_, world
from tests.support.webhooks import DOUYIN, NOW, WECOM, Stack, deliver, douyin_push, simulated_stack, wecom_text

MESSAGES, BATCH = 100, 10
REPORT = {"labour_minutes": 40, "labour_amount": "80.00", "travel_km": 12, "travel_amount": "24.00"}
FLOOR = 0.83
DOOR_BUDGET = 2.5
WHOLE_WAY_DOLLARS = 7.0
COLUMNS = ("api", "call", "gb_second", "write", "read", "event", "queue", "key", "transition")
TRANSITIONS, TICKET_FUNCTIONS = 7, 14
"""Of a ticket of three nodes with its escalation (tests/statemachines); and the functions that run for it: one event,
seven batches of changes, four steps, two requests."""
HOP = 1 + 2 / BATCH
"""SQS requests for a message that is sent by itself: received and deleted with nine others."""


def run() -> list[Ratio]:
    """Deliver messages, orders and a day's tickets, and find out what each costs."""
    bills = {"message": message_bill(), "order": order_bill(), "ticket": ticket_bill()}
    for name, bill in bills.items():
        print("      " + row_of(name, bill))
    door, whole = bills["message"].door, bills["message"].dollars
    tables = door["write"] + door["read"] + door["call"]
    return [
        Ratio("price of the door's write and call, of the floor", round(tables / FLOOR, 4), DOOR_BUDGET, False),
        Ratio("dollars a million messages, everything counted", sum(whole.values()), WHOLE_WAY_DOLLARS, False),
    ]


@dataclass(frozen=True)
class Bill:
    """Of one thing: units of what has a price, dollars a million of it; door: of these, until the platform is
    answered."""

    units: Mapping[str, float]
    dollars: Mapping[str, float]
    door: Mapping[str, float]


def row_of(name: str, bill: Bill) -> str:
    """A row of the table in docs/cost.md."""
    counts = " | ".join(f"{bill.units[each]:.2f}" for each in COLUMNS)
    return f"| {name} | {counts} | {sum(bill.dollars.values()):.2f} |"


def message_bill() -> Bill:
    """Until each message has its customer."""
    with rooms() as stack:
        _deliver(stack, "first", BATCH)
        _follow(stack)
        _tell_unions()
        _deliver(stack, "second", BATCH)
        _follow(stack)  # whoever writes is known from now on, by all names
        with metered() as meter:
            _deliver(stack, "again", MESSAGES)
        door_units, door = meter.each(MESSAGES), meter.dollars(MESSAGES)
        with metered() as meter:
            _follow(stack)
        rest_units, rest = meter.each(MESSAGES), meter.dollars(MESSAGES)
    units = {name: door_units[name] + rest_units[name] for name in door_units}
    return Bill(units, {name: door[name] + rest[name] for name in door}, door)


def order_bill() -> Bill:
    """A pushed order: read by API, kept, said to be paid, and whose it is."""
    with serving({"douyin": [dict(DOUYIN.settings)]}) as (url, platforms), rooms(url) as stack:
        double = platforms.double("douyin")
        assert double is not None
        at = int(NOW.timestamp())
        facts = {"shop_id": 4321, "order_status": 2, "pay_amount": 12800, "doudian_open_id": "buyer"}
        orders = [
            {"order_id": str(6917_0000 + n), **facts, "pay_time": at, "update_time": at} for n in range(2 * BATCH)
        ]
        double.control("orders", orders)
        stack.stream()
        _sell(stack, orders[:BATCH])  # the token is there, the buyer is known
        with metered() as meter:
            _sell(stack, orders[BATCH:])
    return Bill(meter.each(BATCH), meter.dollars(BATCH), {})


def ticket_bill() -> Bill:
    """A repair: opened by a message, dispatched, accepted, done, closed; its escalation never fires."""
    with world() as hub:
        hub.hire("li")
        hub.say("冰柜不制冷", "msg_0", customer_id="cus_0", region="310101")
        said = hub.entries
        with metered() as meter, function(TICKET_FUNCTIONS, TICKET_FUNCTIONS):
            hub.say("冰柜不制冷", "msg_1", customer_id="cus_1", region="310101")
            with aside():
                (ticket_id,) = set(hub.ids()) - {hub.ids()[-1]}
            for node, body in (("accept", {"outcome": "accepted"}), ("service", {"outcome": "done", "fields": REPORT})):
                path = f"/tickets/{ticket_id}/nodes/{node}/complete"
                answer = hub.call("POST", path, body, as_=as_("engineer", sub="li"))
                assert answer.status == 200, answer.text
            METER.add(api=2, event=hub.entries - said, transition=TRANSITIONS)
            METER.add(queue=HOP * TICKET_FUNCTIONS)
    return Bill(meter.each(1), meter.dollars(1), {})


@contextmanager
def rooms(platforms_url: str = "") -> Iterator[Stack]:
    """The webhooks room, customers and outbound, in one simulated account: no integrator has registered."""
    clock = StepClock(NOW)
    with simulated_stack(clock=clock, HUB_PLATFORMS_URL=platforms_url) as stack:
        clients = Clients(stack.session.client)
        for room in (customers.room, outbound.room):
            make_table(f"hub-{TENANT}-{room.app_name}")
            loaded = Settings.load(environment(room.app_name, HUB_PLATFORMS_URL=platforms_url))
            room.install(Host(loaded, clock, clients, room.app_name))
        yield stack


def _tell_unions() -> None:
    """WeCom has said who its contacts are."""
    corp = str(WECOM.settings["corp_id"])
    for nth in range(BATCH):
        customers.room.desk.unions.questions.answer(Identity("wecom", corp, f"wmCustomer{nth}"), f"oUnion{nth}")


def _deliver(stack: Stack, name: str, number: int) -> None:
    door = stack.door()
    for nth in range(number):
        event = deliver(WECOM, wecom_text("你好", f"{name}{nth}", sender=f"wmCustomer{nth % BATCH}"))
        with function():
            assert door.answer(event)["statusCode"] == 200
        METER.add(api=1)


def _follow(stack: Stack) -> None:
    """Stream, queue, bus: what follows from what waits."""
    with aside():
        waiting = {item["pk"]["S"] for item in stack.stored() if item["status"]["S"] == "pending"}
        records = [change for change in stack.changes() if change["pk"] in waiting]
    with function(len(records), requests=1):
        pass  # forward: what it sends is the hop of the queue
    _batches(records, changes.on_change)
    received = _said(stack)
    _batches(received, customers.on_event, packed=True)
    _batches([*received, *_said(stack)], outbound.on_event, packed=True)


def _sell(stack: Stack, orders: list[dict[str, Any]]) -> None:
    """Each order is pushed by itself; what follows comes in batches."""
    door = stack.door()
    for order in orders:
        number = int(order["order_id"])
        message = {"tag": "101", "msg_id": f"m{number}", "data": {"shop_id": 4321, "p_id": number}}
        with function():
            assert door.answer(deliver(DOUYIN, douyin_push(message)))["statusCode"] == 200
        METER.add(api=1)
    said: list[Any] = []
    for _ in range(2):  # the message, then what the order became
        with aside():
            records = stack.stream()
            changes.forward({"Records": records}, Context())
            moved = stack.drain("changes")
        with function(len(moved)):
            pass  # forward
        _batches(moved, changes.on_change)
        now = _said(stack)
        _batches([each for each in now if each["detail"]["type"] == "order.touched"], touched.on_event, packed=True)
        said += now
    _batches([each for each in said if each["detail"]["type"] == "order.paid"], customers.on_event, packed=True)
    _batches([*said, *_said(stack)], outbound.on_event, packed=True)


def _batches(bodies: list[Any], handle: Callable[..., Any], packed: bool = False) -> None:
    size = 1 if packed else BATCH
    for start in range(0, len(bodies), size):
        batch = bodies[start : start + size]
        with function(BATCH if packed else len(batch)):
            assert handle(sqs_batch(*batch), Context()) == {"batchItemFailures": []}
        METER.add(queue=HOP if packed else 3)


def _said(stack: Stack) -> list[Any]:
    """What was put on the bus, as the queue of a room has it."""
    with aside():
        sqs = stack.session.client("sqs")
        return list(drain(sqs, sqs.get_queue_url(QueueName="bus-tap")["QueueUrl"]))
