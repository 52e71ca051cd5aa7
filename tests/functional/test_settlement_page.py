"""The pages docs/settlement.md and settlement-rules.md: their requests in their order, their answers as printed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from functions.settlement import app
from tests.support.settlement_room import Till, moment, till

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(
    r"<!-- (2026-\S+?)(: what is due is run)? -->"
    r"|```http ?(\d*)\n(\w+) (\S+)\n(.*?)```(?:\s*```json\n(.*?)```)?",
    re.DOTALL,
)


def lacks(answer: Any, printed: Any) -> Any:
    """What of a printed answer the real one has not; None where it has all."""
    if isinstance(printed, dict):
        wrong = {name: lacks(answer.get(name), part) for name, part in printed.items()}
        return {name: part for name, part in wrong.items() if part is not None} or None
    if isinstance(printed, list):
        wrong = {n: lacks(row, part) for n, (row, part) in enumerate(zip(answer, printed, strict=True))}
        return {n: part for n, part in wrong.items() if part is not None} or None
    return None if answer == printed else f"{printed!r}, but it is {answer!r}"


def play(room: Till, page: Path) -> int:
    """Make a page's requests in their order, at the moments that it names; answers how many. `{id}` is the one that the
    last list began with."""
    blocks, known = BLOCK.findall(page.read_text(encoding="utf-8")), ""
    for at, due, status, method, path, body, printed in blocks:
        if at:
            room.clock.now = moment(at)
            for run in app.room.desk.runs.due(room.clock.now) if due else ():
                room.close(run.id)
            continue
        answer = room.call(method, path.replace("{id}", known), json.loads(body) if body.strip() else None)
        assert answer.status in ((int(status),) if status else (200, 202)), answer.text
        assert printed == "" or lacks(answer.json, json.loads(printed)) is None
        if answer.status == 200 and answer.json.get("data"):
            known = answer.json["data"][0].get("id", known)
    return len(blocks)


@pytest.mark.parametrize(("page", "least"), [("settlement.md", 13), ("settlement-rules.md", 9)])
def test_a_page_does_what_it_says(page: str, least: int) -> None:
    """Each request answers with the status and the parts that the page prints behind it."""
    with till("2026-11-20T08:00:00+08:00") as room:
        assert play(room, DOCS / page) >= least
