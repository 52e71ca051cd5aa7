"""The room of notifications: events in, cards out, each once and not at night."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.notifications import app
from hub.contracts.events import PersonChanged, PlatformNoticed, RosterChanged, RungFired, TicketAssigned
from hub.kernel.clock import StepClock
from hub.kernel.errors import Retry
from hub.platforms.clients import platforms_of
from hub.store.circuit import FAILURES_LIMIT, OPEN_SECONDS
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, call, token
from tests.support.wecom_double import Wecom, wecom_double

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TWO_AT_NIGHT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
EIGHT = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
DONE: dict[str, list[Any]] = {"batchItemFailures": []}
CONNECTION = {
    "channel": "wecom",
    "state": "enabled",
    "settings": {"corp_id": "ww1", "agent_id": "1000002", "secret": "s"},
}


@dataclass
class Stack:
    """A stack's room with its clock and a WeCom."""

    wecom: Wecom
    clock: StepClock

    def hear(self, *events: Any) -> Any:
        return app.on_event(bus_batch(*events), Context())

    def sweep(self, **later: float) -> None:
        self.clock.advance(**later)
        app.sweep({}, Context())

    def sends(self, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = call(app.room, "GET", "/notifications", query=query).json["data"]
        return found


@pytest.fixture
def stack() -> Iterator[Stack]:
    with wecom_double() as wecom, account("notifications", HUB_PLATFORMS_URL=wecom.url) as session:
        clock = StepClock(NOON)
        install(app.room, session, clock)
        name = "/hub/demo/connections/con_1"
        session.client("ssm").put_parameter(Name=name, Value=json.dumps(CONNECTION), Type="SecureString")
        yield Stack(wecom, clock)


def assigned(event_id: str = "evt_1", **more: Any) -> TicketAssigned:
    facts = {
        "id": event_id,
        "tenant": "demo",
        "at": NOON,
        "ticket_id": "tkt_1",
        "ticket_type": "repair",
        "priority": "normal",
        "assignee": "li",
    }
    return TicketAssigned.model_validate({**facts, **more})


def person(version: int, **more: Any) -> PersonChanged:
    facts: dict[str, Any] = {
        "id": f"evt_p{version}",
        "tenant": "demo",
        "at": NOON,
        "version": version,
        "person_id": "li",
        "active": True,
        "roles": ["agent"],
        "skills": [],
        "teams": [],
        "region": "310000",
    }
    return PersonChanged.model_validate({**facts, **more})


def roster(version: int, *people: str) -> RosterChanged:
    shifts = [{"person_id": p, "starts_at": TWO_AT_NIGHT - timedelta(hours=4), "ends_at": EIGHT} for p in people]
    facts = {"id": f"evt_r{version}", "tenant": "demo", "at": NOON, "team": "night", "version": version}
    return RosterChanged.model_validate({**facts, "shifts": shifts})


def test_an_assignment_by_day_is_one_card_with_a_button(stack: Stack) -> None:
    """The assignee gets a card by WeCom's own name for them; it is on record, and a redelivery adds nothing."""
    stack.hear(person(1, wecom_userid="LiLei"))
    event = assigned(visit_id="vis_1")
    assert [stack.hear(event, event), stack.hear(event)] == [DONE, DONE]
    (message,) = stack.wecom.messages
    assert (message["touser"], message["template_card"]["task_id"]) == ("LiLei", "tkt_1@vis_1")
    (send,) = stack.sends(ticket="tkt_1")
    assert (send["state"], send["recipient"], send["platform_id"]) == ("sent", "li", "m1")
    assert call(app.room, "GET", f"/notifications/{send['id']}").json == send


def test_an_urgent_ticket_at_two_at_night_is_one_card_at_once(stack: Stack) -> None:
    """Severity wins over quiet hours."""
    stack.clock.now = TWO_AT_NIGHT
    stack.hear(assigned(priority="urgent"))
    stack.sweep(hours=6)
    assert [m["msgtype"] for m in stack.wecom.messages] == ["template_card"]


def test_a_normal_ticket_at_night_waits_for_one_digest_at_eight(stack: Stack) -> None:
    """Nothing at 07:59:59, one text at 08:00:00 for both tickets, nothing after; redeliveries change nothing."""
    stack.clock.now = TWO_AT_NIGHT
    events = (assigned("evt_1"), assigned("evt_2", ticket_id="tkt_2"))
    assert stack.hear(*events, *events) == DONE
    assert {(s["state"], s["release_at"]) for s in stack.sends()} == {("delayed", "2026-11-21T00:00:00Z")}
    stack.sweep(hours=5, minutes=59, seconds=59)
    assert stack.wecom.messages == []
    stack.sweep(seconds=1)
    stack.hear(*events)
    stack.sweep(minutes=1)
    (message,) = stack.wecom.messages
    assert (message["touser"], message["msgtype"]) == ("li", "text")
    assert ["tkt_1" in message["text"]["content"], "tkt_2" in message["text"]["content"]] == [True, True]
    digest, *members = sorted(stack.sends(), key=lambda send: send["kind"])
    assert {(m["state"], m["digest_id"]) for m in members} == {("sent", digest["id"])}


def test_who_is_on_duty_hears_at_once_and_a_swap_holds_at_once(stack: Stack) -> None:
    """Li has the night: a card. Han takes over: Li's next notice waits. Old news of the roster changes nothing."""
    stack.clock.now = TWO_AT_NIGHT
    stack.hear(roster(1, "li"))
    stack.hear(assigned("evt_1"))
    assert len(stack.wecom.messages) == 1
    stack.hear(roster(2, "han"))
    stack.hear(roster(1, "li"))
    stack.hear(assigned("evt_2"), assigned("evt_3", assignee="han"))
    assert [m["touser"] for m in stack.wecom.messages] == ["li", "han"]


def test_a_rung_reaches_each_recipient_though_one_must_wait(stack: Stack) -> None:
    """The platform is busy for the first: the event comes again for that one alone, the other heard already."""
    stack.wecom.answers = [{"errcode": 45009, "errmsg": "api freq out of limit"}]
    rung = RungFired(
        id="evt_9",
        tenant="demo",
        at=NOON,
        ticket_id="tkt_1",
        ticket_type="repair",
        priority="high",
        rung="supervisor",
        due_at=NOON,
        recipients=("li", "boss"),
    )
    assert stack.hear(rung) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert sorted(s["state"] for s in stack.sends()) == ["retrying", "sent"]
    assert stack.hear(rung) == DONE
    assert [m["touser"] for m in stack.wecom.messages] == ["boss", "li"]
    assert [s["state"] for s in stack.sends()] == ["sent", "sent"]


def test_a_refused_message_has_failed_with_its_reason(stack: Stack) -> None:
    """An unknown member, a member out of reach or without a licence, one who left, no app to send with: each says
    why."""
    stack.wecom.answers = [
        {"errcode": 60111, "errmsg": "userid not found"},
        {"errcode": 0, "errmsg": "ok", "invaliduser": "li", "msgid": "m9"},
        {"errcode": 0, "errmsg": "ok", "invaliduser": "", "unlicenseduser": "li", "msgid": "m10"},
    ]
    stack.hear(*(assigned(f"evt_{number}", priority="high") for number in (1, 2, 4)))
    stack.hear(person(2, active=False), person(1))
    stack.hear(assigned("evt_3", priority="high"))
    reasons = {s["event_id"]: (s["state"], s["reason"]) for s in stack.sends()}
    assert reasons == {
        "evt_1": ("failed", "wecom-gone"),
        "evt_2": ("failed", "unreachable"),
        "evt_4": ("failed", "unreachable"),
        "evt_3": ("failed", "inactive"),
    }


def test_a_tenant_without_wecom_has_its_notices_on_record(stack: Stack) -> None:
    """Nothing is sent, nothing breaks, and the record says why."""
    app.room.host.client("ssm").delete_parameter(Name="/hub/demo/connections/con_1")
    assert stack.hear(assigned()) == DONE
    assert [(s["state"], s["reason"]) for s in stack.sends()] == [("failed", "no-connection")]


def test_two_messages_use_one_token(stack: Stack) -> None:
    """The token is kept between sends."""
    stack.hear(assigned("evt_1"), assigned("evt_2"))
    assert (len(stack.wecom.messages), stack.wecom.tokens_given) == (2, 1)


def test_a_wecom_that_failed_another_room_is_left_alone(stack: Stack) -> None:
    """No card is tried while its circuit is open; half a minute later the notice goes out, once."""
    room = platforms_of(app.room.host)
    for _ in range(FAILURES_LIMIT):
        with pytest.raises(Retry), room.guard("con_1"):
            raise Retry("wecom-unreachable")
    assert stack.hear(assigned()) != DONE
    assert ([s["state"] for s in stack.sends()], stack.wecom.tokens_given) == (["retrying"], 0)
    stack.clock.advance(seconds=OPEN_SECONDS)
    assert [stack.hear(assigned()), stack.hear(assigned())] == [DONE, DONE]
    assert ([s["state"] for s in stack.sends()], len(stack.wecom.messages)) == (["sent"], 1)


def test_lists_are_filtered_and_paged(stack: Stack) -> None:
    """By recipient and by ticket, page by page, each send once."""
    stack.hear(*(assigned(f"evt_{i}", ticket_id=f"tkt_{i % 2}", assignee=f"p{i % 3}") for i in range(6)))
    assert {s["ticket_id"] for s in stack.sends(ticket="tkt_1")} == {"tkt_1"}
    assert len(stack.sends(ticket="tkt_1", recipient="p1")) == 1
    seen: list[str] = []
    cursor = ""
    for _ in range(2):
        query = {"recipient": "p0", "limit": "1", "cursor": cursor}
        page = call(app.room, "GET", "/notifications", query=query).json
        seen += [s["event_id"] for s in page["data"]]
        cursor = page["next_cursor"]
    assert (sorted(seen), cursor) == (["evt_0", "evt_3"], "")


def test_strangers_read_nothing(stack: Stack) -> None:
    """No credentials: 401; no such notice: 404; finance has no business here: 403."""
    assert stack.wecom.messages == []
    assert call(app.room, "GET", "/notifications", as_="").status == 401
    assert call(app.room, "GET", "/notifications/snd_none").status == 404
    assert call(app.room, "GET", "/notifications", as_=token("finance")).status == 403


def noticed(urgent: bool = True, replay: bool = False) -> PlatformNoticed:
    """A shop withdrew its authorisation."""
    return PlatformNoticed(
        id="evt_n",
        tenant="demo",
        at=NOON,
        replay=replay,
        connection_id="con_7",
        channel="taobao",
        kind="authorization",
        status="revoked",
        urgent=urgent,
    )


def operator(person_id: str, *roles: str, active: bool = True, version: int = 1) -> PersonChanged:
    facts = {"skills": (), "teams": (), "region": "base", "wecom_userid": person_id}
    return PersonChanged(
        id=f"evt_{person_id}{version}", tenant="demo", at=NOON, version=version, person_id=person_id, active=active,
        roles=roles, **facts,
    )  # fmt: skip


def test_who_runs_the_hub_hears_what_a_platform_wants_done(stack: Stack) -> None:
    """Administrators and integrators get a card that names channel and connection, once; agents, and those who left, do
    not."""
    people = [operator("root", "administrator"), operator("amy", "agent"), operator("ira", "integrator")]
    gone = [operator("old", "integrator"), operator("old", "integrator", active=False, version=2)]
    stack.hear(*people, *gone)
    assert stack.hear(noticed(), noticed()) == DONE
    sends = stack.sends()
    assert sorted(send["recipient"] for send in sends) == ["ira", "root"]
    assert {(send["state"], send["connection_id"], send["about"]) for send in sends} == {
        ("sent", "con_7", "taobao/authorization/revoked")
    }


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": 0, "errmsg": "ok", "unlicenseduser": "eng_wang", "msgid": "m1"},
        {"errcode": 60111, "errmsg": "userid not found"},
    ],
    ids=["no licence", "not there"],
)
def test_an_escalation_that_reaches_nobody_goes_to_who_runs_the_hub(stack: Stack, answer: dict[str, Any]) -> None:
    """A success without its only receiver is no success: administrators hear of the rung, once, and whom it missed."""
    stack.hear(operator("root", "administrator"), operator("eng_wang", "engineer"))
    stack.wecom.answers = [answer]
    rung = RungFired(
        id="evt_9", tenant="demo", at=NOON, ticket_id="tkt_1", ticket_type="repair", priority="high", rung="supervisor",
        due_at=NOON, recipients=("eng_wang",),
    )  # fmt: skip
    assert [stack.hear(rung), stack.hear(rung)] == [DONE, DONE]
    by_person = {send["recipient"]: (send["kind"], send["state"], send["about"]) for send in stack.sends()}
    assert by_person["eng_wang"][:2] == ("rung.fired", "failed")
    assert by_person["root"] == ("rung.unreached", "sent", "eng_wang")
    (message,) = stack.wecom.messages
    assert (message["touser"], "eng_wang" in json.dumps(message, ensure_ascii=False)) == ("root", True)


@pytest.mark.parametrize("event", [noticed(urgent=False), noticed(replay=True)], ids=["not urgent", "old"])
def test_what_nobody_has_to_act_on_wakes_nobody(stack: Stack, event: PlatformNoticed) -> None:
    """A notice that needs nothing done, and old news, are sent to nobody."""
    stack.hear(operator("root", "administrator"))
    assert stack.hear(event) == DONE
    assert stack.sends() == []
