"""C048: a return within the limit of a trusted customer reaches the warehouse with no human action, any other with
exactly one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.tickets import World, as_, world

BODY = {"type": "return", "customer_id": "cus_1", "region": "310101"}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        made.hire("chen", role="supervisor", region="base")
        made.hire("ku", role="agent", region="base", teams=("warehouse",))
        assert made.call("POST", "/flows/return/publish", {}).status == 200
        yield made


@pytest.mark.parametrize(
    ("amount", "trust", "actions"),
    [("500.00", "0.80", 0), ("12.00", "0.95", 0), ("500.01", "0.80", 1), ("500.00", "0.79", 1), ("12.00", "", 1)],
)
def test_so_many_people_until_the_warehouse(hub: World, amount: str, trust: str, actions: int) -> None:
    """At the limit and at a trust of 0.8 it goes by itself; beyond either, or where nothing is known, a supervisor
    decides."""
    body = {**BODY, "amount": amount, "fields": {"trust": trust} if trust else {}}
    ticket_id = hub.call("POST", "/tickets", body).json["id"]
    if actions:
        path = f"/tickets/{ticket_id}/nodes/review/complete"
        by = as_("supervisor", sub="chen", region="base")
        assert hub.call("POST", path, {"outcome": "approved"}, as_=by).status == 200
    visits = hub.ticket(ticket_id)["visits"]
    assert (visits[-1]["node"], visits[-1]["queue"]) == ("receive", "warehouse")
    assert [visit["actor"] for visit in visits if visit["actor"] not in ("", "system")] == ["chen"] * actions
    assert [event.recipients for event in hub.told("ticket.noticed")] == [("ku",)]
