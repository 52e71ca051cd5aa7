"""`hubctl documents` as an operator types it, against a hub that answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from hub.kernel.clock import StepClock
from hubctl.cli import app
from hubctl.failures import OperatorError
from tests.support.aws import account
from tests.support.documents import BOOKS, FORMS, NOW, REFUND
from tests.support.documents_room import documents_room
from tests.support.gateway import gateway
from tests.support.hosts import install
from tests.support.http import token


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    """The base URL of a hub with forms and books."""
    with account("papers") as session:
        room = documents_room((FORMS, BOOKS))
        install(room, session, StepClock(NOW))
        with gateway(room) as url:
            yield url


@pytest.fixture
def run(hub: str, tmp_path: Path) -> Any:
    """`run("show", "form/refund")`; a dict among the arguments becomes a file."""

    def running(*words: Any) -> Result:
        file = tmp_path / "document.json"
        typed = []
        for word in words:
            if isinstance(word, dict):
                file.write_text(json.dumps(word), encoding="utf-8")
                word = file
            typed.append(str(word))
        return CliRunner().invoke(app, ["documents", "--url", hub, "--token", token(), *typed])

    return running


def test_the_kinds_are_those_of_the_hub(run: Any) -> None:
    """Found in its reference."""
    assert run("kinds").stdout.split() == ["book", "/books/{key}", "form", "/forms/{key}"]


def test_a_document_goes_its_whole_way(run: Any) -> None:
    """Lint, draft, compare, publish, show, copy, revert, list."""
    new = {**REFUND, "title": "退款申请"}
    assert run("lint", "form/refund", new).exit_code == 0
    assert json.loads(run("draft", "form/refund", new).stdout)["revision"] == 1
    assert run("compare", "form/refund").stdout == 'changed  /title "退款" → "退款申请"\n'
    assert json.loads(run("publish", "form/refund", "--dry-run").stdout)["dry_run"] is True
    assert json.loads(run("publish", "form/refund", "--seen", 0).stdout)["version"] == 1
    assert json.loads(run("publish", "form/refund", {"title": "本店"}, "--scope", "s1").stdout)["scope"] == "s1"
    assert run("copy", "form/refund", "s2", "s3", "--source", "s1").stdout.split()[:2] == ["s2", "copied"]
    assert json.loads(run("show", "form/refund", "--scope", "s3").stdout)["document"]["title"] == "本店"
    assert json.loads(run("revert", "form/refund", 0).stdout)["version"] == 0
    assert run("list", "form").stdout.split() == ["refund", "preset"]


def test_a_book_is_planned_and_withdrawn(run: Any) -> None:
    """With dates as they are written in the API."""
    run("publish", "book/standard", {"prices": {"tea": 25}})
    run("publish", "book/standard", {"prices": {"tea": 19}}, "--valid-from", "2026-12-01T00:00:00+08:00")
    shown = json.loads(run("show", "book/standard", "--at", "2026-12-02T00:00:00+08:00").stdout)
    assert shown["document"] == {"prices": {"tea": 19}}
    assert json.loads(run("withdraw", "book/standard", 2).stdout)["unchanged"] is False


def test_what_the_hub_refuses_is_said_with_every_place(run: Any) -> None:
    """Each problem on a line of its own; exit 1."""
    linted = run("lint", "form/refund", {"title": "", "colour": "red"})
    assert (linted.exit_code, [line.split()[:3] for line in linted.stdout.splitlines()]) == (
        1,
        [["error", "1:2", "/title"], ["error", "1:15", "/colour"]],
    )
    refused = run("publish", "form/refund", {"title": "", "colour": "red"})
    assert isinstance(refused.exception, OperatorError)
    assert str(refused.exception).splitlines()[1:] == [
        "  /document/title String should have at least 1 character",
        "  /document/colour is not a known field",
    ]
    assert run("copy", "form/refund", "s999", "--source", "base").exit_code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "nothing/x"], "no kind 'nothing': choose from book, form"),
        (["show", "form"], "which form?"),
        (["lint", "form/refund", "no/such/file"], "can't be read"),
        (["show", "form/nothing"], "404"),
    ],
)
def test_what_was_typed_wrong_is_said(run: Any, words: list[str], said: str) -> None:
    """In words, without a traceback."""
    done = run(*words)
    assert isinstance(done.exception, OperatorError)
    assert said in str(done.exception)


def test_without_a_hub_it_says_what_to_do(tmp_path: Path) -> None:
    """Neither a ready file nor a URL; or a URL where nobody answers."""
    for words in (["--ready-file", str(tmp_path / "none")], ["--url", "http://127.0.0.1:9"]):
        done = CliRunner().invoke(app, ["documents", *words, "kinds"])
        assert isinstance(done.exception, OperatorError)
