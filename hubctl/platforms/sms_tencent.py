"""A double of Tencent Cloud SMS (腾讯云短信): SendSms, signed with TC3. HTTP 200 always; `Response` tells.

It reads the `authorization` header and signs what it names by an implementation of its own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, SignedHeaders=(\S+), "
    r"Signature=([0-9a-f]{64})"
)
AGE_LIMIT_SECONDS = 300
PHONE = re.compile(r"\+[1-9][0-9]{6,19}")
Status = dict[str, Any]


class Double:
    """apps: settings of the connections (secret_id, secret_key, sdk_app_id, sign_name). now: epoch seconds."""

    def __init__(self, apps: Sequence[Mapping[str, Any]], now: Callable[[], float] = time.time) -> None:
        self.keys = {str(app["secret_id"]): str(app["secret_key"]) for app in apps}
        self.signatures = {(str(app["sdk_app_id"]), str(app["sign_name"])) for app in apps}
        self.now = now
        self.sent: list[dict[str, Any]] = []
        self.verdicts: dict[str, str] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """The platform's answer to a call."""
        if call.headers.get("x-tc-action") != "SendSms" or call.headers.get("x-tc-version") != "2021-01-11":
            return _error("InvalidAction", "The action is invalid.")
        return self._unsigned(call) or self._send(call.body)

    def control(self, what: str, body: Any) -> Reply:
        """`messages`: what was sent so far. `numbers`: {phone: code}, the verdict on a phone from now on."""
        if what == "numbers":
            self.verdicts |= {str(phone): str(code) for phone, code in dict(body).items()}
            return Reply({"numbers": sorted(self.verdicts)})
        return Reply({"messages": self.sent}) if what == "messages" else Reply({"error": f"no control {what}"}, 404)

    def expire_tokens(self) -> None:
        """A key never expires."""

    def _unsigned(self, call: PlatformCall) -> Reply | None:
        status = AUTHORIZATION.fullmatch(call.headers.get("authorization", ""))
        stamp = call.headers.get("x-tc-timestamp", "")
        if status is None or not {"content-type", "host"} <= set(status[3].split(";")) or not stamp.isdigit():
            return _error("AuthFailure.InvalidAuthorization", "The Authorization header is invalid.")
        if status[1] not in self.keys:
            return _error("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
        if abs(int(stamp) - self.now()) > AGE_LIMIT_SECONDS or status[2] != time.strftime(
            "%Y-%m-%d", time.gmtime(int(stamp))
        ):
            return _error("AuthFailure.SignatureExpire", "The signature is expired.")
        if not compare_digest(_signature(call, status[3], status[2], self.keys[status[1]]), status[4]):
            return _error("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")
        return None

    def _send(self, body: Mapping[str, Any]) -> Reply:
        if (body.get("SmsSdkAppId"), body.get("SignName")) not in self.signatures:
            return _error("FailedOperation.SignatureIncorrectOrUnapproved", "signature incorrect or unapproved")
        if not str(body.get("TemplateId", "")).isdigit():
            return _error("FailedOperation.TemplateIncorrectOrUnapproved", "template incorrect or unapproved")
        statuses = [self._status(str(phone), str(body.get("SessionContext", ""))) for phone in body["PhoneNumberSet"]]
        reached = [status["PhoneNumber"] for status in statuses if status["Code"] == "Ok"]
        if reached:
            self.sent.append({**body, "PhoneNumberSet": reached})
        return Reply({"Response": {"SendStatusSet": statuses, "RequestId": "local"}})

    def _status(self, phone: str, context: str) -> Status:
        code = self.verdicts.get(
            phone, "Ok" if PHONE.fullmatch(phone) else "InvalidParameterValue.IncorrectPhoneNumber"
        )
        serial = f"2433:{len(self.sent) + 1:012}" if code == "Ok" else ""
        status = {"SerialNo": serial, "PhoneNumber": phone, "Fee": int(code == "Ok"), "SessionContext": context}
        return {**status, "Code": code, "Message": "send success" if code == "Ok" else code, "IsoCode": "CN"}


def _signature(call: PlatformCall, names: str, day: str, secret: str) -> str:
    """What the caller should have signed, from what came."""
    headers = "".join(f"{name}:{call.headers.get(name, '').strip().lower()}\n" for name in names.split(";"))
    request = "\n".join((call.method, call.path, "", headers, names, sha256(call.text.encode()).hexdigest()))
    scope = f"{day}/sms/tc3_request"
    to_sign = "\n".join(
        ("TC3-HMAC-SHA256", call.headers["x-tc-timestamp"], scope, sha256(request.encode()).hexdigest())
    )
    key = reduce(lambda made, part: digest(made, part.encode(), "sha256"), scope.split("/"), b"TC3" + secret.encode())
    return digest(key, to_sign.encode(), "sha256").hex()


def _error(code: str, message: str) -> Reply:
    return Reply({"Response": {"Error": {"Code": code, "Message": message}, "RequestId": "local"}})
