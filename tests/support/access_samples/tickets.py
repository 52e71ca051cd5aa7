"""One ticket in the sample's store, assigned to its person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from functions.tickets import app
from tests.support.access import PERSON, REGION, STORE, Ids, Sample, start_job
from tests.support.tickets import world

TICKET = {"type": "repair", "customer_id": "cus_1", "region": REGION, "store_id": STORE, "subject": "冷柜结霜"}
PHOTO = {"content_type": "image/jpeg", "size_bytes": 1, "sha256": "0" * 64}
ANSWERS = {"name": "李雷", "phone": "13800138000", "fault": "冷柜结霜", "product": "BX3"}
DOCUMENTS = (
    *("/flows/{key}", "/forms/{key}", "/tickets/types/{key}", "/tickets/blocks/{key}"),
    *("/tickets/ladders/{key}", "/tickets/matrices/{key}", "/tickets/plans/{key}", "/tickets/rules", "/tickets/board"),
    "/tickets/dispatch",
    "/tickets/patrols/{key}",
    *("/tickets/policies/{key}", "/tickets/calendars/{key}"),
)
TITLE = {"zh": "维修", "en": "Repair"}
DOCUMENTED = {
    "/tickets/blocks": {"title": TITLE, "nodes": [{"id": "hold", "kind": "wait", "title": TITLE, "seconds": 60}]},
    "/tickets/matrices": {"title": TITLE, "rows": [{"signers": ["supervisor"]}]},
    "/tickets/plans": {
        "title": TITLE,
        "type": "repair",
        "devices": [{"id": "AC1", "customer_id": "cus_1", "region": REGION, "store_id": STORE}],
    },
    "/tickets/patrols": {
        "title": TITLE,
        "type": "repair",
        "issues": [{"id": "salty", "title": TITLE, "when": {"text": {"contains_any": ["偏咸"]}}}],
    },
    "/tickets/calendars": {"title": TITLE},
    "/tickets/policies": {
        "title": TITLE,
        "clocks": [{"id": "work", "title": TITLE, "measures": "resolution", "seconds": 3600}],
    },
}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/tickets"): TICKET,
    ("POST", "/tickets/positions"): {
        "position": {"latitude": 31.2304, "longitude": 121.4737, "datum": "wgs84"},
        "measured_at": "2026-11-20T18:00:00Z",
    },
    ("POST", "/tickets/{ticket_id}/uploads"): PHOTO,
    ("POST", "/t/{link}/uploads"): PHOTO,
    ("POST", "/forms/{key}/submissions"): ANSWERS,
    ("PATCH", "/forms/submissions/{submission_id}"): {"note": "急"},
    ("POST", "/tickets/{ticket_id}/nodes/{node}/complete"): {"outcome": "accepted"},
    ("POST", "/tickets/{ticket_id}/nodes/{node}/delegate"): {"to": PERSON},
    ("POST", "/tickets/{ticket_id}/nodes/{node}/signers"): {"people": [PERSON]},
    ("POST", "/tickets/{ticket_id}/tell"): {"event": "parts_arrived"},
    ("POST", "/tickets/{ticket_id}/children"): {"type": "repair"},
    ("POST", "/tickets/{ticket_id}/links"): {"tickets": ["tkt_01ARZ3NDEKTSV4RRFFQ69G5FAV"]},
    ("POST", "/tickets/{ticket_id}/try"): {"action": "assign"},
    ("POST", "/flows/{key}/insert"): {"after": "accept", "node": "assign"},
    ("POST", "/flows/{key}/rehearse"): {"version": 1},
    ("POST", "/tickets/rules/rehearse"): {"days": 7},
    ("POST", "/tickets/{ticket_id}/assign"): {"person_id": PERSON},
    ("POST", "/tickets/{ticket_id}/comment"): {"text": "hi"},
    ("POST", "/tickets/{ticket_id}/reply"): {"text": "hi"},
    **{
        (method, f"{path}/{name}"): body
        for path in DOCUMENTS
        for method, name, body in (
            ("PUT", "draft", {"document": {}}),
            ("POST", "lint", {"document": {}}),
            ("POST", "compare", {"document": {}}),
            ("POST", "revert", {"version": 0}),
            ("POST", "copy", {"targets": [REGION]}),
        )
    },
    **{("POST", f"{path}/{{key}}/publish"): {"document": document} for path, document in DOCUMENTED.items()},
    **{("POST", f"{path}/{{key}}/revert"): {"version": 1} for path in DOCUMENTED},
}


@contextmanager
def stage() -> Iterator[Ids]:
    """A ticket at its first node."""
    with world() as hub:
        hub.hire(PERSON, region=REGION)
        made = hub.call("POST", "/tickets", TICKET)
        handed_in = hub.call("POST", "/forms/repair/submissions", ANSWERS, query={"store": STORE, "region": REGION})
        assert (made.status, handed_in.status) == (201, 201)
        photo = hub.call("POST", f"/tickets/{made.json['id']}/uploads", PHOTO)
        for path, document in DOCUMENTED.items():
            published = hub.call("POST", f"{path}/repair/publish", {"document": document, "seen_version": 0})
            assert published.status == 200, published.json
        job_id = start_job(app.room, "/tickets")
        ids = {"submission_id": handed_in.json["id"], "upload_id": photo.json["id"], "job_id": job_id}
        yield {
            **ids,
            "ticket_id": made.json["id"],
            "node": "accept",
            "key": "repair",
            "link": "none",
            "thing": "tkt_1",
            "team": "cold",
        }


QUERIES = {
    ("POST", "/forms/{key}/submissions"): {"store": STORE, "region": REGION},
    ("GET", "/forms/submissions"): {"form": "repair"},
    ("GET", "/forms/submissions/export"): {"form": "repair"},
    ("GET", "/tickets/plans/{key}/month"): {"month": "2026-12"},
}
SAMPLE = Sample(
    app.room,
    stage,
    BODIES,
    QUERIES,
    found_by={"/tickets/queues/{team}": ("the tenant",)},
    place_by_place=tuple(f"{path}/copy" for path in DOCUMENTS if path not in ("/tickets/rules", "/tickets/board")),
)
