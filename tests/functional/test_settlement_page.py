"""The page docs/settlement-rules.md, its requests made in their order, its answers as they are printed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.support.settlement_room import moment, till

PAGE = Path(__file__).parents[2] / "docs" / "settlement-rules.md"
BLOCK = re.compile(r"```http ?(\d*)\n(\w+) (\S+)\n(.*?)```(?:\s*```json\n(.*?)```)?", re.DOTALL)


def lacks(answer: Any, printed: Any) -> Any:
    """What of a printed answer the real one has not; None where it has all."""
    if isinstance(printed, dict):
        wrong = {name: lacks(answer.get(name), part) for name, part in printed.items()}
        return {name: part for name, part in wrong.items() if part is not None} or None
    if isinstance(printed, list):
        wrong = {n: lacks(row, part) for n, (row, part) in enumerate(zip(answer, printed, strict=True))}
        return {n: part for n, part in wrong.items() if part is not None} or None
    return None if answer == printed else f"{printed!r}, but it is {answer!r}"


def test_the_page_does_what_it_says() -> None:
    """Each request answers with the status and the parts that the page prints behind it."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) >= 8
    with till("2026-11-20T08:00:00+08:00") as room:
        for status, method, path, body, printed in blocks:
            if path == "/settlement/parties":
                room.clock.now = moment("2026-11-20T12:00:00+08:00")
            answer = room.call(method, path, json.loads(body) if body.strip() else None)
            assert answer.status == int(status or 200), answer.text
            assert printed == "" or lacks(answer.json, json.loads(printed)) is None
