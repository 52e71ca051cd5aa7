"""C082: a flow in which approval takes four tenths of the time: it is ranked first, with a share of 0.40 ± 0.01."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.tickets import world

BODY = {"type": "return", "customer_id": "cus_1", "region": "310101", "amount": "900.00"}


@pytest.mark.parametrize("tickets", [1, 5])
def test_approval_is_ranked_first(tickets: int) -> None:
    """Each return waits 40 minutes for its approvals and, in two stretches, 30 each for the warehouse; one ticket more
    is still open and counts for nothing."""
    with world(publish=()) as hub:
        hub.hire("chen", role="supervisor", region="base")
        hub.hire("ku", role="agent", region="base", teams=("warehouse",))
        document = hub.call("GET", "/flows/return").json["document"]
        receive = next(node for node in document["nodes"] if node["id"] == "receive")
        receive["outcomes"] = {"received": "pack", "damaged": "review"}
        pack = {**receive, "id": "pack", "outcomes": {"received": "refund"}}
        document["nodes"].append(pack)
        assert hub.call("POST", "/flows/return/publish", {"document": document}).status == 200
        for number in range(tickets):
            ticket = hub.call("POST", "/tickets", BODY).json["id"]
            spread = number % 2  # minutes more here are minutes less there
            stretches = (
                ("review", "approved", 40),
                ("receive", "received", 30 + spread),
                ("pack", "received", 30 - spread),
            )
            for node, outcome, minutes in stretches:
                hub.clock.advance(minutes=minutes)
                path = f"/tickets/{ticket}/nodes/{node}/complete"
                assert hub.call("POST", path, {"outcome": outcome}).status == 200
        hub.clock.advance(seconds=1)
        hub.call("POST", "/tickets", BODY)
        hub.clock.advance(hours=9)

        shown = hub.call("GET", "/flows/return/funnel").json
    assert shown["counted"] == tickets
    first = shown["stages"][0]
    assert (first["node"], first["tickets"], first["visits"], first["median_seconds"]) == (
        "review",
        tickets,
        tickets,
        2400,
    )
    assert abs(Decimal(first["share"]) - Decimal("0.40")) <= Decimal("0.01")
    assert sum(Decimal(stage["share"]) for stage in shown["stages"]) == 1
