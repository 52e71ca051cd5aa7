"""A typed client, generated from the reference by a tool that knows nothing of the hub: whole, and it works."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.tickets import app
from hubctl.examples import operation_id
from hubctl.reference import reference
from tests.support.access import Walk
from tests.support.access_samples import SAMPLES
from tests.support.http import Context, http_event, token
from tests.support.tickets import World, world

METHODS = ("get", "put", "post", "patch", "delete")


class RoomTransport(httpx.BaseTransport):
    """Takes a request to the room as API Gateway does."""

    def __init__(self, room: Any = app.room) -> None:
        self.room = room

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        answer = self.room(http_event(request.method, path, request.read(), dict(request.headers)), Context())
        return httpx.Response(answer["statusCode"], headers=answer["headers"], text=answer.get("body", ""))


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the generated package `hub_client`, which can be imported."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "openapi.json").write_text(json.dumps(reference()), encoding="utf-8")
    (folder / "config.yml").write_text("post_hooks: []\n", encoding="utf-8")
    tool = str(Path(sys.executable).with_name("openapi-python-client"))
    options = ["--path", "openapi.json", "--meta", "none", "--config", "config.yml", "--output-path", "hub_client"]
    done = subprocess.run([tool, "generate", *options], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stdout.splitlines() if "WARNING" in line or "Unable" in line]) == (
        0,
        [],
    )
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def test_a_typed_client_has_every_operation(made: Path) -> None:
    """openapi-python-client makes a function of each operation, and leaves nothing out; all of it compiles."""
    functions = [path for path in (made / "hub_client" / "api").rglob("*.py") if path.name != "__init__.py"]
    document = json.loads((made / "openapi.json").read_text(encoding="utf-8"))
    operations = [method for item in document["paths"].values() for method in METHODS if method in item]
    assert len(functions) == len(operations) > 200
    compiled = subprocess.run([sys.executable, "-m", "compileall", "-q", "hub_client"], cwd=made, check=False)
    assert compiled.returncode == 0


def client_of(room: Any = app.room) -> Any:
    """A client of the generated package, signed in as an administrator."""
    options = {"base_url": "http://hub", "token": token(), "httpx_args": {"transport": RoomTransport(room)}}
    return import_module("hub_client").AuthenticatedClient(**options)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_what_a_room_answers_is_read_by_its_own_function(made: Path, name: str) -> None:
    """Each operation that reads, called by the client's function: the answer is parsed into the type that the reference
    says, with every field of it."""
    sample, read, wrong = SAMPLES[name], 0, []
    with sample.stage() as ids:
        walk, client = Walk(sample, ids), client_of(sample.room)
        for route in sample.room.http_routes:
            names = re.findall(r"{(\w+)}", route.path)
            if route.method != "GET" or route.is_public or route.answer is None or not set(names) <= set(ids):
                continue
            answer = walk.ask(route, token())
            if answer.status != 200 or sample.queries.get((route.method, route.path)):
                continue
            (file,) = (made / "hub_client" / "api").rglob(f"{operation_id(sample.room.app_name, route)}.py")
            function = import_module(f"hub_client.api.{file.parent.name}.{file.stem}").sync_detailed
            parsed = function(*(ids[each] for each in names), client=client).parsed
            read += 1
            if parsed is None or set(parsed.to_dict()) != set(answer.json):
                wrong.append((route.path, type(parsed).__name__))
    assert (wrong, read >= 3) == ([], True)


@pytest.fixture(name="hub")
def _hub() -> Iterator[World]:
    with world() as hub:
        hub.hire("li")
        yield hub


def operation(name: str) -> Any:
    return import_module(f"hub_client.api.tickets.{name}").sync_detailed


def test_it_works_a_ticket(made: Path, hub: World) -> None:
    """Opened, listed, completed, refused with what differs: each answer is of the type that the reference says."""
    models, client = import_module("hub_client.models"), client_of()
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
