"""The API's document is OpenAPI 3.1 and whole, and what an ERP says of a part stands on the tickets that wait."""

from __future__ import annotations

import json
from importlib import import_module

from openapi_spec_validator import OpenAPIV31SpecValidator
from typer.testing import CliRunner

from functions.webhooks.accept import MANIFEST
from hub.edge.routes import Route
from hubctl.cli import app as hubctl
from hubctl.reference import ROOMS
from tests.support.rooms import Rooms, rooms

METHODS = ("get", "put", "post", "patch", "delete")
ETA = "2026-11-25T00:00:00Z"


def test_the_document_covers_every_route() -> None:
    """`hubctl openapi` validates as 3.1 and covers 100 % of what rooms and front door serve."""
    printed = CliRunner().invoke(hubctl, ["openapi"])
    document = json.loads(printed.stdout)
    assert (printed.exit_code, document["openapi"][:4]) == (0, "3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    routes: list[Route] = [r for name in ROOMS for r in import_module(f"functions.{name}.app").room.http_routes]
    served = {(route.method, route.path) for route in routes}
    served |= {(method, path) for entry in MANIFEST["entries"] for path in entry["paths"] for method in ("GET", "POST")}
    written = {
        (method.upper(), path) for path, item in document["paths"].items() for method in METHODS if method in item
    }
    assert written == served


def waiting_for(shop: Rooms, part: str, customer: str) -> str:
    """An open ticket that waits for a part."""
    body = {"type": "repair", "customer_id": customer, "region": "310101"}
    ticket_id = shop.hub.call("POST", "/tickets", body).json["id"]
    assert shop.hub.call("POST", f"/tickets/{ticket_id}/pause", {"waits_for": [part]}).status == 200
    return str(ticket_id)


def test_an_erp_says_when_a_part_comes() -> None:
    """P1 on 11-25: every open ticket that waits for P1 shows that day at once, the one that waits for P2 does not."""
    with rooms() as shop:
        first, second = waiting_for(shop, "P1", "cus_1"), waiting_for(shop, "P1", "cus_2")
        other = waiting_for(shop, "P2", "cus_3")
        answer = shop.system_says("production.updated", {"item_no": "P1", "expected_at": ETA})
        assert (answer["statusCode"], shop.heard) == (200, ["supply.changed"])
        shown = [shop.hub.call("GET", f"/tickets/{ticket}").json["supplies"] for ticket in (first, second, other)]
        assert [[(line["item_no"], line["expected_at"]) for line in lines] for lines in shown] == [
            [("P1", ETA)],
            [("P1", ETA)],
            [],
        ]
