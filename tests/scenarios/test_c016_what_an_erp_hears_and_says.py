"""C016: an ERP finds every route in the API's document, says by the open webhook when a part comes, and tickets that
wait for it show that within five seconds; and it hears of it, signed, at an endpoint of its own."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator
from typer.testing import CliRunner

from functions.webhooks.accept import MANIFEST
from hub.contracts.events import EVENTS
from hub.edge.bus import type_of
from hubctl.cli import app as hubctl
from hubctl.reference import ROOMS
from tests.support.aws import TENANT, environment, make_table
from tests.support.outbound import OK, Hub, install_hub
from tests.support.rooms import Rooms, rooms

METHODS = ("get", "put", "post", "patch", "delete")
ETA = "2026-11-25T00:00:00Z"
ERP = "https://erp.example/hooks"


def test_the_document_is_valid_and_covers_every_route_and_every_event() -> None:
    """`hubctl openapi` validates as 3.1, covers 100 % of the routes, and its `webhooks` have every event."""
    document = json.loads(CliRunner().invoke(hubctl, ["openapi"]).stdout)
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    served = {(r.method, r.path) for name in ROOMS for r in import_module(f"functions.{name}.app").room.http_routes}
    served |= {(method, path) for entry in MANIFEST["entries"] for path in entry["paths"] for method in ("GET", "POST")}
    written = {(m.upper(), path) for path, item in document["paths"].items() for m in METHODS if m in item}
    assert len(written & served) / len(served) == 1
    assert written == served
    assert set(document["webhooks"]) == set(EVENTS)


def waiting_ticket(shop: Rooms, part: str, customer: str) -> str:
    """An open ticket that waits for a part."""
    body = {"type": "repair", "customer_id": customer, "region": "310101"}
    ticket_id = shop.hub.call("POST", "/tickets", body).json["id"]
    assert shop.hub.call("POST", f"/tickets/{ticket_id}/pause", {"waits_for": [part]}).status == 200
    return str(ticket_id)


def with_outbound(shop: Rooms) -> Hub:
    """The room of outbound webhooks in the same account, and the ERP's receiver."""
    make_table(f"hub-{TENANT}-outbound")
    os.environ.update(environment("outbound"))
    hub = install_hub(shop.hub.session, shop.hub.clock)
    hub.receivers.behaviours[ERP] = OK
    return hub


def shown_eta(shop: Rooms, ticket_id: str) -> list[Any]:
    return [
        (line["item_no"], line["expected_at"])
        for line in shop.hub.call("GET", f"/tickets/{ticket_id}").json["supplies"]
    ]


def test_an_erp_pushes_an_eta_waiting_tickets_show_it_and_the_erp_hears_signed_events() -> None:
    """P1 on 11-25: the tickets that wait for P1 show it within 5 s, the one that waits for P2 does not; and a
    registered endpoint receives signed events, verified by `standardwebhooks`."""
    with rooms() as shop:
        shop.hub.clock.now = datetime.now(UTC)  # `standardwebhooks` looks at the real clock
        hub = with_outbound(shop)
        endpoint = hub.register(ERP, events=["supply.*", "ticket.*"])
        first, second = waiting_ticket(shop, "P1", "cus_1"), waiting_ticket(shop, "P1", "cus_2")
        other, pushed_at = waiting_ticket(shop, "P2", "cus_3"), shop.hub.clock.now
        answer = shop.system_says("production.updated", {"item_no": "P1", "expected_at": ETA})
        assert answer["statusCode"] == 200
        assert [shown_eta(shop, ticket) for ticket in (first, second, other)] == [[("P1", ETA)], [("P1", ETA)], []]
        assert shop.hub.clock.now - pushed_at <= timedelta(seconds=5)
        said = [*shop.said, *shop.hub.emitted]
        hub.tell(*said)
        hub.work()
        bodies = [received.verify(endpoint["secret"]) for received in hub.receivers.at(ERP)]
        expected = {event.id for event in said if type_of(event).startswith(("supply.", "ticket."))}
        assert sorted(body["id"] for body in bodies) == sorted(expected)
        (supply,) = (body["data"] for body in bodies if body["type"] == "supply.changed")
        assert (supply["item_no"], supply["expected_at"]) == ("P1", ETA)
        assert {body["type"] for body in bodies} >= {"supply.changed", "ticket.opened"}
