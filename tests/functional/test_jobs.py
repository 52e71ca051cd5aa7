"""Jobs over HTTP: exports with the rights of now, imports that make nothing twice, and files for their owner alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from functions.directory import app
from hub.jobs.sheets import read_sheet
from hub.kernel.clock import StepClock
from tests.support.aws import REGION, account
from tests.support.hosts import install
from tests.support.http import Answer, Context, call, sqs_batch, token

BUCKET = "hub-demo-files"
BOSS = {"name": "老板", "roles": ["administrator"], "region": "base"}
HEAD = "工号,姓名,角色,地区,企业微信账号\n"


class Stage:
    """The directory with its jobs, whose stream is followed by hand."""

    def __init__(self, session: Any, clock: StepClock) -> None:
        self.session, self.clock = session, clock

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        return call(app.room, method, path, body, **options)

    def work(self, job_id: str) -> None:
        """One slice, as the stream of the room's table asks for it."""
        change = {"table": "t", "kind": "MODIFY", "pk": f"demo#job#{job_id}", "sk": "job", "new": None, "old": None}
        assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}

    def finish(self, job_id: str, as_: str | None = None) -> dict[str, Any]:
        """Slice by slice until nothing is due."""
        for _ in range(100):
            shown = self.ask("GET", f"/jobs/directory/{job_id}", as_=as_).json
            if shown["state"] not in ("queued", "running"):
                return dict(shown)
            self.work(job_id)
        raise AssertionError("the job does not end")

    def export(self, as_: str | None = None, **spec: Any) -> Answer:
        return self.ask("POST", "/jobs/directory/exports", {"list": "/directory/people", **spec}, as_=as_)

    def file(self, job_id: str, as_: str | None = None) -> bytes:
        """The file, by the link to it."""
        found = self.ask("GET", f"/jobs/directory/{job_id}/file", as_=as_)
        assert found.status == 200, found.text
        led = self.ask("GET", urlsplit(found.json["url"]).path, as_="")
        assert led.status == 303, led.text
        name = urlsplit(led.headers["location"]).path.partition("/directory/")[2]
        content: bytes = self.session.client("s3").get_object(Bucket=BUCKET, Key=f"directory/{name}")["Body"].read()
        return content

    def import_(self, content: bytes, into: str = "people", **options: Any) -> Answer:
        body = {"into": into, "content": base64.b64encode(content).decode()}
        return self.ask("POST", "/jobs/directory/imports", body, **options)

    def rows(self, job_id: str, **query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            found = self.ask("GET", f"/jobs/directory/{job_id}/rows", query={**query, "limit": "100", "cursor": cursor})
            rows += found.json["data"]
            cursor = found.json["next_cursor"]
            if not cursor:
                return rows

    def people(self) -> int:
        count, cursor = 0, ""
        while True:
            found = self.ask("GET", "/directory/people", query={"limit": "200", "cursor": cursor}).json
            count, cursor = count + len(found["data"]), found["next_cursor"]
            if not cursor:
                return count


@pytest.fixture(scope="module", name="stage")
def _stage() -> Iterator[Stage]:
    with account("directory", HUB_FILES_BUCKET=BUCKET) as session:
        session.client("s3", region_name=REGION).create_bucket(Bucket=BUCKET)
        clock = StepClock(datetime.now(UTC) - timedelta(seconds=10))
        install(app.room, session, clock)
        for person_id, body in (
            ("boss", BOSS),
            ("li", {**BOSS, "name": "=HYPERLINK(1)", "roles": ["supervisor"], "wecom_userid": "6923456789012345678"}),
            ("mei", {**BOSS, "name": "-5 度", "roles": ["agent"], "region": "310000", "wecom_userid": "007"}),
        ):
            assert call(app.room, "PUT", f"/directory/people/{person_id}", body).status == 200
        yield Stage(session, clock)


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_list_becomes_a_file(stage: Stage, file_format: str) -> None:
    """202 with the job, the file when it is done; what people wrote runs nowhere, and long ids keep their digits."""
    started = stage.export(format=file_format)
    assert (started.status, started.json["state"], started.json["about"]) == (202, "queued", "/directory/people")
    done = stage.finish(started.json["id"])
    assert (done["state"], done["result"]["rows"], done["done"]) == ("done", done["total"], done["total"])
    rows = {row.cells["id"]: row.cells for row in read_sheet(stage.file(done["id"]), file_format)}
    assert (rows["li"]["name"], rows["li"]["wecom_userid"]) == ("=HYPERLINK(1)", "6923456789012345678")
    assert (rows["mei"]["name"], rows["mei"]["wecom_userid"], rows["mei"]["roles"]) == ("-5 度", "007", "agent")
    if file_format == "csv":
        assert "'=HYPERLINK(1)" in stage.file(done["id"]).decode("utf-8-sig")


def test_columns_are_chosen_by_name(stage: Stage) -> None:
    """In that order; one that is not there is a 422 with its place, before anything is begun."""
    job_id = stage.export(columns=["name", "id"]).json["id"]
    stage.finish(job_id)
    assert stage.file(job_id).decode("utf-8-sig").splitlines()[0] == "name,id"
    refused = stage.export(columns=["name", "salary"])
    assert (refused.status, [e["pointer"] for e in refused.json["errors"]]) == (422, ["/columns/1"])


@pytest.mark.parametrize(
    ("spec", "pointer"),
    [
        ({"list": "/directory/moons"}, "/list"),
        ({"list": "/directory/roles"}, "/list"),
        ({"query": {"limit": "5"}}, "/query"),
        ({"query": {"moon": "1"}}, "/query/moon"),
        ({"format": "pdf"}, "/format"),
    ],
)
def test_what_cannot_be_exported_is_named(stage: Stage, spec: dict[str, Any], pointer: str) -> None:
    """At once, and not as a job that fails."""
    refused = stage.export(**spec)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_file_is_for_its_owner_with_the_rights_of_now(stage: Stage) -> None:
    """A colleague gets neither the job nor the file; the owner no more once their rights are others."""
    li = token("supervisor", sub="li")
    job_id = stage.export(as_=li).json["id"]
    stage.finish(job_id, as_=li)
    colleague = token("supervisor", sub="mei")
    assert stage.ask("GET", f"/jobs/directory/{job_id}", as_=colleague).status == 404
    assert stage.ask("GET", f"/jobs/directory/{job_id}/file", as_=colleague).status == 403
    link = stage.ask("GET", f"/jobs/directory/{job_id}/file", as_=li).json["url"]
    changed = {**BOSS, "name": "李", "roles": ["supervisor"], "region": "310000"}
    assert stage.ask("PUT", "/directory/people/li", changed).status == 200
    assert stage.ask("GET", f"/jobs/directory/{job_id}/file", as_=li).status == 403
    assert stage.ask("GET", urlsplit(link).path, as_="").status == 403


def test_a_link_to_a_file_is_good_once_and_for_a_minute(stage: Stage) -> None:
    """Who finds it in a history finds nothing behind it."""
    job_id = stage.export().json["id"]
    stage.finish(job_id)
    links = [urlsplit(stage.ask("GET", f"/jobs/directory/{job_id}/file").json["url"]).path for _ in range(2)]
    assert [stage.ask("GET", links[0], as_="").status for _ in range(2)] == [303, 401]
    stage.clock.advance(seconds=60)
    assert stage.ask("GET", links[1], as_="").status == 401
    stage.clock.now -= timedelta(seconds=60)


def test_a_job_of_somebody_who_was_frozen_stops(stage: Stage) -> None:
    """No slice is read for them any more, and the job says why."""
    mei = token("agent", sub="mei")
    job_id = stage.export(as_=mei).json["id"]
    assert stage.ask("POST", "/directory/people/mei/freeze").status == 200
    stage.work(job_id)
    assert stage.ask("POST", "/directory/people/mei/thaw").status == 200
    shown = stage.ask("GET", f"/jobs/directory/{job_id}").json
    assert (shown["state"], shown["why"], shown["why_zh"]) == ("failed", "this account is frozen", "该账号已被冻结")


def test_a_job_can_be_cancelled_while_it_works(stage: Stage) -> None:
    """Once: it moves no further, and a job that is over is 409."""
    job_id = stage.export().json["id"]
    assert stage.ask("POST", f"/jobs/directory/{job_id}/cancel").json["state"] == "cancelled"
    stage.work(job_id)
    assert stage.ask("GET", f"/jobs/directory/{job_id}").json["state"] == "cancelled"
    done = stage.export().json["id"]
    stage.finish(done)
    assert stage.ask("POST", f"/jobs/directory/{done}/cancel").status == 409


def people_file(rows: int = 250, bad: int = 137, same: tuple[int, int] = (5, 205)) -> bytes:
    """So many rows below the names: the nth of them is row n + 1 of the file."""
    lines = []
    for number in range(1, rows + 1):
        person = f"p{same[0] if number == same[1] else number:03}"
        region = "上海" if number == bad else "310000"
        lines.append(f"{person},员工{number},agent;engineer,{region},{number:05}")
    return (HEAD + "\n".join(lines)).encode("gb18030")


def test_the_same_file_twice_is_one_import(stage: Stage) -> None:
    """250 rows, one bad, two the same person; the answer is lost and the file sent again: 248 people, one report."""
    before = stage.people()
    first = stage.import_(people_file(), key="once")
    job_id = first.json["id"]
    preview = stage.finish(job_id)
    assert (preview["state"], preview["counts"]) == ("previewed", {"ready": 248, "as_row": 1, "refused": 1})
    assert stage.people() == before
    (bad,) = stage.rows(job_id, outcome="refused")
    assert (bad["row"], bad["errors"][0]["pointer"], bad["zh"][0]["pointer"]) == (138, "/region", "/region")
    (twin,) = stage.rows(job_id, outcome="as_row")
    assert (twin["row"], twin["as_row"]) == (206, 6)

    assert stage.ask("POST", f"/jobs/directory/{job_id}/apply", {}).status == 409
    again = stage.import_(people_file(), key="once")
    assert (again.json["id"], again.headers["idempotency-replayed"]) == (job_id, "true")
    assert stage.ask("POST", f"/jobs/directory/{job_id}/apply", {"with_findings": True}).status == 202
    stage.work(job_id)
    stage.work(job_id)
    report = stage.finish(job_id)
    assert (report["state"], report["counts"]) == ("done", {"applied": 248, "as_row": 1, "refused": 1})
    assert stage.people() == before + 248
    assert stage.ask("POST", f"/jobs/directory/{job_id}/apply", {"with_findings": True}).json["state"] == "done"
    assert stage.ask("GET", "/directory/people/p001").json["wecom_userid"] == "00001"
    assert stage.ask("GET", "/directory/people/p005").json["name"] == "员工5"


def test_stores_come_from_a_file_too(stage: Stage) -> None:
    """Two of three, by the columns' Chinese names; a name that begins a formula is words; the third is named."""
    file = "门店编号,门店名称,地区\ns01,一店,310101\ns02,'-二店,310104\ns03,三店,上海\n".encode()
    job_id = stage.import_(file, "stores").json["id"]
    assert stage.finish(job_id)["counts"] == {"ready": 2, "refused": 1}
    (refused,) = stage.rows(job_id, outcome="refused")
    assert (refused["row"], refused["errors"][0]["pointer"]) == (4, "/region")
    for _ in range(2):
        stage.ask("POST", f"/jobs/directory/{job_id}/apply", {"with_findings": True})
        assert stage.finish(job_id)["counts"] == {"applied": 2, "refused": 1}
    names = {store["id"]: store["name"] for store in stage.ask("GET", "/directory/stores").json["data"]}
    assert (names["s01"], names["s02"], "s03" in names) == ("一店", "-二店", False)


def test_an_import_is_done_by_who_asked_and_by_nobody_more(stage: Stage) -> None:
    """Who may not save a person by hand imports none."""
    refused = stage.import_(people_file(rows=2), as_=token("agent", sub="amy"))
    assert refused.status == 403


@pytest.mark.parametrize(
    ("content", "into", "pointer"),
    [(b"x", "moons", "/into"), (b"", "people", "/content")],
)
def test_what_cannot_be_imported_is_named(stage: Stage, content: bytes, into: str, pointer: str) -> None:
    """An unknown kind, and an empty file."""
    refused = stage.import_(content, into)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_file_that_cannot_be_read_fails_with_its_reason(stage: Stage) -> None:
    """In words, in both languages."""
    job_id = stage.import_(b"a,a\n1,2\n").json["id"]
    failed = stage.finish(job_id)
    assert (failed["state"], failed["why"]) == ("failed", "/content: must begin with a row of column names, each once")


def test_what_can_be_imported_is_told_with_its_columns(stage: Stage) -> None:
    """Which are needed, and what makes two rows one."""
    found = {each["into"]: each for each in stage.ask("GET", "/jobs/directory/imports").json["data"]}
    assert (found["stores"]["required"], found["stores"]["same_by"]) == (["store_id", "name", "region"], ["store_id"])
    assert "version" not in found["people"]["columns"]
