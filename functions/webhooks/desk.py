"""What the room's handlers work with, wired from a host. Nothing is decided here, and nothing is called yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, field
from datetime import datetime
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

from functions.webhooks.accept import Door
from functions.webhooks.connections.connections_table import Connections
from functions.webhooks.connections.failures import Failures
from functions.webhooks.inbox.conversations import CHANNEL as CONVERSATIONS
from functions.webhooks.inbox.conversations import Feeds
from functions.webhooks.inbox.counters_table import Counters
from functions.webhooks.inbox.greetings import CHANNEL as GREETINGS
from functions.webhooks.inbox.greetings import Greeter
from functions.webhooks.inbox.publish import Publisher
from functions.webhooks.inbox.quarantine import Quarantine
from functions.webhooks.inbox.readings_table import Readings
from functions.webhooks.inbox.recent import Recent
from functions.webhooks.inbox.replays import Replays
from functions.webhooks.inbox.settling_table import Settler
from functions.webhooks.inbox.untried_table import Untried
from functions.webhooks.mappings.active import ActiveMappings
from functions.webhooks.mappings.kind import STATUS_MAPPINGS
from functions.webhooks.mappings.legacy_table import OldMappings
from functions.webhooks.orders.days_table import OrderDays
from functions.webhooks.orders.live import LiveOrders
from functions.webhooks.orders.orders_table import Orders
from functions.webhooks.orders.refresh import Refresher
from functions.webhooks.orders.shops import Shops
from functions.webhooks.orders.tags_table import Tags
from functions.webhooks.promotions.items_table import Partition
from functions.webhooks.promotions.lanes import Promoter, Turn
from functions.webhooks.promotions.lanes_table import Lanes
from functions.webhooks.promotions.promotions_table import Promotions
from functions.webhooks.promotions.takers import Takers
from functions.webhooks.reviews.reviews_table import Reviews
from hub.channels.registry import client, inbound
from hub.documents.documents import Documents
from hub.edge.host import Host
from hub.kernel.dataclass import dataclass
from hub.platforms.clients import Platforms, platforms_of
from hub.store.content import ContentStore
from hub.store.inbox import Inbox
from hub.store.secrets import ConnectionSecrets
from hub.store.table import Table


class Send(Protocol):
    """To one of the room's queues: hub.edge.host."""

    def __call__(self, queue: str, *bodies: Any, delay_seconds: int = 0) -> None: ...


@dataclass
class InboxDesk:
    """Stored messages: listed, settled and counted, published, replayed; greetings, and conversations that are
    fetched."""

    messages: Inbox
    untried: Untried
    recent: Recent
    counters: Counters
    settler: Settler
    publisher: Publisher
    replays: Replays
    greeter: Greeter
    feeds: Feeds
    readings: Readings


@dataclass
class OrdersDesk:
    """Orders and after-sales: kept, counted by day, read again, read live."""

    table: Orders
    days: OrderDays
    shops: Shops
    refresher: Refresher
    live: LiveOrders


@dataclass
class ConnectionsDesk:
    """Connections: listed, their secrets, what of them failed, what their clients share. door: the front door, as it
    would open now."""

    table: Connections
    secrets: ConnectionSecrets = field(repr=False)
    failures: Failures
    platforms: Platforms
    door: Callable[[], Door]


@dataclass
class PromotionsDesk:
    """Promotions: kept, and sent in lanes to who takes them."""

    table: Promotions
    takers: Takers
    promoter: Promoter


@dataclass
class Desk:
    """contents: what people wrote. documents: the room's kinds (status mappings). mappings: those that are active.
    now, wall_now: business and real time. send: to the room's queues. emit: contract events, to the bus."""

    inbox: InboxDesk
    orders: OrdersDesk
    documents: Documents
    mappings: ActiveMappings
    connections: ConnectionsDesk
    promotions: PromotionsDesk
    reviews: Reviews
    contents: ContentStore
    send: Send
    emit: Callable[..., None]
    now: Callable[[], datetime]
    wall_now: Callable[[], datetime]


@dataclass(frozen=True)
class Ground:
    """What several parts of the desk stand on."""

    host: Host
    table: Table
    messages: Inbox
    counters: Counters
    failures: Failures
    cursors: Connections
    secrets: ConnectionSecrets = field(repr=False)
    platforms: Platforms

    @property
    def tenant(self) -> str:
        return self.host.settings.tenant

    @property
    def wall_now(self) -> Callable[[], datetime]:
        return self.host.clock.wall_now


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    ground = _ground(host)
    documents = Documents(ground.table, ground.tenant, host.now, context=OldMappings(ground.table, ground.tenant))
    mappings = ActiveMappings(lambda channel: documents.current(STATUS_MAPPINGS, channel).value, ground.wall_now)
    settler = Settler(Table(host.settings.inbox_table, host.client("dynamodb")), ground.counters)
    orders = _orders(ground, mappings, settler)
    return Desk(
        inbox=_inbox(ground, settler, orders.refresher),
        orders=orders,
        documents=documents,
        mappings=mappings,
        connections=_connections(ground),
        promotions=_promotions(ground),
        reviews=_reviews(ground),
        contents=_content(host),
        send=host.send,
        emit=host.emit,
        now=host.now,
        wall_now=ground.wall_now,
    )


