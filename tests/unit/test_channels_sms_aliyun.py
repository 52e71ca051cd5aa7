"""Alibaba Cloud SMS: the vendor's signature, and what becomes of its answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from hub.channels.base import check_fields
from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.outbound import Sent
from hub.channels.sms_aliyun.client import Client
from hub.channels.sms_aliyun.signing import authorization
from hub.kernel.errors import Invalid, Retry
from tests.channels.fakes import FakeSession
from tests.channels.support import PAYLOADS

NOW = datetime(2026, 1, 1, 12, 45, tzinfo=timezone(timedelta(hours=8)))
SETTINGS = {
    "access_key_id": "SCRMHUBTESTKEYID01",
    "access_key_secret": "scrmhubtestkeysecret0000000001",
    "sign_name": "门店通知",
}
QUERY = {
    "PhoneNumbers": "13800000000,13900000000",
    "SignName": "门店通知",
    "TemplateCode": "SMS_100001",
    "TemplateParam": '{"ticket": "T*1~/+", "name": "王 女士"}',
    "OutId": "snd_1",
}
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
HEADERS = {
    "host": "dysmsapi.aliyuncs.com",
    "x-acs-action": "SendSms",
    "x-acs-version": "2017-05-25",
    "x-acs-date": "2026-01-01T04:45:00Z",
    "x-acs-signature-nonce": "scrmhub-nonce-1",
    "x-acs-content-sha256": EMPTY,
}
SIGNATURE = "3430445ac0edd55cbb20b5f0ce9dd6756764c055a61d008768202e5a4fcfbc89"
"""Of QUERY and HEADERS, by the vendor's alibabacloud-openapi-util 0.2.4."""


def client(session: FakeSession) -> Client:
    return Client(SETTINGS, wall_now=lambda: NOW, session=session)


def send(session: FakeSession) -> Sent:
    return client(session).send_template(
        ["13800000000", "+8613900000000"], "SMS_100001", {"ticket": "T1"}, send_id="snd_1"
    )


def test_the_signature_agrees_with_the_vendors_own() -> None:
    """The same header as the vendor's SDK makes, with Chinese, blanks, stars, tildes and a plus in the query."""
    keys = SETTINGS["access_key_id"], SETTINGS["access_key_secret"]
    told = authorization(*keys, query=QUERY, headers=HEADERS, body=b"")
    assert told == (
        "ACS3-HMAC-SHA256 Credential=SCRMHUBTESTKEYID01,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
        f"x-acs-date;x-acs-signature-nonce;x-acs-version,Signature={SIGNATURE}"
    )


def test_a_template_goes_to_its_phones() -> None:
    """Phones in one list, parameters as JSON, our id as OutId; the date in UTC, and a nonce of its own each time."""
    session = FakeSession({"Code": "OK", "BizId": "9006^0"}, {"Code": "OK", "BizId": "9007^0"})
    assert [send(session).message_id, send(session).message_id] == ["9006^0", "9007^0"]
    (method, url, request), (_, _, second) = session.asked
    assert (method, url) == ("POST", "https://dysmsapi.aliyuncs.com/")
    assert request["params"] == {
        "PhoneNumbers": "13800000000,8613900000000",
        "SignName": "门店通知",
        "TemplateCode": "SMS_100001",
        "TemplateParam": '{"ticket": "T1"}',
        "OutId": "snd_1",
    }
    assert request["headers"]["x-acs-date"] == "2026-01-01T04:45:00Z"
    assert request["headers"]["x-acs-signature-nonce"] != second["headers"]["x-acs-signature-nonce"]


@pytest.mark.parametrize(
    ("code", "message", "kind", "after_seconds"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", Retry, 60),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", Retry, 3600),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10", PlatformGone, None),
        ("isv.BUSINESS_LIMIT_CONTROL", "", PlatformGone, None),
        ("isv.MOBILE_NUMBER_ILLEGAL", "", PlatformGone, None),
        ("isv.AMOUNT_NOT_ENOUGH", "", PlatformMisconfigured, None),
        ("SignatureDoesNotMatch", "", PlatformMisconfigured, None),
        ("Throttling.User", "", Retry, 2),
        ("isv.PARAM_LENGTH_LIMIT", "", PlatformRefused, None),
    ],
)
def test_each_code_has_its_meaning(code: str, message: str, kind: type[Exception], after_seconds: int | None) -> None:
    """A number's limit by minute and hour is waited for, by day it is not; accounts, signatures, and the rest."""
    with pytest.raises(kind) as raised:
        send(FakeSession((400, json.dumps({"Code": code, "Message": message}).encode())))
    assert (type(raised.value), getattr(raised.value, "after_seconds", None)) == (kind, after_seconds)


@pytest.mark.parametrize(
    "answer", [{}, b"<html>", (503, b"{}"), requests.ReadTimeout("https://x/?PhoneNumbers=13800000000")]
)
def test_no_readable_answer_is_patience_and_tells_no_phone(answer: Any) -> None:
    """Phones travel in the query: no error holds one, nor the key."""
    with pytest.raises(Retry) as raised:
        send(FakeSession(answer))
    assert "13800000000" not in f"{raised.value} {raised.value!r}"


@pytest.mark.parametrize("receivers", [[], ["guest@example.com"], ["138 0000 0000"], ["13800000000"] * 1001])
def test_receivers_are_phones(receivers: list[str]) -> None:
    """Anything else, and more than the platform takes at once, is refused before it is sent."""
    with pytest.raises(Invalid):
        client(FakeSession()).send_template(receivers, "SMS_1", {})


def test_good_settings_pass() -> None:
    """The settings of these tests are ones that the channel takes."""
    document = json.loads((PAYLOADS.parents[1] / "hub/channels/sms_aliyun/channel.json").read_text(encoding="utf-8"))
    assert check_fields(document["settings"], SETTINGS) == []
    assert NOW.astimezone(UTC).hour == 4
