"""What jobs work with: the room whose jobs they are, and its host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.edge import auth
from hub.edge.auth import Principal
from hub.edge.inside import Answered, Call
from hub.edge.room import Room
from hub.edge.serving import Caller
from hub.jobs.jobs import Job, Shard, rights_of
from hub.jobs.jobs_table import JobTable
from hub.kernel.dataclass import dataclass
from hub.store.files import Files
from hub.store.table import Table


@dataclass(frozen=True)
class Importable:
    """What can be imported: each row is one call of an operation. path: with {columns} in it that become ids. same_by:
    rows that agree in these columns are one. labels: other names of columns → the column. list_of: of JSON lines, the
    list of the operation's body whose only item a line is."""

    into: str
    method: str
    path: str
    same_by: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    list_of: str = ""

    @property
    def formats(self) -> tuple[str, ...]:
        """Of its files."""
        return ("ndjson",) if self.list_of else ("csv", "xlsx")


@dataclass(frozen=True)
class Task:
    """Work of a room's own that takes longer than an answer may. kind: what its jobs are called; roles: who may have it
    applied, where it is previewed first. run: one slice, (desk, job, whose it is) → the job one step further; it may be
    done again, and raises Forbidden, Invalid, NotFound, Retry. run_shard: one slice of a shard, where `run` divides a
    job into some (`shards`); the same holds for it.
    """

    kind: str
    run: Callable[[JobDesk, Job, Principal], Job]
    roles: tuple[str, ...] = ()
    run_shard: Callable[[JobDesk, Job, Shard], Shard] | None = None


@dataclass(frozen=True)
class JobDesk:
    """The jobs of one room, on the host that the room runs on now."""

    room: Room[Any]
    importables: tuple[Importable, ...] = ()
    tasks: tuple[Task, ...] = ()

    def task(self, kind: str) -> Task | None:
        """The room's own work of this kind."""
        return next((task for task in self.tasks if task.kind == kind), None)

    @property
    def table(self) -> JobTable:
        host = self.room.host
        return JobTable(host.settings.tenant, Table(host.settings.table, host.client("dynamodb")))

    @property
    def files(self) -> Files:
        host = self.room.host
        return Files(host.settings.files_bucket, self.room.app_name, host.client("s3"))

    @property
    def zone(self) -> ZoneInfo:
        """On whose wall the days of a file are."""
        return ZoneInfo(self.room.host.settings.timezone)

    def wall_now(self) -> datetime:
        """Real time."""
        return self.room.host.clock.wall_now()

    def principal_of(self, job: Job) -> Principal:
        """Whose job it is, with the rights of now. Raises Forbidden when frozen, Unauthenticated when signed out."""
        host = self.room.host
        return auth.principal_from(job.claims, host.principals.principal(job.owner), host.now())

    def rights_now(self, principal: Principal) -> str:
        """A digest of what they may see now."""
        policy = self.room.host.read_policy()
        return rights_of(principal, policy.document.model_dump_json())

    def ask(self, principal: Principal, call: Call, key: str = "") -> Answered:
        """One of the room's operations, for a principal; with a key it is done once."""
        return self.room.ask(Caller(principal, {"idempotency-key": key} if key else {}), call)
