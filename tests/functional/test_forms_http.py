"""Forms over HTTP beside what the scenarios tell: whose they are, where they belong, and what does not work."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from functions.directory.people import store_changed
from hub.kernel.clock import rfc3339
from tests.support.aws import TENANT
from tests.support.forms import field, form, pointers, publish, submit
from tests.support.tickets import World, as_, world

REPAIR = {"name": "李雷", "phone": "13800138000", "fault": "冷柜结霜"}


@pytest.fixture
def hub() -> Iterator[World]:
    with world() as made:
        made.hire("li", region="310101")
        yield made


def open_store(hub: World, store_id: str, region: str, version: int = 1) -> None:
    """The directory tells of a store."""
    store = {"store_id": store_id, "region": region, "manager": "", "version": version}
    hub.tell(store_changed(TENANT, {**store, "updated_at": rfc3339(hub.clock.now)}))


def test_a_submission_belongs_where_its_store_lies_today(hub: World) -> None:
    """Its ticket, too; the region of a store is what the directory said last, however its words arrive."""
    open_store(hub, "s1", "310115", version=2)
    open_store(hub, "s1", "310101", version=1)
    made = submit(hub, "repair", REPAIR, query={"store": "s1"}).json
    assert (made["region"], made["store_id"]) == ("310115", "s1")
    ticket = hub.ticket(made["ticket_id"])
    assert (ticket["region"], ticket["store_id"], ticket["placed_by"]) == ("310115", "s1", "named")
    assert ticket["subject"].splitlines() == ["报修单", "故障描述：冷柜结霜"]


def test_whoever_is_elsewhere_finds_nothing(hub: World) -> None:
    """Neither in lists nor in the export; a place out of reach is refused."""
    made = submit(hub, "repair", REPAIR, query={"region": "310101"}).json
    there, elsewhere = as_("agent", sub="a"), as_("agent", sub="b", region="440000")
    for path in ("/forms/submissions?form=repair", "/forms/submissions/export?form=repair"):
        seen = {who: hub.call("GET", path, as_=who).text for who in (there, elsewhere)}
        assert (made["id"] in seen[there], made["id"] in seen[elsewhere]) == (True, False)
    assert hub.call("GET", f"/forms/submissions/{made['id']}", as_=elsewhere).status == 404
    assert submit(hub, "repair", REPAIR, query={"region": "310101"}, as_=elsewhere).status == 403


def test_what_is_not_a_roles_to_write_is_refused_by_its_field(hub: World) -> None:
    """A store manager writes words, and no contact of anybody's."""
    refused = submit(hub, "repair", REPAIR, as_=as_("store_manager", sub="m"))
    assert (refused.status, refused.json["facts"]["fields"]) == (403, "/name /phone")


def test_a_ticket_follows_its_answers_until_it_is_over(hub: World) -> None:
    """Changed answers are on the ticket, with a line in its trail; once it is closed, 409, and nothing is changed."""
    publish(
        hub, "note", form(field("many", "integer"), field("words", "text"), on_submit={"ticket": {"type": "consult"}})
    )
    made = submit(hub, "note", {"many": 1, "words": "一"}).json
    path = f"/forms/submissions/{made['id']}"
    assert hub.call("PATCH", path, {"many": 2, "words": None}).json["answers"] == {"many": 2}
    ticket = hub.ticket(made["ticket_id"])
    assert (ticket["fields"], ticket["texts"]) == ({"many": "2"}, {})
    assert [entry["what"] for entry in hub.timeline(ticket["id"])["entries"]][:3].count("answers") <= 1
    assert [event.form_version for event in hub.told("form.submitted")] == [1, 1]

    refused = hub.call("PATCH", path, {"many": "many"})
    assert (refused.status, pointers(refused)) == (422, ["/many"])
    assert hub.call("GET", path).json["answers"] == {"many": 2}


