"""Publishing (发布): a stored message becomes contract events, and is settled by what came of it.

understood → processed; not understood → quarantined with its reason, until something that understands it replays it;
come while its connection was disabled → quarantined too, until that is enabled; a passing fault → pending, and tried
again until the sweep gives it up after a day; a fault that does not pass → dead, kept, and replayed by hand.

Content goes to the content store and events to the bus before the message counts as processed. Both may
happen twice; neither can be left out. Consumers know a repeat by the event's id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.webhooks.orders.orders import Facts, Noting
from hub.channels.base import Draft, Inbound, NotUnderstood, StoredMessage
from hub.contracts.envelope import Placed
from hub.contracts.events import Event
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, HubError, NotFound, Refuse, Retry
from hub.kernel.regions import BASE
from hub.store.connection import Connection
from hub.store.messages import InboxItem, State

ATTEMPTS_LIMIT = 3
"""A message that fails this often for no passing reason is dead."""
SETTLE_TRIES = 4
"""What was said is settled against others who settle the same message; each of its states is left at most once."""
FUTURE = timedelta(days=1)
"""So far may a sender's clock be ahead of ours."""
HELD = "connection-disabled"
"""Why a message waits that came while its connection was disabled."""
REVIEW = "review.posted"
SETTLED = ("processed", "quarantined", "dead")


Verdict = tuple[InboxItem, State, str]
"""A message as read, the state that it comes to, and why."""


class Inbox(Protocol):
    def read(self, message_id: str) -> InboxItem | None: ...

    def read_many(self, message_ids: Sequence[str]) -> list[InboxItem]: ...


class Settler(Protocol):
    def settle(self, item: InboxItem, state: State, now: datetime, reason: str = "") -> bool: ...

    def settle_together(self, verdicts: Sequence[Verdict], now: datetime) -> bool: ...


class Content(Protocol):
    """The content store: hub.store.content."""

    def put(self, ref: str, body: dict[str, Any], wall_epoch: int) -> None: ...

    def put_many(self, bodies: Mapping[str, dict[str, Any]], wall_epoch: int) -> None: ...


class Connections(Protocol):
    def find(self, connection_id: str) -> Connection | None: ...


class Keeper(Protocol):
    """What keeps orders: functions.webhooks.orders.refresh."""

    def keep(self, facts: Facts, noting: Noting) -> object: ...


class Reviews(Protocol):
    """What keeps reviews: functions.webhooks.reviews.reviews_table."""

    def keep(self, event: Any) -> None: ...


