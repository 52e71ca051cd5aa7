"""A thousand things at random places, for whoever asks what of them is told to whom: each room's on a stage of its own.

A stage answers what it made by the path of the list in which it stands. A thing's `mark` is in the list's answer, and
in no other thing's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from functions.customers import app as customers
from functions.directory import app as directory
from functions.notifications import app as notifications
from functions.outbound import app as outbound
from functions.pricing import app as pricing
from functions.settlement import app as settlement
from functions.tickets import app as tickets
from functions.webhooks import app as webhooks
from functions.webhooks.orders.orders import Noting
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.contracts.events import PersonChanged, TicketAssigned
from hub.edge.room import Room
from hub.kernel.clock import StepClock
from hub.kernel.places import region_names
from hub.kernel.regions import covers
from hub.store.messages import Arrival
from tests.support.access_samples.pricing import CAMPAIGN
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, call
from tests.support.outbound import outbound_hub
from tests.support.pricing import pricing_room
from tests.support.settlement import posting
from tests.support.settlement_room import handed, moment, till
from tests.support.tickets import world
from tests.support.webhooks import DOUYIN, Stack, simulated_stack

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
NORTH, SOUTH, ELSEWHERE = ("11", "12", "13", "14", "15"), ("44", "45", "46"), ("31", "51", "65")
"""Provinces, by the digits with which their codes begin: 华北, 华南, and a few more."""
DAY = {"every": "day"}
COUNTS = {
    "orders": 200, "after-sales": 150, "customers": 110, "notices": 80, "tickets": 60, "submissions": 40, "offers": 20,
    "entries": 60, "parked": 20, "deferrals": 15, "conflicts": 15,
    "people": 80, "stores": 40, "teams": 20, "rosters": 20, "keys": 20, "endpoints": 10, "connections": 20,
    "messages": 20,
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A thing, and where it lies. store: "" where it is no store's; region: `base` where it is the whole tenant's."""

    mark: str
    region: str
    store: str = ""


Things = dict[str, list[Made]]


@dataclass(frozen=True)
class Scattering:
    """A room, and the stage on which its things are made."""

    room: Room[Any]
    stage: Callable[[Random], AbstractContextManager[Things]]
    queries: Mapping[str, Mapping[str, str]]


def places(random: Random, count: int, *, placed: bool = False) -> Iterator[tuple[int, str, str]]:
    """A number, a region of any level and a store or none, so often: two of five in 华北, two in 华南. placed: all lie
    somewhere, in a store."""
    codes = sorted(region_names())
    for number in range(count):
        lot = random.random()
        within = NORTH if lot < 0.4 else SOUTH if lot < 0.8 else ELSEWHERE
        region = random.choice([code for code in codes if code.startswith(within)])
        if lot > 0.95 and not placed:
            yield number, "base", ""
        else:
            yield number, region, f"s{region}" if placed or random.random() < 0.5 else ""


@contextmanager
def orders(random: Random) -> Iterator[Things]:
    """Orders and after-sales of one shop's connections; and connections of every region, with a message each."""
    with simulated_stack(clock=StepClock(NOON)) as stack:
        made: Things = {"/webhooks/orders": [], "/webhooks/after-sales": [], **connected(random, stack)}
        table = webhooks.room.desk.orders.table
        for number, region, store in places(random, COUNTS["orders"]):
            noting = Noting(DOUYIN.id, "douyin", NOON, NOON, region=region, store_id=store)
            table.transition(
                OrderFacts(f"E{number:05}", "4321", "paid", 30, 100, "CNY", NOON, buyer_id="b", paid_at=NOON), noting
            )
            made["/webhooks/orders"].append(Made(f'"E{number:05}"', region, store))
        for number, region, store in places(random, COUNTS["after-sales"]):
            noting = Noting(DOUYIN.id, "douyin", NOON, NOON, region=region, store_id=store)
            table.transition(
                AfterSaleFacts(f"a{number}", f"F{number:05}", "4321", "refund_only", "requested", 10, "none", NOON),
                noting,
            )
            made["/webhooks/after-sales"].append(Made(f'"F{number:05}"', region, store))
        yield made


def connected(random: Random, stack: Stack) -> Things:
    """Connections, and what came by them; messages of more connections that have none of their own."""
    paths = ("/webhooks/connections", "/webhooks/messages", "/webhooks/stats")
    made: Things = {path: [] for path in paths}
    for _, region, store in places(random, COUNTS["connections"]):
        body = {"channel": "douyin", "name": "旗舰店", "settings": dict(DOUYIN.settings)}
        where = {"region": region, **({"store_id": store} if store else {})}
        answer = call(webhooks.room, "POST", "/webhooks/connections", {**body, **where})
        assert answer.status == 201, answer.text
        connection = answer.json["id"]
        stack.inbox().store(Arrival(connection, "douyin", "4321", "k1", b"{}"), NOON, NOON)
        for path in paths:
            made[path].append(Made(f'"{connection}"', region, store))
    stack.publish()  # none can be read: each is counted
    return made


