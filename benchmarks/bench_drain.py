"""A sale on one machine: the hub as `hubctl dev` runs it, 600 posts from 40 clients, and what becomes of them.

The door is asked by 40 clients at once, half of whose messages open a ticket; meanwhile somebody else opens tickets and
reads lists, until there is no backlog. Every post is answered, everything that was accepted is processed or
quarantined, and other calls are answered too. How many messages a second are drained hangs on what else the machine
does: so what counts is the CPU that a message takes, from its post until nothing more follows; and the calls to the
embedded AWS, tickets and all.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Lock
from typing import Any

import requests

from benchmarks.harness import Ratio
from hub.channels.door import Stamp
from hub.channels.registry import codec
from hubctl.dev import Hub, running_hub
from hubctl.seed import Connection

POSTS, CLIENTS = 600, 40
DRAINED_A_SECOND = 20
DRAIN_SECONDS_MAX = 240.0
LOOKS_EVERY_SECONDS = 1.0
"""Looking on takes calls of its own, which the hub's machine answers as well."""
OURS = ("GetQueueAttributes", "ListQueues")
"""The calls by which this looks on."""
WORDS = ("你好", "冰柜不制冷了")
TEXT = (
    "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[{sender}]]></FromUserName>"
    "<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
    "<MsgId>{number}</MsgId><AgentID>{agent}</AgentID></xml>"
)


