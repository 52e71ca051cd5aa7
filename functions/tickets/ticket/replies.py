"""Replies (回复客户): a ticket's customer is answered by the way that they came, as far as their platform allows. Pure.

A reply is claimed before the platform is called and settled after, so that it goes out once: whoever finds one claimed
does not know whether it went, and says so.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from functions.tickets.ticket.ticket import Case, Move, Note, Stored, Way
from hub.kernel.errors import Conflict

ReplyState = Literal["claimed", "sent", "refused", "not sent"]

NO_WAY = "工单不是由客户消息而来，没有可回复的渠道 · the ticket came by no message, so there is no channel to answer by"
NO_CHANNEL = "该渠道不能回复客户 · this channel can't be answered by"
TOO_LATE = (
    "客户最后一条消息已超过 {hours} 小时，平台不再允许回复 · the customer's last message is more than {hours} hours old"
)
TOO_MANY = (
    "客户最后一条消息后已回复 {messages} 条，须等客户再来消息 · {messages} replies since the customer's last message"
)
NO_CONNECTION = "客户所用的连接已停用或不存在 · the connection that they came by is disabled or gone"
PLATFORM_SAYS_NO = (
    "平台拒绝了这条回复（对方取消关注、拉黑，或已超过平台的时限或条数） · "
    "the platform refused it: they left, blocked us, or its time or number of replies is used up"
)
UNKNOWN = "这条回复可能已发出，不再重发 · this reply may have gone out; it is not sent again"


class ReplyRefused(Conflict):
    """A reply that can't go out now: `detail` says why, in Chinese and English."""

    code = "reply-refused"


class Reply(Stored):
    """One reply, as far as it got. platform_id: the platform's name for it; reason: why it was refused, or not sent;
    attempt: the call that tried it last."""

    state: ReplyState
    platform_id: str = ""
    reason: str = ""
    attempt: str = ""


def require_way(case: Case) -> Way:
    """The way that the customer came by. Raises ReplyRefused where there is none."""
    if case.ticket.way is None:
        raise ReplyRefused(NO_WAY)
    return case.ticket.way


def claim_reply(
    case: Case, number: str, actor: str, sealed: str, window: Mapping[str, int] | None, at: datetime
) -> Move:
    """The reply is about to go out. window: what its channel allows (hub.channels.registry.reply_window). Raises
    ReplyRefused, in words."""
    way = _open_way(require_way(case), window, at)
    ticket = case.ticket.but(way=way.but(sent=way.sent + 1))
    return Move(ticket, (Note("reply", actor, {"message": number, "channel": way.channel}, sealed),))


def settle_reply(case: Case, number: str, actor: str, reply: Reply, at: datetime) -> Move:
    """What became of it. One that did not go out counts for nothing; who is answered waits no more."""
    ticket, way = case.ticket, case.ticket.way
    if reply.state == "sent":
        ticket = ticket.but(asked_at=None, replied_at=at)
    if reply.state != "sent" and way is not None and way.sent:
        ticket = ticket.but(way=way.but(sent=way.sent - 1))
    detail = {"message": number, "reason": reply.reason}
    return Move(
        ticket, (Note(f"reply {reply.state}", actor, {name: value for name, value in detail.items() if value}),)
    )


def _open_way(way: Way, window: Mapping[str, int] | None, at: datetime) -> Way:
    if window is None:
        raise ReplyRefused(NO_CHANNEL, channel=way.channel)
    hours, messages = window.get("hours"), window.get("messages")
    if hours and at - way.last_at > timedelta(hours=hours):
        raise ReplyRefused(TOO_LATE.format(hours=hours), channel=way.channel)
    if messages and way.sent >= messages:
        raise ReplyRefused(TOO_MANY.format(messages=messages), channel=way.channel)
    return way
