"""Connections (连接): whether settings can be used, and what their owner is told. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from functions.webhooks.counts import Row, latest, total
from hub.channels.registry import CHANNELS, channel_document, codec
from hub.contracts.webhooks import Health, NewConnection, Words
from hub.kernel.errors import Invalid, Problem

SETTINGS_LIMIT_BYTES = 1800
"""An SSM parameter holds 4 KB, and while a secret is rotated two generations of settings."""

REJECTIONS: Mapping[str, Words] = {
    "bad-signature": Words(
        zh="签名不符：核对 Token / app_secret 是否与平台后台一致，是否多了空格。",
        en="The signature does not match: compare the token or app secret with the console, blanks included.",
    ),
    "bad-ciphertext": Words(
        zh="无法解密：EncodingAESKey 与平台后台不一致。",
        en="It cannot be decrypted: the EncodingAESKey is not the console's.",
    ),
    "wrong-receive-id": Words(
        zh="解密成功，但 ReceiveId 不在允许之列：核对企业ID。",
        en="It decrypts, but is meant for another receive id: check the corp id.",
    ),
    "bad-settings": Words(zh="连接的设置不完整。", en="The settings of this connection are incomplete."),
    "douyin-misconfigured": Words(
        zh="平台拒绝了接口调用：核对应用权限、授权与IP白名单。",
        en="The platform refuses API calls: check permissions, authorisation and the IP allow list.",
    ),
}


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
    problems += codec(channel).check_settings(settings)
    if len(json.dumps(settings, ensure_ascii=False).encode()) > SETTINGS_LIMIT_BYTES:
        problems.append(Problem("", f"must be at most {SETTINGS_LIMIT_BYTES} bytes of JSON"))
    if problems:
        found = [Problem(f"/settings{problem.pointer}", problem.rule) for problem in problems]
        raise Invalid("settings", problems=found)


def rotated(settings: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """New settings that keep the ones before alive: deliveries signed with either verify until the next
    change. The same settings once more (a request sent twice) are no change."""
    if settings == {name: value for name, value in before.items() if name != "previous"}:
        return dict(before)
    return {**settings, "previous": {name: value for name, value in before.items() if name != "previous"}}


def webhook_url(base_url: str, channel: str, connection_id: str) -> str:
    """What the platform's console asks for."""
    return f"{base_url.rstrip('/')}/webhooks/{channel}/{connection_id}"


def steps(channel: str) -> tuple[Words, ...]:
    """What to do in the platform's console, in order."""
    return tuple(Words(**step) for step in channel_document(channel)["steps"])


def health(rows: Iterable[Row], watermark: datetime | None) -> Health:
    """How a connection fares, from its counters' rows."""
    rows = list(rows)
    code = latest(rows, "last_error")
    return Health(
        last_delivery_at=latest(rows, "last_delivery_at") or None,
        rejected_signature=total(rows).rejected_signature,
        last_rejected_at=latest(rows, "last_rejected_at") or None,
        last_error=words(code) if code else None,
        watermark=watermark,
    )


def words(code: str) -> Words:
    """What a rejection means to the one who set the connection up."""
    return REJECTIONS.get(code) or Words(zh=f"投递被拒绝：{code}", en=f"A delivery was rejected: {code}")
