"""Captured deliveries (抓到的报文): what is in one, or which step refused it and what is most likely wrong.

A delivery that does not verify is tried again with the mistakes that proxies and people make undone, one at a time: the
first that makes it verify is the cause.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic_core import to_jsonable_python

from functions.webhooks.connections.causes import words
from hub.channels.base import Accepted, Delivery, NotUnderstood, Received, Rejected, Settings, StoredMessage
from hub.channels.door import Stamp
from hub.channels.open.inbound import check
from hub.channels.registry import codec, inbound, settings_problems
from hub.contracts.base import Words
from hub.kernel.errors import Problem
from hubctl.failures import OperatorError
from hubctl.sampling import check_channel

Undo = Callable[[Delivery], Iterable[Delivery]]
"""A delivery as it may have been before a mistake was made: one guess, or several."""


@dataclass(frozen=True)
class Found:
    """What a captured delivery is. messages: each message's plaintext, key and events. refused: the step that refused
    it, "" when it verifies. cause: in words, with what to do. problems: of the settings."""

    answer: str = ""
    messages: tuple[dict[str, Any], ...] = ()
    refused: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    cause: Words | None = None
    problems: tuple[Problem, ...] = ()


def read_capture(method: str, query: str, headers: Mapping[str, str], body: bytes) -> Delivery:
    """A captured request as a delivery. query: the raw query string, or a whole URL (some platforms sign its path); at:
    when the request itself says that it was sent, so that its age is no reason. Raises OperatorError for no URL."""
    try:
        url = urlsplit(query if query.startswith(("http://", "https://", "/", "?")) else f"?{query}")
    except ValueError:
        raise OperatorError(f"{query!r} is neither a URL nor a query string") from None
    values = dict(parse_qsl(url.query, keep_blank_values=True))
    lower = {name.lower(): value for name, value in headers.items()}
    return Delivery(method.upper(), values, lower, body, at=_sent_at(values, lower), path=url.path)


def explain(channel: str, settings: Settings, delivery: Delivery) -> Found:
    """What is in it, or why it is refused. Raises OperatorError for a channel that takes no deliveries."""
    check_channel(channel)
    door = codec(channel)
    problems = tuple(settings_problems(channel, settings))
    try:
        accepted = door.accept(delivery, settings)
    except Rejected as rejected:
        cause = _likeliest(channel, settings, delivery) or _lacking(channel, settings, delivery)
        cause = cause or words(rejected.reason)
        return Found(refused=rejected.reason, facts=rejected.facts, cause=cause, problems=problems)
    return _understood(channel, accepted, problems)


def _understood(channel: str, accepted: Accepted, problems: tuple[Problem, ...]) -> Found:
    messages = tuple(_message(item.channel or channel, item) for item in accepted.messages)
    return Found(accepted.answer.body.decode("utf-8", "replace"), messages, problems=problems)


def _message(channel: str, received: Received) -> dict[str, Any]:
    summary = {"dedupe_key": received.dedupe_key, "account": received.account}
    summary["plaintext"] = received.plaintext.decode("utf-8", "replace")
    stored = StoredMessage("demo", "msg_?", "con_?", channel, received.account, received.plaintext, datetime.now(UTC))
    try:
        drafts = inbound(channel).events(stored)
    except NotUnderstood as error:
        problems = check(received.plaintext) if channel == "open" else []
        wrong = [{"pointer": problem.pointer, "rule": problem.rule} for problem in problems]
        return (
            summary | {"quarantined": error.reason, "facts": dict(error.facts)} | ({"problems": wrong} if wrong else {})
        )
    payloads = [draft.event.model_dump(mode="json", exclude={"id", "tenant", "at"}) for draft in drafts if draft.event]
    return summary | {
        "events": payloads,
        "facts_kept": [to_jsonable_python(asdict(draft.facts)) for draft in drafts if draft.facts],
    }


def _likeliest(channel: str, settings: Settings, delivery: Delivery) -> Words | None:
    """The first mistake that makes the delivery verify once it is undone."""
    mended = _mended(settings)
    if mended != settings and _verifies(channel, mended, delivery):
        return MISCOPIED
    for undo, cause in MISTAKES:
        if any(_verifies(channel, settings, before) for before in undo(delivery) if before != delivery):
            return cause
    return None


def _lacking(channel: str, settings: Settings, delivery: Delivery) -> Words | None:
    """What the platform always sends and the capture has not: whoever notes down a request forgets its headers."""
    try:
        genuine = codec(channel).sample(settings, b"{}", Stamp("0", "n", bytes(16)))
    except (AttributeError, LookupError, TypeError, ValueError, Rejected):
        return None  # settings that sign nothing: they are the problem
    query, headers = genuine.query.keys() - delivery.query.keys(), genuine.headers.keys() - delivery.headers.keys()
    lacking = ", ".join([*sorted(query), *sorted(headers - {"content-type"})])
    if delivery.method != "POST" or not lacking:
        return None
    return Words(
        zh=f"抓到的请求缺少 {lacking}：签名要靠它们验证，请连同完整网址（--query）和请求头（--header）一起给出。",
        en=f"The captured request lacks {lacking}, without which no signature verifies: give the whole URL (--query) "
        "and the headers (--header) too.",
    )


def _verifies(channel: str, settings: Settings, delivery: Delivery) -> bool:
    try:
        codec(channel).accept(delivery, settings)
    except Rejected:
        return False
    return True


def _mended(value: Any, name: str = "") -> Any:
    """Settings without blanks around a value, and a key (43 characters of base64) without padding."""
    match value:
        case str():
            return value.strip().rstrip("=") if name == "encoding_aes_key" else value.strip()
        case list():
            return [_mended(item) for item in value]
        case Mapping():
            return {known: _mended(item, known) for known, item in value.items()}
        case _:
            return value


def _with_query(change: Callable[[str], str]) -> Undo:
    return lambda delivery: [replace(delivery, query={n: change(v) for n, v in delivery.query.items()})]


def _with_body(change: Callable[[bytes], bytes]) -> Undo:
    return lambda delivery: [replace(delivery, body=change(delivery.body))]


def _as_written(delivery: Delivery) -> Iterable[Delivery]:
    """The body's JSON in each of the forms in which platforms write it: with and without blanks and escapes."""
    try:
        payloads = json.loads(delivery.body)
    except (ValueError, RecursionError):
        return
    for separators in ((",", ":"), (", ", ": ")):
        for escaped in (False, True):
            text = json.dumps(payloads, ensure_ascii=escaped, separators=separators)
            yield replace(delivery, body=text.encode("utf-8", "replace"))


