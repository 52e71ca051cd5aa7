"""Files go straight into the bucket, each bound to one ticket and one visit, and are the very files that were named."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from hub.edge.aws import make_client
from hub.store.uploads import Uploads
from tests.support.aws import REGION
from tests.support.forms import pointers
from tests.support.http import Answer
from tests.support.tickets import World, as_, stage

BUCKET = "hub-demo-files"
PHOTO = b"\xff\xd8 a photo of a cold box"
SHA256 = hashlib.sha256(PHOTO).hexdigest()
NEW = {"content_type": "image/jpeg", "size_bytes": len(PHOTO), "sha256": SHA256}
TICKET = {"type": "repair", "customer_id": "cus_1", "region": "310101", "store_id": "s1"}


@pytest.fixture
def hub() -> Iterator[World]:
    with stage() as found:
        s3 = boto3.client("s3", region_name=REGION, config=make_client("s3").meta.config)
        s3.create_bucket(Bucket=BUCKET)
        made = found.fresh(("repair", "consult"), bucket=Uploads(BUCKET, "tickets", s3))
        made.hire("li", region="310101")
        yield made


def opened(hub: World) -> str:
    """The id of a new ticket, which waits at its first node."""
    made = hub.call("POST", "/tickets", TICKET)
    assert made.status == 201
    return str(made.json["id"])


def put(form: Any, content: bytes = PHOTO) -> None:
    """What S3 does with a file that its form lets in: moto asks no policy."""
    boto3.client("s3", region_name=REGION).put_object(
        Bucket=BUCKET, Key=form["fields"]["key"], Body=content, ChecksumAlgorithm="SHA256"
    )


def done(hub: World, ticket_id: str, upload_id: str, **options: Any) -> Answer:
    return hub.call("POST", f"/tickets/{ticket_id}/uploads/{upload_id}/done", {}, **options)


def test_a_photo_is_bound_to_its_ticket_and_visit(hub: World) -> None:
    """The form names where, what, how large and which SHA-256; once the file lies there it is the ticket's, and stands
    in its trail, once however often that is said."""
    ticket_id = opened(hub)
    form = hub.call("POST", f"/tickets/{ticket_id}/uploads", {**NEW, "node": "accept"}, as_=as_("engineer", sub="li"))
    assert form.status == 201, form.text
    visit = next(each["id"] for each in hub.ticket(ticket_id)["visits"] if each["node"] == "accept")
    fields = form.json["fields"]
    assert fields["key"] == f"tickets/uploads/{ticket_id}/{visit}/{form.json['id']}"
    assert fields["x-amz-checksum-sha256"] == base64.b64encode(bytes.fromhex(SHA256)).decode()
    policy = base64.b64decode(fields["policy"]).decode()
    assert f'["content-length-range", {len(PHOTO)}, {len(PHOTO)}]' in policy
    assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"

    early = done(hub, ticket_id, form.json["id"])
    assert early.status == 409
    put(form.json)
    for _ in range(2):
        assert done(hub, ticket_id, form.json["id"]).status == 200
    (file,) = hub.call("GET", f"/tickets/{ticket_id}/uploads").json["data"]
    assert (file["sha256"], file["node"], file["uploaded_by"]) == (SHA256, "accept", "li")
    assert "attachment" in file["url"]
    entries = [entry for entry in hub.timeline(ticket_id)["entries"] if entry["what"] == "file"]
    assert [entry["detail"]["visit"] for entry in entries] == [visit]


def test_another_ticket_s_token_is_403(hub: World) -> None:
    """By the customer's link of another ticket, and by another ticket's path: 403, and neither ticket has a file."""
    mine, other = opened(hub), opened(hub)
    links = {ticket_id: hub.ticket(ticket_id)["link"] for ticket_id in (mine, other)}
    form = hub.call("POST", f"{links[mine]}/uploads", NEW, as_="")
    assert form.status == 201
    put(form.json)
    assert hub.call("POST", f"{links[other]}/uploads/{form.json['id']}/done", {}, as_="").status == 403
    assert done(hub, other, form.json["id"]).status == 403
    assert [hub.call("GET", f"/tickets/{each}/uploads").json["data"] for each in (mine, other)] == [[], []]
    own = hub.call("POST", f"{links[mine]}/uploads/{form.json['id']}/done", {}, as_="")
    assert (own.status, own.json["uploaded_by"]) == (200, "customer")


def test_another_file_than_was_named_is_refused(hub: World) -> None:
    """One byte changed: 422, and the ticket has no file."""
    ticket_id = opened(hub)
    form = hub.call("POST", f"/tickets/{ticket_id}/uploads", NEW)
    put(form.json, PHOTO[:-1] + b"!")
    refused = done(hub, ticket_id, form.json["id"])
    assert (refused.status, pointers(refused)) == (422, ["/sha256"])
    assert hub.call("GET", f"/tickets/{ticket_id}/uploads").json["data"] == []


def test_a_node_that_waits_for_nobody_takes_no_file(hub: World) -> None:
    """422 says which do; a type that nobody needs to see is refused, too."""
    ticket_id = opened(hub)
    refused = hub.call("POST", f"/tickets/{ticket_id}/uploads", {**NEW, "node": "settle"})
    assert (refused.status, pointers(refused)) == (422, ["/node"])
    wrong = hub.call("POST", f"/tickets/{ticket_id}/uploads", {**NEW, "content_type": "text/html"})
    assert pointers(wrong) == ["/content_type"]
