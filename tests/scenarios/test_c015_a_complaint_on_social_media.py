"""C015: a monitor finds 「等了两小时配送慢」; the ticket is about logistics and names the rule that said so."""

from __future__ import annotations

from tests.support.rooms import rooms


def test_a_slow_delivery_that_a_monitor_found() -> None:
    """Signed by the monitoring vendor, of a person without a number: topic logistics, entry social, rule by its id."""
    with rooms() as shop:
        assert shop.other_says("social", "等了两小时配送慢")["statusCode"] == 200
        ticket = shop.hub.ticket()
        why = shop.hub.call("GET", f"/tickets/{ticket['id']}/explain").json
        assert (ticket["topic"], ticket["priority"], ticket["entry"]) == ("logistics", "high", "social")
        assert why["rule_id"] == "delivery-slow"
        assert [rule["rule_id"] for rule in why["rules"] if rule["holds"]] == ["delivery-slow"]