@contextmanager
def organisation(random: Random) -> Iterator[Things]:
    """People, stores, teams with their rosters, and keys of every region."""
    with account("directory") as session:
        install(directory.room, session, StepClock(NOON))
        lists = ("people", "stores", "teams", "rosters")
        made: Things = {"/auth/keys": [], **{f"/directory/{name}": [] for name in lists}}

        def put(path: str, body: dict[str, Any], mark: str, region: str, store: str = "") -> None:
            answer = call(directory.room, "PUT", f"{path}/{mark}", body)
            assert answer.status == 200, answer.text
            made[path].append(Made(f'"{mark}"', region, store))

        for number, region, store in places(random, COUNTS["people"]):
            body = {"name": "李雷", "roles": ["agent"], "region": region, "store_id": store}
            put("/directory/people", body, f"p{number:05}", region, store)
        for _, region, store in places(random, COUNTS["stores"], placed=True):
            if Made(f'"{store}"', region, store) not in made["/directory/stores"]:
                put("/directory/stores", {"name": "门店", "region": region}, store, region, store)
        for number, region, _ in places(random, COUNTS["teams"]):
            put("/directory/teams", {"name": "客服", "region": region}, f"team{number:05}", region)
            put("/directory/rosters", {"shifts": []}, f"team{number:05}", region)
        for number, region, _ in places(random, COUNTS["keys"]):
            body = {"name": f"ERP {number:05}", "scopes": ["viewer"], "region": region}
            assert call(directory.room, "POST", "/auth/keys", body).status == 201
            made["/auth/keys"].append(Made(f'"ERP {number:05}"', region))
        yield made


@contextmanager
def receivers(random: Random) -> Iterator[Things]:
    """Endpoints of every region, one of which has heard of a ticket."""
    with outbound_hub() as hub:
        made = []
        for _, region, _ in places(random, COUNTS["endpoints"]):
            endpoint = hub.register(region=region)
            made.append(Made(f'"{endpoint["id"]}"', region))
        yield {"/webhooks/endpoints": made}


@contextmanager
def people_served(random: Random) -> Iterator[Things]:
    """Customers that somebody entered."""
    with account("customers") as session:
        install(customers.room, session)
        made = []
        for number, region, store in places(random, COUNTS["customers"]):
            where = {} if region == "base" else {"region": region, **({"store_id": store} if store else {})}
            body = {"phone": f"1380013{number:04}", "name": "张三", **where}
            answer = call(customers.room, "POST", "/customers", body)
            assert answer.status == 201, answer.text
            made.append(Made(answer.json["id"], region, store))
        yield {"/customers": made}


@contextmanager
def notices(random: Random) -> Iterator[Things]:
    """What people of every region were told."""
    with account("notifications") as session:
        install(notifications.room, session, StepClock(NOON))
        made = []
        for number, region, store in places(random, COUNTS["notices"]):
            who = {"person_id": f"p{number}", "roles": ("agent",), "region": region, "store_id": store}
            rest = {"version": 1, "active": True, "skills": (), "teams": ()}
            person = PersonChanged.model_validate({"id": f"evt_p{number}", "tenant": TENANT, "at": NOON, **who, **rest})
            told = TicketAssigned(
                id=f"evt_{number}", tenant=TENANT, at=NOON, ticket_id=f"tkt_{number:05}", ticket_type="repair",
                priority="normal", assignee=f"p{number}",
            )  # fmt: skip
            notifications.on_event(bus_batch(person, told), Context())
            made.append(Made(f'"tkt_{number:05}"', region, store))
        yield {"/notifications": made}


@contextmanager
def work(random: Random) -> Iterator[Things]:
    """Tickets opened by hand and by forms."""
    with world():
        made: Things = {"/tickets": [], "/forms/submissions": [], "/forms/submissions/export": []}
        for number, region, store in places(random, COUNTS["tickets"], placed=True):
            body = {"type": "repair", "customer_id": f"cus_{number}", "region": region, "store_id": store}
            answer = call(tickets.room, "POST", "/tickets", body)
            assert answer.status == 201, answer.text
            made["/tickets"].append(Made(answer.json["id"], region, store))
        answers = {"name": "李雷", "phone": "13800138000", "fault": "冷柜结霜", "product": "BX3"}
        for _, region, store in places(random, COUNTS["submissions"], placed=True):
            where = {"store": store, "region": region}
            answer = call(tickets.room, "POST", "/forms/repair/submissions", answers, query=where)
            assert answer.status == 201, answer.text
            for path in ("/forms/submissions", "/forms/submissions/export"):
                made[path].append(Made(answer.json["id"], region, store))
            if answer.json["ticket_id"]:
                made["/tickets"].append(Made(answer.json["ticket_id"], region, store))
        yield made


