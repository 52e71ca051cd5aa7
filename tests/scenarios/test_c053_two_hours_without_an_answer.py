"""C053: two hours without an answer make the ticket its supervisor's, to the second, by the ladder's own calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.notifications.rules.audience import named
from hub.contracts.events import RungFired, TicketAssigned
from tests.support.tickets import T0, World, as_, world

BODY = {"type": "consult", "customer_id": "cus_1", "region": "310000"}
TWO_HOURS = timedelta(hours=2)
OFFICE = {
    "days": "workdays",
    "hours": [{"opens": "09:00", "closes": "12:00"}, {"opens": "13:00", "closes": "18:00"}],
}


@pytest.fixture
def hub() -> Iterator[World]:
    """A room in which no flow is published: a question takes the ladder `basic`, 2 h and then the supervisor."""
    with world(publish=()) as made:
        made.hire("li", region="base", supervisor="chen")
        made.hire("chen", role="supervisor", region="base")
        yield made


def opened(hub: World, at: datetime = T0) -> Any:
    """A question of this moment, which is Li's."""
    hub.clock.now = at
    ticket = hub.call("POST", "/tickets", BODY).json
    return hub.call("POST", f"/tickets/{ticket['id']}/assign", {"person_id": "li"}).json


def asleep(hub: World, ticket: Any, until: datetime, generation: int = 1) -> None:
    """Let its escalation sleep and wake, up to this moment."""
    hub.sleep_until_done(f"{ticket['id']}-1-g{generation}", until)
    hub.clock.now = until


def breached(hub: World) -> list[tuple[datetime, tuple[str, ...]]]:
    """When a limit passed unanswered, and who was told."""
    return [(event.due_at, event.recipients) for event in hub.told("rung.fired")]


def notified(hub: World) -> list[str]:
    """Who was sent a notice of anything, once for each."""
    asking = [event for event in hub.emitted if isinstance(event, TicketAssigned | RungFired)]
    told = {(event.id, person): person for event in asking for person in named(event)}
    return [*told.values()]


def test_at_1_59_59_nothing_and_a_second_later_it_is_the_supervisors(hub: World) -> None:
    """Nothing is said at 1:59:59; at 2:00:00 Chen is the assignee and is told once, of the limit alone."""
    ticket = opened(hub)
    asleep(hub, ticket, T0 + TWO_HOURS - timedelta(seconds=1))
    assert (breached(hub), hub.ticket()["assignee"]) == ([], "li")

    asleep(hub, ticket, T0 + TWO_HOURS)
    assert (breached(hub), hub.ticket()["assignee"]) == ([(T0 + TWO_HOURS, ("chen",))], "chen")
    assert [(event.clock, event.due_at) for event in hub.told("sla.breached")] == [("handling", T0 + TWO_HOURS)]

    asleep(hub, ticket, T0 + timedelta(days=9))
    assert notified(hub) == ["li", "chen"]


def test_answered_after_an_hour(hub: World) -> None:
    """Li takes it up at +1 h: nobody else is told, and from then on the work itself has its day."""
    ticket = opened(hub)
    hub.clock.advance(hours=1)
    path = f"/tickets/{ticket['id']}/acknowledge"
    assert hub.call("POST", path, {}, as_=as_("agent", sub="li", region="310000")).status == 200
    asleep(hub, ticket, T0 + timedelta(hours=24, minutes=29, seconds=59))
    assert (breached(hub), notified(hub)) == ([], ["li"])
    asleep(hub, ticket, T0 + timedelta(days=9))
    assert breached(hub) == [(T0 + timedelta(hours=24, minutes=30), ("li",)), (T0 + timedelta(hours=25), ("chen",))]


def test_paused_for_an_hour(hub: World) -> None:
    """An hour in which the customer is awaited does not count: +3 h."""
    ticket = opened(hub)
    hub.clock.advance(hours=1)
    assert hub.call("POST", f"/tickets/{ticket['id']}/pause", {}).json["paused"] is True
    hub.clock.advance(hours=1)
    assert hub.call("POST", f"/tickets/{ticket['id']}/resume", {}).json["paused"] is False
    asleep(hub, ticket, T0 + timedelta(days=1), generation=2)
    assert breached(hub) == [(T0 + timedelta(hours=3), ("chen",))]


@pytest.mark.parametrize(
    ("opens", "due"),
    [
        pytest.param("2026-11-20T11:30:00+08:00", "2026-11-20T14:30:00+08:00", id="over lunch"),
        pytest.param("2026-11-20T17:00:00+08:00", "2026-11-23T10:00:00+08:00", id="over the weekend"),
        pytest.param("2026-10-09T17:00:00+08:00", "2026-10-10T10:00:00+08:00", id="a Saturday that is worked"),
    ],
)
def test_office_hours(hub: World, opens: str, due: str) -> None:
    """Within 9–12 and 13–18 of work days two hours from 11:30 end at 14:30, and make-up Saturdays (调休) count."""
    overlay = {"document": {"calendar": OFFICE}, "scope": "310000"}
    assert hub.call("POST", "/tickets/ladders/basic/publish", overlay).status == 200
    ticket, moment = opened(hub, datetime.fromisoformat(opens)), datetime.fromisoformat(due)
    asleep(hub, ticket, moment - timedelta(seconds=1))
    assert breached(hub) == []
    asleep(hub, ticket, moment)
    assert breached(hub) == [(moment, ("chen",))]


def test_office_hours_with_a_pause(hub: World) -> None:
    """Half an hour counted before lunch stays counted: paused at 12:10, resumed next morning at 9:00: 10:30."""
    overlay = {"document": {"calendar": OFFICE}, "scope": "310000"}
    assert hub.call("POST", "/tickets/ladders/basic/publish", overlay).status == 200
    ticket = opened(hub, datetime.fromisoformat("2026-11-23T11:30:00+08:00"))
    hub.clock.advance(minutes=40)
    hub.call("POST", f"/tickets/{ticket['id']}/pause", {})
    hub.clock.now = datetime.fromisoformat("2026-11-24T09:00:00+08:00")
    hub.call("POST", f"/tickets/{ticket['id']}/resume", {})
    asleep(hub, ticket, hub.clock.now + timedelta(days=1), generation=2)
    assert breached(hub) == [(datetime.fromisoformat("2026-11-24T10:30:00+08:00"), ("chen",))]
