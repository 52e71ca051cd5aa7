"""Replies go out over the channel that the customer came by, through its one client, within its limits."""

from __future__ import annotations

from collections.abc import Callable

from functions.tickets.desk import Desk
from functions.tickets.tables import RACES_LIMIT, Record
from functions.tickets.ticket.replies import (
    NO_CONNECTION,
    PLATFORM_SAYS_NO,
    UNKNOWN,
    Reply,
    ReplyRefused,
    claim_reply,
    require_way,
    settle_reply,
)
from functions.tickets.ticket.ticket import Case, Move, Way, apply_move
from hub.channels.registry import reply_window
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Invalid, Retry
from hub.kernel.ids import digest
from hub.kernel.platforms import PlatformRefused
from hub.store.connection import Connection
from hub.store.table import Put

NUMBER_CHARS = 32
"""What 微信客服 takes as a message's own id, which it sends once."""


@dataclass(frozen=True)
class Draft:
    """A reply to be. id: the same for the same request, so a repeat is known; attempt: another for each call."""

    id: str
    text: str
    actor: str
    attempt: str


def send_reply(desk: Desk, case: Case, draft: Draft) -> Case:
    """Send it once; answers the ticket as it is then. Raises ReplyRefused in words, Retry where the platform did not
    take it just now (then the same reply may be sent again), and Invalid for words that the platform does not take."""
    record = _find(desk, case, draft)
    known = record.read(Reply) if record else None
    if known is not None and not _may_try(known, draft):
        return _repeated(desk, case, known)
    way = require_way(case)
    connection, window = _connection(desk, way), reply_window(way.channel)
    sealed = desk.seal_text(case.ticket.id, draft.text)
    version, reply = record.version if record else 0, Reply(state="claimed", attempt=draft.attempt)
    claim = desk.items.next(f"ticket#{case.ticket.id}", f"reply#{draft.id}", reply, version)

    def decide(current: Case) -> Move:
        return claim_reply(current, draft.id, draft.actor, sealed, window, desk.now())

    claimed = _write(desk, case, draft, decide, claim)
    return _post(desk, claimed, connection, claimed.ticket.way or way, draft)


def rehearse_reply(desk: Desk, case: Case, draft: Draft) -> Case:
    """The ticket as it would be with the reply sent; no platform is asked. Raises ReplyRefused in words."""
    way = require_way(case)
    _connection(desk, way)
    sealed = desk.seal_text(case.ticket.id, draft.text)
    return apply_move(case, claim_reply(case, draft.id, draft.actor, sealed, reply_window(way.channel), desk.now()))


def _post(desk: Desk, case: Case, connection: Connection, way: Way, draft: Draft) -> Case:
    """Call the platform, and write down what came of it."""
    number = digest("reply", draft.id).hex()[:NUMBER_CHARS]
    try:
        with desk.platforms.guard(connection.id):
            platform_id = desk.platforms.client(connection).answer(way.person, way.desk, draft.text, number)
    except PlatformRefused as refused:
        _settle(desk, case, draft, Reply(state="refused", reason=refused.code))
        raise ReplyRefused(PLATFORM_SAYS_NO, channel=way.channel, reason=refused.code) from refused
    except (Invalid, Retry) as error:
        _settle(desk, case, draft, Reply(state="not sent", reason=error.code))
        raise
    return _settle(desk, case, draft, Reply(state="sent", platform_id=platform_id))


def _settle(desk: Desk, case: Case, draft: Draft, reply: Reply) -> Case:
    record = _find(desk, case, draft)
    settled = reply.but(attempt=draft.attempt)
    version = (record.version if record else 0) + 1
    write = Put(desk.items.item(f"ticket#{case.ticket.id}", f"reply#{draft.id}", settled, version=version))
    now = desk.now()
    return _write(desk, case, draft, lambda current: settle_reply(current, draft.id, draft.actor, settled, now), write)


def _write(desk: Desk, case: Case, draft: Draft, decide: Callable[[Case], Move], write: Put) -> Case:
    """Both or neither, decided anew when somebody else was faster with the ticket."""
    for _ in range(RACES_LIMIT):
        try:
            return desk.tickets.change(case.ticket.id, desk.now(), decide, extra=(write,))
        except ReplyRefused:
            raise
        except (Conflict, Retry):
            record = _find(desk, case, draft)
            if write.when and record is not None and record.version >= write.item["version"]:
                raise ReplyRefused(UNKNOWN) from None
    raise Retry("too many changes of one ticket at once", ticket=case.ticket.id)


def _find(desk: Desk, case: Case, draft: Draft) -> Record | None:
    return desk.items.find(f"ticket#{case.ticket.id}", f"reply#{draft.id}")


def _may_try(reply: Reply, draft: Draft) -> bool:
    """One that did not go out goes by the next call; in the same one only where no platform was called for it."""
    return reply.state == "not sent" and (reply.attempt != draft.attempt or reply.reason == Invalid.code)


def _repeated(desk: Desk, case: Case, reply: Reply) -> Case:
    """The same request came again. Raises ReplyRefused where it is not known to have gone out, Retry where it did not
    just now."""
    if reply.state == "not sent":
        raise Retry("the platform did not take it just now")
    if reply.state == "claimed":
        raise ReplyRefused(UNKNOWN)
    if reply.state == "refused":
        raise ReplyRefused(PLATFORM_SAYS_NO, reason=reply.reason)
    return desk.tickets.case(case.ticket.id)


def _connection(desk: Desk, way: Way) -> Connection:
    connection = desk.connections.find(way.connection_id)
    if connection is None or not connection.enabled:
        raise ReplyRefused(NO_CONNECTION, connection_id=way.connection_id)
    return connection
