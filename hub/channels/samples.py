"""Samples (示例报文): every documented message of a channel, ready to be sent as the platform would send it.

In a sample's plaintext stand, where they matter: `$now` and `$now_ms` (epoch), `$id` (a fresh number), `$account` (whom
it is for: a receive id, a shop), `$text` (what a person says), and the connection's own settings by their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from typing import Any

from hub.channels.registry import samples
from hub.kernel.errors import NotFound

ACCOUNTS = ("receive_id", "corp_id", "app_id", "appid", "shop_id", "kdt_id", "seller_id", "shop_domain", "shop")
"""The settings that say whom a message is for, the first that there is."""


def sample_names(channel: str) -> tuple[str, ...]:
    """What can be sampled of a channel. Raises NotFound."""
    return tuple(sample["name"] for sample in samples(channel))


def find_sample(channel: str, name: str) -> Mapping[str, Any]:
    """One sample by its name. Raises NotFound, which names those that there are."""
    for sample in samples(channel):
        if sample["name"] == name:
            return sample
    raise NotFound("no such sample", channel=channel, sample=name[:64], known=", ".join(sample_names(channel)))


def render(plaintext: str, settings: Mapping[str, Any], *, now: float, number: int, text: str = "冰柜不制冷") -> bytes:
    """A sample's plaintext as one message. settings: of the connection that it is sent to. now: real time, epoch
    seconds. number: a fresh one, so that the message is no repeat."""
    values = {
        **{name: value for name, value in settings.items() if isinstance(value, str)},
        "now": str(int(now)),
        "now_ms": str(int(now * 1000)),
        "id": str(number),
        "account": account_of(settings),
        "text": text,
    }
    return Template(plaintext).substitute(values).encode()


def account_of(settings: Mapping[str, Any]) -> str:
    """Whom messages of a connection are for, as its platform names it; "" where nothing says so."""
    listed = settings.get("receive_ids")
    if isinstance(listed, list | tuple) and listed:
        return str(listed[0])
    return next((str(settings[name]) for name in ACCOUNTS if settings.get(name)), "")
