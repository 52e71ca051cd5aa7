"""Captured deliveries (抓到的报文): what is in one, or which step refused it and what is most likely wrong.

A delivery that does not verify is tried again with the mistakes that proxies and people make undone, one at a time: the
first that makes it verify is the cause.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from functions.webhooks.causes import words
from hub.channels.base import Accepted, Delivery, NotUnderstood, Rejected, Settings, StoredMessage
from hub.channels.registry import codec, inbound
from hub.contracts.webhooks import Words
from hub.kernel.errors import Problem

Undo = Callable[[Delivery], Delivery]


@dataclass(frozen=True)
class Found:
    """What a captured delivery is. messages: each message's plaintext, key and events. refused: the step that refused
    it, "" when it verifies. cause: in words, with what to do. problems: of the settings."""

    answer: str = ""
    messages: tuple[dict[str, Any], ...] = ()
    refused: str = ""
    facts: Mapping[str, object] = ()  # type: ignore[assignment]
    cause: Words | None = None
    problems: tuple[Problem, ...] = ()


def read_capture(method: str, query: str, headers: Mapping[str, str], body: bytes) -> Delivery:
    """A captured request as a delivery. query: the raw query string, or a whole URL; at: when the request itself says
    that it was sent, so that its age is no reason."""
    raw = query.partition("?")[2] if "?" in query else query
    values = dict(parse_qsl(raw, keep_blank_values=True))
    lower = {name.lower(): value for name, value in headers.items()}
    return Delivery(method, values, lower, body, at=_sent_at(values, lower))


def explain(channel: str, settings: Settings, delivery: Delivery) -> Found:
    """What is in it, or why it is refused. Raises NotFound for a channel that there is not."""
    door = codec(channel)
    problems = tuple(door.check_settings(settings))
    try:
        accepted = door.accept(delivery, settings)
    except Rejected as rejected:
        cause = _likeliest(channel, settings, delivery) or words(rejected.reason)
        return Found(refused=rejected.reason, facts=rejected.facts, cause=cause, problems=problems)
    return _understood(channel, accepted, problems)


def _understood(channel: str, accepted: Accepted, problems: tuple[Problem, ...]) -> Found:
    messages = tuple(_message(one.channel or channel, one) for one in accepted.messages)
    return Found(accepted.answer.body.decode("utf-8", "replace"), messages, problems=problems)


def _message(channel: str, received: Any) -> dict[str, Any]:
    told = {"dedupe_key": received.dedupe_key, "account": received.account}
    told["plaintext"] = received.plaintext.decode("utf-8", "replace")
    stored = StoredMessage("demo", "msg_?", "con_?", channel, received.account, received.plaintext, datetime.now(UTC))
    try:
        drafts = inbound(channel).events(stored)
    except NotUnderstood as error:
        return told | {"quarantined": error.reason, "facts": dict(error.facts)}
    said = [draft.event.model_dump(mode="json", exclude={"id", "tenant", "at"}) for draft in drafts if draft.event]
    return told | {"events": said, "facts_kept": sum(draft.facts is not None for draft in drafts)}


def _likeliest(channel: str, settings: Settings, delivery: Delivery) -> Words | None:
    for undo, cause in _mistakes(settings):
        changed, known = undo(delivery), _mended(settings)
        if (changed, known) == (delivery, settings):
            continue
        try:
            codec(channel).accept(changed, known)
        except Rejected:
            continue
        return cause
    return None


def _mistakes(settings: Settings) -> Iterator[tuple[Undo, Words]]:
    """Mistakes, most frequent first, each as what undoes it."""
    if _mended(settings) != settings:
        yield (
            lambda delivery: delivery,
            Words(
                zh="设置里的某个密钥带有空格、换行或多余的“=”：请原样复制控制台中的 43 位字符。",
                en="A secret in the settings has a blank, a line break or an '=' too many: copy it as it is.",
            ),
        )
    yield (
        lambda delivery: replace(delivery, query={n: v.replace(" ", "+") for n, v in delivery.query.items()}),
        Words(
            zh="查询参数里的“+”被变成了空格：中间的代理或框架多做了一次解码，请原样转发查询串。",
            en="A '+' in the query became a blank: a proxy or framework decoded it once too often.",
        ),
    )
    yield (
        lambda delivery: replace(delivery, query={n: unquote(v) for n, v in delivery.query.items()}),
        Words(
            zh="查询参数被多编码了一次（%252B）：请只解码、编码一次。",
            en="The query is encoded twice (%252B): encode it once.",
        ),
    )
    yield (
        lambda delivery: replace(delivery, body=delivery.body.strip()),
        Words(
            zh="正文前后多了空白或换行：抓包或代理改动了正文。",
            en="Blanks or line breaks around the body: the capture or a proxy changed it.",
        ),
    )
    yield (
        lambda delivery: replace(delivery, body=delivery.body.replace(b" ", b"+")),
        Words(
            zh="正文里的“+”被变成了空格：正文被当作表单解析过。",
            en="A '+' in the body became a blank: the body was parsed as a form.",
        ),
    )
    yield (
        lambda delivery: replace(delivery, body=_compact(delivery.body)),
        Words(
            zh="正文的 JSON 被重新排版过：验签必须用平台发来的原始字节。",
            en="The body's JSON was written anew: signatures hold for the raw bytes that the platform sent.",
        ),
    )


def _mended(settings: Settings) -> Settings:
    return {
        name: value.strip().rstrip("=") if isinstance(value, str) and name == "encoding_aes_key" else _stripped(value)
        for name, value in settings.items()
    }


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _compact(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    except ValueError:
        return body


def _sent_at(query: Mapping[str, str], headers: Mapping[str, str]) -> float:
    for told in (headers.get("webhook-timestamp"), headers.get("x-hub-timestamp"), query.get("timestamp")):
        if told and told.isdecimal() and len(told) <= len("9999999999"):
            return float(told)
    return datetime.now(UTC).timestamp()
