"""Customers who were served in several places, merged and split in any order: each is found wherever one of their
records was served, with all of their records, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.customers import app
from hub.contracts.events import OrderPaid, TicketOpened
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, call, token

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
NAMES, REGIONS = "abcd", ("310101", "440300", "320000", "510000", "110101")
SERVED = st.tuples(st.just("serve"), st.sampled_from(NAMES), st.sampled_from(REGIONS))
HANDS = st.tuples(st.sampled_from(("merge", "split")), st.sampled_from(NAMES), st.sampled_from(NAMES))
ORDERS = st.lists(st.one_of(SERVED, SERVED, HANDS), min_size=3, max_size=12)


class Model:
    """What should be: of each record what it is part of, and where it was served itself."""

    def __init__(self) -> None:
        self.into: dict[str, str] = {}
        self.own: dict[str, set[str]] = {name: set() for name in NAMES}

    def root(self, name: str) -> str:
        while name in self.into:
            name = self.into[name]
        return name

    def tree(self, root: str) -> set[str]:
        return {name for name in NAMES if self.root(name) == root}

    def found_in(self, region: str) -> set[str]:
        return {self.root(name) for name in NAMES if region in self.own[name]}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ORDERS)
def test_each_is_found_where_one_of_their_records_was_served_and_is_whole(orders: list[tuple[str, str, str]]) -> None:
    """However they were served, merged and split: for each customer and each region."""
    with account("customers") as session:
        install(app.room, session)
        ids, model = {name: buyer(name) for name in NAMES}, Model()
        for number, (what, name, other) in enumerate(orders):
            if what == "serve":
                serve(ids[name], ids[model.root(name)], f"tkt_{number}", other)
                model.own[name].add(other)
            elif what == "merge" and model.root(name) != model.root(other):
                path = f"/customers/{ids[model.root(name)]}/merge"
                assert call(app.room, "POST", path, {"into": ids[model.root(other)]}).status == 200
                model.into[model.root(name)] = model.root(other)
            elif what == "split" and name in model.into:
                path = f"/customers/{ids[model.root(name)]}/unmerge"
                assert call(app.room, "POST", path, {"identity_id": ids[name]}).status == 200
                del model.into[name]
        as_it_should_be(ids, model)


def as_it_should_be(ids: Mapping[str, str], model: Model) -> None:
    roots = {model.root(name) for name in NAMES}
    for root in roots:
        records = {str(profile["customer_id"]) for profile in app.room.desk.people.profiles(ids[root])}
        assert records == {ids[name] for name in model.tree(root)}
        shown = call(app.room, "GET", f"/customers/{ids[root]}").json
        assert {order["order_id"] for order in shown["orders"]} == {f"ord_{name}" for name in model.tree(root)}
    for region in REGIONS:
        there = call(app.room, "GET", "/customers", as_=token("agent", region=region)).json["data"]
        assert {row["id"] for row in there} == {ids[name] for name in model.found_in(region)}
    everybody = call(app.room, "GET", "/customers").json["data"]
    assert sorted(row["id"] for row in everybody) == sorted(ids[root] for root in roots)


def buyer(name: str) -> str:
    """A customer with an order in a shop of their own."""
    known = {row["id"] for row in call(app.room, "GET", "/customers").json["data"]}
    order = OrderPaid(
        id=f"evt_{name}", tenant=TENANT, at=AT, connection_id="con_1", channel="douyin", shop_id=f"shop-{name}",
        order_id=f"ord_{name}", order_no=name, buyer_id=name, amount_minor=100, currency="CNY",
    )  # fmt: skip
    assert app.on_event(bus_batch(order), Context()) == {"batchItemFailures": []}
    (made,) = {row["id"] for row in call(app.room, "GET", "/customers").json["data"]} - known
    return str(made)


def serve(record: str, customer: str, ticket: str, region: str) -> None:
    """A ticket of the customer's, by this record of theirs, in a region."""
    event = TicketOpened(
        id=f"evt_{ticket}", tenant=TENANT, at=AT, ticket_id=ticket, customer_id=customer, ticket_type="repair",
        priority="high", region=region, identity_id=record,
    )  # fmt: skip
    assert app.on_event(bus_batch(event), Context()) == {"batchItemFailures": []}
