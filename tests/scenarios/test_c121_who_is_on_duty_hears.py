"""C121: work of 17:59 goes to whose shift it is, of 18:00 to the next, and a swap holds at once."""

from __future__ import annotations

from datetime import datetime

from functions.notifications.rules.audience import named
from hub.contracts.events import TicketAssigned
from tests.support.tickets import World, world


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-21T{time}:00+08:00")


def told(hub: World, time: str) -> list[str]:
    """Who is sent a notice of a repair that is reported at this time."""
    hub.clock.now = at(time)
    hub.emitted.clear()
    hub.say("冰柜不制冷", f"msg_{time}", customer_id=f"cus_{time}")
    asking = {event.id: event for event in hub.emitted if isinstance(event, TicketAssigned)}
    return [person for event in asking.values() for person in named(event)]


def test_a_until_18_b_after() -> None:
    """A's shift ends at 18:00, at which B's begins. At 18:01 they have swapped: it is A's again."""
    with world() as hub:
        hub.clock.now = at("08:00")
        hub.hire("a", region="base")
        hub.hire("b", region="base")
        hub.roster("cold", ("a", at("09:00"), at("18:00")), ("b", at("18:00"), at("23:00")))
        assert [told(hub, "17:59"), told(hub, "18:00")] == [["a"], ["b"]]

        hub.clock.now = at("18:01")
        hub.roster("cold", ("b", at("09:00"), at("18:00")), ("a", at("18:00"), at("23:00")), version=2)
        assert told(hub, "18:01") == ["a"]
