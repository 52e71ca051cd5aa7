"""C007: a hundred promotions at Pinduoduo's ten a minute are all there in ten, and no client calls an API unlisted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.channels.registry import channel_document
from hubctl.cli import app as hubctl
from hubctl.failures import OperatorError
from hubctl.lint import CHANNELS, ApiNotAllowed, lint_connectors
from tests.support.aws import account
from tests.support.lanes import START, Stage, promotion


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A lane at the pace that Pinduoduo's channel.json states: ten a minute."""
    limits = tuple(limit for limit in channel_document("pinduoduo")["limits"] if limit["api"] == "promotion")
    assert limits == ({"api": "promotion", "calls": 10, "per_seconds": 60},)
    with account("webhooks") as session:
        yield Stage(session.client("dynamodb"), limits)


def test_a_hundred_promotions_at_ten_a_minute(stage: Stage) -> None:
    """Never more than ten in any 60 s, each once, all by +10 min, and no message is received twice."""
    assert stage.queue_up(*map(promotion, range(100))) == ["queued"] * 100
    stage.run()
    times = [at for at, _ in stage.arrivals]
    assert max(sum(first <= one <= first + 60 for one in times) for first in times) == 10
    assert sorted(name for _, name in stage.arrivals) == [f"p{number:03}" for number in range(100)]
    assert set(stage.states().values()) == {"sent"}
    assert times[-1] - START.timestamp() <= 600
    assert set(stage.received.values()) == {1}


def test_an_api_that_is_not_listed_is_refused_by_lint(tmp_path: Path) -> None:
    """`hubctl lint connectors` passes as things stand. A Taobao client that would read Tmall's orders by an API that is
    not in its channel.json is ApiNotAllowed, by name, which ends the command with exit 1."""
    linted = CliRunner().invoke(hubctl, ["lint", "connectors"])
    assert (linted.exit_code, linted.output.splitlines()[-1]) == (0, "every API that is called is listed")

    folder = tmp_path / "taobao"
    shutil.copytree(CHANNELS / "taobao", folder)
    client = (folder / "client.py").read_text(encoding="utf-8")
    (folder / "client.py").write_text(f'{client}\nSECRET = "tmall.orders.secret.get"\n', encoding="utf-8")
    with pytest.raises(ApiNotAllowed, match=r"taobao: tmall\.orders\.secret\.get is not listed"):
        list(lint_connectors(tmp_path))
    assert issubclass(ApiNotAllowed, OperatorError)
