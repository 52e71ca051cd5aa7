"""Jobs in the room's own table, whose stream drives them: each move is a change, and each change the next slice.

<tenant>#job#<id>     job            the job
<tenant>#job#<id>     job-shard#<number>   how far one of its shards is
<tenant>#job#<id>     row#<number>   what came of one row
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from hub.jobs.jobs import Job, Shard, body_of, job_of
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.ids import digest
from hub.store.table import NEW, Key, Lost, Put, Table

SORT, SHARD = "job", "job-shard#"
KEPT_SECONDS = 7 * 86_400
ROWS_A_WRITE = 25


@dataclass(frozen=True)
class JobTable:
    """The jobs of one tenant and room. Raises Retry."""

    tenant: str
    table: Table

    def find(self, job_id: str) -> Job:
        """A job (strongly consistent). Raises NotFound."""
        item = self.table.get(self._key(job_id))
        if item is None:
            raise NotFound("no such job", job=job_id)
        return job_of(str(item["body"]))

    def start(self, job: Job, wall_now: datetime) -> Job:
        """Put a new job; the same again is answered as it is by now."""
        try:
            self.table.put(self._item(job, wall_now), NEW)
        except Lost:
            return self.find(job.id)
        return job

    def move(self, job: Job, wall_now: datetime) -> None:
        """Keep a job that moved by one step. Raises Conflict when somebody moved it since."""
        try:
            self.table.put(self._item(job, wall_now), "#step = :seen", {":seen": job.step - 1})
        except Lost:
            raise Conflict("it has changed since", job=job.id) from None

    def begin_shards(self, job: Job, wall_now: datetime) -> None:
        """Have every shard of a job begin; again changes nothing."""
        for number in range(job.shards):
            with suppress(Lost):
                self.table.put(self._shard_item(job.id, Shard(number), wall_now), NEW)

    def shard(self, job_id: str, number: int) -> Shard | None:
        """One shard of a job (strongly consistent)."""
        item = self.table.get(self._shard_key(job_id, number))
        return Shard(**json.loads(str(item["body"]))) if item else None

    def move_shard(self, job_id: str, shard: Shard, wall_now: datetime) -> None:
        """Keep a shard that moved by one step; one that somebody else moved stays as it is."""
        with suppress(Lost):
            item = self._shard_item(job_id, shard, wall_now)
            self.table.put(item, "#step = :seen", {":seen": shard.step - 1})

    def put_rows(self, job_id: str, rows: Iterable[Mapping[str, Any]], wall_now: datetime) -> None:
        """What came of rows; the same again replaces itself."""
        pk, _ = self._key(job_id)
        items = [
            {"pk": pk, "sk": f"row#{row['row']:06d}", "schema": 1, "body": json.dumps(row, ensure_ascii=False),
             "outcome": row["outcome"], "expires_at": int(wall_now.timestamp()) + KEPT_SECONDS}
            for row in rows
        ]  # fmt: skip
        for begin in range(0, len(items), ROWS_A_WRITE):
            self.table.transact(*map(Put, items[begin : begin + ROWS_A_WRITE]))

    def spend(self, link: str, wall_now: datetime) -> bool:
        """Use a link up; False for one that was used before."""
        pk = f"{self.tenant}#spent#{digest(link).hex()}"
        try:
            self.table.put({"pk": pk, "sk": "spent", "schema": 1, "expires_at": int(wall_now.timestamp()) + 3600}, NEW)
        except Lost:
            return False
        return True

    def rows(self, job_id: str, limit: int, after: str) -> list[dict[str, Any]]:
        """Up to `limit` rows behind the sort key `after`, in their order; each with its sort key under "sk"."""
        pk, _ = self._key(job_id)
        between = (after + "\x00" if after else "row#", "row#~")
        page = self.table.query(pk, sk_between=between, limit=limit)
        return [{"sk": item["sk"], **json.loads(item["body"])} for item in page.items]

    def _item(self, job: Job, wall_now: datetime) -> dict[str, Any]:
        pk, sk = self._key(job.id)
        ends = int(wall_now.timestamp()) + KEPT_SECONDS
        return {"pk": pk, "sk": sk, "schema": 1, "step": job.step, "body": body_of(job), "expires_at": ends}

    def _shard_item(self, job_id: str, shard: Shard, wall_now: datetime) -> dict[str, Any]:
        pk, sk = self._shard_key(job_id, shard.number)
        ends = int(wall_now.timestamp()) + KEPT_SECONDS
        body = json.dumps(asdict(shard), ensure_ascii=False)
        return {"pk": pk, "sk": sk, "schema": 1, "step": shard.step, "body": body, "expires_at": ends}

    def _shard_key(self, job_id: str, number: int) -> Key:
        return self._key(job_id)[0], f"{SHARD}{number:03d}"

    def _key(self, job_id: str) -> Key:
        return f"{self.tenant}#job#{job_id}", SORT
