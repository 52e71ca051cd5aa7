"""The smallest harness that gives steady ratios on a noisy machine: subjects take turns, and the best turn counts.

A benchmark is a module `benchmarks/bench_<name>.py` with `run() -> list[Ratio]`. It asserts that its subjects agree
before it times them.
"""

from __future__ import annotations

import gc
import importlib
import json
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import benchmarks

REPORT = Path("build/bench.json")
REPEATS = 9


@dataclass(frozen=True)
class Ratio:
    """One measured ratio and its budget: a floor when higher is better, else a ceiling."""

    name: str
    ratio: float
    budget: float
    higher_is_better: bool

    @property
    def ok(self) -> bool:
        """Whether the ratio keeps its budget; a ratio that equals it does."""
        return self.ratio >= self.budget if self.higher_is_better else self.ratio <= self.budget

    def __str__(self) -> str:
        sign = "≥" if self.higher_is_better else "≤"
        return f"{'ok  ' if self.ok else 'over'}  {self.ratio:9.2f}  {sign} {self.budget:<8g}  {self.name}"


def best_seconds(repeats: int = REPEATS, **subjects: Callable[[], object]) -> dict[str, float]:
    """The fastest turn of each subject in seconds. Turns are interleaved, so that a slow moment hits all alike."""
    best = dict.fromkeys(subjects, float("inf"))
    gc.collect()
    gc.disable()
    try:
        for _ in range(repeats):
            for name, subject in subjects.items():
                start = perf_counter()
                subject()
                best[name] = min(best[name], perf_counter() - start)
    finally:
        gc.enable()
    return best


def names() -> list[str]:
    """Every benchmark there is: "decision_table" for `bench_decision_table.py`."""
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name.removeprefix("bench_") for name in found if name.startswith("bench_"))


def run(chosen: Iterable[str]) -> list[Ratio]:
    """Run these benchmarks, printing each ratio beside its budget as it comes."""
    ratios = []
    for name in chosen:
        for ratio in importlib.import_module(f"benchmarks.bench_{name}").run():
            print(ratio, flush=True)
            ratios.append(ratio)
    return ratios


def write_report(ratios: Sequence[Ratio], path: Path = REPORT) -> None:
    """Write a JSON list of {"name", "ratio", "budget", "ok"}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"name": r.name, "ratio": round(r.ratio, 4), "budget": r.budget, "ok": r.ok} for r in ratios]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
