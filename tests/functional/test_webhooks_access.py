"""Whose an order is: its connection's region and store decide who sees it, in every list and by every route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.webhooks import app
from functions.webhooks.connections.selfcheck import to_event
from functions.webhooks.orders.orders import Noting
from hub.channels.door import Stamp
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.registry import codec, samples
from hub.channels.samples import render
from hub.kernel import regions
from hub.kernel.clock import StepClock
from hub.store.connection import Connection
from hub.store.messages import Arrival
from tests.channels.support import payload
from tests.support.http import Answer, call, token
from tests.support.webhooks import DOUYIN, Stack, simulated_stack

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DAY = "2026-11-21"
EAST, SOUTH, NOWHERE = ("310101", "s_east"), ("440300", "s_south"), ("base", "")
PLACES = (EAST, SOUTH, NOWHERE)


@pytest.fixture
def shared() -> Iterator[Stack]:
    """Three orders and after-sales, of a store in Shanghai, one in Shenzhen, and of no store."""
    with simulated_stack(clock=StepClock(NOW)) as stack:
        for number, place in enumerate(PLACES):
            sell(str(number), place)
        yield stack


def sell(number: str, place: tuple[str, str], at: datetime = NOW) -> None:
    orders = app.room.desk.orders.table
    noting = Noting(DOUYIN.id, "douyin", NOW, NOW, region=place[0], store_id=place[1])
    orders.transition(OrderFacts(number, "4321", "paid", 30, 100, "CNY", at, buyer_id="buyer-1", paid_at=at), noting)
    orders.transition(AfterSaleFacts(f"a{number}", number, "4321", "refund_only", "requested", 10, "none", at), noting)


def listed(path: str, as_: str, **query: str) -> list[str]:
    answer = call(app.room, "GET", path, as_=as_, query=query)
    assert answer.status == 200, answer.text
    return sorted(row["order_no"] for row in answer.json["data"])


def ids(stack: Stack, name: str = "order_id") -> dict[str, str]:
    """Of the orders (or after-sales), by the order's number."""
    items = stack.clients["dynamodb"].scan(TableName=stack.settings["HUB_TABLE"])["Items"]
    return {item["order_no"]["S"]: item[name]["S"] for item in items if name in item}


@dataclass(frozen=True)
class Somebody:
    """A principal, and which of the three orders are theirs to see."""

    role: str
    region: str = "base"
    stores: tuple[str, ...] = ()

    @property
    def token(self) -> str:
        return token(self.role, region=self.region, stores=self.stores)

    def sees(self, place: tuple[str, str]) -> bool:
        region, store = place
        return store in self.stores if self.stores else regions.covers(self.region, region)


