"""API conventions: what a front end and an integrator may count on, point by point, whichever room answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from functions.tickets import app as tickets
from hub.edge.versions import ApiVersion
from hubctl.reference import reference
from hubctl.state import ROOT
from tests.support.tickets import World, as_, world

DOCUMENT = reference()
METHODS = ("get", "put", "post", "patch", "delete")
REPAIR = {"type": "repair", "customer_id": "cus_1", "region": "310101"}
ULID = "[0-9A-HJKMNP-TV-Z]{26}"


@pytest.fixture(scope="module", name="hub")
def _hub() -> Iterator[World]:
    with world() as made:
        made.hire("li")
        made.hire("zhao")
        yield made


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of the whole document."""
    for path, item in DOCUMENT["paths"].items():
        yield from ((method, path, item[method]) for method in METHODS if method in item)


def parameter_names(operation: dict[str, Any], where: str) -> list[str]:
    return [each["name"] for each in operation.get("parameters", ()) if each["in"] == where]


def another(ticket: dict[str, Any]) -> str:
    """Somebody who does not have it."""
    return "zhao" if ticket["assignee"] == "li" else "li"


def test_api_02_every_error_is_a_problem_in_two_languages(hub: World) -> None:
    """400, 401, 403, 404, 405, 409, 422: problem+json, a `type` that is written down, `title` in both, the places of
    wrong fields as JSON pointers."""
    ticket = hub.call("POST", "/tickets", REPAIR).json["id"]
    errors = [
        (400, hub.call("POST", "/tickets", b"{")),
        (401, hub.call("GET", "/tickets", as_="")),
        (403, hub.call("POST", "/tickets/doctor", {}, as_=as_("agent", sub="amy"))),
        (404, hub.call("GET", "/tickets/tkt_none")),
        (405, hub.call("PUT", "/tickets", {})),
        (409, hub.call("POST", f"/tickets/{ticket}/assign", {"person_id": "li", "version": 99})),
        (422, hub.call("POST", "/tickets", {"type": "repair", "priority": "soon"})),
    ]
    written = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8")
    for status, answer in errors:
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        body = answer.json
        assert body["status"] == status
        assert f"`{body['type'].removeprefix('urn:scrm-hub:problem:')}`" in written
        assert re.search(r"[一-鿿].* · [A-Z]", body["title"])
    pointers = {problem["pointer"] for problem in errors[-1][1].json["errors"]}
    assert pointers == {"/customer_id", "/priority"}
    assert re.search(r"[一-鿿]", errors[-1][1].json["zh"]["errors"][0]["detail"])


def test_api_03_an_idempotency_key_does_it_once_for_a_day_and_more(hub: World) -> None:
    """On every POST and PATCH; the same key with another body is 422, a repeat is told what was made, 25 hours later
    too, and says that it is a repeat."""
    first = hub.call("POST", "/tickets", REPAIR, key="once")
    other = hub.call("POST", "/tickets", {**REPAIR, "priority": "high"}, key="once")
    hub.clock.advance(hours=25)
    again = hub.call("POST", "/tickets", REPAIR, key="once")
    assert (first.status, other.status, again.json["id"]) == (201, 422, first.json["id"])
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    without = [
        (method, path)
        for method, path, operation in operations()
        if method in ("post", "patch") and operation.get("security") != []
        if "Idempotency-Key" not in parameter_names(operation, "header")
    ]
    assert without == []


def test_api_04_cursors_that_say_nothing_and_no_offsets(hub: World) -> None:
    """`limit` up to 200, `cursor`, `{data, next_cursor, has_more}` on every list, and an offset on none."""
    for _ in range(3):
        hub.call("POST", "/tickets", REPAIR)
    page = hub.call("GET", "/tickets", query={"limit": "2"}).json
    assert (set(page), len(page["data"]), page["has_more"]) == ({"data", "next_cursor", "has_more"}, 2, True)
    rest = hub.call("GET", "/tickets", query={"limit": "200", "cursor": page["next_cursor"]}).json
    ids = [row["id"] for row in (*page["data"], *rest["data"])]
    assert len(ids) == len(set(ids)) >= 3
    assert hub.call("GET", "/tickets", query={"limit": "201"}).status == 422
    lists = 0
    for _, path, operation in operations():
        names = parameter_names(operation, "query")
        assert "offset" not in names
        answer = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
        if answer.get("$ref", "").rpartition("/")[2].startswith("Page_"):  # what is added up page by page is no list
            assert ("cursor" in names) <= ("limit" in names), path
            lists += "cursor" in names
    assert lists > 40


