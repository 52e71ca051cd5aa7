"""The room of notifications with doubles of every channel behind it, on a clock that a test steps."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.notifications import app
from hub.contracts.events import (
    CustomerReachable,
    Event,
    PersonChanged,
    RosterChanged,
    TicketAssigned,
    parse_event,
)
from hub.edge.aws import Clients
from hub.edge.host import Host
from hub.edge.settings import Settings
from hub.kernel.clock import StepClock
from hub.kernel.ids import contacts_context, hashed_id
from hubctl.platforms.app import Platforms
from tests.support.aws import TENANT, account, environment, make_table
from tests.support.doubles import serving
from tests.support.hosts import install
from tests.support.http import Answer, Context, bus_batch, bus_events, call, drain, sqs_batch
from tests.support.tickets import World

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai."""
SECRET = "whsec_" + base64.b64encode(b"scrm-hub-test-secret-of-32-bytes").decode()
CONNECTIONS: dict[str, dict[str, Any]] = {
    "wecom": {"corp_id": "ww1", "agent_id": "1000002", "secret": "s"},
    "sms_aliyun": {
        "access_key_id": "SCRMHUBTESTKEYID01",
        "access_key_secret": "scrmhubtestkeysecret0000000001",
        "sign_name": "门店通知",
        "notice_template": "SMS_1",
    },
    "dingtalk": {"access_token": "a" * 64},
    "phone": {"url": "https://calls.example.com/hub", "secret": SECRET},
    "official_account": {"app_id": "wx0000scrmhub00001", "app_secret": "0" * 32},
}
DONE: dict[str, list[Any]] = {"batchItemFailures": []}
CHANNELS = ("wecom", "sms_aliyun", "dingtalk", "phone")


@dataclass
class NoticeHub:
    """What comes in, and what can be seen. phones: of people, by their id."""

    session: Any
    clock: StepClock
    platforms: Platforms
    phones: dict[str, str] = field(default_factory=dict)
    versions: int = 0

    # What comes in.

    def hear(self, *events: Event) -> None:
        """Events from the bus; what the platforms put off comes again, as the queue brings it."""
        for seconds in (2, 10, 60, 300):
            failed = app.on_event(bus_batch(*events), Context())["batchItemFailures"]
            if not failed:
                return
            self.clock.advance(seconds=seconds)
        raise AssertionError("it is still not heard")

    def hire(self, person_id: str, *roles: str, phone: str = "", **facts: Any) -> None:
        """Somebody joins, with a phone of their own."""
        self.versions += 1
        self.phones[person_id] = phone or f"138{sum(map(ord, person_id)) * 7919 % 10**8:08}"
        contacts = json.dumps({"phone": self.phones[person_id], "email": f"{person_id}@example.com"})
        base = {"skills": (), "teams": (), "region": "310000", "active": True, "roles": roles or ("agent",)}
        event = {"id": f"evt_p{self.versions}", "tenant": TENANT, "at": self.clock.now, "version": self.versions}
        sealed = app.room.desk.sealer.seal(contacts, contacts_context(person_id))
        more = {"person_id": person_id, "sealed_contacts": sealed}
        self.hear(PersonChanged.model_validate({**event, **base, **more, **facts}))

    def meet(self, customer_id: str, phone: str = "", refuses: tuple[str, ...] = (), **contacts: Any) -> None:
        """A customer is reached so, and refuses these channels."""
        known = {"sms": phone, "phone": phone, **contacts}
        sealed = app.room.desk.sealer.seal(
            json.dumps({k: v for k, v in known.items() if v}), contacts_context(customer_id)
        )
        self.hear(
            CustomerReachable(
                id=f"evt_{customer_id}{self.clock.now}", tenant=TENANT, at=self.clock.now, customer_id=customer_id,
                record_ids=(customer_id,), sealed_contacts=sealed, refuses=refuses,
            )
        )  # fmt: skip

    def roster(self, team: str, *shifts: tuple[str, datetime, datetime], version: int = 1, **more: Any) -> None:
        """A team's roster."""
        listed = [{"person_id": who, "starts_at": start, "ends_at": end} for who, start, end in shifts]
        event = {"id": f"evt_r{version}{team}", "tenant": TENANT, "at": self.clock.now, "team": team}
        self.hear(RosterChanged.model_validate({**event, "version": version, "shifts": listed, **more}))

    def assigned(self, ticket_id: str = "tkt_1", assignee: str = "li", **more: Any) -> TicketAssigned:
        """A ticket becomes somebody's, now; not told yet."""
        facts = {
            "id": hashed_id("evt", ticket_id, assignee, str(self.clock.now)),
            "tenant": TENANT,
            "at": self.clock.now,
            "ticket_id": ticket_id,
            "ticket_type": "repair",
            "priority": "normal",
            "assignee": assignee,
        }
        return TicketAssigned.model_validate({**facts, **more})

    def publish(self, path: str, document: dict[str, Any]) -> None:
        """A rule (`rules/<key>`) or the settings."""
        answer = self.call("POST", f"/notifications/{path}/publish", {"document": document})
        assert answer.status == 200, answer.text

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """One request to the room."""
        return call(app.room, method, path, body, **options)

    def rehearsed(self, rule: str, **body: Any) -> dict[str, Any]:
        """The report of a rule's rehearsal, slice by slice as the stream asks for it, to its end."""
        answer = self.call("POST", f"/notifications/rules/{rule}/rehearse", body)
        assert (answer.status, answer.json["kind"]) == (202, "rehearsal"), answer.text
        for _ in range(50):
            job = self.call("GET", f"/jobs/notifications/{answer.json['id']}").json
            if job["state"] not in ("queued", "running"):
                assert job["state"] == "done", job
                report: dict[str, Any] = job["report"]
                return report
            pk = f"{TENANT}#job#{job['id']}"
            change = {"table": "t", "kind": "MODIFY", "pk": pk, "sk": "job", "new": None, "old": None}
            assert app.on_change(sqs_batch(change), Context()) == DONE
        raise AssertionError("the rehearsal does not end")

    # Time.

    def until(self, moment: datetime) -> None:
        """Step to a moment; everything that is due on the way is done at its very second."""
        waiting = app.room.desk.waiting
        for _ in range(1000):
            due = waiting.next_due()
            if due > moment:
                break
            self.clock.now = max(self.clock.now, due)
            self.sweep()
        self.clock.now = moment
        self.sweep()

    def later(self, **delta: float) -> None:
        """The same, by a span."""
        self.until(self.clock.now + timedelta(**delta))

    def sweep(self) -> None:
        """One sweep, and what it shared out."""
        app.sweep({}, Context())
        sqs = self.session.client("sqs")
        url = sqs.get_queue_url(QueueName=f"hub-{TENANT}-notifications-events")["QueueUrl"]
        for body in drain(sqs, url):
            app.on_due(sqs_batch(body["body"]), Context())

    # What can be seen.

    def sends(self, **query: str) -> list[dict[str, Any]]:
        """The record of notices, oldest first."""
        rows: list[dict[str, Any]] = self.call("GET", "/notifications", query={"limit": "100", **query}).json["data"]
        return sorted(rows, key=lambda row: (row["created_at"], row["id"]))

    def sent(self, **query: str) -> list[tuple[str, str, str]]:
        """(when, by which channel, to whom) of what went out, digests included and what they carried left out."""
        rows = [row for row in self.sends(**query) if row["state"] == "sent" and not row["digest_id"]]
        return sorted((row["sent_at"], row["channel"], row["recipient"]) for row in rows)

    def arrived(self) -> dict[str, int]:
        """How many messages each platform took, a repeat that it knows not counted."""
        wecom, sms, ding, phone = map(self.double, CHANNELS)
        return {"wecom": wecom.sent, "sms": len(sms.sent), "dingtalk": len(ding.sent), "phone": len(phone.calls)}

    def double(self, channel: str) -> Any:
        """A channel's double, whatever its kind."""
        return self.platforms.double(channel)


