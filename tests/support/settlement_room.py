"""The settlement room on a simulated account, spoken to over HTTP: policies, facts, what they came to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3

from functions.settlement import app
from functions.settlement.desk import Desk, desk_of
from functions.settlement.handlers.reconciling import reconcile_shard, reconcile_slice
from functions.settlement.handlers.steps import full_batches, run_step
from functions.settlement.handlers.windows import post_windows, window_shards
from hub.contracts.events import Event, parse_event
from hub.jobs.desk import JobDesk
from hub.jobs.jobs import Job
from hub.jobs.jobs_table import SHARD, SORT
from hub.kernel.clock import StepClock
from tests.support.aws import REGION, account
from tests.support.hosts import install
from tests.support.http import Answer, Context, bus_batch, bus_events, call, sqs_batch
from tests.support.ledger import ZONE, walk_machine, watched
from tests.support.memory_table import MemoryTable

MORNING = "2026-11-20T09:00:00+08:00"
WHO = {"person": "wang.wei", "store": "s1", "region": "310101"}


def moment(text: str) -> datetime:
    """RFC 3339 as UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass
class Till:
    """The room, and its clock."""

    clock: StepClock

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """One request, by an administrator unless said."""
        return call(app.room, method, path, body, **options)

    def publish(self, key: str, document: Any, kind: str = "policies", **more: Any) -> Answer:
        """Publish a document; answers whatever the room does."""
        path = f"/settlement/{kind}/{key}" if key else f"/settlement/{kind}"
        return self.call("POST", f"{path}/publish", {"document": document, **more})

    def fill_in(self, template: str, facts: Any = (), **parameters: Any) -> Any:
        """What trying a template answers."""
        body = {"parameters": parameters, "facts": list(facts)}
        answer = self.call("POST", f"/settlement/templates/{template}/try", body)
        assert answer.status == 200, answer.text
        return answer.json

    def adopt(self, template: str, **parameters: Any) -> None:
        """Publish the policy that a template's form makes, under the template's key."""
        published = self.publish(template, self.fill_in(template, **parameters)["policy"])
        assert published.status == 200, published.text

    def hand_in(self, *facts: dict[str, Any]) -> list[dict[str, Any]]:
        """Facts over HTTP; answers each one's result."""
        answer = self.call("POST", "/settlement/facts", {"facts": list(facts)})
        assert answer.status == 200, answer.text
        return list(answer.json["results"])

    def watch(self) -> dict[str, Counter[str]]:
        """How often each key of the table and of each index is written in transactions, from now on: of a room in
        memory."""
        keys: dict[str, Counter[str]] = {}
        table: Any = app.room.desk.facts._table
        table.transact = watched(keys, table.transact)
        return keys

    def batches_due(self) -> list[str]:
        """The runs that the hour would start since their batches have their entries."""
        return [run.id for run in full_batches(app.room.desk, self.clock.now)]

    def runs_due(self) -> list[str]:
        """The runs that the hour would start since they are due."""
        return [run.id for run in app.room.desk.runs.due(self.clock.now)]

    def reads_of(self, word: str) -> Callable[[], int]:
        """How many keys with this word in them are read from now on: of a room in memory."""
        table: Any = app.room.desk.facts._table
        before = len(table.read)
        return lambda: sum(word in key[0] for key in table.read[before:])

    def told(self, pk: str, sk: str) -> list[Event]:
        """What the bus hears once the stream has told of an item that was written."""
        table: Any = app.room.desk.facts._table
        change = {"table": "t", "kind": "MODIFY", "pk": pk, "sk": sk, "new": table.get((pk, sk)), "old": None}
        bus_events(app.room.host.client("sqs"))
        assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
        return [parse_event(event) for event in bus_events(app.room.host.client("sqs"))]

    def hear(self, *events: Event) -> None:
        """Events from the bus."""
        assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}

    def run_windows(self) -> int:
        """What the day's run does with windows."""
        desk = app.room.desk
        run = desk.runs.open(*desk.book.period_of("base", self.clock.now))
        desk.runs.seal(run.id)
        done = (post_windows(desk, run, shard, {}, self.clock.now) for shard in window_shards(desk, run))
        return sum(cursor["result"]["lines"] for cursor in done)

    def entries(self) -> list[dict[str, Any]]:
        """All entries there are."""
        entries, cursor = list[dict[str, Any]](), ""
        for _ in range(10):
            page = self.call("GET", "/settlement/ledger/entries", query={"limit": "200", "cursor": cursor}).json
            entries, cursor = entries + page["data"], page["next_cursor"]
            if not page["has_more"]:
                break
        return entries

    def accounts(self, prefix: str = "") -> dict[str, str]:
        """What the ledger comes to by account, debits positive."""
        sums: dict[str, Decimal] = {}
        for entry in self.entries():
            for line in entry["lines"]:
                sums[line["account"]] = sums.get(line["account"], Decimal(0)) + Decimal(line["amount"])
        return {name: f"{total:.2f}" for name, total in sorted(sums.items()) if name.startswith(prefix) and total}

    def close(self, run_id: str, mode: str = "close", step: Callable[[Desk, Any], Any] = run_step) -> dict[str, Any]:
        """What the machine does with a period; answers what it came to."""
        return dict(walk_machine(app.room.desk, run_id, mode, step)["outcome"])

    def keep_files(self) -> None:
        """The bucket in which jobs lay their files."""
        boto3.client("s3", region_name=REGION).create_bucket(Bucket="hub-demo-files")

    def finish(self, job_id: str, *, twice: bool = False) -> dict[str, Any]:
        """The job after as many slices as it takes, as the room's stream asks for them. twice: each slice is done, dies
        before the job or its shard has moved, and is done again."""
        for _ in range(300):
            shown = self.call("GET", f"/jobs/settlement/{job_id}").json
            if shown["state"] not in ("queued", "running"):
                return dict(shown)
            for sort in self._turns(job_id):
                if twice:
                    self._slice(job_id, sort)
                assert app.on_change(sqs_batch(_moved(job_id, sort)), Context()) == {"batchItemFailures": []}
        raise AssertionError("the job does not end")

    def finish_twice_over(self, job_id: str) -> Callable[[], object]:
        """Finish a job; answers its last slice, as another process that began it at the same moment would do it."""
        jobs, seen = JobDesk(app.room, (), app.TASKS), list[Job]()
        while (job := jobs.table.find(job_id)).works:
            seen.append(job)
            for sort in self._turns(job_id):
                app.on_change(sqs_batch(_moved(job_id, sort)), Context())
        return lambda: reconcile_slice(jobs, seen[-1], None)  # type: ignore[arg-type] # it asks for no rights

    def turns_after(self, job_id: str, rounds: int) -> list[str]:
        """What of a job has something to do, after so many rounds of its changes."""
        for _ in range(rounds):
            turns = self._turns(job_id)
            for sort in turns:
                app.on_change(sqs_batch(_moved(job_id, sort)), Context())
        return self._turns(job_id)

    def _turns(self, job_id: str) -> list[str]:
        """The sort keys whose changes have something done now: the job's, or its shards', the last one first."""
        table = JobDesk(app.room, (), app.TASKS).table
        job = table.find(job_id)
        begun = [n for n in range(job.shards) if n not in job.finished and table.shard(job_id, n)] if job.waits else []
        return [f"{SHARD}{number:03d}" for number in reversed(begun)] or [SORT]

    def _slice(self, job_id: str, sort: str) -> None:
        """A slice whose process dies at its end."""
        jobs = JobDesk(app.room, (), app.TASKS)
        job = jobs.table.find(job_id)
        if sort == SORT and not job.waits:
            reconcile_slice(jobs, job, None)  # type: ignore[arg-type] # it asks for no rights
        elif shard := jobs.table.shard(job_id, int(sort.removeprefix(SHARD) or 0)) if sort != SORT else None:
            reconcile_shard(jobs, job, shard)

    def statements(self, **query: str) -> list[dict[str, Any]]:
        """Heads of statements, the latest first."""
        return list(self.call("GET", "/settlement/statements", query={"limit": "200", **query}).json["data"])

    def set_calendar(self, base: dict[str, Any], **regions: dict[str, Any]) -> None:
        """What closes when, from now on: regions by `r<code>`."""
        document = {"base": base, "regions": {code[1:]: rhythm for code, rhythm in regions.items()}}
        assert self.publish("", document, "calendar").status == 200


