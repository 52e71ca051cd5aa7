"""Sending samples: any documented message of any channel, signed as its platform would sign it, to any URL."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from hub.channels.base import Delivery, Rejected
from hub.channels.door import Stamp
from hub.channels.registry import CHANNELS, codec, settings_problems
from hub.channels.samples import find_sample, render, sample_names
from hub.kernel.errors import NotFound
from hubctl.failures import OperatorError
from hubctl.market_orders import ORDERS, tell_order

ANSWER_SECONDS = 30.0
NUMBER_BITS = 62


@dataclass(frozen=True)
class Target:
    """Where to, and signed with which settings. platforms_url: where the doubles of the hub that runs here are; "" for
    any other hub."""

    url: str
    settings: Mapping[str, Any]
    platforms_url: str = ""


@dataclass(frozen=True)
class Answered:
    """What was sent, and what came back. url: with its query."""

    url: str
    plaintext: str
    status: int
    body: str


def inbound_names() -> str:
    """The channels that samples can be sent to."""
    return ", ".join(name for name, channel in CHANNELS.items() if channel.inbound)


def check_channel(channel: str) -> None:
    """Raises OperatorError naming the channels that there are."""
    if channel not in CHANNELS or not CHANNELS[channel].inbound:
        raise OperatorError(f"no inbound channel {channel!r}: choose from {inbound_names()}")


def find_target(channel: str, url: str, settings_file: Path | None, ready_file: Path, connection: str = "") -> Target:
    """The URL and settings to sign with: given ones, else those of a connection of the hub that runs here.

    Raises OperatorError saying what is missing.
    """
    known = _connection(channel, ready_file, connection) if not (url and settings_file) else {}
    settings = _read_settings(settings_file) if settings_file else known.get("settings")
    where = url or known.get("webhook_url", "")
    if not where or settings is None:
        missing = "--settings FILE" if url else "--to URL and --settings FILE"
        raise OperatorError(
            f"no {channel} connection {connection + ' ' if connection else ''}is known here: give {missing} "
            "(its settings as JSON), or run `make dev`, which writes its connections to .hub/ready.json"
        )
    if not _is_url(where):
        raise OperatorError(f"{where!r} is no URL: it is http:// or https://, a host, and mostly a port and a path")
    return Target(where, settings, "" if url else str(known.get("platforms_url", "")))


def _is_url(text: str) -> bool:
    """Whether a request can be sent there; brackets that never close and ports that are none make it no URL."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and " " not in text
    except ValueError:
        return False


def send_sample(channel: str, name: str, target: Target, text: str) -> Answered:
    """Sign one sample and post it; to the hub that runs here after its double knows the order that is spoken of. Raises
    OperatorError for a channel or sample that there is not, settings that can't sign, or a URL that does not answer."""
    check_channel(channel)
    try:
        sample = find_sample(channel, name)
    except NotFound:
        names = ", ".join(sample_names(channel))
        raise OperatorError(f"{channel} has no sample {name!r}: choose from {names}") from None
    settings = {**target.settings}
    settings["push_path"] = settings.get("push_path") or urlsplit(target.url).path  # some platforms sign it
    number, now = secrets.randbits(NUMBER_BITS), time.time()
    plaintext, delivery = _signed(channel, sample["plaintext"], settings, text, number=number, now=now)
    if target.platforms_url and sample["event"] == "order.touched" and channel in ORDERS:
        tell_order(target.platforms_url, channel, settings, number, datetime.fromtimestamp(now, UTC))
    return _post(target.url, plaintext, delivery)


def _signed(
    channel: str, template: str, settings: Mapping[str, Any], text: str, *, number: int, now: float
) -> tuple[bytes, Delivery]:
    """A sample's plaintext with fresh numbers, and its delivery as the platform would make it now."""
    try:
        plaintext = render(template, settings, now=now, number=number, text=text)
        stamp = Stamp(str(int(now)), secrets.token_hex(8), secrets.token_bytes(16))
        delivery = codec(channel).sample(settings, plaintext, stamp)
    except (AttributeError, LookupError, TypeError, ValueError, Rejected) as failure:
        raise OperatorError(f"these settings cannot sign for {channel}: {_wrong(channel, settings, failure)}") from None
    return plaintext, delivery


def _wrong(channel: str, settings: Mapping[str, Any], failure: Exception) -> str:
    """What is wrong with settings that failed to sign: their problems, and what was missed though it is optional."""
    rules = {problem.pointer: problem.rule for problem in settings_problems(channel, settings)}
    if isinstance(failure, KeyError):
        rules.setdefault(f"/{failure.args[0]}", "must be given")
    return "; ".join(f"{pointer} {rule}" for pointer, rule in rules.items()) or str(failure)


def _post(url: str, plaintext: bytes, delivery: Delivery) -> Answered:
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy of the shell
            answer = session.request(
                delivery.method,
                url,
                params=dict(delivery.query),
                data=delivery.body,
                headers=dict(delivery.headers),
                timeout=ANSWER_SECONDS,
                allow_redirects=False,
            )
    except requests.RequestException as failure:
        raise OperatorError(f"{url} does not answer: {type(failure).__name__}") from None
    text = answer.content.decode("utf-8", "replace")
    return Answered(answer.url, plaintext.decode("utf-8", "replace"), answer.status_code, text)


def _connection(channel: str, ready_file: Path, connection: str) -> dict[str, Any]:
    if not ready_file.exists():
        return {}
    try:
        ready = json.loads(ready_file.read_text(encoding="utf-8"))
        listed, doubles = ready["connections"], {"platforms_url": ready.get("platforms_url", "")}
    except (OSError, ValueError, LookupError, TypeError):
        raise OperatorError(f"{ready_file} is not what `hubctl dev` writes once it is ready") from None
    fitting = [
        connection_view
        for connection_view in listed
        if connection_view["channel"] == channel and connection in ("", connection_view["id"])
    ]
    return {**fitting[0], **doubles} if fitting else {}


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OperatorError(f"{path} must hold the connection's settings as a JSON object: {error}") from None
    if not isinstance(settings, dict):
        raise OperatorError(f"{path} must hold the connection's settings as a JSON object")
    return settings
