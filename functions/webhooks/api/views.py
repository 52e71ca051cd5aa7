"""What the room's HTTP answers show: never a secret, never what a person wrote. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from functions.webhooks.connections.connections import steps, webhook_url
from functions.webhooks.orders.orders import place_of
from hub.channels.base import Draft
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.registry import channel_document
from hub.contracts.webhooks import (
    ChannelView,
    ConnectionPlace,
    ConnectionView,
    MessageEvent,
    MessageView,
    NewConnection,
    PayloadView,
)
from hub.contracts.webhooks_orders import AfterSaleView, OrderView
from hub.edge.bus import type_of
from hub.kernel.clock import parse_rfc3339
from hub.kernel.money import Money
from hub.store.messages import InboxItem

KINDS: Mapping[type, str] = {OrderFacts: "order.changed", AfterSaleFacts: "after_sale.changed"}
"""What is told of facts that a message itself holds, where they are news."""


def channel_view(name: str) -> ChannelView:
    """A channel as its channel.json describes it. Raises NotFound."""
    document = channel_document(name)
    return ChannelView.model_validate({field: document[field] for field in ChannelView.model_fields})


def new_connection(new: NewConnection, connection_id: str, now: datetime, base_url: str) -> ConnectionView:
    """A connection as it will be: enabled, at version 1."""
    return ConnectionView(
        id=connection_id,
        channel=new.channel,
        name=new.name,
        state="enabled",
        region=new.region,
        store_id=new.store_id,
        webhook_url=webhook_url(base_url, new.channel, connection_id),
        steps=steps(new.channel),
        created_at=now,
        version=1,
    )


def payload_view(item: InboxItem) -> PayloadView:
    """What the platform said; bytes that are no UTF-8 are shown in base64."""
    view = PayloadView(
        id=item.message_id, received_at=item.received_at, encoding="utf-8", body="", cut=bool(item.cut_from)
    )
    try:
        return view.model_copy(update={"body": item.plaintext.decode("utf-8")})
    except UnicodeDecodeError:
        return view.model_copy(update={"encoding": "base64", "body": b64encode(item.plaintext).decode()})


def connection_view(item: Any, base_url: str) -> ConnectionView:
    """From the stored item."""
    return ConnectionView(
        id=item.connection_id,
        channel=item.channel,
        name=item.name,
        state=item.state,
        region=item.region,
        store_id=item.store_id,
        accounts={name: ConnectionPlace(region=region, store_id=s) for name, (region, s) in item.accounts.items()},
        webhook_url=webhook_url(base_url, item.channel, item.connection_id),
        steps=steps(item.channel),
        created_at=parse_rfc3339(item.created_at),
        version=int(item.version),
    )


def message_view(item: InboxItem, drafts: Iterable[Draft] = ()) -> MessageView:
    """From the inbox item, and what it became."""
    return MessageView(
        id=item.message_id,
        connection_id=item.connection_id,
        channel=item.channel,
        account=item.account,
        received_at=item.received_at,
        state=item.status,
        reason=item.reason,
        attempts=item.attempts,
        size_bytes=item.cut_from or len(item.plaintext),
        cut=bool(item.cut_from),
        events=tuple(map(_event_view, drafts)),
    )


def _event_view(draft: Draft) -> MessageEvent:
    """Of facts, which no event tells before they are kept, what they are about."""
    source = draft.event or draft.facts
    kind = type_of(draft.event) if draft.event else KINDS[type(draft.facts)]
    return MessageEvent(
        id=draft.event.id if draft.event else "", type=kind, order_no=str(getattr(source, "order_no", ""))
    )


def order_view(item: Mapping[str, Any]) -> OrderView:
    """From the stored item."""
    region, store_id = place_of(item)
    return OrderView(
        **{name: item[name] for name in ("connection_id", "channel", "shop_id", "order_no", "state", "buyer_id")},
        id=item["order_id"],
        region=region,
        store_id=store_id,
        amount=_amount(item, "amount_minor"),
        currency=item["currency"] or "CNY",
        paid_at=_moment(item, "paid_at"),
        deposit=_amount({"deposit_minor": 0, **item}, "deposit_minor"),
        tracking_nos=tuple(item.get("tracking_nos", ())),
        attribution=item.get("attribution", {}),
        source_at=_moment(item, "source_time"),
        noted_at=parse_rfc3339(item["noted_at"]),
        recovered=bool(item.get("pulled")) and not item.get("pushed"),
    )


def after_sale_view(item: Mapping[str, Any]) -> AfterSaleView:
    """From the stored item."""
    names = ("connection_id", "channel", "shop_id", "after_sale_no", "order_no", "state", "money", "currency")
    region, store_id = place_of(item)
    return AfterSaleView(
        **{name: item[name] for name in names},
        id=item["after_sale_id"],
        region=region,
        store_id=store_id,
        kind=item["type"],
        requested=_amount(item, "requested_minor"),
        refunded=_amount(item, "refunded_minor"),
        tracking_no=item.get("tracking_no", ""),
        deadline_at=_moment(item, "deadline_at"),
        source_at=_moment(item, "source_time"),
        noted_at=parse_rfc3339(item["noted_at"]),
    )


def _amount(item: Mapping[str, Any], name: str) -> str:
    return str(Money(int(item[name]), item["currency"] or "CNY"))


def _moment(item: Mapping[str, Any], name: str) -> datetime | None:
    return parse_rfc3339(item[name]) if item.get(name) else None
