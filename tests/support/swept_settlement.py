"""The settlement room's paths as callers go them: a line is disputed and answered, a statement approved; a bill is
handed in, matched slice by slice, decided about and closed; a period's run goes through its steps."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from functions.settlement import app
from hub.jobs.jobs_table import SHARD, SORT
from hub.kernel.clock import StepClock
from hub.kernel.errors import HubError
from tests.support.aws import account
from tests.support.http import Context, call, sqs_batch
from tests.support.ledger import walk_machine
from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment
from tests.support.swept import AGAIN, NO_RETRIES, OK, Outcome, Path, Snapshot, http_outcome, queue_outcome, shared_host
from tests.support.wire import aside

OPENS, DAY, OVER = "2026-11-19T09:00:00+08:00", "2026-11-20T09:00:00+08:00", "2026-11-21T06:00:00+08:00"
RUN = "base.2026-11-20"
WHOLE = {"rule": "percent", "of": "amount", "rate": "1"}
SALE = posting(WHOLE, purpose="sale", debit="asset:platform", credit="income:sales")
SHARE = posting({"rule": "percent", "of": "amount", "rate": "0.10"}, purpose="share")
ROWS = "r1,o1,2026-11-20 11:00:00,50.00,0\nr2,o2,2026-11-20 11:00:00,60.07,0\nr3,,2026-11-20 11:00:00,1.00,0\n"
BILL = base64.b64encode(f"流水号,订单号,结算时间,收入金额,平台服务费\n{ROWS}".encode()).decode()
BODY = {"platform": "douyin", "from_day": "2026-11-20", "until_day": "2026-11-21", "file": BILL}
BUCKET = "hub-demo-files"
Moment = tuple[Snapshot, dict[str, bytes]]
CALM = ("updated_at", "expires_at", "step")
"""What counts how often something was tried."""


class World:
    """The simulated room, and what its tables held at some moments."""

    def __init__(self, session: Any, clock: StepClock) -> None:
        self.clock, self.till = clock, Till(clock)
        self.host = shared_host(app.room, session, clock)
        self.s3 = session.client("s3")
        self.restart()

    def restart(self) -> None:
        """Another process takes over."""
        app.room.install(self.host)

    def now(self) -> Moment:
        """Tables and files as they are."""
        taken = Snapshot()
        taken.take()
        return taken, self.files()

    def files(self) -> dict[str, bytes]:
        """What lies in the bucket, by name."""
        with aside():
            listed = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
            return {file["Key"]: self.s3.get_object(Bucket=BUCKET, Key=file["Key"])["Body"].read() for file in listed}

    def go_back(self, before: Moment) -> None:
        """Tables and files as they were."""
        tables, files = before
        tables.restore()
        with aside():
            for name in self.files().keys() - files.keys():
                self.s3.delete_object(Bucket=BUCKET, Key=name)
            for name, content in files.items():
                self.s3.put_object(Bucket=BUCKET, Key=name, Body=content)

    def path(self, name: str, before: Moment, deliver: Callable[[], Outcome], job: str = "") -> Path:
        """job: one that is followed to its end before anything is compared."""

        def start() -> None:
            self.go_back(before)
            self.restart()

        def follow() -> None:
            with aside():
                self.restart()
                if job:
                    self.till.finish(job)

        return Path(name, start, deliver, self.restart, follow, self.files, CALM)

    def posted(self, path: str, body: Any, *shown: str) -> Callable[[], Outcome]:
        return lambda: http_outcome(call(app.room, "POST", path, body, key="k1"), *shown)

    def moved(self, job: str, sort: str) -> Callable[[], Outcome]:
        """The stream's word that a job, or a shard of one, has something to do."""
        change = {"table": "t", "kind": "MODIFY", "pk": f"demo#job#{job}", "sk": sort, "new": None, "old": None}
        return lambda: queue_outcome(app.on_change(sqs_batch(change), Context()))

    def stepped(self, op: str, **more: Any) -> Callable[[], Outcome]:
        """A step of the machine, which repeats what failed."""
        payload = {"op": op, "run_id": RUN, "mode": "close", **more}

        def step() -> Outcome:
            try:
                answer = app.steps(payload, Context())
            except HubError as error:
                return Outcome(AGAIN if type(error).__name__ == "Retry" else type(error).__name__)
            return Outcome(OK, answer)

        return step


