"""The typed client reads every room: whatever an operation answers is of the type that the reference says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from hubctl.examples import operation_id
from tests.support.access import Walk
from tests.support.access_samples import SAMPLES
from tests.support.http import token
from tests.support.typed_client import client_of, generated


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with generated(tmp_path_factory.mktemp("typed")) as folder:
        yield folder


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
