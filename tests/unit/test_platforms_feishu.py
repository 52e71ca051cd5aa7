"""The double of Feishu's bot, and the channel's client talking to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformMisconfigured
from hub.channels.feishu.client import Client
from hub.kernel.errors import Retry
from hubctl.platforms.feishu import Double
from tests.support.doubles import BASE_URL, session_of

NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
SETTINGS = {"hook_id": "00000000-0000-4000-8000-000000000001", "secret": "scrmhubFeishuTest"}


def client(double: Double, now: datetime = NOW, **changes: Any) -> Client:
    session = session_of(double, "feishu")
    return Client({**SETTINGS, **changes}, wall_now=lambda: now, base_url=BASE_URL, session=session)


def test_what_the_client_signs_the_double_takes() -> None:
    """Two implementations of the signature agree; a text at its longest still fits."""
    double = Double([SETTINGS], NOW.timestamp)
    client(double).send_text(["ou_00000000000000aa"], "工单超时")
    client(double).send_text([], "长" * 20_000)
    assert double.sent[0]["content"]["text"].endswith("工单超时")
    assert double.control("messages", {}).body == {"messages": double.sent}
    assert double.control("orders", {}).status == 404


@pytest.mark.parametrize("changes", [{"secret": "another0"}, {"secret": ""}, {"hook_id": "1" * 16}])
def test_a_wrong_secret_or_address_is_misconfigured(changes: dict[str, Any]) -> None:
    """Nothing is posted, and an operator is told."""
    double = Double([SETTINGS], NOW.timestamp)
    with pytest.raises(PlatformMisconfigured):
        client(double, **changes).send_text([], "x")
    assert double.sent == []


def test_a_clock_that_is_off_by_an_hour_is_refused() -> None:
    """The signature ages."""
    with pytest.raises(PlatformMisconfigured):
        client(Double([SETTINGS], NOW.timestamp), NOW - timedelta(hours=1, seconds=1)).send_text([], "x")


def test_more_than_five_a_second_wait() -> None:
    """The sixth message of a second is told to wait; a second later it goes."""
    moment = [NOW.timestamp()]
    double = Double([SETTINGS], lambda: moment[0])
    for _ in range(5):
        client(double).send_text([], "x")
    with pytest.raises(Retry):
        client(double).send_text([], "x")
    moment[0] += 1
    client(double).send_text([], "x")
    assert len(double.sent) == 6
