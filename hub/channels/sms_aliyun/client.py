"""Alibaba Cloud SMS: SendSms of Dysmsapi 2017-05-25, signed with V3.

https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
The call agrees with the vendor's SDK; codes other than OK and isv.BUSINESS_LIMIT_CONTROL are from memory. Phone numbers
travel in the query string, so no error here carries a URL.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from hub.channels.client import ApiClient, ErrorTable, PlatformGone, expect
from hub.channels.outbound import PHONE, PHONE_RULE, Sent, check_message
from hub.channels.sms_aliyun.signing import authorization
from hub.kernel.errors import Retry

ACTION, VERSION = "SendSms", "2017-05-25"
RECEIVERS_LIMIT = 1000
NUMBER_LIMIT = "isv.BUSINESS_LIMIT_CONTROL"
"""Too many to this number: by default one a minute, five an hour, ten a day. The message says which."""
LIMIT_WORDS = {"分钟级": 60, "小时级": 3600}

ERRORS = ErrorTable(
    channel="sms_aliyun",
    success=frozenset({"OK"}),
    retry_after_seconds={
        "isp.SYSTEM_ERROR": 5,
        "isv.SYSTEM_ERROR": 5,
        "ServiceUnavailable": 5,
        "InternalError": 5,
        "Throttling": 2,
        "Throttling.Api": 2,
        "Throttling.User": 2,
        "SignatureNonceUsed": 1,
    },
    misconfigured=frozenset(
        {
            "InvalidAccessKeyId.NotFound",
            "InvalidAccessKeyId.Inactive",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "InvalidTimeStamp.Expired",
            "Forbidden.RAM",
            "isp.RAM_PERMISSION_DENY",
            "isv.RAM_PERMISSION_DENY",
            "isv.ACCOUNT_ABNORMAL",
            "isv.ACCOUNT_NOT_EXISTS",
            "isv.AMOUNT_NOT_ENOUGH",
            "isv.DAY_LIMIT_CONTROL",
            "isv.MONTH_LIMIT_CONTROL",
            "isv.DENY_IP_RANGE",
            "isv.OUT_OF_SERVICE",
            "isv.PRODUCT_UN_SUBSCRIPT",
            "isv.SMS_SIGNATURE_ILLEGAL",
            "isv.SMS_SIGN_ILLEGAL",
            "isv.SMS_TEMPLATE_ILLEGAL",
        }
    ),
    gone=frozenset({"isv.MOBILE_NUMBER_ILLEGAL"}),
)


class Client(ApiClient):
    """One signature (短信签名) of one account. settings: access_key_id, access_key_secret, sign_name."""

    CHANNEL = "sms_aliyun"
    BASE_URL = "https://dysmsapi.aliyuncs.com"
    ERRORS = ERRORS

    def send_template(
        self, receivers: Sequence[str], template: str, params: Mapping[str, str], *, send_id: str = ""
    ) -> Sent:
        """An approved template (SMS_…) to at most 1000 phones, all of them or none.

        params: the template's variables by name. send_id comes back in the platform's reports (OutId); it does not keep
        a repeat from being sent. Raises Retry or PlatformGone for a phone that had too many.
        """
        check_message(receivers, send_id, least=1, most=RECEIVERS_LIMIT, form=PHONE, rule=PHONE_RULE)
        query = {
            "PhoneNumbers": ",".join(phone.removeprefix("+") for phone in receivers),
            "SignName": str(self.settings["sign_name"]),
            "TemplateCode": template,
            "TemplateParam": json.dumps(dict(params), ensure_ascii=False),
        }
        answer = self._call(query | ({"OutId": send_id} if send_id else {}))
        code = expect(self.CHANNEL, answer, ACTION, "Code")
        if code == NUMBER_LIMIT:
            raise _too_many(str(answer.get("Message", "")))
        self.ERRORS.raise_for(code, request_id=str(answer.get("RequestId", ""))[:64])
        return Sent(str(answer.get("BizId", "")))

    def _call(self, query: Mapping[str, str]) -> Any:
        headers = {
            "host": urlsplit(self._base_url).netloc,
            "x-acs-action": ACTION,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": self.wall_now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-version": VERSION,
        }
        keys = str(self.settings["access_key_id"]), str(self.settings["access_key_secret"])
        headers["authorization"] = authorization(*keys, query=query, headers=headers, body=b"")
        return self.exchange("POST", "/", api=ACTION, params=query, headers=headers)


def _too_many(message: str) -> Retry | PlatformGone:
    """Patience by the minute and by the hour; what is used up for today does not come back in time for a notice."""
    for word, seconds in LIMIT_WORDS.items():
        if word in message:
            return Retry("sms_aliyun", after_seconds=seconds, errcode=NUMBER_LIMIT)
    return PlatformGone("sms_aliyun", errcode=NUMBER_LIMIT)
