"""The double of Alibaba Cloud SMS, and the channel's client talking to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformGone, PlatformMisconfigured
from hub.channels.sms_aliyun.client import Client
from hub.kernel.errors import Retry
from hubctl.platforms.recorder import PlatformCall
from hubctl.platforms.sms_aliyun import Double
from tests.support.doubles import BASE_URL, session_of

NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
SETTINGS = {
    "access_key_id": "SCRMHUBTESTKEYID01",
    "access_key_secret": "scrmhubtestkeysecret0000000001",
    "sign_name": "门店通知",
}


def client(double: Double, now: datetime = NOW, **changes: Any) -> Client:
    session = session_of(double, "sms_aliyun")
    return Client({**SETTINGS, **changes}, wall_now=lambda: now, base_url=BASE_URL, session=session)


def test_what_the_client_signs_the_double_takes() -> None:
    """Two implementations of the signature agree, on text that needs encoding; the receipt's id comes back."""
    double = Double([SETTINGS], NOW.timestamp)
    params = {"name": "王 女士", "code": "A*b~c/+%"}
    sent = client(double).send_template(["13800000000", "+8613900000000"], "SMS_1", params, send_id="snd_1")
    assert (sent.message_id, sent.unreached) == ("900600000000000001^0", ())
    assert [(one["PhoneNumbers"], one["OutId"]) for one in double.sent] == [("13800000000,8613900000000", "snd_1")]
    assert double.control("messages", {}).body == {"messages": double.sent}
    assert double.control("orders", {}).status == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"access_key_id": "ANOTHERKEY00000001"},
        {"access_key_secret": "another00000000000000000000001"},
        {"sign_name": "别人的签名"},
    ],
)
def test_wrong_settings_are_misconfigured(changes: dict[str, Any]) -> None:
    """Another key, secret or signature: nothing is sent, and an operator is told."""
    double = Double([SETTINGS], NOW.timestamp)
    with pytest.raises(PlatformMisconfigured):
        client(double, **changes).send_template(["13800000000"], "SMS_1", {})
    assert double.sent == []


def test_a_clock_that_is_off_is_refused() -> None:
    """The signature ages in a quarter of an hour."""
    with pytest.raises(PlatformMisconfigured):
        client(Double([SETTINGS], NOW.timestamp), NOW - timedelta(minutes=16)).send_template(
            ["13800000000"], "SMS_1", {}
        )


def test_a_call_that_is_played_again_is_refused() -> None:
    """A nonce counts once: the same request a second time is told so."""
    double = Double([SETTINGS], NOW.timestamp)
    talking = session_of(double, "sms_aliyun")
    Client(SETTINGS, wall_now=lambda: NOW, base_url=BASE_URL, session=talking).send_template(
        ["13800000000"], "SMS_1", {}
    )
    (call,) = talking.calls
    again = double.answer(call)
    assert isinstance(again.body, dict)
    assert again.body["Code"] == "SignatureNonceUsed"
    other = PlatformCall(
        call.channel, call.path, {**call.query, "PhoneNumbers": "13900000000"}, "", {}, "POST", call.headers
    )
    forged = double.answer(other)
    assert isinstance(forged.body, dict)
    assert forged.body["Code"] == "SignatureDoesNotMatch"


def test_a_phone_that_had_too_many_is_told_apart() -> None:
    """By the minute it is waited for, by the day it is given up."""
    double = Double([SETTINGS], NOW.timestamp)
    limits = {"13800000000": "触发分钟级流控Permits:1", "13900000000": "触发天级流控Permits:10"}
    double.control("numbers", {phone: ["isv.BUSINESS_LIMIT_CONTROL", said] for phone, said in limits.items()})
    with pytest.raises(Retry):
        client(double).send_template(["13800000000"], "SMS_1", {})
    with pytest.raises(PlatformGone):
        client(double).send_template(["13900000000"], "SMS_1", {})
