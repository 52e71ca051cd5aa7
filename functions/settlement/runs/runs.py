"""A run (结算批次): the closing of one period, from its cut-off to the hash of all its statements. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from functions.settlement.runs.calendars import Period
from hub.kernel.dataclass import dataclass

State = Literal["open", "closing", "drained", "closed"]
Mode = Literal["close", "rehearse", "prove", "send"]
MODES: tuple[Mode, ...] = ("close", "rehearse", "prove", "send")
"""What a machine does with a period: close it; say what closing would come to; make every hash of a closed one again;
send its statements to their parties."""


@dataclass(frozen=True, slots=True)
class Run:
    """open: posted into. closing: sealed, its windows are being posted. drained: nothing comes any more, and it is
    being settled. closed: every statement is made. outcome: what the last of each mode came to, as text by name;
    `hash` is the closed period's."""

    period: Period
    state: State
    due_at: datetime
    cut_off: datetime | None = None
    drained_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0

    @property
    def id(self) -> str:
        return self.period.run_id

    def moments(self) -> dict[str, datetime | None]:
        """When it came where it is."""
        return {"cut_off": self.cut_off, "drained_at": self.drained_at, "closed_at": self.closed_at}


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What a shard of a run came to. totals: minor units by currency. hash: of the hashes of its statements, by party.
    wrong: the statements whose hash a proof found to be another."""

    shard: int
    statements: int = 0
    lines: int = 0
    totals: Mapping[str, int] = field(default_factory=dict)
    hash: str = ""
    wrong: tuple[str, ...] = ()

    def with_statement(self, lines: int, totals: Mapping[str, int], statement_hash: str) -> ShardResult:
        """With one statement more."""
        return ShardResult(
            self.shard,
            self.statements + 1,
            self.lines + lines,
            summed([self.totals, totals]),
            chained(self.hash, statement_hash),
            self.wrong,
        )

    def document(self) -> dict[str, Any]:
        """As plain values, for the store and the machine."""
        return {
            "shard": self.shard,
            "statements": self.statements,
            "lines": self.lines,
            "totals": dict(self.totals),
            "hash": self.hash,
            "wrong": list(self.wrong),
        }

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> ShardResult:
        """What `document` wrote."""
        counts = int(raw["shard"]), int(raw["statements"]), int(raw["lines"])
        totals = {currency: int(minor) for currency, minor in raw["totals"].items()}
        return cls(*counts, totals, raw["hash"], tuple(raw["wrong"]))


def outcome_of(shards: Iterable[ShardResult]) -> dict[str, Any]:
    """What all shards together came to. No hash where a rehearsal has lines that only the windows will make."""
    results = sorted(shards, key=lambda result: result.shard)
    hashed = ""
    for result in results:
        hashed = chained(hashed, result.hash) if result.statements else hashed
    return {
        "statements": sum(result.statements for result in results),
        "lines": sum(result.lines for result in results),
        "totals": summed(result.totals for result in results),
        "hash": "" if any(result.lines and not result.statements for result in results) else hashed,
        "wrong": [statement for result in results for statement in result.wrong][:100],
    }


def summed(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Totals by currency, added up."""
    sums: dict[str, int] = {}
    for part in parts:
        for currency, minor in part.items():
            sums[currency] = sums.get(currency, 0) + minor
    return dict(sorted(sums.items()))


def chained(before: str, added: str) -> str:
    """The hash of a chain of hashes with one more."""
    return sha256(f"{before}\n{added}".encode()).hexdigest()
