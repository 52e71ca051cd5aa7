"""Settlement runs in the table, and how far the ledger is closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from functions.settlement.runs.periods import Closing, Run
from functions.settlement.tables import ClosingItem, RunItem
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict, NotFound, Retry
from hub.store.model import saving
from hub.store.paging import Position
from hub.store.sharded import read_sharded, shard_pk


class Runs:
    """Settlement runs, one open at a time, and how far the ledger is closed."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def closing(self) -> Closing:
        """How far the ledger is closed; strongly consistent."""
        item = self._closing_item()
        through = parse_rfc3339(item.closed_through) if item.closed_through else None
        return Closing(through, item.closed_run or "")

    def open_run_id(self) -> str:
        """The run that is open, "" when none is."""
        return self._closing_item().open_run or ""

    def find(self, run_id: str) -> Run | None:
        """A run that has opened, or None; strongly consistent."""
        try:
            return _run(self._item(run_id))
        except NotFound:
            return None

    def open(self, run: Run) -> Run:
        """Open a run, once: answers the run as it first opened; one that was left open is alone again. Raises Retry
        while another run is open."""
        known = self.find(run.id)
        if known is None or not known.closed_at:
            self._take(run.id)
        if known:
            return known
        item = RunItem(
            f"{self._tenant}#run#{run.id}",
            "run",
            run_id=run.id,
            day=run.day.isoformat(),
            cut_off=rfc3339(run.cut_off),
            opened_at=rfc3339(run.opened_at),
            list_pk=shard_pk(self._tenant, "runs", run.day.isoformat()),
            list_sk=run.day.isoformat(),
        )
        return run if item.create_if_absent() else _run(self._item(run.id))

    def close(self, run: Run, now: datetime) -> Run:
        """Close the ledger through the run's cut-off, then the run; once. It never re-opens what is closed."""
        closing = self._closing_item()
        if closing.open_run == run.id:
            closing.open_run = None
            closing.closed_run = run.id
            closing.closed_through = max(closing.closed_through or "", rfc3339(run.cut_off))
            with _contended(run.id):
                closing.save()
        item = self._item(run.id)
        if not item.closed_at:
            item.closed_at = rfc3339(now)
            with _contended(run.id):
                item.save()
        return _run(item)

    def page(self, limit: int, start: Position | None) -> tuple[list[Run], Position | None]:
        """Runs, the latest day first; may be two seconds behind."""
        query, by = RunItem.by_list.query, RunItem.list_sk
        items, position = read_sharded(query, by, self._tenant, "runs", limit=limit, start=start, newest_first=True)
        return [_run(item) for item in items], position

    def _take(self, run_id: str) -> None:
        closing = self._closing_item()
        if closing.open_run and closing.open_run != run_id:
            raise Retry("another run is open", after_seconds=30, open=closing.open_run, wanted=run_id)
        if closing.open_run != run_id:
            closing.open_run = run_id
            with _contended(run_id):
                closing.save()

    def _closing_item(self) -> ClosingItem:
        key = (f"{self._tenant}#closing", "closing")
        try:
            with saving():
                return ClosingItem.get(*key, consistent_read=True)
        except NotFound:
            return ClosingItem(*key)

    def _item(self, run_id: str) -> RunItem:
        with saving(run=run_id):
            return RunItem.get(f"{self._tenant}#run#{run_id}", "run", consistent_read=True)


@contextmanager
def _contended(run_id: str) -> Iterator[None]:
    """Two steps at the same moment: the one that lost reads again. Raises Retry."""
    try:
        with saving(run=run_id):
            yield
    except Conflict:
        raise Retry("a concurrent step of a run", run=run_id) from None


def _run(item: RunItem) -> Run:
    return Run(
        id=item.run_id,
        day=date.fromisoformat(item.day),
        cut_off=parse_rfc3339(item.cut_off),
        opened_at=parse_rfc3339(item.opened_at),
        closed_at=parse_rfc3339(item.closed_at) if item.closed_at else None,
    )
