"""Facts from a file of JSON lines, as a job: looked at first, applied slice by slice, each settled once."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.settlement import app
from tests.support.aws import REGION
from tests.support.http import Context, sqs_batch
from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, till

TENTH = posting({"rule": "percent", "of": "amount", "rate": "0.10"})


@pytest.fixture
def room() -> Iterator[Till]:
    with till() as made:
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="hub-demo-files")
        made.publish("p", {"facts": ["order"], "postings": [TENTH]})
        yield made


def bring(room: Till, *lines: Any, file_format: str = "ndjson") -> Any:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    body = {"into": "facts", "format": file_format, "content": base64.b64encode(text.encode()).decode()}
    return room.call("POST", "/jobs/settlement/imports", body)


def finished(room: Till, job_id: str) -> Any:
    """The job after as many slices as it takes, as the room's stream asks for them."""
    change = {"table": "t", "kind": "MODIFY", "pk": f"demo#job#{job_id}", "sk": "job", "new": None, "old": None}
    for _ in range(20):
        shown = room.call("GET", f"/jobs/settlement/{job_id}").json
        if shown["state"] not in ("queued", "running"):
            return shown
        assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
    raise AssertionError("the job does not end")


def test_a_file_of_facts_is_settled_line_by_line(room: Till) -> None:
    """110 lines in slices: nothing before it is applied, then each once; said again, they settle nothing more."""
    facts = [handed("order", number, amount="100.00") for number in range(110)]
    job = bring(room, *facts, facts[7]).json
    seen = finished(room, job["id"])
    assert (seen["state"], seen["counts"]) == ("previewed", {"ready": 110, "as_row": 1})
    assert room.accounts() == {}
    assert room.call("POST", f"/jobs/settlement/{job['id']}/apply", {}).status == 202
    done = finished(room, job["id"])
    assert (done["state"], done["counts"]) == ("done", {"applied": 110, "as_row": 1})
    again = bring(room, *facts[:10]).json
    finished(room, again["id"])
    room.call("POST", f"/jobs/settlement/{again['id']}/apply", {})
    finished(room, again["id"])
    assert room.accounts("payable") == {"payable:person:wang.wei": "-1100.00"}


def test_what_cannot_be_is_told_by_its_line_and_place(room: Till) -> None:
    """A number where a text belongs, an amount of three decimals, no JSON at all, no object: the good line alone is
    applied, and only if that is meant. A spreadsheet is refused at its format."""
    wrong = {**handed("order", 2), "amounts": {"amount": "1.001"}}
    job = bring(room, handed("order", 1, amount="100.00"), wrong, "", '{"id": 1e9}', "[1]", "nonsense").json
    assert finished(room, job["id"])["counts"] == {"ready": 1, "refused": 4}
    rows = room.call("GET", f"/jobs/settlement/{job['id']}/rows", query={"outcome": "refused"}).json["data"]
    places = [(row["row"], row["errors"][0]["pointer"]) for row in rows]
    assert places == [(2, "/amounts/amount"), (4, ""), (5, ""), (6, "")]
    assert room.call("POST", f"/jobs/settlement/{job['id']}/apply", {}).status == 409
    assert room.call("POST", f"/jobs/settlement/{job['id']}/apply", {"with_findings": True}).status == 202
    assert finished(room, job["id"])["counts"]["applied"] == 1
    refused = bring(room, "id,kind", file_format="csv")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/format")


def test_the_reference_says_what_a_line_may_hold(room: Till) -> None:
    """Its fields, and which it must have."""
    (known,) = room.call("GET", "/jobs/settlement/imports").json["data"]
    assert (known["into"], known["required"]) == ("facts", ["id", "kind", "occurred_at"])
    assert {"amounts", "quantities", "parties", "reverses"} <= {*known["columns"]}