@dataclass
class Timed:
    """How long calls took, in seconds, and how they were answered."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def call(self, ask: Callable[..., requests.Response], *place: str, **request: Any) -> requests.Response:
        began = time.monotonic()
        answer = ask(*place, timeout=30, **request)
        with self._lock:
            self.seconds.append(time.monotonic() - began)
            self.statuses[answer.status_code] += 1
        return answer

    def at(self, hundredths: int) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, len(ordered) * hundredths // 100)] if ordered else 0.0


def run() -> list[Ratio]:
    """Post, drain, and count."""
    with running_hub() as hub:
        return measure(hub)


def measure(hub: Hub) -> list[Ratio]:
    calls = _counted_calls(hub)
    door, others, stop = Timed(), Timed(), Event()
    with ThreadPoolExecutor(1) as aside:
        asking = aside.submit(_ask_meanwhile, hub, others, stop)
        began, used = time.monotonic(), _cpu_seconds(hub)
        _post_all(hub, door)
        posted = time.monotonic() - began
        drained = _drained(hub, stop) - began
        busy = _cpu_seconds(hub) - used
        stats = _stats(hub)
        asking.result()
    a_message = sum(number for name, number in calls.items() if name not in OURS) / POSTS
    _say(door, others, posted, drained, calls)
    print(f"      {busy:.1f} s of CPU, the clients' included: {busy / POSTS * 1000:.0f} ms a message")
    settled = stats["processed"] + stats["quarantined"]
    answered = door.statuses[200] + door.statuses[503]
    refused = sum(n for status, n in others.statuses.items() if status not in (200, 201, 429))
    return [
        Ratio(f"posts answered, of {POSTS}", answered / POSTS, 1, True),
        Ratio("messages settled, of those accepted", settled / stats["accepted"], 1, True),
        Ratio("other calls that were not answered meanwhile", refused, 0, False),
        Ratio("calls to the embedded AWS a message, tickets and all", a_message, 20, False),
        Ratio("messages a second that two cores of its own drain, by CPU", POSTS / busy * 2, DRAINED_A_SECOND, True),
    ]


def _cpu_seconds(hub: Hub) -> float:
    """What the hub has used until now: this process (the embedded AWS, the gateway, and the clients) and its workers.
    Other work on the machine takes time from it, and is none of it."""
    own = os.times()
    ticks = os.sysconf("SC_CLK_TCK")
    stats = [
        Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split() for pid in hub.dispatcher.pids
    ]
    return own.user + own.system + sum(int(each[11]) + int(each[12]) for each in stats) / ticks


def _say(door: Timed, others: Timed, posted: float, drained: float, calls: Counter[str]) -> None:
    milliseconds = f"p50 {door.at(50) * 1000:.0f} ms, p99 {door.at(99) * 1000:.0f} ms"
    rate = f"{POSTS / drained:.1f} a second"
    print(f"      {POSTS} posts of {CLIENTS} clients in {posted:.1f} s, door {milliseconds}")
    print(f"      drained after {drained:.1f} s: {rate}; calls to AWS: {dict(calls.most_common(14))}")
    print(f"      meanwhile {dict(others.statuses)}, p50 {others.at(50):.2f} s, p99 {others.at(99):.2f} s")


def _counted_calls(hub: Hub) -> Counter[str]:
    """Calls to the embedded AWS from now on, by their names: where its server is asked."""
    calls: Counter[str] = Counter()
    hub.aws.on_call = lambda name: calls.update((name,))
    return calls


def _post_all(hub: Hub, door: Timed) -> None:
    wecom = next(each for each in hub.ready.connections if each.channel == "wecom")
    numbers, lock = count(), Lock()

    def client(name: int) -> None:
        with requests.Session() as session:
            while True:
                with lock:
                    number = next(numbers)
                if number >= POSTS:
                    return
                _post(session, wecom, door, number, f"wmBench{name}x{number % 5}")

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, range(CLIENTS)))


def _post(session: requests.Session, wecom: Connection, door: Timed, number: int, sender: str) -> None:
    """One message, again while the door asks for it."""
    settings = wecom.settings
    facts = {"corp": settings["corp_id"], "agent": settings["agent_id"], "sender": sender}
    text = TEXT.format(text=WORDS[number % 2], number=7_400_000_000 + number, **facts).encode()
    stamp = Stamp(timestamp=str(int(time.time())), nonce=f"n{number}", randomness=b"0123456789abcdef")
    delivery = codec("wecom").sample(settings, text, stamp)
    for _ in range(5):
        pushed = {"params": dict(delivery.query), "data": delivery.body}
        if door.call(session.post, wecom.webhook_url, **pushed).status_code == 200:
            return


def _ask_meanwhile(hub: Hub, others: Timed, stop: Event) -> None:
    """Somebody opens tickets and reads lists while the sale goes on."""
    headers, base = {"Authorization": f"Bearer {hub.ready.token}"}, hub.ready.base_url
    ticket = {"type": "repair", "region": "310101", "priority": "normal", "subject": "冰柜", "customer_id": "cus_bench"}
    with requests.Session() as session:
        for number in count():
            if stop.wait(0.5):
                return
            key = headers | {"Idempotency-Key": f"bench-{number}-{time.time()}"}
            others.call(session.post, f"{base}/tickets", json=ticket, headers=key)
            others.call(session.get, f"{base}/tickets", headers=headers)


def _drained(hub: Hub, stop: Event) -> float:
    """When every message was settled and the queues were empty, the moment at which nothing more came. stop: set once
    hardly anything waits: who still asks would be waited for as well."""
    sqs, deadline = hub.aws.client("sqs"), time.monotonic() + DRAIN_SECONDS_MAX
    urls = [url for url in sqs.list_queues()["QueueUrls"] if not url.endswith(("-dead", "-undelivered"))]
    idle_since = 0.0
    while time.monotonic() < deadline:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        shown = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls]
        stats, now = _stats(hub), time.monotonic()
        settled = stats["processed"] + stats["quarantined"] + stats["dead"]
        waiting = sum(int(number) for each in shown for number in each.values())
        if waiting <= CLIENTS and settled >= POSTS:
            stop.set()
        if waiting or settled < POSTS:
            idle_since = 0.0
        elif idle_since:
            return idle_since
        else:
            idle_since = now
        time.sleep(LOOKS_EVERY_SECONDS)
    stop.set()
    return time.monotonic()


def _stats(hub: Hub) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {hub.ready.token}"}
    answer = requests.get(f"{hub.ready.base_url}/webhooks/stats", headers=headers, timeout=30)
    shown: dict[str, Any] = json.loads(answer.text)
    return shown
