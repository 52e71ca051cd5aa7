"""C038: 「冰柜不制冷」 at 02:00 is an urgent repair, what follows within 30 minutes joins it, repeats add nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.tickets import T0, World, world


@pytest.fixture
def hub() -> Iterator[World]:
    """02:00 in Shanghai; Wang manages a store, Li repairs."""
    with world() as made:
        made.hire("li")
        made.hire("wang", role="store_manager", region="310101", store_id="s1", wecom_userid="WangStore", skills=())
        yield made


def test_an_urgent_repair_a_follow_up_and_repeats(hub: World) -> None:
    """One ticket 紧急维修 in the manager's store, at once with an engineer; 「型号BX-3」 stands on its trail, and both
    messages sent again change neither ticket nor trail."""
    first = hub.message("冰柜不制冷", sender_id="WangStore")
    hub.tell(first)
    ticket = hub.ticket()
    assert (ticket["title"]["zh"], ticket["priority"], ticket["assignee"]) == ("紧急维修", "urgent", "li")
    assert (ticket["region"], ticket["store_id"], hub.clock.now) == ("310101", "s1", T0)

    hub.clock.advance(minutes=30)
    second = hub.message("型号BX-3", "msg_2", sender_id="WangStore")
    hub.tell(second)
    trail = hub.timeline(ticket["id"])
    assert [entry["text"] for entry in trail["entries"] if entry["what"] in ("opened", "message")] == [
        "冰柜不制冷",
        "型号BX-3",
    ]

    hub.tell(first, second, first)
    assert (hub.ids(), hub.timeline(ticket["id"])) == ([ticket["id"]], trail)
    assert [event.ticket_id for event in hub.told("ticket.opened")] == [ticket["id"]]
