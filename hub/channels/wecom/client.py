"""Calls of a WeCom app: messages and cards to members, the greeting of a new customer, and who a customer is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused, expect_object
from hub.channels.outbound import Sent, cut_text, unreached_in
from hub.channels.wechat.corp_api import BASE_URL as BASE_URL
from hub.channels.wechat.corp_api import CorpClient, corp_errors
from hub.channels.wecom.cards import TEXT_LIMIT_BYTES, Card, render_card
from hub.channels.wecom.codec import GREETING_LIMIT_BYTES
from hub.kernel.errors import Invalid, Problem

MEMBER_PATH = "/cgi-bin/auth/getuserinfo"
NO_CODE = "40029"
CONTACT_PATH = "/cgi-bin/externalcontact/get"
RECEIVERS_LIMIT = 1000
DUPLICATE_CHECK_SECONDS = 14_400  # the longest there is: longer than anything here is tried again
REMAINDERS = ("invaliduser", "unlicenseduser", "invalidparty", "invalidtag")
"""Whom WeCom does not reach though it says errcode 0: not there, without a licence for the API, a department or tag out
of the app's scope. https://developer.work.weixin.qq.com/document/path/90236 (read 2024-07)."""
ERRORS = corp_errors("wecom")
_USERID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}")
"""As WeCom's console takes them; so @all is none."""
_CHAT_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Client(CorpClient):
    """One self-built app (自建应用). settings: corp_id (else the first of receive_ids), agent_id, secret."""

    CHANNEL = "wecom"
    ERRORS = ERRORS

    def send_text(self, receivers: Sequence[str], text: str) -> Sent:
        """Text to members, at most 1000; longer than 2048 bytes is cut."""
        return self._send(receivers, {"msgtype": "text", "text": {"content": cut_text(text, TEXT_LIMIT_BYTES)}})

    def answer(self, person: str, desk: str, text: str, number: str) -> str:
        """A reply to a member who wrote to the app; the same words may be said again. Raises PlatformGone where they
        don't reach them, and Invalid for more than 2048 bytes."""
        if len(text.encode()) > TEXT_LIMIT_BYTES:
            raise Invalid("message", problems=[Problem("/text", f"must be at most {TEXT_LIMIT_BYTES} bytes in UTF-8")])
        sent = self._send([person], {"msgtype": "text", "text": {"content": text}}, once=False)
        if sent.unreached:
            raise PlatformGone(self.CHANNEL, reason="unreachable")
        return sent.message_id

    def send_card(self, receivers: Sequence[str], card: Card) -> Sent:
        """A card to members, at most 1000."""
        return self._send(receivers, {"msgtype": "template_card", "template_card": render_card(card)})

    def send_markdown(self, receivers: Sequence[str], text: str) -> Sent:
        """Markdown to members, at most 1000, cut at 2048 bytes: headings, bold, links, quotes and coloured words. What
        a person typed goes through `plain_words` first."""
        return self._send(receivers, {"msgtype": "markdown", "markdown": {"content": cut_text(text, TEXT_LIMIT_BYTES)}})

    def send_group(self, chat_id: str, text: str, *, markdown: bool = False) -> Sent:
        """Text or markdown into a group chat that the app made (应用推送到群聊会话), cut at 2048 bytes. It has no
        message id and no check for repeats: https://developer.work.weixin.qq.com/document/path/90248 ."""
        if not _CHAT_ID.fullmatch(chat_id):
            raise Invalid("message", problems=[Problem("/chat_id", "must be 1 to 64 letters, digits, _ or -")])
        kind = "markdown" if markdown else "text"
        body = {"chatid": chat_id, "msgtype": kind, kind: {"content": cut_text(text, TEXT_LIMIT_BYTES)}, "safe": 0}
        self.call("/cgi-bin/appchat/send", body)
        return Sent()

    def send_welcome(self, welcome_code: str, text: str) -> None:
        """Greets a new customer (客户联系欢迎语): once, within 20 seconds of the code; over 4000 bytes is cut.

        Raises Retry after a second while another app is sending it, PlatformGone when it is too late.
        """
        greeting = {"welcome_code": welcome_code, "text": {"content": cut_text(text, GREETING_LIMIT_BYTES)}}
        self.call("/cgi-bin/externalcontact/send_welcome_msg", greeting)

    def union_id(self, external_userid: str) -> str:
        """The UnionID of a customer who uses WeChat (客户详情); '' where the corp is bound to no open platform.

        https://developer.work.weixin.qq.com/document/path/92114: the app needs the right to customer contact. Raises
        PlatformGone for who is nobody's customer.
        """
        answer = self.read(CONTACT_PATH, external_userid=external_userid)
        contact = expect_object(self.CHANNEL, answer, CONTACT_PATH, "external_contact")
        return str(contact.get("unionid") or "")

    def member_of_code(self, code: str) -> str:
        """The userid of the member who just signed in (获取访问用户身份); "" for a code that is used, over or nobody's,
        and for somebody outside of the corp. https://developer.work.weixin.qq.com/document/path/91023."""
        try:
            return str(self.read(MEMBER_PATH, code=code).get("userid") or "")
        except PlatformRefused as refused:
            if str(refused.facts.get("errcode")) == NO_CODE:
                return ""
            raise

    def _send(self, receivers: Sequence[str], body: Mapping[str, Any], *, once: bool = True) -> Sent:
        """once: the same body within four hours is delivered once, the second net below our own send ids. `unreached`
        are in WeCom's own writing: lower case."""
        agent_id = str(self.settings.get("agent_id") or "")
        if not agent_id.isdecimal():
            raise PlatformMisconfigured(self.CHANNEL, reason="agent_id must be given")
        answer = self.call(
            "/cgi-bin/message/send",
            {
                "touser": "|".join(_checked(receivers)),
                "agentid": int(agent_id),
                "enable_duplicate_check": int(once),
                "duplicate_check_interval": DUPLICATE_CHECK_SECONDS,
                **body,
            },
        )
        return Sent(str(answer.get("msgid", "")), unreached_in(answer, REMAINDERS))


def _checked(receivers: Sequence[str]) -> list[str]:
    """One name that holds another, or means everybody, would reach whom nobody meant."""
    if not 1 <= len(receivers) <= RECEIVERS_LIMIT:
        raise Invalid("message", problems=[Problem("/receivers", f"must be 1 to {RECEIVERS_LIMIT}")])
    if not all(_USERID.fullmatch(receiver) for receiver in receivers):
        raise Invalid("message", problems=[Problem("/receivers", "must be userids: letters, digits, _ - @ .")])
    return list(receivers)