def test_api_05_a_change_is_held_against_the_version_that_was_seen(hub: World) -> None:
    """`ETag` and `If-Match`: 409 with what differs, field by field; the right tag is taken."""
    ticket = hub.ticket(hub.call("POST", "/tickets", REPAIR).json["id"])
    path = f"/tickets/{ticket['id']}"
    seen = hub.call("GET", path).headers["etag"]
    has, other = ticket["assignee"], another(ticket)
    assert hub.call("POST", f"{path}/assign", {"person_id": other}, headers={"if-match": seen}).status == 200
    late = hub.call("POST", f"{path}/assign", {"person_id": has}, headers={"if-match": seen})
    assert late.status == 409
    (assignee,) = [d for d in late.json["differences"] if d["pointer"] == "/assignee"]
    assert (assignee["seen"], assignee["now"]) == (has, other)


def test_api_06_a_caller_hears_how_much_they_may_still_ask(hub: World) -> None:
    """`RateLimit-Limit`, `-Remaining`, `-Reset` on every answer, and 429 with `Retry-After` beyond."""
    host = tickets.room.host
    limited = host.settings.model_copy(update={"requests_per_minute": 5})
    tickets.room.install(
        type(host)(limited, host.clock, host.client, host.room, host.make_idempotency), tickets.room.desk
    )
    try:
        answers = [hub.call("GET", "/tickets", as_=as_("supervisor", sub="busy")) for _ in range(8)]
    finally:
        tickets.room.install(host, tickets.room.desk)
    assert {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(answers[0].headers)
    assert [answer.status for answer in answers].count(200) == 5
    refused = answers[-1]
    assert (refused.status, 0 < int(refused.headers["retry-after"]) <= 60) == (429, True)


def test_api_09_what_changes_business_can_be_rehearsed_and_decisions_explained(hub: World) -> None:
    """`?dry_run=1` opens and assigns nothing, and answers what would be; `?explain=1` beside it, or by itself, says
    why, to who may hear it. (Which operations understand either is held by tests/house/test_reference.py.)"""
    before = hub.ids()
    would = hub.call("POST", "/tickets", REPAIR, query={"dry_run": "1"})
    assert (would.status, would.json["state"], hub.ids()) == (201, "open", before)
    ticket = hub.ticket(hub.call("POST", "/tickets", REPAIR).json["id"])
    other = {"person_id": another(ticket)}
    assigned = hub.call("POST", f"/tickets/{ticket['id']}/assign", other, query={"dry_run": "1"})
    assert assigned.json["assignee"] == other["person_id"] != hub.ticket(ticket["id"])["assignee"]
    why = hub.call("GET", f"/tickets/{ticket['id']}/explain").json
    assert {"rule_id", "dispatch", "clock", "ladder"} <= set(why)
    assert ticket["explain"] is None
    assert hub.call("GET", f"/tickets/{ticket['id']}", query={"explain": "1"}).json["explain"] == why
    foreseen = hub.call("POST", "/tickets", REPAIR, query={"dry_run": "1", "explain": "1"}).json["explain"]
    assert foreseen["dispatch"]["chosen"] in {c["person_id"] for c in foreseen["dispatch"]["candidates"] if c["fits"]}
    refused = hub.call("GET", f"/tickets/{ticket['id']}", query={"explain": "1"}, as_=as_("engineer", sub="li"))
    assert (refused.status, len(hub.ids())) == (403, len(before) + 1)
    assert all(candidate["why"] or candidate["fits"] for candidate in why["dispatch"]["candidates"])


def test_api_10_a_version_is_a_date_and_says_when_it_ends(hub: World) -> None:
    """`Hub-Version` on every answer, 422 for a day on which there was none; `Sunset` where a version will end."""
    answer = hub.call("GET", "/tickets", headers={"hub-version": "2026-11-30"})
    assert date.fromisoformat(answer.headers["hub-version"]) <= date(2026, 11, 30)
    assert hub.call("GET", "/tickets", headers={"hub-version": "2001-01-01"}).status == 422
    ending = ApiVersion(date(2026, 11, 1), sunset=date(2027, 5, 1)).headers()
    assert (ending["Hub-Version"], ending["Sunset"]) == ("2026-11-01", "Sat, 01 May 2027 00:00:00 GMT")


def test_api_13_money_is_decimal_text_times_have_an_offset_ids_a_prefix(hub: World) -> None:
    """`"25.00"` with its currency beside it, RFC 3339 with an offset, ULIDs with a prefix; no number anywhere stands
    for money."""
    made = hub.call("POST", "/tickets", {**REPAIR, "amount": "25.00", "amount_currency": "CNY"}).json
    assert (made["amount"], made["amount_currency"]) == ("25.00", "CNY")
    assert re.fullmatch(f"tkt_{ULID}", made["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", made["opened_at"])
    assert hub.call("GET", "/tickets", query={"updated_since": "2026-11-20T00:00:00"}).status == 422
    hub.settle()
    assert all(re.fullmatch(r"evt_[0-9A-Za-z]+", event.id) for event in hub.emitted)
    floats = re.findall(r'"(amount|price|total|balance)[a-z_]*": \{[^{}]*"type": "number"', json.dumps(DOCUMENT))
    assert floats == []
