"""One notice, to the person of the sample."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from functions.notifications import app
from hub.contracts.events import PersonChanged, TicketAssigned
from hub.kernel.clock import StepClock
from tests.support.access import PERSON, REGION, STORE, Ids, Sample
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, call

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@contextmanager
def stage() -> Iterator[Ids]:
    """A person, and what they were told."""
    with account("notifications") as session:
        install(app.room, session, StepClock(NOON))
        person = PersonChanged(
            id="evt_p", tenant="demo", at=NOON, version=1, person_id=PERSON, active=True, roles=("agent",), skills=(),
            teams=(), region=REGION, store_id=STORE,
        )  # fmt: skip
        told = TicketAssigned(
            id="evt_1", tenant="demo", at=NOON, ticket_id="tkt_1", ticket_type="repair", priority="normal",
            assignee=PERSON,
        )  # fmt: skip
        app.on_event(bus_batch(person, told), Context())
        (send,) = call(app.room, "GET", "/notifications").json["data"]
        yield {"send_id": send["id"]}


SAMPLE = Sample(app.room, stage)
