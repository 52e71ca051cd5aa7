"""C083: class bookings and equipment inspections are documents on one kernel: packs without a line of Python, whose
scenarios pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from functions.tickets import app
from functions.tickets.app import KINDS
from hubctl.documents import Hub
from hubctl.packs import FOLDER, Pack, install, packs
from tests.support.http import Context
from tests.support.tickets import World, as_, world

PACKS = packs()


@dataclass(frozen=True)
class Here(Hub):
    """The room in memory, as `hubctl` sees a hub."""

    world: World = field(kw_only=True)

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self.world.call(method, path, body)
        assert answer.status == 200, answer.text
        return answer.json

    def kinds(self) -> dict[str, str]:
        return {kind.name: f"{kind.path}/{{key}}" for kind in KINDS}


@dataclass
class Player:
    """Plays a pack's scenario, and remembers the ids that it keeps."""

    hub: World
    people: dict[str, str]
    ids: dict[str, str] = field(default_factory=dict)

    def play(self, step: dict[str, Any]) -> None:
        """One step: what is done, and then what is to be seen."""
        if "now" in step:
            self.hub.clock.now = max(self.hub.clock.now, datetime.fromisoformat(step["now"]))
        if step.get("sweep"):
            for _ in range(3):
                app.sweep({}, Context())
                self.hub.settle()
            self.ids[step["keep_first"]] = self.hub.ids()[-1]
            assert len(self.hub.ids()) == step["tickets"]
        if "request" in step:
            self.request(step)
        if "says" in step:
            assert [event.name for event in self.hub.told("flow.told")] == step["says"]
        if "waits" in step:
            visits = self.hub.ticket(self.ids["ticket"])["visits"]
            assert [visit["node"] for visit in visits if not visit["outcome"]] == step["waits"]

    def request(self, step: dict[str, Any]) -> None:
        method, path = step["request"].split()
        who = step.get("as")
        token = as_(self.people[who], sub=who, region="base") if who else None
        answer = self.hub.call(method, path.format(**self.ids), step.get("body"), as_=token)
        assert answer.status == step["status"], answer.text
        if "keep" in step:
            self.ids[step["keep"]] = answer.json["id"]
        if "pointers" in step:
            assert [error["pointer"] for error in answer.json["errors"]] == step["pointers"]
        for name, value in step.get("answer", {}).items():
            assert answer.json[name] == value


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        yield made


def test_there_is_no_python_in_packs() -> None:
    """Documents and scenarios are data."""
    assert {pack.folder.name for pack in PACKS} >= {"class-booking", "equipment-inspection"}
    assert {path.suffix for path in FOLDER.rglob("*") if path.is_file()} == {".json"}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.folder.name)
def test_a_pack_passes_its_scenario(hub: World, pack: Pack) -> None:
    """Installed by one command on an empty hub, twice without harm; then people do as the scenario says."""
    scenario = pack.scenario
    hub.clock.now = datetime.fromisoformat(scenario["now"])
    for person in scenario["people"]:
        hub.hire(person["id"], role=person["role"], region=person["region"])
    here = Here("", "", world=hub)
    first, again = (install(here, pack) for _ in range(2))
    assert [answer["version"] for _, answer in first] == [answer["version"] for _, answer in again]
    assert [name for name, _ in first] == pack.head["documents"]
    player = Player(hub, {person["id"]: person["role"] for person in scenario["people"]})
    for step in scenario["steps"]:
        player.play(step)