def _sent_at(query: Mapping[str, str], headers: Mapping[str, str]) -> float:
    for summary in (headers.get("webhook-timestamp"), headers.get("x-hub-timestamp"), query.get("timestamp")):
        if summary and summary.isdecimal() and len(summary) <= len("9999999999"):
            return float(summary)
    return datetime.now(UTC).timestamp()


MISCOPIED = Words(
    zh="设置里的某个值带有空格、换行或多余的“=”：请原样复制控制台中的字符（EncodingAESKey 为 43 位）。",
    en="A setting has a blank, a line break or an '=' too many: copy the console's characters as they are (an "
    "EncodingAESKey has 43).",
)
MISTAKES: tuple[tuple[Undo, Words], ...] = (
    (
        _with_query(lambda value: value.replace(" ", "+")),
        Words(
            zh="查询参数里的“+”被变成了空格：中间的代理或框架多做了一次解码，请原样转发查询串。",
            en="A '+' in the query became a blank: a proxy or framework decoded once too often; pass it on as it is.",
        ),
    ),
    (
        _with_query(unquote),
        Words(
            zh="查询参数被多编码了一次（%252B）：请只解码、编码一次。",
            en="The query is encoded twice (%252B): encode it once.",
        ),
    ),
    (
        _with_body(bytes.strip),
        Words(
            zh="正文前后多了空白或换行：抓包或代理改动了正文。",
            en="Blanks or line breaks around the body: the capture or a proxy changed it.",
        ),
    ),
    (
        _with_body(lambda body: body.replace(b" ", b"+")),
        Words(
            zh="正文里的“+”被变成了空格：正文被当作表单解析过。",
            en="A '+' in the body became a blank: the body was parsed as a form.",
        ),
    ),
    (
        _as_written,
        Words(
            zh="正文的 JSON 被重新排版过：验签必须用平台发来的原始字节。",
            en="The body's JSON was written anew: signatures hold for the raw bytes that the platform sent.",
        ),
    ),
)
"""What undoes each mistake of proxies and frameworks, the most frequent first, and what its owner is told."""
