"""How an endpoint does (统计): counts by day, and how long its answers take, in steps of a fifth. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from functions.outbound.deliveries.deliveries import Attempt
from hub.kernel.dataclass import dataclass

DAYS = 7
SHARE_PERCENT = 95


def _steps() -> tuple[int, ...]:
    steps = [5]
    while steps[-1] < 15_000:
        steps.append(max(steps[-1] + 1, steps[-1] * 6 // 5))
    return tuple(steps)


STEPS_MS = _steps()
"""Up to how many milliseconds each bucket goes."""


@dataclass(frozen=True)
class Figures:
    """Over some days."""

    delivered: int = 0
    failed: int = 0
    p95_ms: int = 0


def day_of(moment: datetime) -> str:
    """The day on which something is counted (UTC)."""
    return f"{moment:%Y-%m-%d}"


def days_before(moment: datetime) -> list[str]:
    """The days that are looked at, the newest first."""
    return [day_of(moment - timedelta(days=n)) for n in range(DAYS)]


def counts_of(attempts: Sequence[Attempt]) -> dict[str, int]:
    """What a wave adds to its day: delivered, failed, and `b<n>` for an answer in bucket n."""
    delivered = sum(attempt.succeeded for attempt in attempts)
    counts = {"delivered": delivered, "failed": len(attempts) - delivered}
    for attempt in attempts:
        if attempt.status:
            name = f"b{_bucket(attempt.latency_ms)}"
            counts[name] = counts.get(name, 0) + 1
    return counts


def figures_of(days: Iterable[Mapping[str, int]]) -> Figures:
    """What the counts of some days come to."""
    sums: dict[str, int] = {}
    for day in days:
        for name, count in day.items():
            sums[name] = sums.get(name, 0) + int(count)
    buckets = [sums.get(f"b{n}", 0) for n in range(len(STEPS_MS))]
    return Figures(sums.get("delivered", 0), sums.get("failed", 0), _share(buckets))


def _bucket(latency_ms: int) -> int:
    return next((n for n, step in enumerate(STEPS_MS) if latency_ms <= step), len(STEPS_MS) - 1)


def _share(buckets: Sequence[int]) -> int:
    """Within how many milliseconds SHARE_PERCENT of all answers came."""
    needed, seen = -(-sum(buckets) * SHARE_PERCENT // 100), 0
    for step, count in zip(STEPS_MS, buckets, strict=True):
        seen += count
        if needed and seen >= needed:
            return step
    return 0
