"""HTTP bodies of /webhooks/endpoints and /webhooks/event-types: what the hub tells integrators, and what came of it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.contracts.base import Contract, Moment, PersonId, RegionCode, Role, StoreId
from hub.contracts.http import PageQuery

EventName = Annotated[
    str, Field(pattern=r"^(\*|[a-z][a-z_]*\.(\*|[a-z][a-z_]*))$", examples=["ticket.closed", "ticket.*"])
]
"""An event by its name, a family by its first word, or `*` for all."""
EndpointState = Literal["enabled", "disabled"]
DeliveryState = Literal["pending", "delivered", "failed", "held"]
"""pending: to be sent, at once or again. failed: not to be sent again unless somebody asks. held: kept for an endpoint
that is disabled, or that has no URL and is collected from."""
Events = Annotated[tuple[EventName, ...], Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(max_length=500)]
Headers = Annotated[dict[str, str], Field(max_length=20)]
Concurrency = Annotated[int, Field(ge=1, le=20)]
PerMinute = Annotated[int, Field(ge=0, le=60_000)]


class NewEndpoint(Contract):
    """An endpoint (接收地址) to register. What it gets is what its roles see in its region and stores: never more than
    whoever registers it may see."""

    url: str = Field(default="", max_length=2000, description="https; '' for one whose events are only collected")
    events: Events
    description: Text = ""
    filter: dict[str, Any] = Field(default={}, description="a condition over the events' fields; {} for all of them")
    headers: Headers = Field(default={}, description="sent along with each delivery")
    secret: str = Field(default="", max_length=200, description="whsec_…; '' has the hub make it")
    schema_version: Literal[1] = Field(default=1, description="of the events' schema")
    ordered: bool = Field(default=False, description="whether later events of a thing wait behind a failing one")
    asymmetric: bool = Field(default=False, description="whether deliveries are signed with ed25519 (v1a) as well")
    concurrency: Concurrency = Field(default=5, description="so many deliveries are under way at once")
    per_minute: PerMinute = Field(default=0, description="so many deliveries a minute at most; 0: no limit")
    roles: tuple[Role, ...] = Field(default=(), max_length=8, description="(): those of whoever registers it")
    region: RegionCode = "base"
    stores: tuple[StoreId, ...] = Field(default=(), max_length=100)


class EndpointPatch(Contract):
    """What shall be another; what is left out stays. version: the one that was seen, to change nothing else unseen."""

    url: str | None = Field(default=None, max_length=2000)
    events: Events | None = None
    description: Text | None = None
    filter: dict[str, Any] | None = None
    headers: Headers | None = None
    ordered: bool | None = None
    concurrency: Concurrency | None = None
    per_minute: PerMinute | None = None
    version: int | None = None


class EndpointView(Contract):
    """An endpoint. Secrets and the values of headers are never shown again."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    filter: dict[str, Any]
    headers: tuple[str, ...] = Field(description="the names of what is sent along")
    state: EndpointState
    reason: str = Field(description="why it is disabled: by-hand, gone, failing, owner-frozen; '' otherwise")
    schema_version: int
    ordered: bool
    asymmetric: bool
    public_key: str = Field(description="whpk_… of what is signed with ed25519, '' otherwise")
    concurrency: int
    per_minute: int
    owner: PersonId
    roles: tuple[str, ...]
    region: RegionCode
    stores: tuple[str, ...]
    old_secret_until: Moment | None = Field(description="until then deliveries bear the old secret's signature too")
    created_at: Moment
    updated_at: Moment
    version: int


class NewEndpointView(EndpointView):
    """The endpoint, and its secret: shown this once."""

    secret: str


class RotateSecret(Contract):
    """A new secret: the given one, or one that the hub makes."""

    secret: str = Field(default="", max_length=200, description="whsec_…; '' has the hub make it")


class EnableEndpoint(Contract):
    """Switch an endpoint on. send_held: have what was kept meanwhile sent; `events` says which of it."""

    send_held: bool = False
    events: tuple[EventName, ...] = Field(default=("*",), min_length=1, max_length=100)


class ReplayBody(Contract):
    """What is to be sent again: all that failed, all that is held, or everything of a span of time."""

    which: Literal["failed", "held", "all"] = "failed"
    events: tuple[EventName, ...] = Field(default=("*",), min_length=1, max_length=100)
    since: Moment | None = None
    until: Moment | None = None


class ReplayView(Contract):
    """A replay that goes on in the background."""

    id: str
    which: str
    since: Moment
    until: Moment


class SendTest(Contract):
    """Which event's sample to send."""

    event: str = Field(default="ticket.opened", max_length=100)


class AttemptView(Contract):
    """One attempt: what was sent and what came back. answer: its first 64 KB."""

    number: int
    at: Moment
    status: int = Field(description="0 where there was no answer")
    latency_ms: int
    error: str = Field(description="timeout, unreachable, tls, unreadable, unresolved, private-address; '' for none")
    request_headers: dict[str, str] = Field(description="as sent; the values of the endpoint's own are left out")
    answer_headers: dict[str, str]
    answer: str


class DeliveryView(Contract):
    """One event for one endpoint. event_id is the `webhook-id`, the same over all attempts and replays."""

    id: str
    endpoint_id: str
    event_id: str
    event_type: str
    key: str = Field(description="the id of the thing that the event is about: what order is kept by")
    state: DeliveryState
    reason: str = Field(description="why it failed or is held, '' otherwise")
    attempts: int
    created_at: Moment
    delivered_at: Moment | None
    test: bool = False


class DeliveryDetail(DeliveryView):
    """The delivery with its attempts, the latest last, and what is sent."""

    history: tuple[AttemptView, ...]
    body: dict[str, Any] = Field(description="as this endpoint, and whoever asks, may see it; {} once it is forgotten")


class DeliveryQuery(PageQuery):
    """Deliveries of an endpoint, newest first, of the last ninety days."""

    state: DeliveryState | None = None
    since: Moment | None = None
    until: Moment | None = None


class StatisticsView(Contract):
    """How an endpoint does: over the last seven days, and now."""

    delivered: int
    failed_attempts: int
    p95_ms: int = Field(description="19 of 20 answers came within; 0 without any")
    waiting: int = Field(description="deliveries that are to be sent, counted up to 1,000")
    failing_since: Moment | None
    failures: int = Field(description="in a row")
    last_error: str = Field(description="in words, '' for none")
    last_error_at: Moment | None
    next_attempt_at: Moment | None = Field(description="before which nothing is tried")


class EventTypeView(Contract):
    """One type of event: the JSON Schema of a delivery's body, and a sample of it."""

    type: str
    family: str
    description: str
    schema_version: int
    json_schema: dict[str, Any]
    sample: dict[str, Any]


class EventTypesView(Contract):
    """Every type of event that there is."""

    data: tuple[EventTypeView, ...]