@contextmanager
def offers(random: Random) -> Iterator[Things]:
    """Offers against a competitor beside each store."""
    with pricing_room() as room:
        room.publish("/pricing/campaigns/standard", CAMPAIGN)
        made = []
        for number, region, _ in places(random, COUNTS["offers"], placed=True):
            at, store = (20.0 + number, 105.0), f"s{number:05}"
            room.store(store, region, at)
            position = {"latitude": at[0], "longitude": at[1], "datum": "wgs84"}
            rival = {"competitor_id": "rival", "service": "fruit_tea", "price": "21.00", "position": position}
            (result,) = room.made("POST", "/pricing/competitors", rival)["results"]
            made.append(Made(result["offer"]["id"], region, store))
        yield {"/pricing/offers": made}


COMMISSION = posting(
    {"rule": "percent", "of": "amount", "rate": "0.03"}, purpose="rebate", debit="expense:rebate",
    credit="payable:region:{region}",
)  # fmt: skip
AT = "2026-11-20T10:00:00+08:00"


@contextmanager
def books(random: Random) -> Iterator[Things]:
    """Facts that were settled, wait or are still to come, goods that went astray, and a day closed by provinces."""
    with till("2026-11-01T00:00:00+08:00") as room:
        provinces = [f"{two}0000" for two in (*NORTH, *SOUTH, *ELSEWHERE)]
        room.set_calendar(DAY, **{f"r{code}": DAY for code in provinces})
        room.publish("rebates", {"facts": ["order"], "postings": [COMMISSION]})
        room.adopt("gift_amortisation")
        room.clock.now = moment("2026-11-20T12:00:00+08:00")
        lists = ("ledger/entries", "facts/parked", "deferrals", "conflicts", "profit", "statements", "runs")
        made: Things = {f"/settlement/{name}": [] for name in lists}
        for number, region, store in places(random, COUNTS["entries"], placed=True):
            fact = handed("order", 10_000 + number, AT, amount="100.00", parties={"region": region, "store": store})
            (result,) = room.hand_in(fact)
            assert result["state"] == "settled", result
            made["/settlement/ledger/entries"].append(Made(f'"{fact["id"]}"', region, store))
            made["/settlement/profit"].append(Made(f'"{region}"', region, store))
        for number, region, store in places(random, COUNTS["parked"]):
            parties = {"region": region, "person": "nobody", **({"store": store} if store else {})}
            fact = handed("order", 20_000 + number, AT, amount="1.00", parties=parties)
            assert room.hand_in(fact)[0]["state"] == "parked"
            made["/settlement/facts/parked"].append(Made(f'"{fact["id"]}"', region, store))
        for number, region, store in places(random, COUNTS["deferrals"], placed=True):
            fact = handed("gift", 30_000 + number, AT, gift_cost="90.00", parties={"region": region, "store": store})
            assert room.hand_in(fact)[0]["state"] == "settled"
            made["/settlement/deferrals"].append(Made(f'"{fact["id"]}"', region))
        sold, found = (list(places(random, COUNTS["conflicts"], placed=True)) for _ in range(2))
        for (number, here, _), (_, there, _) in zip(sold, found, strict=True):
            serial = {"serial": f"SN-{number:05}"}
            made["/settlement/conflicts"] += astray(room, number, here, there, serial)
            made["/settlement/ledger/entries"].append(Made(f'"order:{40_000 + number}"', here))
            made["/settlement/profit"].append(Made(f'"{here}"', here))
        room.clock.now = moment("2026-11-21T06:00:00+08:00")
        for run in room.call("GET", "/settlement/runs", query={"limit": "200"}).json["data"]:
            room.close(run["id"])
            made["/settlement/runs"].append(Made(f'"{run["id"]}"', run["scope"]))
        for statement in room.statements():
            made["/settlement/statements"].append(Made(statement["id"], statement["party"].rpartition(":")[2]))
        yield made


def astray(room: Any, number: int, here: str, there: str, serial: dict[str, str]) -> list[Made]:
    """A device sold here and switched on there: the two halves of a case, if it is one."""
    sale = handed("order", 40_000 + number, AT, amount="1.00", parties={"region": here}, about=serial)
    switched = handed("activation", 50_000 + number, AT, parties={"region": there}, about=serial)
    room.hand_in(sale, switched)
    return [Made(f'"{sale["id"]}"', here), Made(f'"{switched["id"]}"', there)] if not covers(here, there) else []


SCATTERED: dict[str, Scattering] = {
    "directory": Scattering(directory.room, organisation, {}),
    "outbound": Scattering(outbound.room, receivers, {}),
    "webhooks": Scattering(webhooks.room, orders, {}),
    "customers": Scattering(customers.room, people_served, {}),
    "notifications": Scattering(notifications.room, notices, {}),
    "tickets": Scattering(
        tickets.room, work,
        {path: {"form": "repair"} for path in ("/forms/submissions", "/forms/submissions/export")},
    ),
    "pricing": Scattering(pricing.room, offers, {}),
    "settlement": Scattering(settlement.room, books, {"/settlement/profit": {"by": "region"}}),
}  # fmt: skip
