"""After-sales, reviews and leads open tickets by their rules, once, and what follows joins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.contracts.events import OccasionResolved
from hub.kernel.ids import hashed_id
from hub.store.content import ContentStore
from tests.support.aws import TENANT
from tests.support.tickets import World, world


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("chen", role="supervisor", region="base")
        yield made


def occasion(hub: World, kind: str, number: str = "1", **facts: Any) -> OccasionResolved:
    """An occasion of now; not told yet. text: what somebody wrote."""
    text = facts.pop("text", "")
    ref = f"ref_{kind}_{number}" if text else ""
    if text:
        client = hub.session.client("dynamodb")
        ContentStore(TENANT, f"hub-{TENANT}-content", client).put(ref, {"schema": 1, "kind": kind, "text": text}, 0)
    return OccasionResolved(
        id=hashed_id("evt", kind, number, str(facts)),
        tenant=TENANT,
        at=hub.clock.now,
        connection_id="con_2",
        channel="douyin",
        account="4463798",
        kind=kind,
        subject_id=f"sub_{number}",
        content_ref=ref,
        **facts,
    )


ASKED = {"state": "requested", "after_sale_type": "refund_only", "money": "none", "amount_minor": 12990}


def test_an_after_sale_opens_one_ticket_with_its_order_and_amount(hub: World) -> None:
    """A marketplace shop makes tickets: in its connection's place, though nobody knows the buyer."""
    asked = occasion(hub, "after_sale", order_no="69071", region="310115", store_id="pd1", **ASKED)
    hub.tell(asked, asked)

    (ticket,) = hub.tickets()
    assert (ticket["type"], ticket["priority"], ticket["topic"]) == ("after_sale", "normal", "after_sale")
    assert (ticket["order_no"], ticket["amount"], ticket["amount_currency"]) == ("69071", "129.90", "CNY")
    assert (ticket["region"], ticket["store_id"], ticket["placed_by"]) == ("310115", "pd1", "account")
    assert (ticket["customer_id"], ticket["entry"]) == ("", "after_sale")
    (opened,) = hub.told("ticket.opened")
    assert (opened.order_no, opened.amount_minor, opened.region) == ("69071", 12990, "310115")
    entry = hub.timeline(ticket["id"])["entries"][0]
    assert (entry["detail"]["order"], entry["detail"]["amount"]) == ("69071", "129.90")


def test_what_becomes_of_it_joins_the_ticket(hub: World) -> None:
    """The next state of the same after-sale is an entry of its ticket; another after-sale has its own."""
    hub.tell(occasion(hub, "after_sale", **ASKED))
    hub.tell(occasion(hub, "after_sale", **{**ASKED, "state": "awaiting_return", "amount_minor": 10000}))

    (ticket,) = hub.tickets()
    trail = [e["detail"] for e in hub.timeline(ticket["id"])["entries"] if e["what"] == "occasion"]
    assert trail == [
        {"kind": "after_sale", "state": "awaiting_return", "money": "none", "amount": "100.00", "currency": "CNY"}
    ]
    assert ticket["amount"] == "100.00"
    assert hub.told("ticket.changed")[-1].amount_minor == 10000

    hub.tell(occasion(hub, "after_sale", "2", **ASKED))
    assert len(hub.tickets()) == 2


@pytest.mark.parametrize(("rating", "opened"), [(1, 1), (2, 1), (3, 0), (None, 0)])
def test_a_bad_review_opens_a_ticket(hub: World, rating: int | None, opened: int) -> None:
    """Two stars or fewer; a review without stars opens none."""
    hub.tell(occasion(hub, "review", rating=rating, text="送货太慢"))

    assert [(t["subject"], t["priority"]) for t in hub.tickets()] == [("送货太慢", "high")] * opened


def test_a_lead_opens_a_ticket_where_its_form_says(hub: World) -> None:
    """Its words name the place, and its customer is known."""
    hub.tell(occasion(hub, "lead", text="想在浦东开店", customer_id="cus_9"))

    ticket = hub.ticket()
    assert (ticket["customer_id"], ticket["topic"], ticket["region"]) == ("cus_9", "lead", "310115")
    assert hub.call("GET", f"/tickets/{ticket['id']}/explain").json["rules"] == []


def test_a_tenants_own_rules(hub: World) -> None:
    """From the next event on; an outcome may be no ticket, a fact that there is not is refused with its place."""
    schema = {"state": "text", "amount": "number"}
    rule = {"id": "large", "when": {"amount": {"gte": 1000}}, "then": {"type": "repair", "priority": "urgent"}}
    rules = {"key": "after_sale", "version": 1, "schema": schema, "rules": [rule], "default": {"type": "none"}}
    path = "/tickets/occasion-rules/after_sale/publish"
    assert hub.call("POST", path, {"document": rules}).status == 200

    hub.tell(occasion(hub, "after_sale", **ASKED))
    assert hub.tickets() == []
    hub.tell(occasion(hub, "after_sale", "2", **{**ASKED, "amount_minor": 100000}))
    assert [(t["type"], t["priority"]) for t in hub.tickets()] == [("repair", "urgent")]

    wrong = {**rules, "schema": {**schema, "stars": "number"}, "default": {"type": "nothing"}}
    problems = hub.call("POST", path, {"document": wrong}).json["errors"]
    assert {problem["pointer"] for problem in problems} >= {"/document/default/type", "/document/schema/stars"}


def test_a_closed_ticket_gets_no_more(hub: World) -> None:
    """What happens after the work is done opens a ticket anew where the rules say so."""
    hub.tell(occasion(hub, "after_sale", **ASKED))
    done = hub.call("POST", f"/tickets/{hub.ticket()['id']}/nodes/answer/complete", {"outcome": "answered"})
    assert done.status == 200

    hub.clock.advance(minutes=1)
    hub.tell(occasion(hub, "after_sale", **{**ASKED, "state": "refunding"}))
    assert len(hub.tickets()) == 1
    hub.tell(occasion(hub, "after_sale", **{**ASKED, "state": "platform_review"}))
    assert [(t["state"], t["priority"]) for t in hub.tickets()] == [("open", "urgent"), ("closed", "normal")]
