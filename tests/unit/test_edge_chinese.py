"""Errors in Chinese beside English."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, ValidationError

from hub.contracts.base import Moment
from hub.edge.answers import invalid_from, problem
from hub.edge.chinese import detail_zh, field_zh, is_translated
from hub.kernel.errors import Invalid, NotFound, Problem

ROOT = Path(__file__).parents[2]
SENTENCES = json.loads((ROOT / "hub" / "edge" / "chinese.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("rule", "chinese"),
    [
        ("is required", "必填"),
        ("is not a known field", "没有这个字段"),
        ("must be one of: low, normal, urgent", "须为其中之一：low, normal, urgent"),
        ("must be 1 to 64 characters", "须为 1 至 64 个字符"),
        ("must be at most 1800 bytes of JSON", "不得超过 1800 字节（JSON）"),
        ("String should have at least 1 character", "至少 1 个字符"),
        ("Input should be greater than or equal to 1", "须不小于 1"),
        ("must be 1 to 32 letters or digits, as in the console", "须为 1 至 32 位字母或数字，与控制台一致"),
        ("must be a platypus", "不符合要求：must be a platypus"),
        ("must be 1 to 32 platypuses or more", "不符合要求：must be 1 to 32 platypuses or more"),
        ("must be at most 64 platypuses", "不符合要求：must be at most 64 platypuses"),
    ],
)
def test_a_rule_is_said_in_chinese(rule: str, chinese: str) -> None:
    """With its numbers and choices; one that nobody translated keeps its English behind Chinese words."""
    assert field_zh(rule) == chinese


def test_an_error_says_in_chinese_what_it_says_in_english() -> None:
    """The detail, and each wrong field in the same order under its pointer."""
    error = Invalid("the request has wrong fields", [Problem("/name", "is required"), Problem("/x", "must be a text")])
    answer = problem(error, "req-1")
    assert answer.zh.detail == "请求中有字段不符合要求"
    assert [(e.pointer, e.detail) for e in answer.zh.errors] == [("/name", "必填"), ("/x", "须为文本")]
    assert [e.pointer for e in answer.errors] == ["/name", "/x"]


@pytest.mark.parametrize("detail", ["service", ""])
def test_a_bare_subject_is_no_detail(detail: str) -> None:
    """Whoever reads the answer is told in a sentence that fields are wrong, and which by its pointer."""
    answer = problem(Invalid(detail, [Problem("/service", "must be one of: fruit_tea")]), "req-1")
    assert answer.detail == "the request has wrong fields"
    assert (answer.zh.detail, answer.errors[0].pointer) == ("请求中有字段不符合要求", "/service")


def test_every_setting_that_ships_says_its_rule_in_chinese() -> None:
    """Whoever enters a connection reads what is wrong with it in Chinese, and not half of it."""
    forms = [
        json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "hub" / "channels").glob("*/channel.json")
    ]
    rules = {setting["rule"] for form in forms for setting in form["settings"] if setting.get("rule")}
    assert len(rules) > 60
    assert sorted(rule for rule in rules if not is_translated("field", rule)) == []


def test_what_nobody_translated_has_at_least_its_title() -> None:
    """An error without a sentence of its own says in Chinese what kind it is."""
    assert detail_zh("the moon is full", "找不到 · Not found") == "找不到"
    assert problem(NotFound("no such ticket"), "").zh.detail == "没有找到"
    assert problem(NotFound(""), "").zh.detail == ""


def test_what_pydantic_finds_is_said_in_chinese() -> None:
    """The findings that bodies meet most."""

    class Body(BaseModel):
        title: str = Field(min_length=2, max_length=3, pattern="^[a-z]+$")
        count: int = Field(ge=1, le=5)
        at: Moment
        tags: tuple[str, ...] = Field(max_length=1)
        facts: dict[str, str]
        urgent: bool

    wrong = [
        {"title": 7, "count": "many", "at": "now", "tags": "x", "facts": [], "urgent": "perhaps"},
        {"title": "a", "count": 0, "at": "2026-01-01T00:00:00", "tags": ["a", "b"], "facts": {"a": 1}, "urgent": 1},
        {"title": "abcd", "count": 6},
        {"title": "AB", "count": 1.5},
    ]
    rules = [rule for body in wrong for rule in rules_of(Body, body)]
    assert len(rules) > 15
    assert [rule for rule in rules if not is_translated("field", rule)] == []


def rules_of(model: type[BaseModel], body: object) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    return [each.rule for each in invalid_from(refused.value).problems]


def test_no_sentence_breaks_when_it_is_filled_in() -> None:
    """Each Chinese sentence has no more places than its English one, and hides none of what comes before it."""
    for kind, sentences in SENTENCES.items():
        for english, chinese in sentences.items():
            assert chinese.count("{}") <= english.count("{}"), english
            assert is_translated(kind, english.replace("{}", "7"))
            assert re.search(r"[\u4e00-\u9fff]", chinese), english


def test_every_rule_of_the_code_is_translated() -> None:
    """What is said of a field is said in Chinese, too."""
    files = (path for folder in ("hub", "functions") for path in (ROOT / folder).rglob("*.py"))
    rules = {rule for path in files for rule in said_in(path)}
    assert len(rules) > 200
    assert sorted(rule for rule in rules if not is_translated("field", rule.replace("{}", "7"))) == []


def said_in(path: Path) -> Iterator[str]:
    """The rules that a file hands to Problem, itself or by a name, with {} for what differs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id] += sentences_of(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem" and len(node.args) > 1:
            rule = node.args[1]
            yield from named[rule.id] if isinstance(rule, ast.Name) else sentences_of(rule)


def sentences_of(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may come to."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*sentences_of(node.body), *sentences_of(node.orelse))
