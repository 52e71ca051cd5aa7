"""Tencent Cloud SMS: SendSms 2021-01-11, signed with TC3.

https://cloud.tencent.com/document/product/382/55981 . Error codes are from memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from hub.channels.client import ApiClient, ErrorTable, expect
from hub.channels.outbound import PHONE, PHONE_RULE, Sent, check_message
from hub.channels.sms_tencent.signing import CONTENT_TYPE, authorization
from hub.kernel.errors import Retry

ACTION, VERSION, REGION = "SendSms", "2021-01-11", "ap-guangzhou"
RECEIVERS_LIMIT = 200
_MAINLAND = re.compile(r"1[3-9][0-9]{9}", re.ASCII)

ERRORS = ErrorTable(
    channel="sms_tencent",
    success=frozenset({"Ok"}),
    retry_after_seconds={
        "InternalError": 5,
        "InternalError.Timeout": 5,
        "InternalError.OtherError": 5,
        "RequestLimitExceeded": 2,
        "LimitExceeded.DeliveryFrequencyLimit": 30,
        "LimitExceeded.PhoneNumberThirtySecondLimit": 30,
        "LimitExceeded.PhoneNumberOneHourLimit": 3600,
    },
    misconfigured=frozenset(
        {
            "AuthFailure.SecretIdNotFound",
            "AuthFailure.SignatureFailure",
            "AuthFailure.SignatureExpire",
            "AuthFailure.InvalidSecretId",
            "AuthFailure.UnauthorizedOperation",
            "UnauthorizedOperation",
            "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
            "UnauthorizedOperation.RequestIpNotInWhitelist",
            "FailedOperation.InsufficientBalanceInSmsPackage",
            "FailedOperation.SignatureIncorrectOrUnapproved",
            "FailedOperation.TemplateIncorrectOrUnapproved",
            "FailedOperation.TemplateUnapprovedOrNotExist",
            "FailedOperation.MissingSignature",
            "LimitExceeded.AppDailyLimit",
        }
    ),
    gone=frozenset(
        {
            "FailedOperation.PhoneNumberInBlacklist",
            "InvalidParameterValue.IncorrectPhoneNumber",
            "LimitExceeded.PhoneNumberDailyLimit",
            "LimitExceeded.PhoneNumberSameContentDailyLimit",
        }
    ),
)


class Client(ApiClient):
    """One signature (短信签名) of one SMS app. settings: secret_id, secret_key, sdk_app_id, sign_name."""

    CHANNEL = "sms_tencent"
    BASE_URL = "https://sms.tencentcloudapi.com"
    ERRORS = ERRORS

    def send_template(
        self, receivers: Sequence[str], template: str, params: Mapping[str, str], *, send_id: str = ""
    ) -> Sent:
        """An approved template (its number) to at most 200 phones. params: its variables in their order: the platform
        counts them, so the names are ours alone. send_id comes back in answer and reports (SessionContext); it does not
        keep a repeat from being sent.

        Each phone has a verdict of its own: `unreached` names those that failed where others did not. Where all
        failed, the first one's verdict is raised.
        """
        check_message(receivers, send_id, least=1, most=RECEIVERS_LIMIT, form=PHONE, rule=PHONE_RULE)
        body = {
            "PhoneNumberSet": [_international(phone) for phone in receivers],
            "SmsSdkAppId": str(self.settings["sdk_app_id"]),
            "SignName": str(self.settings["sign_name"]),
            "TemplateId": template,
            "TemplateParamSet": list(params.values()),
            "SessionContext": send_id,
        }
        response = expect(self.CHANNEL, self._call(json.dumps(body, ensure_ascii=False).encode()), ACTION, "Response")
        if isinstance(response, Mapping) and "Error" in response:
            self.ERRORS.raise_for(expect(self.CHANNEL, response, ACTION, "Error", "Code"))
        statuses = expect(self.CHANNEL, response, ACTION, "SendStatusSet")
        if not isinstance(statuses, list) or len(statuses) != len(receivers):
            raise Retry("sms_tencent-unreadable", path=ACTION)
        codes = [expect(self.CHANNEL, status, ACTION, "Code") for status in statuses]
        return self._sent(receivers, list(zip(codes, statuses, strict=True)))

    def _sent(self, receivers: Sequence[str], statuses: Sequence[tuple[Any, Mapping[str, Any]]]) -> Sent:
        """The platform answers in the order of the numbers."""
        accepted = [status for code, status in statuses if str(code) in self.ERRORS.success]
        if not accepted:
            self.ERRORS.raise_for(statuses[0][0])
        pairs = zip(receivers, statuses, strict=True)
        unreached = tuple(phone for phone, (code, _) in pairs if str(code) not in self.ERRORS.success)
        return Sent(str(accepted[0].get("SerialNo", "")), unreached)

    def _call(self, body: bytes) -> Any:
        host, timestamp = urlsplit(self._base_url).netloc, int(self.wall_now().timestamp())
        keys = str(self.settings["secret_id"]), str(self.settings["secret_key"])
        headers = {
            "content-type": CONTENT_TYPE,
            "host": host,
            "authorization": authorization(*keys, host=host, body=body, timestamp=timestamp),
            "x-tc-action": ACTION,
            "x-tc-version": VERSION,
            "x-tc-region": str(self.settings.get("region") or REGION),
            "x-tc-timestamp": str(timestamp),
        }
        return self.exchange("POST", "/", api=ACTION, data=body, headers=headers)


def _international(phone: str) -> str:
    """E.164: a mainland mobile number gets its +86, and 00 before a country's code is a +."""
    return f"+86{phone}" if _MAINLAND.fullmatch(phone) else "+" + phone.removeprefix("+").removeprefix("00")
