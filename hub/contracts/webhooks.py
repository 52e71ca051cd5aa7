"""HTTP bodies of the webhooks room: connections, stored messages, and the counts that prove nothing got
lost."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.contracts.base import Contract, Moment, RegionCode, Slug, StoreId, Words
from hub.contracts.classes import Classified, Said
from hub.contracts.http import PageQuery

ConnectionState = Literal["enabled", "disabled"]
MessageState = Literal["pending", "processed", "quarantined", "dead"]
WaitingState = Literal["pending", "quarantined", "dead"]


class ConnectionPlace(Contract):
    """Where what comes by a connection belongs: its orders are that store's, and lie in that region ("base": nowhere in
    particular)."""

    region: RegionCode = "base"
    store_id: StoreId | Literal[""] = Field(default="", description='the store, "" for none; say its region too')


class NewPlace(ConnectionPlace):
    """Where what comes by a connection belongs from now on, or by one of its accounts alone."""

    account: Annotated[str, Field(pattern=r"^[!-~]{0,128}$")] = Field(
        default="", description="a shop, or a desk of 微信客服 (open_kfid), as the platform names it; '' for all others"
    )


class NewConnection(ConnectionPlace):
    """A new connection (连接): one app on one platform. What `settings` must hold is the channel's own
    form."""

    channel: Slug
    name: Annotated[str, Field(min_length=1, max_length=64, examples=["旗舰店企业微信"])]
    settings: Annotated[dict[str, Any], Classified("secret")] = Field(
        description="the fields of the channel's form; secrets are never shown again"
    )


class NewSettings(Contract):
    """The whole settings of a connection again, e.g. to rotate a secret."""

    settings: Annotated[dict[str, Any], Classified("secret")]


class SettingField(Contract):
    """One field of a channel's form: what to ask for, and what its value must be."""

    name: str
    label: Words
    help: Words
    type: str
    pattern: str
    rule: str
    required: bool
    secret: bool


class ChannelView(Contract):
    """A channel: its form (the settings of `POST /webhooks/connections`), and how to connect it, step by step."""

    name: str
    title: Words
    direction: tuple[str, ...]
    settings: tuple[SettingField, ...]
    steps: tuple[Words, ...]
    success: Words


class ConnectionView(Contract):
    """A connection without its secrets. `webhook_url` and `steps` are what the platform's console asks
    for."""

    id: str
    channel: str
    name: str
    state: ConnectionState
    region: RegionCode
    store_id: str
    accounts: dict[str, ConnectionPlace] = Field(default={}, description="places of single accounts, by their names")
    webhook_url: str
    steps: tuple[Words, ...]
    created_at: Moment
    version: int


class Health(Contract):
    """How a connection fares. `last_error` says in words what went wrong last, None while nothing did."""

    last_delivery_at: Moment | None = None
    delivery_lag_seconds: int | None = Field(default=None, description="since the last delivery; quiet is no fault")
    rejected_signature: int = 0
    last_rejected_at: Moment | None = None
    last_error: Words | None = None
    last_error_code: str = ""
    last_error_at: Moment | None = None
    watermark: Moment | None = Field(default=None, description="how far orders were pulled; None where none are")
    watermark_lag_seconds: int | None = Field(default=None, description="how far the pulls of orders are behind")


class ConnectionDetail(ConnectionView):
    """One connection and its health."""

    health: Health
    previous_valid: bool = Field(default=False, description="a rotation lasts: the secrets before are valid too")


class DeletedConnection(Contract):
    """What became of a connection's things."""

    id: str
    removed: Words
    kept: Words


class Counts(Contract):
    """What happened to deliveries. accepted = pending + processed + quarantined + dead, always and exactly.

    duplicates and rejected_signature are told by a queue that may repeat itself: they may be slightly high.
    """

    accepted: int = 0
    pending: int = 0
    processed: int = 0
    quarantined: int = 0
    dead: int = 0
    duplicates: int = 0
    rejected_signature: int = 0


class Stats(Counts):
    """The tenant's counts, and each connection's."""

    connections: dict[str, Counts] = Field(default_factory=dict)


class ConnectionCheck(Contract):
    """What happened when the platform's own check of the URL was played through the front door.

    passed: the door answered as the platform wants. explanation: what to do where it did not.
    """

    passed: bool
    status: int
    explanation: Words


class MessageQuery(PageQuery):
    """Recent messages in whatever state, of one connection or of all; or, of the whole tenant, those that wait or were
    given up."""

    connection_id: str = Field(default="", max_length=64)
    state: Literal["", "pending", "quarantined", "dead"] = Field(
        default="", description="without connection_id: oldest first"
    )
    limit: int = Field(default=50, ge=1, le=100)


class MessageEvent(Contract):
    """An event that a message became. `GET /tickets?message=` finds the ticket that it opened or joined, and with it
    the customer."""

    id: str
    type: str
    order_no: str = Field(default="", description="of an order or after-sale")


class PayloadView(Contract):
    """What the platform said, verified and decrypted, as it came."""

    id: str
    received_at: Moment
    encoding: Literal["utf-8", "base64"] = Field(description="how `body` is written: base64 where it is no text")
    body: Said
    cut: bool = Field(default=False, description="too large to be kept whole: this is its hint")


class PayloadReading(Contract):
    """Who read a message's payload, and when."""

    actor: str
    at: Moment


class MessageView(Contract):
    """A stored message without what it says: that is personal, and stays in the inbox."""

    id: str
    connection_id: str
    channel: str
    account: str
    received_at: Moment
    state: MessageState
    reason: str = Field(default="", description="why it is quarantined or dead")
    attempts: int = 0
    events: tuple[MessageEvent, ...] = Field(default=(), description="what it became, once it is processed")
    size_bytes: int = Field(description="as it came")
    cut: bool = Field(
        default=False, description="too large to be kept whole: what it is about was kept, to be read again"
    )
