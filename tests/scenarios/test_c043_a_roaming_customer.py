"""C043: a customer of Beijing calls from Shenzhen: somebody of Shenzhen comes, Shenzhen is paid for the service and
Beijing for its customer, and both together are the charge."""

from __future__ import annotations

from decimal import Decimal

from hub.contracts.events import TicketClosed
from tests.support import tickets
from tests.support.http import token
from tests.support.settlement import posting
from tests.support.settlement_room import moment, till

REPORT = {
    "labour_minutes": 40,
    "labour_amount": "80.00",
    "parts": [{"sku": "BX-3-FAN", "quantity": 1, "amount": "35.50"}],
    "travel_km": 12,
    "travel_amount": "24.00",
}
CHARGED = [{"rule": "percent", "of": name, "rate": "1"} for name in ("labour", "parts", "travel")]
SHARES = [
    {"to": "payable:region:{region}", "share": "0.70"},
    {"to": "payable:region:{home_region}", "share": "0.30"},
]
SPLIT = {"rule": "split", "shares": SHARES, "remainder": "first"}


def served_in_shenzhen(hub: tickets.World) -> TicketClosed:
    """The ticket from the message to its close; an engineer in each city, each with nothing to do."""
    hub.hire("beijing", region="110000")
    hub.hire("shenzhen", region="440300")
    hub.say("深圳的冰柜不制冷", home_region="110000")
    ticket = hub.ticket()
    assert (ticket["region"], ticket["home_region"], ticket["assignee"]) == ("440300", "110000", "shenzhen")
    for node, outcome, fields in (("accept", "accepted", None), ("service", "done", REPORT)):
        body = {"outcome": outcome} | ({"fields": fields} if fields else {})
        path = f"/tickets/{ticket['id']}/nodes/{node}/complete"
        assert hub.call("POST", path, body, as_=token("engineer", sub="shenzhen", region="440300")).status == 200
    (closed,) = hub.told("ticket.closed")
    assert isinstance(closed, TicketClosed)
    return closed


def test_shenzhen_serves_and_both_are_paid_out_of_one_charge() -> None:
    """139.50 is 97.65 for Shenzhen and 41.85 for Beijing, heard once or three times; each line says its region."""
    with tickets.world() as hub:
        closed = served_in_shenzhen(hub)
    with till("2026-11-20T09:00:00+08:00", "shenzhen") as room:
        split = posting(*CHARGED, SPLIT, purpose="regions", debit="income:service")
        assert room.publish("regions", {"facts": ["ticket"], "postings": [split]}).status == 200
        room.clock.now = moment("2026-11-22T09:00:00+08:00")
        room.hear(closed)
        room.hear(closed, closed)
        shares = room.accounts("payable:region")
        assert shares == {"payable:region:110000": "-41.85", "payable:region:440300": "-97.65"}
        (entry,) = (entry for entry in room.entries() if entry["purpose"] == "regions")
        assert {line["dims"].get("region") for line in entry["lines"]} == {"440300", "110000"}
        assert -sum(map(Decimal, shares.values())) == Decimal("139.50") == Decimal(entry["lines"][0]["amount"])
