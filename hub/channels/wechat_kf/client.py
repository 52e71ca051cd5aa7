"""Calls of WeChat customer service: fetch what customers wrote, answer them, greet those who come.

https://developer.work.weixin.qq.com/document/path/94670 and 94677 (read 2024-12).
"""

from __future__ import annotations

import re
from typing import Any

from hub.channels.client import PlatformRefused, expect
from hub.channels.outbound import cut_text
from hub.channels.wechat.corp_api import CorpClient, corp_errors
from hub.kernel.errors import Invalid, Problem, Retry

TEXT_LIMIT_BYTES = 2048
ROWS_LIMIT = 1000
ACCOUNTS_PAGE = 100
ACCOUNT_PAGES_LIMIT = 50
SYNC, SEND, SEND_ON_EVENT = "/cgi-bin/kf/sync_msg", "/cgi-bin/kf/send_msg", "/cgi-bin/kf/send_msg_on_event"
ACCOUNTS, CUSTOMERS = "/cgi-bin/kf/account/list", "/cgi-bin/kf/customer/batchget"
STALE_CALLBACK_TOKEN = 95007
ERRORS = corp_errors("wechat_kf")
_MSGID = re.compile(r"[0-9A-Za-z_-]{1,32}")


class Client(CorpClient):
    """Customer service of one corp. settings: corp_id (else the first of receive_ids), secret."""

    CHANNEL = "wechat_kf"
    ERRORS = ERRORS

    def sync(self, open_kfid: str, cursor: str, token: str = "") -> tuple[list[Any], str, bool]:
        """Rows after `cursor` ("": the oldest of three days), the next cursor, and whether more wait.

        token: of the callback; without one, or with one older than 10 minutes, a strict limit applies. There may be
        more though few rows came. Store the cursor after the rows.
        """
        params = {"cursor": cursor, "limit": ROWS_LIMIT, "voice_format": 0, "open_kfid": open_kfid}
        answer = self._sync(params, token)
        rows, next_cursor = answer.get("msg_list", []), expect(self.CHANNEL, answer, SYNC, "next_cursor")
        if not isinstance(next_cursor, str) or not isinstance(rows, list):
            raise Retry(f"{self.CHANNEL}-unreadable", path=SYNC)
        return rows, next_cursor, answer.get("has_more") == 1

    def send_text(self, open_kfid: str, contact_id: str, text: str, msgid: str) -> str:
        """A text to a customer, over 2048 bytes is cut; the platform's id of it. msgid: ours, sent once for ever.

        Raises PlatformGone when five were sent since the customer's last, after 48 hours, or while a person answers.
        An ok is no delivery: what fails later comes back as a row (msg_send_fail).
        """
        to = {"touser": contact_id, "open_kfid": open_kfid}
        return self._send(SEND, to, text, msgid)

    def answer(self, person: str, desk: str, text: str, number: str) -> str:
        """A reply to whoever wrote to a customer-service account (`desk`). Raises as send_text, and Invalid for more
        than 2048 bytes: what an agent writes is not cut."""
        if len(text.encode()) > TEXT_LIMIT_BYTES:
            raise Invalid("message", problems=[Problem("/text", f"must be at most {TEXT_LIMIT_BYTES} bytes in UTF-8")])
        return self.send_text(desk, person, text, number)

    def send_on_event(self, code: str, text: str, msgid: str) -> str:
        """A text in answer to an event, by its code: welcome_code (20 seconds, once) or msg_code. As send_text."""
        return self._send(SEND_ON_EVENT, {"code": code}, text, msgid)

    def accounts(self) -> list[dict[str, Any]]:
        """The accounts (客服账号) that this app may serve: open_kfid, name, avatar. At most 5000."""
        accounts: list[dict[str, Any]] = []
        for page in range(ACCOUNT_PAGES_LIMIT):
            answer = self.call(ACCOUNTS, {"offset": page * ACCOUNTS_PAGE, "limit": ACCOUNTS_PAGE})
            listed = answer.get("account_list", [])
            if not _is_rows(listed):
                raise Retry(f"{self.CHANNEL}-unreadable", path=ACCOUNTS)
            accounts += listed
            if len(listed) < ACCOUNTS_PAGE:
                break
        return accounts

    def union_id(self, external_userid: str) -> str:
        """The UnionID of somebody who wrote lately (客户基础信息); '' for who is unknown, and without an open platform.

        https://developer.work.weixin.qq.com/document/path/95159
        """
        answer = self.call(CUSTOMERS, {"external_userid_list": [external_userid]})
        customers = answer.get("customer_list", [])
        if not _is_rows(customers):
            raise Retry(f"{self.CHANNEL}-unreadable", path=CUSTOMERS)
        known = {row.get("external_userid"): row for row in customers}
        return str(known.get(external_userid, {}).get("unionid") or "")

    def _sync(self, params: dict[str, Any], token: str) -> dict[str, Any]:
        """A callback's token that is too old is left out: fewer calls are allowed then, but nothing is lost."""
        if not token:
            return self.call(SYNC, params)
        try:
            return self.call(SYNC, {**params, "token": token})
        except PlatformRefused as refused:
            if refused.facts.get("errcode") != STALE_CALLBACK_TOKEN:
                raise
        return self.call(SYNC, params)

    def _send(self, path: str, to: dict[str, str], text: str, msgid: str) -> str:
        if not _MSGID.fullmatch(msgid):
            raise Invalid("message", problems=[Problem("/msgid", "must be 1 to 32 of 0-9 A-Z a-z _ -")])
        words = {"content": cut_text(text, TEXT_LIMIT_BYTES)}
        answer = self.call(path, {**to, "msgid": msgid, "msgtype": "text", "text": words})
        return str(answer.get("msgid", ""))


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)
