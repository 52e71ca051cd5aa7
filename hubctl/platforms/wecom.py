"""A double of WeCom's (企业微信) server API: app messages, cards, greetings of new customers, and who they are.

Messages as https://developer.work.weixin.qq.com/document/path/90236, greetings as path/92599 say.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from hubctl.platforms.corp import CorpApps, ok, refusal
from hubctl.platforms.recorder import PlatformCall, Reply

DOORS = ("/connect/oauth2/authorize", "/wwlogin/sso/login")
RECEIVERS = ("touser", "toparty", "totag")
TEXT_BYTES_MAX = 2048
GREETING_BYTES_MAX = 4000


class Double:
    """greeted: the welcome codes that are used up. ordered: a code to the errcode that it meets next, once. delivered:
    the answer to each body that went out with enable_duplicate_check: the same again is answered, and goes to nobody
    (the double never forgets one; WeCom does after duplicate_check_interval seconds). unlicensed: members without a
    licence for the API, whom nothing reaches though all is well. customers: external_userid → what the detail says."""

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.apps = CorpApps(apps)
        self.sent = 0
        self.greeted: set[str] = set()
        self.ordered: dict[str, int] = {}
        self.customers: dict[str, dict[str, Any]] = {}
        self.delivered: dict[str, Reply] = {}
        self.unlicensed: tuple[str, ...] = ()
        self.codes: dict[str, str] = {}
        self.at_the_door = ""

    def answer(self, call: PlatformCall) -> Reply:
        """WeCom's answer to a call."""
        if call.path == "/cgi-bin/gettoken":
            return self.apps.give_token(call)
        known = {
            "/cgi-bin/message/send": self._send,
            "/cgi-bin/message/update_template_card": self._update,
            "/cgi-bin/appchat/send": self._post_group,
            "/cgi-bin/externalcontact/send_welcome_msg": self._greet,
        }
        if call.path in DOORS:
            return self._open_door(call.query)
        if call.path == "/cgi-bin/auth/getuserinfo":
            return self.apps.refuse(call) or self._member(call.query.get("code", ""))
        if call.path == "/cgi-bin/externalcontact/get":
            return self.apps.refuse(call) or self._detail(call.query.get("external_userid", ""))
        handler = known.get(call.path)
        if handler is None:
            return refusal(404, "unknown api")
        return self.apps.refuse(call) or handler(call.body)

    def control(self, what: str, body: Any) -> Reply:
        """welcome_codes: {"code": …, "errcode": 41051 or 41096}: what the next greeting by this code meets, once.
        codes: {"code": …, "userid": …}: whose sign-in code that is, once. at_the_door: {"userid": …}: who opens or
        scans the sign-in page from now on. unlicensed: a list of userids. customers: [{"external_userid": …,
        "unionid": …}]: the customers of members."""
        if what == "customers":
            self.customers |= {str(customer["external_userid"]): dict(customer) for customer in body}
            return Reply({"customers": sorted(self.customers)})
        if what == "codes":
            self.codes[str(body["code"])] = str(body["userid"])
            return Reply({"codes": sorted(self.codes)})
        if what == "at_the_door":
            self.at_the_door = str(body["userid"])
            return Reply({"at_the_door": self.at_the_door})
        if what == "unlicensed":
            self.unlicensed = tuple(map(str, body))
            return Reply({"unlicensed": self.unlicensed})
        if what != "welcome_codes":
            return Reply({"error": f"no control {what}"}, 404)
        self.ordered[str(body["code"])] = int(body["errcode"])
        return Reply({"ordered": sorted(self.ordered)})

    def expire_tokens(self) -> None:
        """Every token given out so far is invalid from now on, as WeCom may decide early."""
        self.apps.tokens.clear()

    def _send(self, body: Mapping[str, Any]) -> Reply:
        refused = _message_refusal(body)
        if refused is not None:
            return refused
        content = json.dumps(body, sort_keys=True) if body.get("enable_duplicate_check") == 1 else ""
        if content in self.delivered:
            return self.delivered[content]
        self.sent += 1
        code = {"response_code": f"RC{self.sent}"} if body["msgtype"] == "template_card" else {}
        unlicensed = [name for name in str(body.get("touser", "")).split("|") if name in self.unlicensed]
        code |= {"unlicenseduser": "|".join(unlicensed)} if unlicensed else {}
        answer = ok(invaliduser="", invalidparty="", invalidtag="", msgid=f"local-{self.sent}", **code)
        if content:
            self.delivered[content] = answer
        return answer

    def _post_group(self, body: Mapping[str, Any]) -> Reply:
        kind = body.get("msgtype")
        if not body.get("chatid"):
            return refusal(86001, "invalid chatid")
        if kind not in ("text", "markdown") or not isinstance(body.get(kind), dict):
            return refusal(40008, "invalid message type")
        return ok()

    def _update(self, body: Mapping[str, Any]) -> Reply:
        if not body.get("userids") or not isinstance(body.get("agentid"), int) or not body.get("response_code"):
            return refusal(40058, "userids, agentid and response_code are needed")
        return ok(invaliduser=[])

    def _detail(self, external_userid: str) -> Reply:
        """As https://developer.work.weixin.qq.com/document/path/92114: 84061 for nobody's customer."""
        if external_userid not in self.customers:
            return refusal(84061, "not external contact")
        contact = {"name": "", "type": 1, "gender": 0, **self.customers[external_userid]}
        return ok(external_contact=contact, follow_user=[])

    def _open_door(self, query: Mapping[str, str]) -> Reply:
        """The sign-in page: whoever is at the door is sent back with a code of theirs."""
        back, code = query.get("redirect_uri", ""), secrets.token_urlsafe(16)
        if not back or not self.at_the_door:
            return refusal(50001, "redirect_url not in the trusted domain, or nobody at the door")
        self.codes[code] = self.at_the_door
        joint = "&" if "?" in back else "?"
        where = f"{back}{joint}{urlencode({'code': code, 'state': query.get('state', '')})}"
        return Reply("", 302, {"location": where})

    def _member(self, code: str) -> Reply:
        """As https://developer.work.weixin.qq.com/document/path/91023: a code works once."""
        if code not in self.codes:
            return refusal(40029, "invalid code")
        return ok(userid=self.codes.pop(code))

    def _greet(self, body: Mapping[str, Any]) -> Reply:
        """Any code is good, once."""
        code = body.get("welcome_code", "")
        text = str((body.get("text") or {}).get("content", ""))
        if len(text.encode()) > GREETING_BYTES_MAX or not (text or body.get("attachments")):
            return refusal(45002, "content size out of limit")
        if code in self.ordered:
            return refusal(self.ordered.pop(code), "ordered")
        if not code or code in self.greeted:
            return refusal(41050, "invalid welcome code")
        self.greeted.add(code)
        return ok()


def _message_refusal(body: Mapping[str, Any]) -> Reply | None:
    """Why WeCom would not send this message, or None."""
    if not any(body.get(name) for name in RECEIVERS):
        return refusal(82001, "no receiver")
    kind = body.get("msgtype")
    if not isinstance(kind, str) or not isinstance(body.get(kind), dict):
        return refusal(40008, "invalid message type")
    if not isinstance(body.get("agentid"), int):
        return refusal(40056, "invalid agentid")
    if kind in ("text", "markdown") and len(str(body[kind].get("content", "")).encode()) > TEXT_BYTES_MAX:
        return refusal(45002, "content size out of limit")
    return None
