"""Settlement runs in the table: each closes one period, and says how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from functions.settlement.runs.calendars import BATCH, Period, next_batch, period_named
from functions.settlement.runs.runs import Run, ShardResult
from functions.settlement.tables import SEALED, SEALED_IS, SEALS, UNSEALED, WINDOW_SHARDS, run_key, seal_key
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Retry
from hub.store.due import due_by, due_keys, next_due
from hub.store.lists import ListQuery, Within, list_keys, read_list
from hub.store.paging import Position
from hub.store.rehearsal import Known
from hub.store.table import NEW, Item, Lost, Table

LIST = "runs"
DUE = "runs"
DUE_LIMIT = 50
EARLIER_LIMIT = 100
LONGEST = timedelta(days=31)
"""A run is listed as of the end of its period, which may lie so far ahead."""


@dataclass
class Runs:
    """The runs of a tenant. A period that was posted into has one, open until it is closed."""

    tenant: str
    table: Table
    zone: ZoneInfo
    _known: Known[str] = field(default_factory=Known)

    def open(self, period: Period, hour: int) -> Run:
        """The run of a period, made if there is none yet: due from the hour at which it closes."""
        run = Run(period, "open", due_at=period.starts_at(hour, self.zone))
        if period.run_id in self._known:
            return run
        try:
            self.table.put(self._item(run), NEW)
        except Lost as lost:
            run = _run(lost.item or {})
        self._known.add(period.run_id)
        return run

    def batch(self, period: Period, now: datetime | None = None) -> Period:
        """The batch of a period's month that is posted into: the newest, the one behind it once that is being closed;
        of a month that is over by `now`, the newest whatever becomes of it. Strongly consistent."""
        newest = self.newest_batch(period)
        if newest is None:
            return period
        is_over = now is not None and now >= period.ends(self.zone)
        return newest.period if newest.state == "open" or is_over else next_batch(newest.period)

    def newest_batch(self, period: Period) -> Run | None:
        """The last batch of a period's month; strongly consistent."""
        pk, name = run_key(self.tenant, period.run_id)
        month = name.partition(BATCH)[0] + BATCH
        page = self.table.query(pk, sk_between=(month, f"{month}~"), limit=1, newest_first=True, consistent=True)
        return _run(page.items[0]) if page.items else None

    def posted(self, run_id: str) -> int:
        """How many entries a batch has by now, as its seals count them; strongly consistent."""
        keys = [seal_key(self.tenant, run_id, shard) for shard in range(SEALS)]
        return sum(int(item.get("entries", 0)) for item in self.table.get_many(keys, consistent=True))

    def find(self, run_id: str) -> Run | None:
        """A run by its name, or None where nothing was posted into the period; strongly consistent. Raises NotFound
        for a name that no run can have."""
        period_named(run_id)
        item = self.table.get(run_key(self.tenant, run_id))
        return _run(item) if item else None

    def store(self, run: Run) -> Run:
        """Write a run as it is now, if nobody did since it was read. Raises Retry where somebody has."""
        newer = replace(run, version=run.version + 1)
        try:
            self.table.put(self._item(newer), "version = :seen", {":seen": run.version})
        except Lost:
            raise Retry("a concurrent step of a run", run=run.id) from None
        return newer

    def require_turn(self, run: Run) -> None:
        """Raises Conflict while an earlier period of the scope is not closed: what one owes is carried on in order."""
        pk, name = run_key(self.tenant, run.id)
        earlier = self.table.query(pk, sk_before=name, limit=EARLIER_LIMIT, newest_first=True, consistent=True)
        for item in earlier.items:
            if item["state"] != "closed":
                raise Conflict("an earlier period is not closed", open=f"{run.period.scope}.{item['sk']}")

    def due(self, now: datetime) -> list[Run]:
        """The runs that are due and not closed, those left on their way included, the oldest period first."""
        keys = due_by(self.table, self.tenant, DUE, now, DUE_LIMIT)
        runs = [_run(item) for item in self.table.get_many(keys, consistent=True)]
        return sorted((run for run in runs if run.state != "closed"), key=lambda run: (run.period.last, run.id))

    def next_due(self) -> datetime:
        """When the next run is due, UNTIL_CALLED when none is."""
        return next_due(self.table, self.tenant, DUE)

    def page(
        self, within: Within, now: datetime, limit: int, position: Position | None, since: datetime
    ) -> tuple[list[Run], Position | None]:
        """Runs within a scope, the latest period first; may be two seconds behind. since: none is older."""
        until = now + LONGEST
        query = ListQuery(self.tenant, LIST, within, until, limit, since, None, position)
        listed = read_list(self.table, query)
        return [_run(item) for item in listed.items], listed.position

    def many(self, run_ids: Sequence[str]) -> dict[str, Run]:
        """These runs, by their names."""
        items = self.table.get_many((run_key(self.tenant, run_id) for run_id in run_ids), consistent=True)
        return {run.id: run for run in map(_run, items)}

    # The shards of a run.

    def seal(self, run_id: str) -> None:
        """From now on nothing is posted into the period: every seal is set. Again changes nothing."""
        for shard in range(SEALS):
            try:
                self.table.update(seal_key(self.tenant, run_id, shard), "SET #state = :sealed", SEALED_IS, UNSEALED)
            except Lost:
                continue

    def drain(self, run_id: str) -> None:
        """From now on not even the period's own run posts into it. Again changes nothing."""
        for shard in range(SEALS):
            pk, sk = seal_key(self.tenant, run_id, shard)
            try:
                self.table.put({"pk": pk, "sk": sk, "schema": 1, "state": "drained"}, SEALED, SEALED_IS)
            except Lost:
                continue

    def shard(self, run_id: str, mode: str, shard: int) -> ShardResult | None:
        """What a shard came to, None while it is not done."""
        item = self.table.get(self._shard_key(run_id, mode, shard))
        return ShardResult.of(item["result"]) if item and "result" in item else None

    def shards(self, run_id: str, mode: str) -> list[ShardResult]:
        """What the shards that are done came to, in their order."""
        keys = [self._shard_key(run_id, mode, shard) for shard in _numbers(mode)]
        items = self.table.get_many(keys, consistent=True)
        return [ShardResult.of(item["result"]) for item in items if "result" in item]

    def store_shard(self, run_id: str, mode: str, result: ShardResult) -> None:
        """A shard is done."""
        pk, sk = self._shard_key(run_id, mode, result.shard)
        self.table.put({"pk": pk, "sk": sk, "schema": 1, "state": "settled", "result": result.document()})

    def forget_shards(self, run_id: str, mode: str) -> None:
        """Begin a rehearsal or a proof anew."""
        for shard in _numbers(mode):
            self.table.delete(self._shard_key(run_id, mode, shard))

    def _shard_key(self, run_id: str, mode: str, shard: int) -> tuple[str, str]:
        if mode == "close":
            return seal_key(self.tenant, run_id, shard)
        return f"{self.tenant}#trial#{run_id}#{mode}", f"{shard:03}"

    def _item(self, run: Run) -> Item:
        pk, name = run_key(self.tenant, run.id)
        ends = run.period.ends(self.zone)
        due_at = None if run.state == "closed" else run.due_at
        return {
            "pk": pk,
            "sk": name,
            "schema": 1,
            "version": run.version,
            "state": run.state,
            "due": rfc3339(run.due_at),
            **{name: rfc3339(moment) for name, moment in run.moments().items() if moment},
            "outcome": dict(run.outcome),
            **due_keys(self.tenant, DUE, run.id, due_at),
            **list_keys(self.tenant, LIST, run.id, ends, region=run.period.scope),
        }


def _numbers(mode: str) -> range:
    """The shards of parties, and behind them, in a rehearsal, those of windows."""
    return range(SEALS + (WINDOW_SHARDS if mode == "rehearse" else 0))


def _run(item: Mapping[str, Any]) -> Run:
    scope = str(item["pk"]).rpartition("#")[2]
    moments = {name: parse_rfc3339(item[name]) for name in ("cut_off", "drained_at", "closed_at") if item.get(name)}
    return Run(
        period=period_named(f"{scope}.{item['sk']}"),
        state=item["state"],
        due_at=parse_rfc3339(item["due"]),
        outcome=item["outcome"],
        version=int(item["version"]),
        **moments,
    )
