"""The channels there are, by name. Each part is imported when it is asked for, and no other with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, cast

from hub.channels.base import Inbound, check_fields
from hub.channels.door import Door
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import NotFound, Problem


@dataclass(frozen=True)
class Channel:
    """One platform: a folder beside this file with the same name.

    inbound: it has a door (codec) and events behind it. market: it has orders, read and pulled by its client.
    read_delay_seconds: so far its API lags behind its own pushes; what was pushed is read after that.
    """

    name: str
    inbound: bool = True
    market: bool = False
    read_delay_seconds: int = 0

    def module(self, part: str) -> ModuleType:
        return import_module(f"hub.channels.{self.name}.{part}")

    def text(self, file_name: str) -> str:
        return (Path(__file__).parent / self.name / file_name).read_text(encoding="utf-8")


CHANNELS: Mapping[str, Channel] = MappingProxyType(
    {
        channel.name: channel
        for channel in (
            Channel("wecom"),
            Channel("wechat_kf"),
            Channel("official_account"),
            Channel("wechat_store", market=True, read_delay_seconds=10),
            Channel("douyin", market=True),
            Channel("kuaishou", market=True),
            Channel("xiaohongshu", market=True),
            Channel("youzan", market=True, read_delay_seconds=45),
            Channel("shopify", market=True),
            Channel("taobao", market=True),
            Channel("jd", market=True),
            Channel("pinduoduo", market=True),
            Channel("relay"),
            Channel("open"),
            Channel("dingtalk", inbound=False),
            Channel("feishu", inbound=False),
            Channel("sms_aliyun", inbound=False),
            Channel("sms_tencent", inbound=False),
            Channel("email", inbound=False),
            Channel("phone", inbound=False),
        )
    }
)


def inbound_channels() -> tuple[str, ...]:
    """The channels that have a webhook URL."""
    return tuple(name for name, channel in CHANNELS.items() if channel.inbound)


def codec(name: str) -> Door:
    """The door of a channel: lean, it pulls in nothing but `cryptography`. Raises NotFound, as all below."""
    return cast(Door, _channel(name).module("codec").DOOR)


def inbound(name: str) -> Inbound:
    """How a channel's stored messages become contract events."""
    return cast(Inbound, _channel(name).module("inbound"))


def client(name: str) -> ModuleType:
    """The module with the channel's API client: its class is called `Client`."""
    return _channel(name).module("client")


def channel_document(name: str) -> dict[str, Any]:
    """The channel's own description (channel.json): titles, settings with their rules, steps, success words."""
    document: dict[str, Any] = json.loads(_channel(name).text("channel.json"))
    return document


def reply_window(name: str) -> Mapping[str, int] | None:
    """How a person who wrote by this channel may be answered by its client (`answer`): `hours` after their last
    message, `messages` to each of theirs; {} without limits, None where a reply can't be sent."""
    window: Mapping[str, int] | None = channel_document(name).get("reply") if name in CHANNELS else None
    return window


def settings_problems(name: str, settings: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a connection's settings, field by field; empty when they can be used."""
    problems = check_fields(channel_document(name)["settings"], settings)
    pointers = {problem.pointer for problem in problems}
    usable = {name: value for name, value in settings.items() if f"/{name}" not in pointers}
    more = codec(name).check_settings(usable) if _channel(name).inbound else []
    return problems + [problem for problem in more if problem.pointer not in pointers]


def samples(name: str) -> tuple[dict[str, Any], ...]:
    """Every documented message of an inbound channel (samples.json): name, title, plaintext, and its event."""
    return tuple(json.loads(_channel(name).text("samples.json")))


def setup_guide(name: str) -> str:
    """How to connect the platform, step by step, in Chinese and English (setup.md)."""
    return _channel(name).text("setup.md")


def _channel(name: str) -> Channel:
    channel = CHANNELS.get(name)
    if channel is None:
        raise NotFound("no such channel", channel=name[:64])
    return channel
