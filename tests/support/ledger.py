"""A settlement desk over a table in memory, and its machine walked by hand: for properties, kills and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from functions.settlement.desk import Desk, desk_of
from functions.settlement.handlers.steps import run_step
from functions.settlement.ledger.ledger import Entry, Line, Why
from functions.settlement.runs.machine import Machine
from functions.settlement.runs.runs import Mode, Run
from functions.settlement.statements.statements import Statement, statement_id_of
from functions.settlement.tables import SEALS
from hub.kernel.money import Money
from tests.support.memory_table import MemoryTable

ZONE = ZoneInfo("Asia/Shanghai")


def moment(text: str) -> datetime:
    """A moment of Shanghai's wall clock: "2026-11-21 06:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def entry_of(
    fact: str,
    minor: int,
    at: datetime,
    *,
    party: str = "person:wang.wei",
    currency: str = "CNY",
    region: str = "base",
    rule: str = "rule",
    purpose: str = "commission",
    reverses: str = "",
) -> Entry:
    """A party earned so many minor units."""
    lines = (Line("expense:x", Money(minor, currency)), Line(f"payable:{party}", Money(-minor, currency)))
    return Entry(fact, purpose, at, lines, Why("理由", "reason", rule, 1, {"region": region}), reverses)


def walk_machine(desk: Desk, run_id: str, mode: str, step: Callable[[Desk, Any], Any] = run_step) -> Any:
    """What the settlement machine does, one item after another; answers what its last step says."""
    given = {"run_id": run_id, "mode": mode}
    for op, before, items in (("windows", "open", "windows"), ("settle", "drain", "shards")):
        for item in step(desk, {"op": before, **given})[items]:
            payload = {**item, "more": True}
            while payload["more"]:
                payload = step(desk, {"op": op, **payload})
    return step(desk, {"op": "close", **given})


def watched(keys: dict[str, Counter[str]], transact: Any) -> Any:
    """A transaction that counts the keys of what it writes."""

    def counted(*writes: Any, token: str = "", made: str = "") -> None:
        for write in writes:
            for name, value in getattr(write, "item", {"pk": getattr(write, "key", ("",))[0]}).items():
                if name == "pk" or name.endswith("_pk") or (name.startswith("l_") and name != "l_at"):
                    keys.setdefault(name, Counter())[value] += 1
        transact(*writes, token=token, made=made)

    return counted


@dataclass
class Ledger:
    """A tenant's ledger. now: business time."""

    now: datetime
    table: Any = field(default_factory=MemoryTable)
    zone: ZoneInfo = ZONE
    told: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk = self.new_desk()

    def new_desk(self) -> Desk:
        """What another process would have: nothing in its memory."""
        return desk_of("demo", self.zone, self.table, Machine(None, ""), lambda: self.now, self.told.append)

    def post(self, *entries: Entry) -> None:
        """Post entries now."""
        for entry in entries:
            self.desk.book.post(entry, self.now)

    def run(self, run_id: str, mode: Mode = "close", step: Callable[[Desk, Any], Any] = run_step) -> Run:
        """What the machine does, one shard after another."""
        desk = self.new_desk()
        walk_machine(desk, run_id, mode, step)
        run = desk.runs.find(run_id)
        assert run is not None
        return run

    def statement(self, run_id: str, party: str = "person:wang.wei") -> Statement | None:
        """The party's statement of a run."""
        run = self.desk.runs.find(run_id)
        assert run is not None
        return self.desk.statements.find(statement_id_of(run_id, party, run.period.ends(self.zone)))

    def statements(self, run_id: str) -> dict[str, Statement]:
        """All statements of a run, by party."""
        parties = [p for shard in range(SEALS) for p in self.desk.entries.parties(run_id, shard, "", 1000)]
        made = {party: self.statement(run_id, party) for party in sorted(parties)}
        return {party: statement for party, statement in made.items() if statement}

    def runs(self) -> list[str]:
        """The runs that are due by now and not closed, in their order."""
        return [run.id for run in self.desk.runs.due(self.now)]