@contextmanager
def notice_hub(*channels: str, now: datetime = NOON) -> Iterator[NoticeHub]:
    """A tenant that has these channels connected; all of them, if none are named."""
    names = channels or CHANNELS
    with (
        serving({name: [settings] for name, settings in CONNECTIONS.items()}) as (url, platforms),
        account("notifications", HUB_PLATFORMS_URL=url) as session,
    ):
        hub = NoticeHub(session, StepClock(now), platforms)
        open_room(hub, names)
        install(app.room, hub.session, hub.clock)
        yield hub


@contextmanager
def beside(hub: World, *channels: str) -> Iterator[NoticeHub]:
    """The room in the account of a world of tickets, on its clock: what each says the other hears by `exchange`."""
    with serving({name: [settings] for name, settings in CONNECTIONS.items()}) as (url, platforms):
        made = NoticeHub(hub.session, hub.clock, platforms)
        if f"hub-{TENANT}-notifications" not in hub.session.client("dynamodb").list_tables()["TableNames"]:
            make_table(f"hub-{TENANT}-notifications")
        open_room(made, channels or CHANNELS)
        settings = Settings.load(environment("notifications", HUB_PLATFORMS_URL=url))
        app.room.install(Host(settings, hub.clock, Clients(hub.session.client), "notifications", app.room.idempotency))
        yield made


def exchange(hub: World, notices: NoticeHub) -> None:
    """What tickets say, notices hear, and the other way round, until nobody says anything new."""
    kinds = app.room.manifest()["entries"]
    heard = next(entry["subscriptions"] for entry in kinds if entry["name"] == "events")
    for _ in range(10):
        said, hub.emitted[:] = list({event.id: event for event in hub.emitted}.values()), []
        notices.hear(*(event for event in said if event.type in heard))  # type: ignore[attr-defined]
        answers = [parse_event(event) for event in bus_events(hub.session)]
        for event in answers:
            hub.tell(event)
        if not said and not answers:
            return
    raise AssertionError("they do not come to rest")


def open_room(hub: NoticeHub, channels: tuple[str, ...]) -> None:
    """What the room needs on the hub's account: its queue and these connections."""
    hub.session.client("sqs").create_queue(QueueName=f"hub-{TENANT}-notifications-events")
    for name in channels:
        connect(hub, name)
    for name in CONNECTIONS:
        if hasattr(hub.double(name), "now"):
            hub.double(name).now = lambda: hub.clock.now.timestamp()


def connect(hub: NoticeHub, channel: str) -> None:
    """A connection by this channel."""
    value = {"channel": channel, "state": "enabled", "settings": CONNECTIONS[channel]}
    name = f"/hub/{TENANT}/connections/con_{channel}"
    hub.session.client("ssm").put_parameter(Name=name, Value=json.dumps(value), Type="SecureString", Overwrite=True)
