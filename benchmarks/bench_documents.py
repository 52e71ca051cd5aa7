"""What documents cost: items read, writes a scope, and resolving a region's and a store's overlay for 200 stores.

The document is of the size of a real price book (150 KB); reads and writes are counted at the table. Resolving is
compared with parsing the resolved document's JSON, which any reader would have to do at least.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.harness import Ratio, best_seconds
from hub.documents.documents import Documents
from hub.documents.overlay import apply
from hub.documents.resolve import Layer, resolve
from hub.documents.scopes import Scope
from hub.documents.submissions import Submission
from tests.support.documents import BOOKS, FORMS, REFUND, STORES
from tests.support.memory_table import MemoryTable

VERSIONS = 200
STORES_COUNT = 200
QUESTIONS = 1200
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def run() -> list[Ratio]:
    """Reads of a book with a long history, writes of a copy, and the pure resolution."""
    return [*_reads(), *_copies(), _resolution()]


def _reads() -> list[Ratio]:
    table, clock = MemoryTable(), [NOW]
    books = _documents(table, clock)
    for nth in range(VERSIONS):
        books.publish(BOOKS, "standard", Submission({"prices": {"tea": nth}}), "bench")
        clock[0] += timedelta(hours=1)
    worst = 0
    for at in (None, clock[0] + timedelta(days=1), clock[0] - timedelta(days=5)):
        fresh = _documents(table, clock)
        table.read.clear()
        assert fresh.current(BOOKS, "standard", at=at).version > 0
        worst = max(worst, len(table.read))
    return [
        Ratio(
            f"items read for a price, {VERSIONS} versions, nothing cached, now, ahead or five days ago", worst, 3, False
        )
    ]


def _copies() -> list[Ratio]:
    table, clock = MemoryTable(), [NOW]
    forms = _documents(table, clock)
    forms.publish(FORMS, "refund", Submission({"title": "本店"}), "bench", scope=Scope(STORES["s0"], "s0"))
    before = table.transactions
    done = forms.copy(
        FORMS, "refund", Scope(STORES["s0"], "s0"), [f"s{n}" for n in range(1, STORES_COUNT + 1)], "bench"
    )
    assert {copy.outcome for copy in done} == {"copied"}
    return [
        Ratio("write transactions a scope of a copy to 200", (table.transactions - before) / STORES_COUNT, 1, False)
    ]


def _resolution() -> Ratio:
    """Each store has its own overlay over its region's, both written over an older base."""
    base = _large("问题")
    newer = {**base, "tags": ["new"], "title": "退款 2"}
    east = {"questions": {"q7": {"label": "冷链"}, "cold": {"id": "cold", "label": "冷链物流", "$after": "q9"}}}
    below = apply(base, east)
    own = [{"title": f"{nth} 号店", "questions": {f"q{nth}": {"required": True}}} for nth in range(STORES_COUNT)]
    stores = [[Layer("base", 2, newer), Layer("310000", 1, east, base), Layer("s", 1, o, below)] for o in own]
    assert all(resolve(layers).content["tags"] == ["new"] for layers in stores)
    texts = [json.dumps(resolve(layers).content, ensure_ascii=False) for layers in stores]
    seconds = best_seconds(
        repeats=3,
        ours=lambda: [resolve(layers) for layers in stores],
        parse=lambda: [json.loads(text) for text in texts],
    )
    each_ms = seconds["ours"] / STORES_COUNT * 1000
    size = f"{len(texts[0].encode()) // 1000} KB"
    name = f"resolving base + 2 stale overlays of {size} against parsing it ({each_ms:.1f} ms each)"
    return Ratio(name, seconds["ours"] / seconds["parse"], 12, False)


def _large(label: str) -> dict[str, Any]:
    questions = [{"id": f"q{n}", "label": f"{label} {n} " * 4, "required": False, "limit": n} for n in range(QUESTIONS)]
    return {**REFUND, "questions": questions, "tags": []}


def _documents(table: MemoryTable, clock: list[datetime]) -> Documents:
    return Documents(table, "demo", lambda: clock[0], None, STORES.get)  # type: ignore[arg-type]
