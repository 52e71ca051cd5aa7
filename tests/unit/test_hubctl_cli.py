"""`hubctl decode` as somebody types it: each mistake is one line in words, and what is right shows what is in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.channels.base import Delivery
from hubctl.cli import app
from hubctl.failures import OperatorError
from tests.channels.support import documented, payload, sample

KNOWN: dict[str, Any] = payload("douyin_examples")["settings"]


@pytest.fixture(name="push")
def _push() -> Delivery:
    return sample("douyin", KNOWN, documented("douyin")[0]["plaintext"].encode())


@pytest.fixture(name="decode")
def _decode(tmp_path: Path, push: Delivery) -> list[str]:
    """The command with the settings and the body; headers are for the tests to add."""
    (tmp_path / "settings.json").write_text(json.dumps(KNOWN), encoding="utf-8")
    (tmp_path / "body").write_bytes(push.body)
    return ["decode", "douyin", "--settings", str(tmp_path / "settings.json"), "--body", str(tmp_path / "body")]


def headers(push: Delivery) -> list[str]:
    return [part for name, value in push.headers.items() for part in ("--header", f"{name}: {value}")]


def test_a_captured_push_shows_what_is_in_it(decode: list[str], push: Delivery) -> None:
    """The answer it gets, its plaintext and its event; exit 0."""
    done = CliRunner().invoke(app, [*decode, *headers(push)])
    assert done.exit_code == 0
    assert json.loads(done.stdout)[0]["events"][0]["type"] == "order.touched"


def test_a_body_from_stdin_is_the_same(decode: list[str], push: Delivery) -> None:
    """With - for the file."""
    done = CliRunner().invoke(app, [*decode[:-1], "-", *headers(push)], input=push.body)
    assert (done.exit_code, json.loads(done.stdout)[0]["account"]) == (0, KNOWN["shop_id"])


def test_a_refusal_is_an_exit_code(decode: list[str]) -> None:
    """Without its headers it does not verify."""
    done = CliRunner().invoke(app, decode)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "event-sign" in done.stderr


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--body", "no/such/file"], "--body no/such/file can't be read: No such file or directory"),
        (["--body", "."], "--body . can't be read: Is a directory"),
        (["--header", "event-sign 1234"], "--header 'event-sign 1234' is no header"),
        (["--query", "http://["], "'http://[' is neither a URL nor a query string"),
    ],
)
def test_what_was_typed_wrong_is_said(decode: list[str], wrong: list[str], said: str) -> None:
    """In one line, which `main` prints without a traceback."""
    done = CliRunner().invoke(app, [*decode, *wrong])
    assert isinstance(done.exception, OperatorError)
    assert said in str(done.exception)


def test_nothing_to_decode_is_said(decode: list[str]) -> None:
    """Neither body nor query."""
    done = CliRunner().invoke(app, decode[:4])
    assert isinstance(done.exception, OperatorError)
    assert "nothing was captured" in str(done.exception)


@pytest.mark.parametrize(
    ("data", "code"), [({"item_no": "BX-3", "quantity": 5}, 0), ({"item_no": 5, "quantity": "1"}, 1)]
)
def test_what_would_be_quarantined_is_an_exit_code(tmp_path: Path, data: dict[str, Any], code: int) -> None:
    """It verifies either way; only what is understood is exit 0, and what is wrong is shown."""
    known: dict[str, Any] = payload("open_examples")["settings"]
    body = {"type": "stock.updated", "occurred_at": "2026-01-01T12:00:00Z", "data": data}
    push = sample("open", known, json.dumps(body).encode())
    (tmp_path / "settings.json").write_text(json.dumps(known), encoding="utf-8")
    (tmp_path / "body").write_bytes(push.body)
    files = ["--settings", str(tmp_path / "settings.json"), "--body", str(tmp_path / "body")]
    done = CliRunner().invoke(app, ["decode", "open", *files, *headers(push)])
    assert (done.exit_code, "quarantined" in json.loads(done.stdout)[0]) == (code, bool(code))


@pytest.mark.parametrize(("tenant", "wrong"), [("acm", "there is no tenant acm"), ("../x", "can't be a tenant's id")])
def test_no_token_is_signed_for_a_tenant_that_is_not_there(tenant: str, wrong: str) -> None:
    """A slip of the pen is said, and nothing printed."""
    done = CliRunner().invoke(app, ["token", "--tenant", tenant])
    assert isinstance(done.exception, OperatorError)
    assert (wrong in str(done.exception), done.stdout) == (True, "")