@contextmanager
def _world() -> Iterator[World]:
    """Two orders of a platform and what a person earned by them, the day over and not closed."""
    clock = StepClock(moment(OPENS))
    arn = "arn:aws:states:us-east-1:1:stateMachine:x"
    with account("settlement", HUB_RUN_ARN=arn, **NO_RETRIES) as session:
        made = World(session, clock)
        made.till.keep_files()
        made.till.call("POST", "/settlement/parties", {"parties": ["person:wang.wei"]})
        assert made.till.publish("sales", {"facts": ["order"], "postings": [SALE, SHARE]}).status == 200
        clock.now = moment(DAY)
        about = {"person": "wang.wei", "store": "s1", "region": "310101", "platform": "douyin"}
        sold = (("50.00", 1), ("60.00", 2), ("70.00", 3))
        made.till.hand_in(*(handed("order", n, DAY, amount=amount, parties=about, about={"order": f"o{n}"})
                            for amount, n in sold))  # fmt: skip
        clock.now = moment(OVER)
        yield made


@contextmanager
def run_paths() -> Iterator[list[Path]]:
    """Each step of a run: the lists of its maps lie in files, its seals, pages and heads in the table."""
    with _world() as world:
        paths = [world.path("open a run", world.now(), world.stepped("open"))]
        for op, more in (("drain", {}), ("settle", {"shard": _shard_of_wang(), "cursor": {}}), ("close", {})):
            world.stepped({"drain": "open", "settle": "drain", "close": "settle"}[op], **_given(op))()
            paths.append(world.path(f"{op} a run", world.now(), world.stepped(op, **more)))
        yield paths


def _given(op: str) -> dict[str, Any]:
    """What the step before this one is given."""
    return {"shard": _shard_of_wang(), "cursor": {}} if op == "close" else {}


def _shard_of_wang() -> int:
    from functions.settlement.tables import shard_of

    return shard_of("person:wang.wei")


@contextmanager
def statement_paths() -> Iterator[list[Path]]:
    """A line is disputed, answered both ways, and the rest approved."""
    with _world() as world:
        walk_machine(app.room.desk, RUN, "close")
        (head,) = world.till.statements(run=RUN)
        at, sent = f"/settlement/statements/{head['id']}", world.now()
        shown = ("state", "totals")
        dispute = world.posted(f"{at}/dispute", {"line": 2, "reason": "金额不对"}, *shown)
        assert dispute().word == OK
        frozen = world.now()
        yield [
            world.path("dispute a line", sent, dispute),
            world.path("release a line", frozen,
                       world.posted(f"{at}/resolve", {"line": 2, "outcome": "released", "answer": "已核实"}, *shown)),
            world.path("correct a line", frozen,
                       world.posted(f"{at}/resolve", {"line": 2, "outcome": "corrected", "answer": "已更正"}, *shown)),
            world.path("approve the rest", frozen, world.posted(f"{at}/approve", {}, *shown)),
        ]  # fmt: skip


@contextmanager
def bill_paths() -> Iterator[list[Path]]:
    """A bill with a wrong amount, a row of nobody and an order that it lacks: handed in, divided, matched in shards,
    put together, listed, decided about and closed."""
    with _world() as world:
        paths = [world.path("hand a bill in", world.now(), world.posted("/settlement/reconciliations", BODY, "rows"))]
        begun = call(app.room, "POST", "/settlement/reconciliations", BODY, key="k1").json
        job, at = begun["job_id"], f"/settlement/reconciliations/{begun['id']}"
        paths.append(world.path("divide a bill", world.now(), world.moved(job, SORT), job))
        world.moved(job, SORT)()
        paths.append(world.path("begin its shards", world.now(), world.moved(job, SORT), job))
        turns = world.till.turns_after(job, 1)
        paths += _shards(world, job, turns)
        world.till.turns_after(job, 2)
        paths.append(world.path("put a bill together", world.now(), world.moved(job, SORT), job))
        world.moved(job, SORT)()
        paths.append(world.path("list what differs", world.now(), world.moved(job, SORT), job))
        world.till.finish(job)
        decide = world.posted(f"{at}/differences/0/resolve", {"resolution": "claimed"}, "resolution")
        paths.append(world.path("decide about a difference", world.now(), decide))
        for number in range(3):
            assert world.posted(f"{at}/differences/{number}/resolve", {"resolution": "claimed"})().word == OK
        paths.append(world.path("close a bill", world.now(), world.posted(f"{at}/approve", {}, "state", "open")))
        yield paths


def _shards(world: World, job: str, turns: list[str]) -> Iterator[Path]:
    """A shard's first slice; and the last one, when all others are over: it has the job go on."""
    assert all(sort.startswith(SHARD) for sort in turns)
    yield world.path("read a shard's orders", world.now(), world.moved(job, turns[0]), job)
    for sort in turns[1:]:
        world.moved(job, sort)()
        world.moved(job, sort)()
    world.moved(job, turns[0])()
    yield world.path("match the last shard", world.now(), world.moved(job, turns[0]), job)
