"""C034: a refund template without `logistics_no` among what is required is warned of; a ticket without what its
template requires is 422 with the place of each thing that is missing."""

from __future__ import annotations

from typing import Any

from functions.tickets.forms.shipped import shipped_forms
from tests.support.forms import field, pointers, publish
from tests.support.tickets import World, world

TITLE = {"zh": "退款", "en": "Refund"}
TYPE = {"title": TITLE, "urgent_title": TITLE, "flow": "consult", "ladder": "basic", "form": "refund"}
TICKET = {"type": "refund", "customer_id": "cus_1", "region": "310101"}
ANSWERS = {
    "name": "李雷",
    "phone": "13800138000",
    "product_no": "BX3",
    "logistics_no": "SF1234567890",
    "reason": "quality",
}


def warnings(hub: World, document: Any) -> list[tuple[str, str]]:
    """What lint warns of in a refund form."""
    answer = hub.call("POST", "/forms/refund/lint", {"document": document}).json
    return [(found["pointer"], found["rule"]) for found in answer["findings"] if found["severity"] == "warning"]


def test_a_refund_without_its_waybill_is_warned_of() -> None:
    """The template itself has no finding; with `logistics_no` not required, or not asked for, one that names it. What
    extends it has its parts, and says which are its own."""
    template = shipped_forms()["refund"]
    place = next(i for i, each in enumerate(template["fields"]) if each["id"] == "logistics_no")
    optional = {**template, "fields": [{**each} for each in template["fields"]]}
    optional["fields"][place]["required"] = False
    without = {**template, "fields": [each for each in template["fields"] if each["id"] != "logistics_no"]}
    with world() as hub:
        assert warnings(hub, template) == []
        rule = "logistics_no is not required, as its template has it"
        assert warnings(hub, optional) == [(f"/fields/{place}/required", rule)]
        assert warnings(hub, without) == [("/fields", "does not ask for logistics_no, as its template does")]

        own = {"title": TITLE, "extends": "refund", "sections": [], "fields": [field("order_no", "text")]}
        publish(hub, "store_refund", own)
        made = hub.call("GET", "/forms/store_refund").json["document"]
        assert [each["id"] for each in made["fields"]] == [*(each["id"] for each in template["fields"]), "order_no"]
        assert (made["template"], made["extends"]) == ("refund", "")


def test_a_ticket_lacks_nothing_that_its_template_requires() -> None:
    """Without any answer: 422 with exactly the five required places; with one of them missing, that one; whole, 201."""
    with world() as hub:
        assert hub.call("POST", "/tickets/types/refund/publish", {"document": TYPE}).status == 200
        bare = hub.call("POST", "/tickets", TICKET)
        assert bare.headers["content-type"] == "application/problem+json"
        assert (bare.status, pointers(bare)) == (422, [f"/fields/{name}" for name in ANSWERS])
        lacking = {name: value for name, value in ANSWERS.items() if name != "logistics_no"}
        assert pointers(hub.call("POST", "/tickets", {**TICKET, "fields": lacking})) == ["/fields/logistics_no"]
        assert hub.ids() == []

        opened = hub.call("POST", "/tickets", {**TICKET, "fields": ANSWERS})
        assert (opened.status, opened.json["form"]) == (201, {"key": "refund", "version": 0})
        assert opened.json["fields"] == {"reason": "quality"}
        assert opened.json["texts"] == {name: value for name, value in ANSWERS.items() if name != "reason"}
