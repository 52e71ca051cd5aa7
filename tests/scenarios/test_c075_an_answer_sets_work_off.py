"""C075: a form that is handed in opens a ticket by its rules and tells the customer's profile, once for one key."""

from __future__ import annotations

import json

from functions.customers import app as customers
from hub.contracts.events import FormSubmitted, SubmitterFound, parse_event
from tests.support.forms import field, form, publish, submit
from tests.support.http import Context, bus_batch, bus_events, call
from tests.support.rooms import connect_customers
from tests.support.tickets import World, world

CONSULT = form(
    field("type", "select", options=["产品咨询", "售后服务"], required=True),
    field("phone", "cn_mobile", required=True, fact="phone"),
    field("baby_age", "integer", fact="baby_age_months"),
    on_submit={
        "rules": [
            {
                "id": "consult",
                "when": {"type": {"eq": "产品咨询"}},
                "then": {"type": "consult", "priority": "high", "tags": ["新客"]},
            }
        ],
        "ticket": {"type": "repair", "priority": "normal"},
    },
)
ANSWERS = {"type": "产品咨询", "phone": "138 0013 8000", "baby_age": "8"}


def pass_on(hub: World) -> None:
    """The bus, from tickets to customers and back."""
    submitted = [event for event in hub.told("form.submitted") if isinstance(event, FormSubmitted)]
    assert customers.on_event(bus_batch(*submitted), Context()) == {"batchItemFailures": []}
    events = [parse_event(detail) for detail in bus_events(hub.session)]
    hub.tell(*(event for event in events if isinstance(event, SubmitterFound)))


def test_one_key_is_one_ticket_and_one_profile() -> None:
    """产品咨询 is high by its rule, tagged, with the facts on the profile of whoever has the number; the same key again
    answers the same ticket, and nothing is there twice."""
    with world() as hub:
        connect_customers(hub)
        publish(hub, "enquiry", CONSULT)
        first = submit(hub, "enquiry", ANSWERS, key="k-1")
        again = submit(hub, "enquiry", ANSWERS, key="k-1")
        assert (first.status, again.status) == (201, 201)
        assert again.headers["idempotency-replayed"] == "true"
        assert json.loads(first.text) == json.loads(again.text)
        assert hub.ids() == [first.json["ticket_id"]]

        for _ in range(2):  # events may come twice
            pass_on(hub)
        ticket = hub.ticket()
        assert (ticket["type"], ticket["priority"], ticket["tags"]) == ("consult", "high", ["新客"])
        assert (ticket["form"], ticket["submission_id"]) == ({"key": "enquiry", "version": 1}, first.json["id"])
        assert ticket["fields"] == {"type": "产品咨询", "baby_age": "8"}
        assert ticket["texts"] == {"phone": "13800138000"}
        customer = call(customers.room, "GET", f"/customers/{ticket['customer_id']}").json
        facts = {fact["name"]: fact["value"] for fact in customer["facts"]}
        assert (facts["phone"], facts["baby_age_months"]) == ("+8613800138000", "8")

        other = submit(hub, "enquiry", {**ANSWERS, "type": "售后服务"}, key="k-2")
        assert hub.ticket(other.json["ticket_id"])["priority"] == "normal"
        reused = submit(hub, "enquiry", {**ANSWERS, "baby_age": "9"}, key="k-1")
        assert reused.status == 422
