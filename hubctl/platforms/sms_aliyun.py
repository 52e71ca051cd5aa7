"""A double of Alibaba Cloud SMS (阿里云短信): SendSms, signed with V3.

It reads the `authorization` header and signs what it names by an implementation of its own. Refusals come with HTTP 400
where the signature is concerned, with 200 and a `Code` where the message is.
"""

from __future__ import annotations

import re
import time
from calendar import timegm
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any
from urllib.parse import quote, urlencode

from hubctl.platforms.recorder import PlatformCall, Reply

AUTHORIZATION = re.compile(r"ACS3-HMAC-SHA256 Credential=(\S+),SignedHeaders=(\S+),Signature=([0-9a-f]{64})")
AGE_LIMIT_SECONDS = 900
MUST_SIGN = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
PHONE = re.compile(r"(86)?1[0-9]{10}|[0-9]{7,20}")


class Double:
    """apps: settings of the connections (access_key_id, access_key_secret, sign_name). now: epoch seconds."""

    def __init__(self, apps: Sequence[Mapping[str, Any]], now: Callable[[], float] = time.time) -> None:
        self.keys = {str(app["access_key_id"]): str(app["access_key_secret"]) for app in apps}
        self.signatures = {str(app["sign_name"]) for app in apps}
        self.now = now
        self.sent: list[dict[str, str]] = []
        self.verdicts: dict[str, tuple[str, str]] = {}
        self._nonces: set[str] = set()

    def answer(self, call: PlatformCall) -> Reply:
        """The platform's answer to a call."""
        if call.headers.get("x-acs-action") != "SendSms" or call.headers.get("x-acs-version") != "2017-05-25":
            return _refusal("InvalidAction.NotFound", "Specified api is not found", 404)
        return self._unsigned(call) or self._send(call.query)

    def control(self, what: str, body: Any) -> Reply:
        """`messages`: what was sent so far. `numbers`: {phone: [code, message]}, the verdict on a phone from now on."""
        if what == "numbers":
            self.verdicts |= {phone: (str(code), str(message)) for phone, (code, message) in dict(body).items()}
            return Reply({"numbers": sorted(self.verdicts)})
        return Reply({"messages": self.sent}) if what == "messages" else Reply({"error": f"no control {what}"}, 404)

    def expire_tokens(self) -> None:
        """An AccessKey never expires."""

    def _unsigned(self, call: PlatformCall) -> Reply | None:
        match = AUTHORIZATION.fullmatch(call.headers.get("authorization", ""))
        if match is None or not set(match[2].split(";")) >= MUST_SIGN:
            return _refusal("IncompleteSignature", "The request signature does not conform to standards", 400)
        if match[1] not in self.keys:
            return _refusal("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        if not compare_digest(_signature(call, match[2], self.keys[match[1]]), match[3]):
            return _refusal("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.", 400)
        if (
            abs(timegm(time.strptime(call.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ")) - self.now())
            > AGE_LIMIT_SECONDS
        ):
            return _refusal("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400)
        nonce = call.headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            return _refusal("SignatureNonceUsed", "Specified signature nonce was used already.", 400)
        self._nonces.add(nonce)
        return None

    def _send(self, query: Mapping[str, str]) -> Reply:
        phones = query.get("PhoneNumbers", "").split(",")
        if query.get("SignName") not in self.signatures:
            return _refusal("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
        if not query.get("TemplateCode", "").startswith("SMS_"):
            return _refusal("isv.SMS_TEMPLATE_ILLEGAL", "模板不合法")
        if not all(PHONE.fullmatch(phone) for phone in phones):
            return _refusal("isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误")
        for phone in phones:
            if phone in self.verdicts:
                return _refusal(*self.verdicts[phone])
        self.sent.append(dict(query))
        count = len(self.sent)
        return Reply({"Code": "OK", "Message": "OK", "RequestId": f"local-{count}", "BizId": f"9006{count:014}^0"})


def _signature(call: PlatformCall, names: str, secret: str) -> str:
    """What the caller should have signed, from what came: every header that it named, the query re-encoded."""
    query = urlencode(sorted(call.query.items()), quote_via=quote, safe="~")
    headers = "".join(f"{name}:{call.headers.get(name, '').strip()}\n" for name in names.split(";"))
    request = f"{call.method}\n{call.path}\n{query}\n{headers}\n{names}\n{sha256(call.text.encode()).hexdigest()}"
    to_sign = "ACS3-HMAC-SHA256\n" + sha256(request.encode()).hexdigest()
    return digest(secret.encode(), to_sign.encode(), "sha256").hex()


def _refusal(code: str, message: str, status: int = 200) -> Reply:
    return Reply({"Code": code, "Message": message, "RequestId": "local"}, status)
