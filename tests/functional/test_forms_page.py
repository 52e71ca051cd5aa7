"""docs/forms.md is true: its requests are sent as they stand there, in their order."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.support.tickets import world

PAGE = Path(__file__).parents[2] / "docs" / "forms.md"
REQUEST = re.compile(
    r"```http\n(?P<method>[A-Z]+) (?P<path>\S+)\n(?P<body>.*?)→ (?P<status>\d+) (?P<answer>.*?)\n```", re.S
)


def holds(expected: Any, answer: Any) -> bool:
    """Whether an answer says what is expected, and maybe more; lists are whole."""
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(
            name in answer and holds(expected[name], answer[name]) for name in expected
        )
    if isinstance(expected, list):
        return len(expected) == len(answer) and all(map(holds, expected, answer))
    return bool(expected == answer)


def test_the_page_s_requests_do_what_it_says() -> None:
    """Each is answered with its status, and says what stands behind the arrow."""
    steps = list(REQUEST.finditer(PAGE.read_text(encoding="utf-8")))
    assert len(steps) == 9
    with world() as hub:
        for step in steps:
            body = json.loads(step["body"]) if step["body"].strip() else None
            answer = hub.call(step["method"], step["path"], body)
            assert answer.status == int(step["status"]), (step["path"], answer.text)
            assert holds(json.loads(step["answer"]), answer.json), (step["path"], answer.text)
