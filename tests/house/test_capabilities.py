"""The page of capabilities says what the scenarios prove, no more and no less."""

from __future__ import annotations

import ast
import tomllib

from hubctl.capabilities import CONVENTIONS, SCENARIOS, capabilities_page, convention_rows, scenarios_by_number

LISTED = [
    number
    for area in tomllib.loads((SCENARIOS / "capabilities.toml").read_text(encoding="utf-8"))["area"]
    for number in area["capabilities"]
]


def test_all_137_are_listed_once_and_in_order() -> None:
    """C001 to C137, none twice, none left out."""
    assert [f"C{number:03}" for number in range(1, 138)] == LISTED


def test_the_page_is_generated_from_what_is_there() -> None:
    """`make generate` was not forgotten."""
    for path, text in capabilities_page().items():
        assert path.read_text(encoding="utf-8") == text


def test_a_scenario_is_one_file_a_capability_and_says_its_promise_first() -> None:
    """Each file bears a listed number, no number has two, and the docstring begins with the number."""
    files = sorted(path for path in SCENARIOS.glob("test_*.py") if path not in CONVENTIONS)
    assert sorted(scenarios_by_number().values()) == files
    assert set(scenarios_by_number()) <= set(LISTED)
    for number, path in scenarios_by_number().items():
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert docstring.startswith(f"{number}: "), path.name


def test_each_of_the_13_conventions_is_proven_once() -> None:
    """1 to 13, none twice, none left out; each test says its promise."""
    assert [number for number, *_ in convention_rows()] == list(range(1, 14))
    assert all(promise for _, promise, _ in convention_rows())
