"""A job as a value, and how it moves. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.edge.auth import Principal
from hub.edge.chinese import detail_zh
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict
from hub.kernel.ids import digest

if TYPE_CHECKING:
    from hub.contracts.jobs import JobState, JobView

WORKS = ("queued", "running")


@dataclass(frozen=True)
class Shard:
    """A part of a job that is worked on by itself, a slice at a time, as a job is. is_over: nothing of it is left."""

    number: int
    step: int = 0
    phase: str = ""
    cursor: str = ""
    parts: int = 0
    done: int = 0
    is_over: bool = False

    def move(self, **changes: Any) -> Shard:
        """The shard one step further."""
        return replace(self, step=self.step + 1, **changes)


@dataclass(frozen=True)
class Job:
    """One job of one principal. step: how often it moved; whoever moves it names the step that they saw.

    claims: of the token that asked for it; rights are read anew for each slice. rights: of the slices so far. spec:
    what was asked for. cursor: where the next slice goes on, `parts` how many files lie there already.
    report: what a room's own work has come to so far. shards: what it is divided into by now, worked on side by side;
    finished: those that are done. The job goes on when all are.
    """

    id: str
    kind: str
    owner: str
    claims: Mapping[str, Any]
    spec: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    region: str = "base"
    state: JobState = "queued"
    step: int = 0
    phase: str = ""
    cursor: str = ""
    parts: int = 0
    rights: str = ""
    done: int = 0
    total: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    shards: int = 0
    finished: Sequence[int] = ()

    @property
    def waits(self) -> bool:
        """Whether it is its shards' turn."""
        return self.works and len(self.finished) < self.shards

    @property
    def works(self) -> bool:
        """Whether a slice is due."""
        return self.state in WORKS

    def move(self, **changes: Any) -> Job:
        """The job one step further."""
        return replace(self, step=self.step + 1, **changes)


def claims_of(principal: Principal, epoch: int) -> dict[str, Any]:
    """What is kept of who asked: what a token would say."""
    return {
        "sub": principal.sub,
        "aud": principal.tenant,
        "kind": principal.kind,
        "roles": list(principal.roles),
        "region": principal.region,
        "stores": list(principal.stores),
        "teams": list(principal.teams),
        "level": principal.level,
        "epoch": epoch,
    }


def rights_of(principal: Principal, policy: str) -> str:
    """A digest of what a principal may see now: where it is another, what was read before is not theirs any more."""
    facts = (*sorted(principal.roles), principal.region, *sorted(principal.stores), *sorted(principal.teams))
    return digest("rights", principal.level or "", policy, *facts).hex()[:32]


def require_works(job: Job) -> None:
    """Raises Conflict for a job that is over."""
    if not job.works and job.state != "previewed":
        raise Conflict("the job is over", job=job.id, state=job.state)


def show_job(job: Job) -> JobView:
    """As its owner sees it."""
    from hub.contracts.jobs import JobResult, JobView  # only a request for jobs needs their models

    return JobView.model_validate(
        {
            "id": job.id,
            "kind": job.kind,
            "state": job.state,
            "about": str(job.spec.get("list") or job.spec.get("into") or job.spec.get("about")),
            "done": job.done,
            "total": job.total,
            "counts": dict(job.counts),
            "report": dict(job.report),
            "result": JobResult.model_validate(job.result) if job.result else None,
            "why": job.why,
            "why_zh": detail_zh(job.why, "任务失败 · The job failed"),
            "created_at": job.created_at,
            "updated_at": job.updated_at,
            "version": job.step,
        }
    )


def body_of(job: Job) -> str:
    """What is stored."""
    fields = {name: getattr(job, name) for name in job.__dataclass_fields__}
    times = {"created_at": rfc3339(job.created_at), "updated_at": rfc3339(job.updated_at)}
    return json.dumps({**fields, **times}, ensure_ascii=False)


def job_of(body: str) -> Job:
    """From what is stored."""
    fields = json.loads(body)
    times = {name: parse_rfc3339(fields[name]) for name in ("created_at", "updated_at")}
    return Job(**{**fields, **times})
