"""One shop in the sample's store, with an order, an after-sale, a promotion and a message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from functions.webhooks import app
from functions.webhooks.orders.orders import Noting, after_sale_id, order_id
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.contracts.events import ReviewPosted
from hub.kernel.clock import StepClock
from hub.kernel.ids import review_id
from hub.store.connection import Connection
from hub.store.messages import Arrival
from tests.support.access import REGION, STORE, Ids, Sample, start_job
from tests.support.aws import TENANT
from tests.support.http import call
from tests.support.webhooks import simulated_stack

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SETTINGS = {
    "client_id": "05cabcdb00000000000000000001",
    "client_secret": "000000000000000000000000000000000007e57",
    "shop_id": "100000001",
    "refresh_token": "0000000000000000000000000000scrmhubrefresh",
}
PROMOTION = {
    "id": "p1",
    "title": "满199减50",
    "threshold": "199.00",
    "reduction": "50.00",
    "starts_at": NOON.isoformat(),
    "ends_at": (NOON + timedelta(days=3)).isoformat(),
}


@contextmanager
def stage() -> Iterator[Ids]:
    """A Pinduoduo shop, and what came of it."""
    with simulated_stack(clock=StepClock(NOON)) as stack:
        new = {"channel": "pinduoduo", "name": "旗舰店", "settings": SETTINGS, "region": REGION, "store_id": STORE}
        made = str(call(app.room, "POST", "/webhooks/connections", new).json["id"])
        known = Connection(SHOP, "pinduoduo", "enabled", SETTINGS, REGION, STORE)
        app.room.desk.connections.secrets.put(known)
        sell()
        inbox = stack.inbox()
        inbox.store(Arrival(made, "pinduoduo", "100000001", "k1", b"{}"), NOON, NOON)
        yield {
            "order_id": order_id(TENANT, "pinduoduo", "100000001", "691"),
            "after_sale_id": after_sale_id(TENANT, "pinduoduo", "100000001", "a691"),
            "connection_id": made,
            "message_id": inbox.message_id(made, "k1"),
            "review_id": judge(),
            "channel": "pinduoduo",
            "key": "pinduoduo",
            "job_id": start_job(app.room, "/webhooks/orders"),
            "link": "none",
        }


def judge() -> str:
    """A review of the sample's store; answers its id."""
    event = ReviewPosted(
        id="evt_review", tenant=TENANT, at=NOON, connection_id=SHOP, channel="pinduoduo", account="100000001",
        review_no="R1", rating=2, content_ref="msg_review", region=REGION, store_id=STORE,
    )  # fmt: skip
    app.room.desk.reviews.keep(event)
    app.room.desk.contents.put(event.content_ref, {"schema": 1, "kind": "review", "text": "偏咸"}, 0)
    return review_id(TENANT, event.channel, event.account, event.review_no)


def sell() -> None:
    """An order, and its after-sale."""
    noting = Noting(SHOP, "pinduoduo", NOON, NOON, region=REGION, store_id=STORE)
    order = OrderFacts("691", "100000001", "paid", 30, 100, "CNY", NOON, buyer_id="buyer-1", paid_at=NOON)
    after_sale = AfterSaleFacts("a691", "691", "100000001", "refund_only", "requested", 10, "none", NOON)
    for facts in (order, after_sale):
        app.room.desk.orders.table.transition(facts, noting)


SHOP = "con_01JP1NDV0DV000000000000000"
SAMPLE = Sample(
    app.room,
    stage,
    bodies={
        ("POST", "/webhooks/orders/{order_id}/check"): {"decision": "tkt_1"},
        ("POST", "/webhooks/connections/{connection_id}/orders"): {
            "order_no": "E1",
            "state": "paid",
            "amount": "19.90",
            "occurred_at": NOON.isoformat(),
        },
        ("POST", "/webhooks/promotions"): {"connection_id": SHOP, "promotions": [PROMOTION]},
    },
    queries={
        ("GET", "/webhooks/promotions"): {"connection_id": SHOP},
        ("GET", "/webhooks/connections/{connection_id}/reconcile"): {"from": "2026-11-21", "to": "2026-11-21"},
    },
)
