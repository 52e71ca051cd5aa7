"""A million bodies against every door (模糊测试): `python -m benchmarks.fuzz --bodies 1000000`, or `make fuzz`.

From each channel's documented messages and one seed are made:

    forged   a genuine delivery with something changed after it was signed
    noise    random bytes under a genuine delivery's headers and query
    signed   a changed plaintext, signed as the platform would sign it

Promised: a door raises Rejected and nothing else. What was forged is refused, or brings what the platform signed and no
more (what changed, nothing signs). What verifies becomes events that can be put on the bus, or is NotUnderstood.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from random import Random
from time import perf_counter
from typing import Any

from benchmarks.mutations import mutate_delivery, mutate_text
from hub.channels.base import Accepted, Delivery, Draft, NotUnderstood, Received, Rejected
from hub.channels.registry import codec, inbound, inbound_channels
from tests.channels.support import documented, payload, sample, stored

SEED = 20261122
NOISE_LIMIT_BYTES = 600
COLUMNS = ("bodies", "refused", "unchanged", "unsigned", "taken", "understood", "not understood")
MORE_SETTINGS = {"official_account": {"auto_reply": "稍后回复", "subscribe_reply": "欢迎"}}
"""So that this door reads a message itself."""
WEAK = ("xiaohongshu", "kuaishou")
"""Xiaohongshu signs the address alone, Kuaishou encrypts without a MAC: a forged body may pass for a hint, and only for
that: what it is about is read again by API."""
WORDS_SHOWN = 1000


@dataclass
class Fuzzer:
    """One channel, its genuine deliveries, and what became of the bodies made from them."""

    channel: str
    seed: int = SEED
    counts: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0.0

    def __post_init__(self) -> None:
        self.random = Random(f"{self.seed}/{self.channel}")
        self.settings = {**payload(f"{self.channel}_examples")["settings"], **MORE_SETTINGS.get(self.channel, {})}
        self.door = codec(self.channel)
        self.texts = [one["plaintext"].encode() for one in documented(self.channel)]
        self.genuine = [sample(self.channel, self.settings, text) for text in self.texts]
        accepted = [self.door.accept(delivery, self.settings) for delivery in self.genuine]
        self.known = {(message.plaintext, message.account) for one in accepted for message in one.messages}
        self.bodies = {delivery.body for delivery in self.genuine}
        self._read_all(accepted[0])  # what is imported and made once costs no body its time
        self.counts.clear()

    def run(self, bodies: int) -> None:
        """So many bodies, the three kinds by turns. Raises whatever broke a promise, with the body in its notes."""
        kinds: tuple[Callable[[], None], ...] = (self.forge, self.sign, self.forge, self.sign, self.noise)
        for number in range(bodies):
            started = perf_counter()
            try:
                kinds[number % len(kinds)]()
            except Exception as error:
                error.add_note(f"channel {self.channel}, seed {self.seed}, body {number}")
                raise
            self.slowest_seconds = max(self.slowest_seconds, perf_counter() - started)
        self.counts["bodies"] += bodies

    def forge(self) -> None:
        """Something changed after it was signed."""
        delivery = mutate_delivery(self.random, self.random.choice(self.genuine), self.genuine)
        accepted = self._accept(delivery)
        if accepted is None:
            return
        if not self._is_unchanged(delivery, accepted):
            assert self._unsigned(delivery), f"taken, though nobody signed it: {delivery!r:.{WORDS_SHOWN}}"
            self.counts["unsigned"] += 1
        else:
            self.counts["unchanged"] += 1
        self._read_all(accepted)

    def noise(self) -> None:
        """Bytes that nobody signed."""
        genuine = self.random.choice(self.genuine)
        body = self.random.randbytes(self.random.randrange(NOISE_LIMIT_BYTES))
        accepted = self._accept(Delivery("POST", genuine.query, genuine.headers, body, genuine.at, path=genuine.path))
        if accepted is not None:
            assert self.channel in WEAK, f"noise taken: {body!r:.{WORDS_SHOWN}}"
            self.counts["unsigned"] += 1
            self._read_all(accepted)

    def sign(self) -> None:
        """Whatever it says, the platform signed it."""
        text = mutate_text(self.random, self.random.choice(self.texts))
        self._read(Received("", text, ""))
        try:
            delivery = sample(self.channel, self.settings, text)
        except ValueError:  # no platform could deliver it: headers that stand in the text are broken
            return
        accepted = self._accept(delivery)
        if accepted is not None:
            self.counts["taken"] += 1
            self._read_all(accepted)

    def _accept(self, delivery: Delivery) -> Accepted | None:
        try:
            return self.door.accept(delivery, self.settings)
        except Rejected as rejected:
            self.door.refuse(rejected)
            self.counts["refused"] += 1
            return None

    def _is_unchanged(self, delivery: Delivery, accepted: Accepted) -> bool:
        """Whether all that it brings is what was signed. A check of the URL brings nothing, and tells nothing."""
        if delivery.method == "GET":
            return not accepted.messages and accepted.answer.body.decode() == delivery.query["echostr"]
        found = {(message.plaintext, message.account) for message in accepted.messages}
        return bool(found) and found <= self.known

    def _unsigned(self, delivery: Delivery) -> bool:
        """Whether the change lies in what the platform does not sign."""
        return self.channel in WEAK or (self.channel == "shopify" and delivery.body in self.bodies)

    def _read_all(self, accepted: Accepted) -> None:
        for message in accepted.messages:
            f"{message.dedupe_key}{message.account}".encode()
            self._read(message)

    def _read(self, message: Received) -> None:
        reader = message.channel or self.channel
        try:
            drafts = inbound(reader).events(stored(reader, message.plaintext, account=message.account))
        except NotUnderstood:
            self.counts["not understood"] += 1
            return
        self.counts["understood"] += 1
        for draft in drafts:
            _require_sendable(draft)


def _require_sendable(draft: Draft) -> None:
    """What is said can be put on the bus, into the content store, and into an order."""
    if draft.event is not None:
        draft.event.model_dump_json()
    facts: Any = asdict(draft.facts) if draft.facts is not None else None
    json.dumps([draft.content, facts], ensure_ascii=False, default=str).encode()


def fuzz(channel: str, bodies: int, seed: int = SEED) -> Fuzzer:
    """So many bodies against one channel."""
    fuzzer = Fuzzer(channel, seed)
    fuzzer.run(bodies)
    return fuzzer


def main(arguments: list[str]) -> int:
    """Every channel, an equal share of the bodies each; one line a channel as it is done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description="Fuzz every inbound channel.")
    parser.add_argument("--bodies", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("channels", nargs="*", default=list(inbound_channels()))
    asked = parser.parse_args(arguments)
    print(f"{'channel':<17}" + "".join(f"{name:>15}" for name in COLUMNS) + f"{'slowest ms':>12}{'bodies/s':>10}")
    total, started = Counter[str](), perf_counter()
    for nth, channel in enumerate(asked.channels):
        share = asked.bodies // len(asked.channels) + (nth < asked.bodies % len(asked.channels))
        before = perf_counter()
        done = fuzz(channel, share, asked.seed)
        total += done.counts
        _print(channel, done.counts, done.slowest_seconds, share / (perf_counter() - before))
    _print("all", total, 0.0, asked.bodies / (perf_counter() - started))
    print("no door raised anything but Rejected, no reader anything but NotUnderstood, nothing forged came in")
    return 0


def _print(name: str, counts: Counter[str], slowest_seconds: float, bodies_per_second: float) -> None:
    numbers = "".join(f"{counts[column]:>15,}" for column in COLUMNS)
    print(f"{name:<17}{numbers}{slowest_seconds * 1000:>12.1f}{bodies_per_second:>10,.0f}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
