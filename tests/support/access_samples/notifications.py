"""One notice, to the person of the sample."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from functions.notifications import app
from functions.notifications.rules.rule_kind import NOTICE_SETTINGS, SETTINGS_KEY
from hub.contracts.events import PersonChanged, TicketAssigned
from hub.kernel.clock import StepClock
from tests.support.access import PERSON, REGION, STORE, Ids, Sample, start_job
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
        app.room.desk.waiting.ask("survey1", {"ticket_id": "tkt_1", "ticket_type": "repair", "customer_id": "cus_1"})
        call(app.room, "PUT", "/notifications/rules/ticket_assigned/draft", {"document": RULE})
        job_id = start_job(app.room, "/notifications")
        yield {"send_id": send["id"], "key": "ticket_assigned", "token": "survey1", "job_id": job_id, "link": "none"}


RULE = {"title": {"zh": "派单", "en": "Work"}, "event": "ticket.assigned", "audience": {"who": "named"}}
SETTINGS = NOTICE_SETTINGS.presets()[SETTINGS_KEY]
BODIES = {
    ("POST", "/notifications/surveys/{token}"): {"score": 5},
    ("POST", "/notifications/rules/{key}/rehearse"): {"days": 7},
    **{
        (method, f"{path}/{what}"): {"document": document}
        for path, document in (("/notifications/rules/{key}", RULE), ("/notifications/settings", SETTINGS))
        for method, what in (("PUT", "draft"), ("POST", "lint"), ("POST", "compare"), ("POST", "publish"))
    },
    **{
        ("POST", f"{path}/revert"): {"version": 0} for path in ("/notifications/rules/{key}", "/notifications/settings")
    },
}
SAMPLE = Sample(app.room, stage, BODIES)