@dataclass(frozen=True)
class Publisher:
    """What publishing needs. emit: contract events, to the bus. keeper: of orders and after-sales that a message itself
    holds the truth of. reviews: what keeps those. inbound: a channel's name to its interpreter. wall_now: real time."""

    tenant: str
    inbox: Inbox
    settler: Settler
    content: Content
    emit: Callable[..., None]
    keeper: Keeper
    connections: Connections
    inbound: Callable[[str], Inbound]
    wall_now: Callable[[], datetime]
    reviews: Reviews

    def publish(self, message_id: str) -> None:
        """Publish a message that waits; one that is settled, or gone, is left alone.

        Raises what may pass (Retry): the queue brings the message again. Only failures of its own bring a message
        nearer to its death: an outage around it does not, however many messages come again in its minutes.
        """
        item = self.inbox.read(message_id)
        if item is None or item.counted in SETTLED:
            return
        if self._is_disabled(item.connection_id):
            self._settle(item, "quarantined", HELD)
            return
        try:
            state, reason = self._say(item, replay=False)
        except HubError as error:
            dead = item.attempts + 1 >= ATTEMPTS_LIMIT and not isinstance(error, Retry)
            self.settler.settle(item, "dead" if dead else "pending", self.wall_now(), error.code)
            if not dead:
                raise
        else:
            self._settle(item, state, reason)

    def publish_together(self, message_ids: Sequence[str]) -> set[str]:
        """Publish new messages, ten at most: read, kept, said and settled with one call each. Answers the ids of those
        that are done with; what is left (it fails, or was tried before) is to be published alone. Raises Retry, when
        all are left."""
        items = self.inbox.read_many(message_ids)
        done = set(message_ids) - {item.message_id for item in items if item.counted not in SETTLED}
        verdicts, drafts = self._understood([item for item in items if not item.counted])
        contents = {content_ref(draft.event, item.message_id): draft.content for item, draft in drafts if draft.content}
        self.content.put_many(contents, int(self.wall_now().timestamp()))
        if drafts:
            self.emit(*self._events(drafts))
        if not verdicts or self.settler.settle_together(verdicts, self.wall_now()):
            return done | {item.message_id for item, _, _ in verdicts}
        for item, state, reason in verdicts:  # somebody else has settled one of them: each for itself
            self._settle(item, state, reason)
            done.add(item.message_id)
        return done

    def _understood(self, items: Sequence[InboxItem]) -> tuple[list[Verdict], list[tuple[InboxItem, Draft]]]:
        """What each comes to, and what it says; orders that it holds the truth of are kept. One that fails is left
        out."""
        verdicts: list[Verdict] = []
        drafted: list[tuple[InboxItem, Draft]] = []
        for item in items:
            if self._is_disabled(item.connection_id):
                verdicts.append((item, "quarantined", HELD))
                continue
            try:
                drafts = self._drafts(item, replay=False)
            except Refuse as error:
                verdicts.append((item, "quarantined", _reason(error)))
                continue
            try:
                self._keep(item, drafts, replay=False)
            except HubError:
                continue
            verdicts.append((item, "processed", ""))
            drafted += [(item, draft) for draft in drafts]
        return verdicts, drafted

    def replay(self, message_id: str) -> InboxItem:
        """Publish a stored message again, whatever became of it; consumers send nothing to customers because of it.
        One that still waits, or was held for a disabled connection, is published for the first time: it is no old news.

        Answers the message as it is afterwards. Raises NotFound, Conflict while its connection is disabled, and Retry
        (then nothing about it has changed).
        """
        item = self.inbox.read(message_id)
        if item is None:
            raise NotFound("no such message", message_id=message_id[:64])
        if self._is_disabled(item.connection_id):
            raise Conflict("its connection is disabled: enable it first", connection_id=item.connection_id)
        state, reason = self._say(item, replay=item.counted in SETTLED and item.reason != HELD)
        self._settle(item, state, reason)
        return self.inbox.read(message_id) or item

    def _settle(self, item: InboxItem, state: State, reason: str) -> None:
        """Settle what was said, though another run or the sweep moved the message meanwhile: events that are out make
        it processed, and nothing makes a processed message less."""
        latest: InboxItem | None = item
        for _ in range(SETTLE_TRIES):
            if latest is None or self.settler.settle(latest, state, self.wall_now(), reason):
                return
            latest = self.inbox.read(item.message_id)
            if latest and latest.counted == "processed":
                return

    def _say(self, item: InboxItem, replay: bool) -> tuple[State, str]:
        """Say what the message means, if we understand it: the state that it thereby comes to, and why."""
        try:
            drafts = self._drafts(item, replay)
        except Refuse as error:
            return "quarantined", _reason(error)
        for draft in drafts:
            if draft.content is not None:
                wall_epoch = int(self.wall_now().timestamp())
                self.content.put(content_ref(draft.event, item.message_id), draft.content, wall_epoch)
        self._keep(item, drafts, replay)
        self.emit(*self._events((item, draft) for draft in drafts))
        return "processed", ""

    def _drafts(self, item: InboxItem, replay: bool) -> list[Draft]:
        """What the message means. Raises Refuse where we do not understand it; facts from the future would stay the
        latest truth for ever."""
        drafts = self.inbound(item.channel).events(to_message(self.tenant, item, replay))
        latest = self.wall_now() + FUTURE
        if any(draft.facts is not None and draft.facts.updated_at > latest for draft in drafts):
            raise NotUnderstood("in-the-future", field="occurred_at")
        return drafts

    def _keep(self, item: InboxItem, drafts: Iterable[Draft], replay: bool) -> None:
        for draft in drafts:
            if draft.facts is not None:
                self.keeper.keep(draft.facts, self._noting(item, replay, draft.facts.shop_id))
            if draft.event is not None and getattr(draft.event, "type", "") == REVIEW:
                self.reviews.keep(_placed(draft.event, draft, self.connections.find(item.connection_id)))

    def _events(self, drafts: Iterable[tuple[InboxItem, Draft]]) -> Iterator[Event]:
        for item, draft in drafts:
            if draft.event is not None:
                yield _placed(draft.event, draft, self.connections.find(item.connection_id))

    def _is_disabled(self, connection_id: str) -> bool:
        connection = self.connections.find(connection_id)
        return connection is not None and not connection.enabled

    def _noting(self, item: InboxItem, replay: bool, shop_id: str) -> Noting:
        connection = self.connections.find(item.connection_id)
        region, store_id = connection.place(shop_id) if connection else (BASE, "")
        at = item.received_at, self.wall_now()
        return Noting(item.connection_id, item.channel, *at, item.source, replay, region=region, store_id=store_id)


def _placed(event: Event, draft: Draft, connection: Connection | None) -> Event:
    """The event with the place where it came in, if it has room for one and none of its own: of its desk (微信客服),
    its account or its shop, else of the connection."""
    if connection is None or not isinstance(event, Placed) or event.region != BASE or event.store_id:
        return event
    desk = str((draft.content or {}).get("open_kfid", ""))
    region, store_id = connection.place(desk, getattr(event, "account", ""), getattr(event, "shop_id", ""))
    return event.model_copy(update={"region": region, "store_id": store_id})


def _reason(error: Refuse) -> str:
    """Why, and which field: `bad-form /data/amount`."""
    field = str(error.facts.get("field", ""))
    return " ".join(part for part in (str(getattr(error, "reason", error.code)), field) if part)


def to_message(tenant: str, item: InboxItem, replay: bool) -> StoredMessage:
    """The inbox item as channels know it."""
    return StoredMessage(
        tenant=tenant,
        message_id=item.message_id,
        connection_id=item.connection_id,
        channel=item.channel,
        account=item.account,
        plaintext=item.plaintext,
        received_at=item.received_at,
        replay=replay,
    )


def content_ref(event: Event | None, message_id: str) -> str:
    """Where the event says that its content lies."""
    return str(getattr(event, "content_ref", message_id))
