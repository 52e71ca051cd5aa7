"""The statements of one run, listed by its parties: no list of them is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from functions.settlement.ledger.entries_table import Entries
from functions.settlement.runs.calendars import period_named
from functions.settlement.statements.statements import statement_id_of
from functions.settlement.tables import SEALS, shard_of
from hub.kernel.positions import no_such_cursor


def statement_ids(
    entries: Entries, zone: ZoneInfo, run_id: str, limit: int, start: Mapping[str, Any] | None
) -> tuple[list[str], dict[str, str] | None]:
    """The ids of a run's statements, shard by shard by party, and where the next ones start. A party that came to
    nothing has an id here and no statement."""
    ends_at = period_named(run_id).ends(zone)
    shard, after = _start(start)
    parties: list[str] = []
    while shard < SEALS and len(parties) <= limit:
        listed = entries.parties(run_id, shard, after, limit + 1 - len(parties))
        parties += listed
        shard, after = shard + 1, ""
    ids = [statement_id_of(run_id, party, ends_at) for party in parties[:limit]]
    if len(parties) <= limit:
        return ids, None
    last = parties[limit - 1]
    return ids, {"shard": str(shard_of(last)), "after": last}


def _start(start: Mapping[str, Any] | None) -> tuple[int, str]:
    if start is None:
        return 0, ""
    shard, after = start.get("shard"), start.get("after")
    if not isinstance(shard, str) or not isinstance(after, str) or not shard.isdecimal():
        raise no_such_cursor()
    return int(shard), after
