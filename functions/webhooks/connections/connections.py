"""Connections (连接): whether settings can be used, and what their owner is told. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.webhooks.connections.causes import words
from functions.webhooks.inbox.counts import Row, latest, latest_error, total
from hub.channels.registry import CHANNELS, channel_document, settings_problems
from hub.contracts.base import Words
from hub.contracts.webhooks import Health, NewConnection, NewPlace
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import Invalid, Problem
from hub.kernel.regions import BASE
from hub.store.connection import Connection

ACCOUNTS_LIMIT = 20
SETTINGS_LIMIT_BYTES = 1800
"""An SSM parameter holds 4 KB, and while a secret is rotated two generations of settings."""
REMOVED = Words(
    zh="已删除：设置与密钥、平台访问令牌、拉取进度；其回调地址不再应答（各进程一分钟内生效）。",
    en="Gone: its settings and secrets, the platform's access token, how far it was pulled. Its webhook URL answers "
    "404, within a minute everywhere.",
)
KEPT = Words(
    zh="保留：已收到的消息（至其90天期满，可重放）、订单与售后、客户、工单、计数与对账。",
    en="Kept: messages that came (to the end of their 90 days; they can be replayed), orders and after-sales, "
    "customers, tickets, counts and what reconciles them.",
)


def check_new(new: NewConnection) -> None:
    """Raises Invalid naming each wrong field of a new connection."""
    if new.channel not in CHANNELS:
        rule = "must be one of: " + ", ".join(CHANNELS)
        raise Invalid("unknown channel", problems=[Problem("/channel", rule)])
    check_settings(new.channel, new.settings)


def check_settings(channel: str, settings: Mapping[str, Any]) -> None:
    """Raises Invalid naming each setting that the platform's console would make one get wrong."""
    known = {field["name"] for field in channel_document(channel)["settings"]}
    problems = [Problem(f"/{name}", "is not a known field") for name in settings if name not in known]
    problems += settings_problems(channel, settings)
    if len(json.dumps(settings, ensure_ascii=False).encode()) > SETTINGS_LIMIT_BYTES:
        problems.append(Problem("", f"must be at most {SETTINGS_LIMIT_BYTES} bytes of JSON"))
    if problems:
        raise Invalid("wrong settings", problems=[Problem(f"/settings{each.pointer}", each.rule) for each in problems])


def placed_at(connection: Connection, place: NewPlace) -> Connection:
    """The connection with another place, or one of its accounts with one of its own; an account in "base" without a
    store has none any more. Raises Invalid beyond ACCOUNTS_LIMIT."""
    if not place.account:
        return replace(connection, region=place.region, store_id=place.store_id)
    accounts = {**connection.accounts, place.account: (place.region, place.store_id)}
    accounts = {name: where for name, where in accounts.items() if where != (BASE, "")}
    if len(accounts) > ACCOUNTS_LIMIT:
        rule = f"at most {ACCOUNTS_LIMIT} accounts of a connection have a place of their own"
        raise Invalid("too many places", problems=[Problem("/account", rule)])
    return replace(connection, accounts=accounts)


def rotated(settings: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """New settings that keep the ones before alive: deliveries signed with either verify until the next
    change. The same settings once more (a request sent twice) are no change."""
    if settings == unrotated(before):
        return dict(before)
    return {**settings, "previous": unrotated(before)}


def unrotated(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without the ones before: only the newest secrets are valid then."""
    return {name: value for name, value in settings.items() if name != "previous"}


def webhook_url(base_url: str, channel: str, connection_id: str) -> str:
    """What the platform's console asks for; "" for a channel that only sends."""
    if not CHANNELS[channel].inbound:
        return ""
    return f"{base_url.rstrip('/')}/webhooks/{channel}/{connection_id}"


def steps(channel: str) -> tuple[Words, ...]:
    """What to do in the platform's console, in order."""
    return tuple(Words(**step) for step in channel_document(channel)["steps"])


def health(
    rows: Iterable[Row], watermark: datetime | None, *, now: datetime | None = None, wall_now: datetime | None = None
) -> Health:
    """How a connection fares, from its counters' rows. Without the two times no lag is told.

    now: business time, in which deliveries are noted; wall_now: real time, in which platforms stamp what is pulled.
    """
    rows = list(rows)
    code, at = latest_error(rows)
    delivered = latest(rows, "last_delivery_at")
    return Health(
        last_delivery_at=delivered or None,
        delivery_lag_seconds=_seconds(parse_rfc3339(delivered), now) if delivered and now else None,
        rejected_signature=total(rows).rejected_signature,
        last_rejected_at=latest(rows, "last_rejected_at") or None,
        last_error=words(code) if code else None,
        last_error_code=code,
        last_error_at=at or None,
        watermark=watermark,
        watermark_lag_seconds=_seconds(watermark, wall_now) if watermark and wall_now else None,
    )


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds()))
