"""A typed client, generated from the reference by a tool that knows nothing of the hub: whole, and it works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from functions.tickets import app
from tests.support.tickets import World, world
from tests.support.typed_client import client_of, generated

METHODS = ("get", "put", "post", "patch", "delete")


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with generated(tmp_path_factory.mktemp("typed")) as folder:
        yield folder


def test_a_typed_client_has_every_operation(made: Path) -> None:
    """openapi-python-client makes a function of each operation, and leaves nothing out; all of it compiles."""
    functions = [path for path in (made / "hub_client" / "api").rglob("*.py") if path.name != "__init__.py"]
    document = json.loads((made / "openapi.json").read_text(encoding="utf-8"))
    operations = [method for item in document["paths"].values() for method in METHODS if method in item]
    assert len(functions) == len(operations) > 200
    compiled = subprocess.run([sys.executable, "-m", "compileall", "-q", "hub_client"], cwd=made, check=False)
    assert compiled.returncode == 0


@pytest.fixture(name="hub")
def _hub() -> Iterator[World]:
    with world() as hub:
        hub.hire("li")
        yield hub


def operation(name: str) -> Any:
    return import_module(f"hub_client.api.tickets.{name}").sync_detailed


def test_it_works_a_ticket(made: Path, hub: World) -> None:
    """Opened, listed, completed, refused with what differs: each answer is of the type that the reference says."""
    models, client = import_module("hub_client.models"), client_of(app.room)
    body = models.OpenTicket(type_="repair", customer_id="cus_1", region="310101")
    opened = operation("tickets_open_by_hand")(client=client, body=body)
    assert (opened.status_code, type(opened.parsed).__name__, opened.parsed.state.value) == (201, "TicketView", "open")
    hub.settle()

    ticket_id = opened.parsed.id
    listed = operation("tickets_list_tickets")(client=client, state="open").parsed
    assert [row.id for row in listed.data] == [ticket_id]
    complete = operation("tickets_complete")
    accepted = complete(ticket_id, "accept", client=client, body=models.CompleteNode(outcome="accepted"))
    hub.settle()
    assert [visit.node for visit in accepted.parsed.visits if visit.outcome] == ["dispatch", "accept"]

    stale = models.Assign(person_id="li", version=1)
    refused = operation("tickets_assign")(ticket_id, client=client, body=stale)
    assert (refused.status_code, type(refused.parsed).__name__) == (409, "ProblemAnswer")
    assert "/accepted_at" in [difference.pointer for difference in refused.parsed.differences]
