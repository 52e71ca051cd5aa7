"""One ticket in the sample's store, assigned to its person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from functions.tickets import app
from tests.support.access import PERSON, REGION, STORE, Ids, Sample
from tests.support.tickets import world

TICKET = {"type": "repair", "customer_id": "cus_1", "region": REGION, "store_id": STORE, "subject": "冷柜结霜"}
DOCUMENTS = (
    "/flows/{key}",
    "/tickets/types/{key}",
    "/tickets/ladders/{key}",
    "/tickets/matrices/{key}",
    "/tickets/blocks/{key}",
    "/tickets/rules",
)
BODIES = {
    ("POST", "/tickets"): TICKET,
    ("POST", "/tickets/{ticket_id}/nodes/{node}/complete"): {"outcome": "accepted"},
    ("POST", "/tickets/{ticket_id}/nodes/{node}/delegate"): {"to": PERSON},
    ("POST", "/tickets/{ticket_id}/nodes/{node}/signers"): {"people": [PERSON]},
    ("POST", "/tickets/{ticket_id}/tell"): {"event": "parts_arrived"},
    ("POST", "/tickets/{ticket_id}/children"): {"type": "repair"},
    ("POST", "/tickets/{ticket_id}/links"): {"tickets": ["tkt_01ARZ3NDEKTSV4RRFFQ69G5FAV"]},
    ("POST", "/tickets/{ticket_id}/try"): {"action": "assign"},
    ("POST", "/flows/{key}/insert"): {"after": "accept", "node": "assign"},
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
}


@contextmanager
def stage() -> Iterator[Ids]:
    """A ticket at its first node."""
    with world() as hub:
        hub.hire(PERSON, region=REGION)
        made = hub.call("POST", "/tickets", TICKET)
        assert made.status == 201
        yield {"ticket_id": made.json["id"], "node": "accept", "key": "repair", "link": "none"}


SAMPLE = Sample(
    app.room, stage, BODIES, place_by_place=tuple(f"{path}/copy" for path in DOCUMENTS if path != "/tickets/rules")
)