def _ground(host: Host) -> Ground:
    settings, dynamodb, wall_now = host.settings, host.client("dynamodb"), host.clock.wall_now
    table = Table(settings.table, dynamodb)
    counters = Counters(table, settings.tenant, settings.timezone)
    return Ground(
        host=host,
        table=table,
        messages=Inbox(settings.inbox_table, dynamodb, settings.tenant),
        counters=counters,
        failures=Failures(counters, host.now),
        cursors=Connections(settings.tenant, table),
        secrets=ConnectionSecrets(host.client("ssm"), settings.tenant, wall_now, settings.key_id),
        platforms=platforms_of(host),
    )


def _content(host: Host) -> ContentStore:
    return ContentStore(host.settings.tenant, host.settings.content_table, host.client("dynamodb"))


def _reviews(ground: Ground) -> Reviews:
    return Reviews(ground.table, ground.tenant)


def _inbox(ground: Ground, settler: Settler, refresher: Refresher) -> InboxDesk:
    host, messages, secrets = ground.host, ground.messages, ground.secrets
    return InboxDesk(
        messages=messages,
        untried=Untried(ground.tenant, messages, ground.table, secrets.every),
        recent=Recent(ground.tenant, messages, secrets, inbound),
        counters=ground.counters,
        settler=settler,
        publisher=Publisher(
            tenant=ground.tenant,
            inbox=messages,
            settler=settler,
            content=_content(host),
            emit=host.emit,
            keeper=refresher,
            connections=secrets,
            inbound=inbound,
            wall_now=ground.wall_now,
            reviews=_reviews(ground),
        ),
        replays=Replays(messages, ground.wall_now),
        greeter=Greeter(
            inbox=messages,
            code_of=cast(Any, inbound(GREETINGS)).welcome_code,
            connections=secrets,
            platforms=ground.platforms,
            failures=ground.failures,
        ),
        readings=Readings(ground.table, ground.tenant),
        feeds=Feeds(
            inbox=messages,
            cursors=ground.cursors,
            reader=cast(Any, inbound(CONVERSATIONS)),
            connections=secrets,
            platforms=ground.platforms,
            failures=ground.failures,
            business_now=host.now,
            wall_now=ground.wall_now,
        ),
    )


def _orders(ground: Ground, mappings: ActiveMappings, settler: Settler) -> OrdersDesk:
    host, table, tenant = ground.host, ground.table, ground.tenant
    orders = Orders(table, tenant, ZoneInfo(host.settings.timezone))
    shops = Shops(ground.secrets, ground.platforms, mappings, feeds=lambda channel: client(channel).FEEDS)
    quarantine = Quarantine(ground.messages, settler, ground.wall_now)
    scale = int(host.settings.clock_scale or 1)
    refresher = Refresher(orders, _content(host), ground.messages, quarantine, scale)
    live = LiveOrders(
        tenant=tenant,
        orders=orders,
        refresher=refresher,
        shops=shops,
        guard=ground.platforms.guard,
        tags=Tags(table, tenant),
        emit=host.emit,
        now=host.now,
        wall_now=ground.wall_now,
    )
    return OrdersDesk(orders, OrderDays(table, tenant), shops, refresher, live)


def _connections(ground: Ground) -> ConnectionsDesk:
    host = ground.host

    def door() -> Door:
        return Door(
            secrets=ConnectionSecrets(host.client("ssm"), ground.tenant, ground.wall_now),
            inbox=ground.messages,
            queue=host.client("sqs"),
            tally_url=host.settings.tally_queue_url,
            clock=host.clock,
        )

    return ConnectionsDesk(ground.cursors, ground.secrets, ground.failures, ground.platforms, door)


def _promotions(ground: Ground) -> PromotionsDesk:
    items, takers = Partition(ground.table, ground.tenant), Takers(ground.secrets, ground.platforms)

    def send(turn: Turn, delay_seconds: int) -> None:
        ground.host.send("promotions", asdict(turn), delay_seconds=delay_seconds)

    promotions = Promotions(items)
    return PromotionsDesk(promotions, takers, Promoter(promotions, Lanes(items), takers.client, send, ground.wall_now))