def test_a_draft_is_kept_as_it_was_typed(hub: World) -> None:
    """Whatever it says; a field that the form does not have is refused even so. Changed, it is still a draft."""
    draft = submit(hub, "repair", {"phone": "138"}, query={"draft": "1"}).json
    assert (draft["answers"], draft["submitted_at"]) == ({"phone": "138"}, None)
    changed = hub.call("PATCH", f"/forms/submissions/{draft['id']}", {"phone": "1380013800"})
    assert (changed.json["state"], changed.json["answers"]) == ("draft", {"phone": "1380013800"})
    refused = hub.call("POST", f"/forms/submissions/{draft['id']}/submit", {})
    assert (refused.status, pointers(refused)) == (422, ["/name", "/phone", "/fault"])
    assert hub.ids() == []
    assert pointers(submit(hub, "repair", {"colour": "red"}, query={"draft": "1"})) == ["/colour"]


def test_what_is_open_to_nobody_has_no_page(hub: World) -> None:
    """A form for staff, one that there is not, and a store that there is not: 404, to look at and to hand in."""
    for path in ("/f/refund", "/f/nothing", "/f/repair?store=nowhere"):
        assert hub.call("GET", path, as_="").status == 404
        assert hub.call("POST", path, REPAIR, as_="").status == 404


def test_a_customer_hears_nothing_of_what_they_said(hub: World) -> None:
    """An id, and where to follow it; the same key again is the same answer, and one ticket."""
    first = hub.call("POST", "/f/repair", REPAIR, as_="", key="k-1")
    again = hub.call("POST", "/f/repair", REPAIR, as_="", key="k-1")
    assert (first.status, again.status, first.text) == (201, 201, again.text)
    assert set(first.json) == {"id", "link"}
    assert hub.call("GET", first.json["link"], as_="").status == 200
    assert len(hub.ids()) == 1


def test_a_cell_that_a_spreadsheet_would_run_is_text(hub: World) -> None:
    """`=1+1` stands behind an apostrophe; a negative amount stays a number."""
    publish(hub, "sheet", form(field("words", "text"), field("amount", "money")))
    assert submit(hub, "sheet", {"words": "=1+1", "amount": "-5"}).status == 201
    exported = hub.call("GET", "/forms/submissions/export?form=sheet").text.removeprefix("\ufeff")
    _, row = csv.reader(io.StringIO(exported))
    assert row[-2:] == ["'=1+1", "-5.00"]


def test_a_form_is_json_schema_for_others(hub: World) -> None:
    """Draft 2020-12, which any validator reads; in a region with what only it asks."""
    from jsonschema_rs import Draft202012Validator

    publish(hub, "repair", {"fields": {"cold": field("cold", "boolean")}}, "310000")
    schema = hub.call("GET", "/forms/repair/schema?region=310101").json["json_schema"]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["required"], "cold" in schema["properties"]) == (["name", "phone", "fault"], True)
    validator = Draft202012Validator(schema)
    assert validator.is_valid({**REPAIR, "cold": True})
    assert not validator.is_valid({**REPAIR, "cold": "yes"})


def test_a_type_with_a_form_has_no_fields_of_its_own(hub: World) -> None:
    """Both, and a form that there is not, are no type; one with a form asks a region's own questions, too."""
    title = {"zh": "退款", "en": "Refund"}
    kind = {"title": title, "urgent_title": title, "flow": "consult", "ladder": "basic", "form": "nothing"}
    own = [{"id": "floor", "title": title, "type": "integer"}]
    refused = hub.call("POST", "/tickets/types/mine/publish", {"document": {**kind, "fields": own}})
    assert set(pointers(refused)) == {"/document/form", "/document/fields"}
    assert hub.call("POST", "/tickets/types/mine/publish", {"document": {**kind, "form": "repair"}}).status == 200
    publish(hub, "repair", {"fields": {"cold": field("cold", "boolean", required=True)}}, "310000")
    ticket = {"type": "mine", "customer_id": "cus_1", "fields": REPAIR}
    assert pointers(hub.call("POST", "/tickets", {**ticket, "region": "310101"})) == ["/fields/cold"]
    assert hub.call("POST", "/tickets", {**ticket, "region": "330100"}).status == 201