def items_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What one of the machine's maps goes through: it lies in the file that a step's answer names."""
    file = boto3.client("s3", region_name=REGION).get_object(Bucket=answer["bucket"], Key=answer["key"])
    items: list[dict[str, Any]] = json.loads(file["Body"].read())
    assert len(items) == answer["count"]
    return items


def _moved(job_id: str, sort: str) -> dict[str, Any]:
    return {"table": "t", "kind": "MODIFY", "pk": f"demo#job#{job_id}", "sk": sort, "new": None, "old": None}


@contextmanager
def till(at: str = MORNING, *people: str, in_memory: bool = True) -> Iterator[Till]:
    """A room at a moment that stands still, in which these people are known. in_memory: what it stores lies in a table
    in memory, not in the simulated account: ten times quicker."""
    clock = StepClock(moment(at))
    with account("settlement", HUB_RUN_ARN="arn:aws:states:us-east-1:123456789012:stateMachine:none") as session:
        host = install(app.room, session, clock)
        if in_memory:
            app.room.install(host, desk_of("demo", ZONE, MemoryTable(), app.room.desk.machine, host.now, host.emit))
        made = Till(clock)
        made.call("POST", "/settlement/parties", {"parties": [f"person:{name}" for name in ("wang.wei", *people)]})
        yield made


def handed(kind: str, number: int = 1, at: str = MORNING, **more: Any) -> dict[str, Any]:
    """A fact as it is handed in: amounts are texts with a point, other numbers quantities."""
    amounts = {name: text for name, text in more.items() if isinstance(text, str)}
    quantities = {name: str(n) for name, n in more.items() if isinstance(n, int | float)}
    rest = {name: value for name, value in more.items() if isinstance(value, dict | list)}
    body = {"id": f"{kind}:{number}", "kind": kind, "occurred_at": at, "parties": WHO, **rest}
    if "reverses" in amounts:
        body["reverses"] = amounts.pop("reverses")
    return {**body, "amounts": amounts, "quantities": quantities}
