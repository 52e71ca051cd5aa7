"""The double of DingTalk's robot, and the channel's client talking to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformMisconfigured
from hub.channels.dingtalk.client import Client
from hub.kernel.errors import Retry
from hubctl.platforms.dingtalk import PER_MINUTE, Double
from tests.support.doubles import BASE_URL, session_of

NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
SETTINGS = {"access_token": "0" * 64, "secret": "SECscrmhub0000000000test"}


def client(double: Double, now: datetime = NOW, **changes: Any) -> Client:
    session = session_of(double, "dingtalk")
    return Client({**SETTINGS, **changes}, wall_now=lambda: now, base_url=BASE_URL, session=session)


def test_what_the_client_signs_the_double_takes() -> None:
    """Two implementations of the signature agree; the text is there."""
    double = Double([SETTINGS], NOW.timestamp)
    client(double).send_text(["13800000000"], "工单超时 + 50%")
    assert [one["text"]["content"] for one in double.sent] == ["工单超时 + 50%"]
    assert double.control("messages", {}).body == {"messages": double.sent}
    assert double.control("orders", {}).status == 404


@pytest.mark.parametrize("changes", [{"secret": "SECanother0000000000000"}, {"secret": ""}, {"access_token": "1" * 64}])
def test_a_wrong_secret_or_token_is_misconfigured(changes: dict[str, Any]) -> None:
    """Nothing is posted, and an operator is told."""
    double = Double([SETTINGS], NOW.timestamp)
    with pytest.raises(PlatformMisconfigured):
        client(double, **changes).send_text([], "x")
    assert double.sent == []


def test_a_clock_that_is_off_by_an_hour_is_refused() -> None:
    """The signature ages."""
    with pytest.raises(PlatformMisconfigured):
        client(Double([SETTINGS], NOW.timestamp), NOW - timedelta(hours=1, seconds=1)).send_text([], "x")


def test_the_twenty_first_message_of_a_minute_waits_ten_minutes() -> None:
    """The robot goes deaf, and hears again after ten minutes."""
    moment = [NOW.timestamp()]
    double = Double([SETTINGS], lambda: moment[0])
    for _ in range(PER_MINUTE):
        client(double).send_text([], "x")
    for later in (0, 599):
        moment[0] = NOW.timestamp() + later
        with pytest.raises(Retry) as raised:
            client(double).send_text([], "x")
        assert raised.value.after_seconds == 600
    moment[0] = NOW.timestamp() + 600
    client(double).send_text([], "x")
    assert len(double.sent) == PER_MINUTE + 1
