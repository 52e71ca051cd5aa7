"""Tickets carry an order, an amount and the named fields that their type declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.tickets import World, world

T = {"zh": "字段", "en": "Field"}
TYPE = {
    "title": {"zh": "安装", "en": "Installation"},
    "urgent_title": {"zh": "紧急安装", "en": "Urgent installation"},
    "flow": "repair",
    "ladder": "repair",
    "fields": [
        {"id": "floor", "title": T, "type": "integer"},
        {"id": "deposit", "title": T, "type": "money"},
        {"id": "model", "title": T, "type": "choice", "choices": ["bx3", "bx5"]},
        {"id": "wish", "title": T, "type": "text"},
    ],
}
OPEN = {
    "type": "installation",
    "customer_id": "cus_1",
    "region": "310101",
    "order_id": "ord_1",
    "order_no": "69071",
    "amount": "1299.00",
    "fields": {"floor": "6", "deposit": "100.00", "model": "bx3", "wish": "周末上门"},
}


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("chen", role="supervisor", region="base")
        assert made.call("POST", "/tickets/types/installation/publish", {"document": TYPE}).status == 200
        yield made


def test_order_amount_and_fields_are_kept_and_told(hub: World) -> None:
    """Numbers, amounts and choices travel with the ticket's events; a text is sealed, and shown on the ticket."""
    opened = hub.call("POST", "/tickets", OPEN)

    plain = {"floor": "6", "deposit": "100.00", "model": "bx3"}
    assert opened.status == 201
    assert (opened.json["fields"], opened.json["texts"]) == (plain, {"wish": "周末上门"})
    assert (opened.json["order_id"], opened.json["order_no"], opened.json["amount"]) == ("ord_1", "69071", "1299.00")
    (event,) = hub.told("ticket.opened")
    assert (event.fields, event.order_id, event.order_no, event.amount_minor) == (plain, "ord_1", "69071", 129900)
    assert "周末上门" not in str(hub._scan())
    entry = hub.timeline(opened.json["id"])["entries"][0]
    assert (entry["detail"]["amount"], entry["detail"]["order"]) == ("1299.00", "69071")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"fields": {"floor": "six"}}, "/fields/floor"),
        ({"fields": {"deposit": "1.234"}}, "/fields/deposit"),
        ({"fields": {"model": "bx9"}}, "/fields/model"),
        ({"fields": {"colour": "red"}}, "/fields/colour"),
        ({"amount": "-1.00"}, "/amount"),
        ({"amount": "1.50", "amount_currency": "JPY"}, "/amount"),
    ],
)
def test_what_the_type_does_not_declare_is_refused(hub: World, change: dict[str, Any], pointer: str) -> None:
    """Each wrong field by its place; nothing is opened."""
    refused = hub.call("POST", "/tickets", {**OPEN, **change})

    assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, [pointer])
    assert hub.ids() == []


def test_fields_that_no_ticket_could_have_are_no_type(hub: World) -> None:
    """A choice without choices, and one name for two fields."""
    fields = [{"id": "a", "title": T, "type": "choice"}, {"id": "a", "title": T, "type": "text"}]
    refused = hub.call("POST", "/tickets/types/broken/publish", {"document": {**TYPE, "fields": fields}})
    pointers = [error["pointer"] for error in refused.json["errors"]]
    assert pointers == ["/document/fields/0/choices", "/document/fields/1/id"]
