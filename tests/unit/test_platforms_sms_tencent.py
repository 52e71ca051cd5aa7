"""The double of Tencent Cloud SMS, and the channel's client talking to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformGone, PlatformMisconfigured
from hub.channels.sms_tencent.client import Client
from hubctl.platforms.sms_tencent import Double
from tests.support.doubles import BASE_URL, session_of

NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
SETTINGS = {
    "secret_id": "SCRMHUBTESTSECRETID0001",
    "secret_key": "scrmhubtestsecretkey000000000001",
    "sdk_app_id": "1400000001",
    "sign_name": "门店通知",
}


def client(double: Double, now: datetime = NOW, **changes: Any) -> Client:
    session = session_of(double, "sms_tencent")
    return Client({**SETTINGS, **changes}, wall_now=lambda: now, base_url=BASE_URL, session=session)


def test_what_the_client_signs_the_double_takes() -> None:
    """Two implementations of the signature agree, also on the last second of a UTC day."""
    double = Double([SETTINGS], NOW.timestamp)
    sent = client(double).send_template(["13800000000"], "100001", {"name": "王 女士"}, send_id="snd_1")
    assert (sent.message_id, sent.unreached) == ("2433:000000000001", ())
    midnight = datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC)
    client(Double([SETTINGS], midnight.timestamp), midnight).send_template(["13800000000"], "100001", {})
    assert [one["SessionContext"] for one in double.sent] == ["snd_1"]
    assert double.control("messages", {}).body == {"messages": double.sent}
    assert double.control("orders", {}).status == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"secret_id": "ANOTHERSECRETID00000001"},
        {"secret_key": "another0000000000000000000000001"},
        {"sign_name": "别人的签名"},
    ],
)
def test_wrong_settings_are_misconfigured(changes: dict[str, Any]) -> None:
    """Another key or signature: nothing is sent, and an operator is told."""
    double = Double([SETTINGS], NOW.timestamp)
    with pytest.raises(PlatformMisconfigured):
        client(double, **changes).send_template(["13800000000"], "100001", {})
    assert double.sent == []


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_clock_that_is_off_is_refused(minutes: int) -> None:
    """The signature holds for five minutes, to either side."""
    double = Double([SETTINGS], NOW.timestamp)
    with pytest.raises(PlatformMisconfigured):
        client(double, NOW + timedelta(minutes=minutes)).send_template(["13800000000"], "100001", {})


def test_each_phone_has_its_own_verdict() -> None:
    """A phone on the black list is named; alone it is gone."""
    double = Double([SETTINGS], NOW.timestamp)
    double.control("numbers", {"+8613900000000": "FailedOperation.PhoneNumberInBlacklist"})
    sent = client(double).send_template(["13900000000", "13800000000"], "100001", {})
    assert sent.unreached == ("13900000000",)
    with pytest.raises(PlatformGone):
        client(double).send_template(["13900000000"], "100001", {})
