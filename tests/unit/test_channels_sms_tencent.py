"""Tencent Cloud SMS: the vendor's signature, and a verdict for each phone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from hub.channels.base import check_fields
from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.outbound import Sent
from hub.channels.sms_tencent.client import Client
from hub.channels.sms_tencent.signing import authorization
from hub.kernel.errors import Invalid, Retry
from tests.channels.fakes import FakeSession
from tests.channels.support import PAYLOADS

NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
SETTINGS = {
    "secret_id": "SCRMHUBTESTSECRETID0001",
    "secret_key": "scrmhubtestsecretkey000000000001",
    "sdk_app_id": "1400000001",
    "sign_name": "门店通知",
}
BODY = (
    '{"PhoneNumberSet":["+8613800000000"],"SmsSdkAppId":"1400000001","SignName":"门店通知",'
    '"TemplateId":"100001","TemplateParamSet":["T1"],"SessionContext":"snd_1"}'
)
SIGNATURE = "ddf10a6c3bab501cb09604c78b05dce6ac739920f84f81c43bbc36b134b0c997"
"""Of BODY at NOW, by the vendor's tencentcloud-sdk-python-common (Sign.sign_tc3)."""


def client(session: FakeSession) -> Client:
    return Client(SETTINGS, wall_now=lambda: NOW, session=session)


def send(session: FakeSession, *phones: str) -> Sent:
    receivers = list(phones) or ["13800000000"]
    return client(session).send_template(receivers, "100001", {"ticket": "T1"}, send_id="snd_1")


def statuses(*codes: str) -> dict[str, Any]:
    told = [{"Code": code, "SerialNo": f"2433:{i}" if code == "Ok" else ""} for i, code in enumerate(codes)]
    return {"Response": {"SendStatusSet": told, "RequestId": "r"}}


def test_the_signature_agrees_with_the_vendors_own() -> None:
    """The same as the vendor's SDK makes."""
    keys = SETTINGS["secret_id"], SETTINGS["secret_key"]
    told = authorization(*keys, host="sms.tencentcloudapi.com", body=BODY.encode(), timestamp=int(NOW.timestamp()))
    assert told == (
        "TC3-HMAC-SHA256 Credential=SCRMHUBTESTSECRETID0001/2026-01-01/sms/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={SIGNATURE}"
    )


def test_a_template_goes_to_its_phones() -> None:
    """International numbers, parameters in their order, our id as the context."""
    session = FakeSession(statuses("Ok", "Ok", "Ok"))
    assert send(session, "13800000000", "+8613900000000", "85250000000") == Sent("2433:0")
    method, url, request = session.asked[0]
    assert (method, url) == ("POST", "https://sms.tencentcloudapi.com/")
    assert json.loads(request["data"]) == {
        "PhoneNumberSet": ["+8613800000000", "+8613900000000", "+85250000000"],
        "SmsSdkAppId": "1400000001",
        "SignName": "门店通知",
        "TemplateId": "100001",
        "TemplateParamSet": ["T1"],
        "SessionContext": "snd_1",
    }
    assert request["headers"]["x-tc-timestamp"] == "1767242700"
    assert request["headers"]["x-tc-region"] == "ap-guangzhou"


@pytest.mark.parametrize(
    ("phone", "international"),
    [("12025550100", "+12025550100"), ("008613800000000", "+8613800000000"), ("19900000000", "+8619900000000")],
)
def test_a_number_is_written_as_the_world_does(phone: str, international: str) -> None:
    """Mainland mobile numbers begin with 13 to 19; 00 before a country's code is a +."""
    session = FakeSession(statuses("Ok"))
    send(session, phone)
    assert json.loads(session.asked[0][2]["data"])["PhoneNumberSet"] == [international]


def test_who_was_not_reached_is_named() -> None:
    """Where some fail the message is sent, and the others are listed as they were given."""
    session = FakeSession(statuses("FailedOperation.PhoneNumberInBlacklist", "Ok"))
    assert send(session, "13800000000", "13900000000") == Sent("2433:1", ("13800000000",))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", Retry),
        ("LimitExceeded.PhoneNumberDailyLimit", PlatformGone),
        ("FailedOperation.InsufficientBalanceInSmsPackage", PlatformMisconfigured),
        ("FailedOperation.ContainSensitiveWord", PlatformRefused),
    ],
)
def test_where_nobody_was_reached_the_verdict_is_raised(code: str, kind: type[Exception]) -> None:
    """A limit that passes, one that doesn't, an empty account, and the rest."""
    with pytest.raises(kind) as raised:
        send(FakeSession(statuses(code)))
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AuthFailure.SignatureExpire", PlatformMisconfigured),
        ("RequestLimitExceeded", Retry),
        ("InvalidParameter", PlatformRefused),
    ],
)
def test_an_error_of_the_call_is_told_apart(code: str, kind: type[Exception]) -> None:
    """`Response.Error` speaks of the call, not of a phone."""
    with pytest.raises(kind) as raised:
        send(FakeSession({"Response": {"Error": {"Code": code, "Message": "x"}}}))
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Response": None},
        {"Response": {"SendStatusSet": None}},
        {"Response": {"SendStatusSet": []}},
        {"Response": {"SendStatusSet": [{"SerialNo": ""}]}},
        b"<html>",
        (500, b"{}"),
        requests.ReadTimeout(),
    ],
)
def test_no_readable_answer_is_patience(answer: Any) -> None:
    """An answer of another shape is none."""
    with pytest.raises(Retry):
        send(FakeSession(answer))


@pytest.mark.parametrize("receivers", [[], ["guest@example.com"], ["13800000000"] * 201])
def test_receivers_are_phones(receivers: list[str]) -> None:
    """Anything else, and more than the platform takes at once, is refused before it is sent."""
    with pytest.raises(Invalid):
        client(FakeSession()).send_template(receivers, "1", {})


def test_good_settings_pass() -> None:
    """The settings of these tests are ones that the channel takes."""
    document = json.loads((PAYLOADS.parents[1] / "hub/channels/sms_tencent/channel.json").read_text(encoding="utf-8"))
    assert check_fields(document["settings"], SETTINGS) == []
