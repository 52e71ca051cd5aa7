"""A double of WeChat customer service (微信客服): rows by cursor, answers within a session's limits, greetings.

As https://developer.work.weixin.qq.com/document/path/94670 (sync_msg) and 94677 (send_msg) say. Pages are short though
more was asked for, and what was sent through the API is never a row. The errcode of a spent greeting code and the
answer to a repeated msgid are not documented: 40058, and the first answer again, are assumed.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubctl.platforms.corp import CorpApps, ok, refusal
from hubctl.platforms.recorder import PlatformCall, Reply

PAGE_ROWS = 3
CALLBACK_TOKEN_SECONDS = 600
WELCOME_SECONDS = 20
SESSION_SECONDS = 48 * 3600
SENDS_MAX = 5
CUSTOMERS_MAX = 100
TEXT_BYTES_MAX = 2048
SERVED_BY_API = (0, 1)
"""States new and assistant; 2 queued, 3 a person answers, 4 ended."""
FROM_CUSTOMER = 3
_MSGID = re.compile(r"[0-9A-Za-z_-]{1,32}")


@dataclass
class Session:
    """One customer with one account. wrote_at: epoch seconds of their last message."""

    wrote_at: float = 0.0
    sends: int = 0
    state: int = 0


@dataclass
class Codes:
    """Greeting codes: when each was given, and which are used up."""

    given_at: dict[str, float] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


class Double:
    """rows: open_kfid → all rows, oldest first. now: epoch seconds. customers: external_userid → what is known."""

    def __init__(self, apps: Sequence[Mapping[str, Any]], now: Callable[[], float] = time.time) -> None:
        self.apps = CorpApps(apps)
        self.now = now
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.sessions: dict[tuple[str, str], Session] = {}
        self.callback_tokens: dict[str, float] = {}
        self.codes = Codes()
        self.sent: dict[str, dict[str, Any]] = {}
        self.customers: dict[str, dict[str, Any]] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """The platform's answer to a call."""
        if call.path == "/cgi-bin/gettoken":
            return self.apps.give_token(call)
        known = {
            "/cgi-bin/kf/sync_msg": self._sync,
            "/cgi-bin/kf/send_msg": self._send,
            "/cgi-bin/kf/send_msg_on_event": self._greet,
            "/cgi-bin/kf/account/list": self._accounts,
            "/cgi-bin/kf/customer/batchget": self._customers,
        }
        handler = known.get(call.path)
        if handler is None:
            return refusal(404, "unknown api")
        return self.apps.refuse(call) or handler(call.body)

    def control(self, what: str, body: Any) -> Reply:
        """messages: rows of one account as they would be fetched; what is missing of msgid, origin and send_time is
        made up. The answer is what its callback says (open_kfid, token). sessions: {open_kfid, external_userid, state}.
        accounts: [{open_kfid}]. customers: [{external_userid, unionid}]: what batchget says of them."""
        if what == "customers":
            self.customers |= {str(item["external_userid"]): dict(item) for item in body}
            return Reply({"customers": sorted(self.customers)})
        if what == "messages":
            return self._put(body if isinstance(body, list) else [body])
        if what == "sessions":
            self._session(body["open_kfid"], body["external_userid"]).state = int(body["state"])
            return Reply({"state": body["state"]})
        if what == "accounts":
            for account in body:
                self.rows.setdefault(str(account["open_kfid"]), [])
            return Reply({"accounts": sorted(self.rows)})
        return Reply({"error": f"no control {what}"}, 404)

    def expire_tokens(self) -> None:
        """Every access token is invalid from now on; those of callbacks live on."""
        self.apps.tokens.clear()

    def _put(self, messages: list[dict[str, Any]]) -> Reply:
        account = ""
        for row in messages:
            made = {
                "msgid": f"row-{secrets.token_hex(8)}",
                "origin": FROM_CUSTOMER,
                "send_time": int(self.now()),
                **row,
            }
            inner = made.get("event", {})
            account = str(made.get("open_kfid") or inner["open_kfid"])
            self.rows.setdefault(account, []).append(made)
            if made["origin"] == FROM_CUSTOMER:
                session = self._session(account, made["external_userid"])
                session.wrote_at, session.sends = made["send_time"], 0
            if inner.get("welcome_code"):
                self.codes.given_at[inner["welcome_code"]] = self.now()
        token = f"ENC{secrets.token_hex(8)}"
        self.callback_tokens[token] = self.now()
        return Reply({"open_kfid": account, "token": token})

    def _session(self, account: str, person: str) -> Session:
        return self.sessions.setdefault((account, person), Session())

    def _sync(self, body: Mapping[str, Any]) -> Reply:
        account, cursor, token = body.get("open_kfid", ""), str(body.get("cursor", "")), body.get("token", "")
        if account not in self.rows:
            return refusal(95000, "invalid open_kfid")
        if token and self.now() - self.callback_tokens.get(token, 0) > CALLBACK_TOKEN_SECONDS:
            return refusal(95007, "invalid msg token")
        if cursor and not re.fullmatch(r"cursor-[0-9]{1,9}", cursor):
            return refusal(40058, "invalid cursor")
        start = int(cursor.removeprefix("cursor-") or 0)
        end = min(start + min(PAGE_ROWS, int(body.get("limit", 1000))), len(self.rows[account]))
        page, more = self.rows[account][start:end], end < len(self.rows[account])
        return ok(next_cursor=f"cursor-{end}", has_more=int(more), msg_list=page)

    def _send(self, body: Mapping[str, Any]) -> Reply:
        account, person = str(body.get("open_kfid", "")), str(body.get("touser", ""))
        if account not in self.rows:
            return refusal(95000, "invalid open_kfid")
        repeated = self._repeated(body)
        if repeated is not None:
            return repeated
        session = self._session(account, person)
        if session.state not in SERVED_BY_API or self.now() - session.wrote_at > SESSION_SECONDS:
            return refusal(95018, "send msg session status invalid")
        if session.sends >= SENDS_MAX:
            return refusal(95001, "send msg count limit")
        session.sends += 1
        return self._taken(body)

    def _greet(self, body: Mapping[str, Any]) -> Reply:
        """Codes of rows live for 20 seconds; any other is good, once."""
        code = str(body.get("code", ""))
        repeated = self._repeated(body)
        if repeated is not None:
            return repeated
        late = self.now() - self.codes.given_at.get(code, self.now()) > WELCOME_SECONDS
        if not code or code in self.codes.used or late:
            return refusal(40058, "invalid code")
        self.codes.used.add(code)
        return self._taken(body)

    def _repeated(self, body: Mapping[str, Any]) -> Reply | None:
        """The refusal of a message that can't be sent, or the answer to one that was; None to send it."""
        msgid, text = str(body.get("msgid", "")), str((body.get("text") or {}).get("content", ""))
        if msgid and not _MSGID.fullmatch(msgid):
            return refusal(40058, "invalid msgid")
        if body.get("msgtype") != "text" or not text or len(text.encode()) > TEXT_BYTES_MAX:
            return refusal(45002, "content size out of limit")
        return ok(msgid=msgid) if msgid in self.sent else None

    def _taken(self, body: Mapping[str, Any]) -> Reply:
        msgid = str(body.get("msgid") or f"local-{len(self.sent) + 1}")
        self.sent[msgid] = dict(body)
        return ok(msgid=msgid)

    def _customers(self, body: Mapping[str, Any]) -> Reply:
        """As https://developer.work.weixin.qq.com/document/path/95159."""
        ids = [str(item) for item in body.get("external_userid_list") or ()]
        if not 1 <= len(ids) <= CUSTOMERS_MAX:
            return refusal(40058, "invalid external_userid_list")
        known = [
            {"nickname": "", "avatar": "", "gender": 0, **self.customers[item]}
            for item in ids
            if item in self.customers
        ]
        return ok(customer_list=known, invalid_external_userid=[item for item in ids if item not in self.customers])

    def _accounts(self, body: Mapping[str, Any]) -> Reply:
        start, limit = int(body.get("offset", 0)), min(int(body.get("limit", 100)), 100)
        listed = [{"open_kfid": item, "name": item, "avatar": ""} for item in sorted(self.rows)]
        return ok(account_list=listed[start : start + limit])
