"""The page of what the hub can do, by number: each capability with the scenario that proves it, or "not yet"."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

from hubctl.state import ROOT

PATH = ROOT / "docs" / "capabilities.md"
SCENARIOS = ROOT / "tests" / "scenarios"
CONVENTIONS = (SCENARIOS / "test_api_conventions.py", SCENARIOS / "test_api_rooms.py")
HEAD = """# Capabilities · 能力清单

What the hub is to do, by number, and what proves it. A capability is done when its scenario passes: one file in
[tests/scenarios](../tests/scenarios), named by its number, which drives the hub over HTTP or its handlers and asserts
the promised figures literally. Everything else is "not yet", however much of it is there. This page is generated
(`make generate`) from the list and the files that stand there: {proven} of {total} are proven.

"""


def capabilities_page() -> dict[Path, str]:
    """The page, by its path."""
    areas = tomllib.loads((SCENARIOS / "capabilities.toml").read_text(encoding="utf-8"))["area"]
    scenarios = scenarios_by_number()
    total = sum(len(area["capabilities"]) for area in areas)
    head = HEAD.format(proven=len(scenarios), total=total)
    return {PATH: head + "\n".join([*(_area(area, scenarios) for area in areas), _conventions()])}


def scenarios_by_number() -> dict[str, Path]:
    """Each scenario's file by its capability's number: `test_c053_….py` proves C053."""
    return {path.name[5:9].upper(): path for path in sorted(SCENARIOS.glob("test_c*.py"))}


def convention_rows() -> list[tuple[int, str, str]]:
    """(number, promise, file) of each of the API's conventions: `test_api_03_…` proves the third."""
    trees = [(path.name, ast.parse(path.read_text(encoding="utf-8"))) for path in CONVENTIONS]
    tests = [(name, node) for name, tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    proofs = [(name, test) for name, test in tests if test.name.startswith("test_api_")]
    return sorted((int(t.name[9:11]), " ".join((ast.get_docstring(t) or "").split()), name) for name, t in proofs)


def _conventions() -> str:
    rows = "".join(f"| {n} | [{promise}](../tests/scenarios/{name}) |\n" for n, promise, name in convention_rows())
    return f"## API conventions · 接口约定\n\n| | Proven by |\n|---|---|\n{rows}"


def _area(area: dict[str, Any], scenarios: dict[str, Path]) -> str:
    rows = [_row(number, title, scenarios.get(number)) for number, title in area["capabilities"].items()]
    head = f"## {area['en']} · {area['zh']}\n\n| | Capability | 能力 | Proven by |\n|---|---|---|---|\n"
    return head + "".join(rows)


def _row(number: str, title: dict[str, str], scenario: Path | None) -> str:
    proof = f"[{_promise(scenario)}](../tests/scenarios/{scenario.name})" if scenario else "not yet"
    return f"| {number} | {title['en']} | {title['zh']} | {proof} |\n"


def _promise(scenario: Path) -> str:
    """What the scenario says that it proves: its docstring's first sentence."""
    docstring = ast.get_docstring(ast.parse(scenario.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split()).split(": ", 1)[-1]
