"""C077: a draft saved on v1 is validated with v1 after v2 was published, and stored as `form_version` 1."""

from __future__ import annotations

import csv
import io

from tests.support.forms import field, form, pointers, publish, submit
from tests.support.tickets import World, world

V1 = form(field("name", "text", required=True), field("colour", "text"))
V2 = form(field("name", "text", required=True), field("size", "integer", required=True))


def exported(hub: World) -> list[list[str]]:
    """The rows of the export, the heads first, without what every submission has."""
    text = hub.call("GET", "/forms/submissions/export?form=dress").text.removeprefix("\ufeff")
    return [row[6:] for row in csv.reader(io.StringIO(text))]


def test_a_draft_is_held_against_what_it_was_written_for() -> None:
    """v2 asks for a size; the draft of v1 isn't asked for it, keeps its colour, and says form_version 1. What is new is
    held against v2."""
    with world() as hub:
        publish(hub, "dress", V1)
        draft = submit(hub, "dress", {"name": "N", "colour": "red"}, query={"draft": "1"})
        assert (draft.status, draft.json["state"], draft.json["ticket_id"]) == (201, "draft", "")
        publish(hub, "dress", V2)

        done = hub.call("POST", f"/forms/submissions/{draft.json['id']}/submit", {})
        assert (done.status, done.json["form_version"], done.json["state"]) == (200, 1, "submitted")
        assert done.json["answers"] == {"name": "N", "colour": "red"}
        assert hub.call("POST", f"/forms/submissions/{draft.json['id']}/submit", {}).status == 409
        refused = submit(hub, "dress", {"name": "M", "colour": "red"})
        assert (refused.status, pointers(refused)) == (422, ["/size", "/colour"])


def test_a_submission_lives_with_its_own_version() -> None:
    """A change after v2: 200, no size is asked for and the colour is not lost; an export over both has both columns,
    and the size of the older one is empty."""
    with world() as hub:
        publish(hub, "dress", V1)
        first = submit(hub, "dress", {"name": "N", "colour": "red"}).json
        publish(hub, "dress", V2)
        changed = hub.call("PATCH", f"/forms/submissions/{first['id']}", {"name": "M"})
        assert (changed.status, changed.json["form_version"]) == (200, 1)
        assert changed.json["answers"] == {"name": "M", "colour": "red"}
        assert changed.json["version"] == first["version"] + 1

        hub.clock.advance(minutes=1)
        assert submit(hub, "dress", {"name": "L", "size": 38}).status == 201
        heads, *rows = exported(hub)
        assert heads == ["name (name)", "size (size)", "colour (colour)"]
        assert rows == [["L", "38", ""], ["M", "", "red"]]
