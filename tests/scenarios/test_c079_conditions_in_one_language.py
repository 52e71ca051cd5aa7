"""C079: a condition that asks for a field there is not fails lint, with the line and column where it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from functions.tickets import app
from hubctl.cli import app as hubctl
from tests.support.gateway import gateway
from tests.support.http import token
from tests.support.presets import preset_flow
from tests.support.tickets import world

RULES = """{
  "key": "intake",
  "version": 1,
  "schema": {"text": "text", "entry": "text"},
  "rules": [
    {
      "id": "phone-and-angry",
      "when": {"entry": {"eq": "phone"}, "mood": {"eq": "angry"}},
      "then": {"type": "repair", "priority": "high"}
    }
  ],
  "default": {"type": "consult", "priority": "normal"}
}
"""


def flow() -> str:
    """The flow of questions with a decision by something that no ticket has."""
    document = preset_flow("consult")
    title = {"zh": "分流", "en": "Which way"}
    edge = {"id": "hot", "when": {"mood": {"eq": "hot"}}, "next": "closed"}
    node: dict[str, Any] = {"id": "which", "kind": "decision", "title": title, "edges": [edge], "otherwise": "answer"}
    document["nodes"].insert(0, node)
    document["start"] = "which"
    return json.dumps(document, indent=1)


def test_an_unknown_field_is_named_with_its_line_and_column(tmp_path: Path) -> None:
    """`hubctl documents lint`: exit 1, and 8:42 for a routing rule; in a flow's decision it is the same language, with
    the place where the flow's file has it."""
    file = tmp_path / "document.json"

    def lint(document: str, text: str) -> tuple[int, list[list[str]]]:
        file.write_text(text, encoding="utf-8")
        words = ["documents", "--url", url, "--token", token(), "lint", document, str(file)]
        done = CliRunner().invoke(hubctl, words)
        return done.exit_code, [line.split()[:3] for line in done.stdout.splitlines()]

    with world(), gateway(app.room) as url:
        assert lint("intake_rules", RULES) == (1, [["error", "8:42", "/rules/0/when/mood"]])
        code, findings = lint(
            "intake_rules", RULES.replace('"mood": {"eq": "angry"}', '"text": {"contains_any": ["急"]}')
        )
        assert (code, {kind for kind, *_ in findings}) == (0, {"warning"})  # of messages for which there is no rule
        text = flow()
        line = next(n for n, each in enumerate(text.splitlines(), start=1) if '"mood"' in each)
        column = text.splitlines()[line - 1].index('"mood"') + 1
        code, findings = lint("flow/consult", text)
        assert (code, ["error", f"{line}:{column}", "/nodes/0/edges/0/when/mood"] in findings) == (1, True)
