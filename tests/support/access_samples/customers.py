"""One customer, served by a ticket in the sample's store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from functions.customers import app
from hub.contracts.events import MessageReceived, TicketOpened
from tests.support.access import REGION, STORE, Ids, Sample, start_job
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, call

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


@contextmanager
def stage() -> Iterator[Ids]:
    """A customer with facts, identities and a ticket."""
    with account("customers") as session:
        install(app.room, session)
        wrote = MessageReceived(
            id="evt_1", tenant="demo", at=AT, message_id="msg_1", connection_id="con_1", channel="wecom",
            account="ww1", sender_id="wmZhang", kind="text", content_ref="ref1",
        )  # fmt: skip
        app.on_event(bus_batch(wrote), Context())
        (row,) = call(app.room, "GET", "/customers").json["data"]
        opened = TicketOpened(
            id="evt_2", tenant="demo", at=AT, ticket_id="tkt_1", customer_id=row["id"], ticket_type="repair",
            priority="high", region=REGION, store_id=STORE,
        )  # fmt: skip
        app.on_event(bus_batch(opened), Context())
        for name, value in (("phone", "13800138000"), ("name", "张三"), ("city", "上海")):
            call(app.room, "PUT", f"/customers/{row['id']}/facts/{name}", {"value": value})
        job_id = start_job(app.room, "/customers")
        yield {"customer_id": row["id"], "name": "mobile", "job_id": job_id, "link": "none"}


BODIES = {
    ("POST", "/customers"): {"phone": "13700137000", "name": "李雷", "region": REGION, "store_id": STORE},
    ("PUT", "/customers/{customer_id}/facts/{name}"): {"value": "13900139000"},
    ("POST", "/customers/{customer_id}/merge"): {"into": "cus_00000000000000000000000000"},
    ("POST", "/customers/{customer_id}/unmerge"): {"identity_id": "cus_00000000000000000000000000"},
}
SAMPLE = Sample(app.room, stage, bodies=BODIES)
