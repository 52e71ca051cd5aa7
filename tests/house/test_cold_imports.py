"""Cold starts: what a function's import leaves to those who come to need it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hubctl.reference import ROOMS

ROOT = Path(__file__).parents[2]
SELDOM = {
    *(
        "aws_lambda_powertools",
        "boto3",
        "chinese_calendar",
        "cryptography",
        "jinja2",
        "jwt",
        "phonenumbers",
        "requests",
    ),
    *("hub.contracts.documents", "hub.documents.operations"),
}
"""No function needs these on each of its starts: they are imported where they are used first."""
MODELS = {
    f"hub.contracts.{name}"
    for name in ("customers", "directory", "notifications", "outbound", "pricing", "settlement", "tickets")
}
EVENTS = {"webhooks": {"hub.contracts.platform_events"}}
"""The modules of events that a function starts with: one of its bodies has a field of such."""
FAMILY = re.compile(r"hub\.contracts\.[a-z]+_events")
ENTRIES = {"accept": "functions.webhooks.accept"} | {room: f"functions.{room}.app" for room in ROOMS}
LOADED = "import importlib, json, sys; importlib.import_module(sys.argv[1]); print(json.dumps([*sys.modules]))"


def loaded(module: str) -> set[str]:
    """The modules of a process that has imported nothing but this one."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, module], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("function", ENTRIES)
def test_a_start_loads_neither_what_is_seldom_used_nor_models_of_other_rooms(function: str) -> None:
    """A cold start pays for its own room's models, and for no event's: one is loaded when it is said or heard."""
    modules = loaded(ENTRIES[function])
    assert modules & (SELDOM | (MODELS - {f"hub.contracts.{function}"})) == set()
    assert set(filter(FAMILY.fullmatch, modules)) == EVENTS.get(function, set())


def test_the_front_door_loads_no_models_at_all() -> None:
    """It answers thousands of deliveries by the second, from functions that have just started."""
    assert loaded(ENTRIES["accept"]) & {"pydantic", "chalice", "pynamodb"} == set()


def test_models_say_types_rather_than_text() -> None:
    """Pydantic compiles each annotation that is a text by itself, which is a third of what a model costs a start."""
    files = sorted((ROOT / "hub" / "contracts").glob("*.py"))
    assert [file.name for file in files if "from __future__ import annotations" in file.read_text("utf-8")] == []