PEOPLE = st.builds(
    Somebody,
    role=st.sampled_from(("integrator", "supervisor", "agent", "finance", "store_manager")),
    region=st.sampled_from(("base", "310000", "310101", "310104", "440000", "440300")),
    stores=st.sampled_from(((), ("s_east",), ("s_south",), ("s_east", "s_south"), ("s_else",))),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(somebody=PEOPLE, kind=st.sampled_from((("orders", "order_id"), ("after-sales", "after_sale_id"))))
def test_lists_and_things_are_those_within_reach(shared: Stack, somebody: Somebody, kind: tuple[str, str]) -> None:
    """Whoever asks, with and without a day: the list has what is theirs and nothing else, and what is not is 404, the
    same as what never was."""
    path, name = f"/webhooks/{kind[0]}", kind[1]
    theirs = [str(number) for number, place in enumerate(PLACES) if somebody.sees(place)]
    assert listed(path, somebody.token) == listed(path, somebody.token, day=DAY) == theirs
    nothing = call(app.room, "GET", f"{path}/nothing", as_=somebody.token)
    for number, identity in ids(shared, name).items():
        answer = call(app.room, "GET", f"{path}/{identity}", as_=somebody.token)
        assert answer.status == (200 if number in theirs else 404)
        if number not in theirs:
            assert answer.text == nothing.text.replace("nothing", identity)


def test_a_list_has_pages_and_days(shared: Stack) -> None:
    """A cursor goes on where a page ended; another day is empty; a made-up cursor is refused."""
    boss = token("supervisor")
    first = call(app.room, "GET", "/webhooks/orders", as_=boss, query={"limit": "2"}).json
    rest = call(app.room, "GET", "/webhooks/orders", as_=boss, query={"cursor": first["next_cursor"]}).json
    assert sorted(row["order_no"] for row in (*first["data"], *rest["data"])) == ["0", "1", "2"]
    assert listed("/webhooks/orders", boss, day="2026-11-20") == []
    assert call(app.room, "GET", "/webhooks/orders", as_=boss, query={"cursor": "made-up"}).status == 422


def test_orders_of_a_region_and_of_a_store(shared: Stack) -> None:
    """By each and both, page by page, as far as one reaches; what lies elsewhere is not there, with no word of more."""
    sell("3", EAST), sell("4", ("310115", "s_east"))
    boss, shanghai = token("supervisor"), token("supervisor", region="310000")
    for path in ("/webhooks/orders", "/webhooks/after-sales"):
        for as_ in (boss, shanghai):
            assert listed(path, as_, region="310101", sort="-noted_at") == ["0", "3"]
            assert listed(path, as_, store="s_east", day=DAY) == ["0", "3", "4"]
            assert listed(path, as_, store="s_east", region="310115") == ["4"]
            first = call(app.room, "GET", path, as_=as_, query={"store": "s_east", "limit": "2"}).json
            rest = {"store": "s_east", "cursor": first["next_cursor"]}
            numbers = [row["order_no"] for row in first["data"]] + listed(path, as_, **rest)
            assert sorted(numbers) == ["0", "3", "4"]
        assert listed(path, boss, store="s_south") == ["1"]
        for query in ({"store": "s_south"}, {"region": "440000"}, {"region": "440300", "store": "s_south"}):
            page = call(app.room, "GET", path, as_=shanghai, query=query).json
            assert (page["data"], page["has_more"]) == ([], False)
        manager = token("store_manager", stores=("s_east",))
        assert listed(path, manager, region="base") == listed(path, manager) == ["0", "3", "4"]
        assert listed(path, manager, store="s_south") == []
    for query, pointer in (
        ({"updated_since": "2026-11-01T00:00:00Z"}, "query:updated_since"),
        ({"sort": "amount"}, "query:sort"),
        ({"connection_id": DOUYIN.id, "day": DAY, "region": "310000"}, "query:region"),
    ):
        refused = call(app.room, "GET", "/webhooks/orders", as_=boss, query=query)
        assert (refused.status, [e["pointer"] for e in refused.json["errors"]]) == (422, [pointer])


def test_a_connections_list_is_for_who_reaches_the_whole_tenant(shared: Stack) -> None:
    """By connection and day as before; for everybody else the parameter is refused, whoever's connection it is."""
    query = {"connection_id": DOUYIN.id, "day": DAY}
    assert listed("/webhooks/orders", token("agent"), **query) == ["0", "1", "2"]
    manager = token("store_manager", stores=("s_east",))
    refused = [
        call(app.room, "GET", "/webhooks/orders", as_=manager, query={**query, "connection_id": each}).json["errors"]
        for each in (DOUYIN.id, "con_none")
    ]
    assert refused[0] == refused[1]
    assert refused[0][0]["pointer"] == "query:connection_id"
    no_day = call(app.room, "GET", "/webhooks/orders", query={"connection_id": DOUYIN.id})
    assert (no_day.status, no_day.json["errors"][0]["pointer"]) == (422, "query:day")


def test_who_may_not_see_a_buyer_sees_no_buyer(shared: Stack) -> None:
    """The buyer's id on the platform is there for an agent, and not for finance."""
    identity = ids(shared)["0"]
    shown = {
        role: call(app.room, "GET", f"/webhooks/orders/{identity}", as_=token(role)).json.get("buyer_id")
        for role in ("agent", "finance")
    }
    assert (shown["agent"], shown["finance"]) == ("buyer-1", None)


CHECK = {"decision": "tkt_1"}
PROMOTION = {
    "id": "p1",
    "title": "满199减50",
    "threshold": "199.00",
    "reduction": "50.00",
    "starts_at": NOW.isoformat(),
    "ends_at": (NOW + timedelta(days=3)).isoformat(),
}


def test_every_route_of_a_placed_thing_hides_what_is_out_of_reach(shared: Stack) -> None:
    """A walk over the room's routes: with each id of Shanghai's, Guangdong hears what it hears of none."""
    order, after_sale = ids(shared)["0"], ids(shared, "after_sale_id")["0"]
    real = {"order_id": order, "after_sale_id": after_sale}
    walked = 0
    for route in app.room.http_routes:
        if route.scope not in ("region", "store", "own") or "{key}" in route.path or "{" not in route.path:
            continue
        if not any(f"{{{name}}}" in route.path for name in real):
            continue
        role = "agent" if "agent" in route.roles else route.roles[0]
        heard = [ask(route, names, role) for names in (real, dict.fromkeys(real, "none"))]
        assert [answer.status for answer in heard] == [404, 404], route.path
        walked += 1
    assert walked == 3


def ask(route: Any, names: dict[str, str], role: str) -> Answer:
    body = CHECK if route.method == "POST" else None
    return call(app.room, route.method, route.path.format(**names), body, as_=token(role, region="440000"))


def place(connection_id: str, region: str, store_id: str) -> dict[str, Any]:
    path, body = f"/webhooks/connections/{connection_id}/place", {"region": region, "store_id": store_id}
    answer = call(app.room, "POST", path, body)
    assert answer.status == 200, answer.text
    return dict(answer.json)


def created(**more: str) -> str:
    body = {"channel": "douyin", "name": "旗舰店", "settings": dict(DOUYIN.settings), **more}
    return str(call(app.room, "POST", "/webhooks/connections", body).json["id"])


def test_a_connection_says_where_its_orders_belong() -> None:
    """Said when it is made or later; what is wrong is named; only who reaches the whole tenant says it."""
    with simulated_stack(clock=StepClock(NOW)) as stack:
        made = created(region="310101", store_id="s_east")
        shown = call(app.room, "GET", f"/webhooks/connections/{made}").json
        known = stack.secrets().find(made)
        assert known is not None
        assert (shown["region"], shown["store_id"]) == (known.region, known.store_id) == EAST
        moved = place(made, *SOUTH)
        assert (moved["region"], moved["store_id"]) == SOUTH
        refused = call(app.room, "POST", f"/webhooks/connections/{made}/place", {"region": "Shanghai"})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/region")
        regional = token("integrator", region="310000")
        assert call(app.room, "POST", f"/webhooks/connections/{made}/place", {}, as_=regional).status == 403
        of_the_south = token("integrator", region="440000")
        seen = [call(app.room, "GET", f"/webhooks/connections/{made}", as_=as_) for as_ in (regional, of_the_south)]
        assert [answer.status for answer in seen] == [404, 200]


def test_a_connection_lies_where_all_of_its_accounts_do() -> None:
    """With a shop of another province it is the whole tenant's: whoever reaches a part of what comes by it finds
    neither it nor its messages; taken back, it is its own province's again, and of its store."""
    with simulated_stack(clock=StepClock(NOW)) as stack:
        made = created(region="310101", store_id="s_east")
        stack.inbox().store(Arrival(made, "douyin", "4321", "k1", b"{}"), NOW, NOW)

        def found(as_: str) -> tuple[int, int, int]:
            listed = call(app.room, "GET", "/webhooks/connections", as_=as_).json["data"]
            messages = call(app.room, "GET", "/webhooks/messages", as_=as_).json["data"]
            return len(listed), len(messages), call(app.room, "GET", f"/webhooks/connections/{made}", as_=as_).status

        east, keeper = token("supervisor", region="310000"), token("supervisor", stores=("s_east",))
        assert [found(as_) for as_ in (token(), east, keeper)] == [(1, 1, 200)] * 3
        path = f"/webhooks/connections/{made}/place"
        call(app.room, "POST", path, {"account": "shop-9", "region": "440300", "store_id": "s_south"})
        assert [found(as_) for as_ in (token(), east, keeper)] == [(1, 1, 200), (0, 0, 404), (0, 0, 404)]
        call(app.room, "POST", path, {"account": "shop-9"})
        assert [found(as_) for as_ in (token(), east, keeper)] == [(1, 1, 200)] * 3


def test_an_order_stays_where_it_was_sold() -> None:
    """Its connection is placed elsewhere, and the platform tells that it was shipped: the order moves on, not away."""
    with simulated_stack(clock=StepClock(NOW)):
        sell("7", NOWHERE)
        sell("7", EAST, NOW + timedelta(minutes=1))
        sell("8", EAST)
        assert listed("/webhooks/orders", token("store_manager", stores=("s_east",))) == ["8"]
        assert listed("/webhooks/orders", token("supervisor")) == ["7", "8"]
        (row,) = [o for o in call(app.room, "GET", "/webhooks/orders").json["data"] if o["order_no"] == "7"]
        assert (row["region"], row["store_id"], row["source_at"][:16]) == (*NOWHERE, "2026-11-21T02:01")


def test_promotions_belong_to_their_connection() -> None:
    """A supervisor puts promotions on their region's shops: another's is not there, like one that never was."""
    with simulated_stack(clock=StepClock(NOW)) as stack:
        one = created(region="310101")
        stack.restart()
        for connection, region, status in ((one, "310000", 422), (one, "440000", 404), ("con_none", "440000", 404)):
            body = {"connection_id": connection, "promotions": [PROMOTION]}
            supervisor = token("supervisor", region=region)
            assert call(app.room, "POST", "/webhooks/promotions", body, as_=supervisor).status == status
            query = {"connection_id": connection}
            read = call(app.room, "GET", "/webhooks/promotions", query=query, as_=supervisor).status
            assert read == (200 if status == 422 else 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/webhooks/messages/msg_1/replay"), ("POST", "/webhooks/mappings/douyin/revert")],
)
def test_what_all_share_is_changed_by_who_reaches_all(shared: Stack, method: str, path: str) -> None:
    """Of messages and mappings an integrator of one region reads those within reach, and changes none."""
    regional = token("integrator", region="310000")
    assert call(app.room, method, path, {"version": 0} if "revert" in path else None, as_=regional).status == 403
    assert call(app.room, "GET", "/webhooks/stats", as_=regional).status == 200


def test_an_order_belongs_where_its_shop_does() -> None:
    """A shop with a place of its own: its orders lie there, and not where the rest of the connection does."""
    now = datetime.now(UTC)  # the front door signs by the real clock
    with simulated_stack(clock=StepClock(now)) as stack:
        known = payload("open_examples")["settings"]
        places: Any = {"region": EAST[0], "store_id": EAST[1], "accounts": {"shop-1": SOUTH}}
        connection = Connection("con_open", "open", "enabled", known, **places)
        stack.secrets().put(connection)
        text = next(each["plaintext"] for each in samples("open") if each["name"] == "order.updated")
        order = render(text, known, now=int(now.timestamp()), number=7)
        delivery = codec("open").sample(known, order, Stamp(str(int(now.timestamp())), "n0nce", b"R4nd0mPrefix16by"))
        assert stack.door().answer(to_event(connection, delivery))["statusCode"] in (200, 204)
        assert stack.publish() == []
        east, south = (token("store_manager", stores=(store,)) for _, store in (EAST, SOUTH))
        assert (listed("/webhooks/orders", east), listed("/webhooks/orders", south)) == ([], ["SO-7"])


def test_one_account_of_a_connection_has_a_place_of_its_own() -> None:
    """A shop or a desk of 微信客服 lies elsewhere than the rest; "base" without a store takes it back."""
    with simulated_stack(clock=StepClock(NOW)) as stack:
        made = created(region="310101", store_id="s_east")
        path = f"/webhooks/connections/{made}/place"
        answer = call(app.room, "POST", path, {"account": "wk1", "region": "440300", "store_id": "s_south"})

        assert answer.json["accounts"] == {"wk1": {"region": "440300", "store_id": "s_south"}}
        assert (answer.json["region"], answer.json["store_id"]) == EAST
        known = stack.secrets().find(made)
        assert known is not None
        assert (known.place("wk1"), known.place("wk2", "wk1"), known.place("wk2")) == (SOUTH, SOUTH, EAST)

        call(app.room, "POST", path, {"account": "wk1"})
        assert call(app.room, "GET", f"/webhooks/connections/{made}").json["accounts"] == {}
