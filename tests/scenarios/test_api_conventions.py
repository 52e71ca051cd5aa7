"""API conventions: what a front end and an integrator may count on, point by point, whichever room answers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from standardwebhooks import Webhook, WebhookVerificationError

from functions.directory import app as directory
from functions.tickets import app as tickets
from hub.channels.door import Stamp
from hub.channels.registry import codec
from hub.edge.versions import ApiVersion
from hub.kernel.clock import StepClock
from hubctl.reference import reference
from hubctl.state import ROOT
from tests.support.access import BOSS, Walk
from tests.support.access_samples import SAMPLES
from tests.support.aws import REGION, account
from tests.support.examples import examples_of
from tests.support.hosts import install
from tests.support.http import Context, call, sqs_batch
from tests.support.outbound import OK, outbound_hub
from tests.support.tickets import World, as_, world
from tests.support.webhooks import WECOM, deliver, simulated_stack, wecom_text
from tests.support.wire import CRASH_BEFORE, Crash, faulty

DOCUMENT = reference()
METHODS = ("get", "put", "post", "patch", "delete")
REPAIR = {"type": "repair", "customer_id": "cus_1", "region": "310101"}
ULID = "[0-9A-HJKMNP-TV-Z]{26}"


@pytest.fixture(scope="module", name="hub")
def _hub() -> Iterator[World]:
    with world() as made:
        made.hire("li")
        yield made


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of the whole document."""
    for path, item in DOCUMENT["paths"].items():
        yield from ((method, path, item[method]) for method in METHODS if method in item)


def parameter_names(operation: dict[str, Any], where: str) -> list[str]:
    return [each["name"] for each in operation.get("parameters", ()) if each["in"] == where]


@pytest.mark.parametrize("room", ["directory", "customers"])
def test_api_01_openapi_31_from_the_models_with_webhooks_held_against_the_answers(room: str) -> None:
    """The document is valid 3.1, has a `webhooks` block and is served; each good answer of an operation has the shape
    that it says."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []
    assert len(DOCUMENT["webhooks"]) > 30
    wrong, held = [], 0
    schemas = {"components": DOCUMENT["components"]}
    by_id = {operation["operationId"]: operation for _, _, operation in operations()}
    with SAMPLES[room].stage() as ids:
        for name, _, answer in examples_of(Walk(SAMPLES[room], ids)):
            told = by_id[name]["responses"].get(str(answer.status), {}).get("content", {})
            if answer.status >= 300 or "application/json" not in told:
                continue
            held += 1
            schema = {**schemas, **told["application/json"]["schema"]}
            wrong += [(name, e.json_path, e.message) for e in Draft202012Validator(schema).iter_errors(answer.json)]
        if room == "directory":
            assert call(directory.room, "GET", "/openapi.json", as_="").json == DOCUMENT
    assert (wrong, held > 10) == ([], True)


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
    assert [each for each in without if each[1].split("/")[1] in ("tickets", "settlement", "customers")] == []


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
    for _, path, operation in operations():
        names = parameter_names(operation, "query")
        assert "offset" not in names
        assert ("cursor" in names) <= ("limit" in names), path


def test_api_05_a_change_is_held_against_the_version_that_was_seen(hub: World) -> None:
    """`ETag` and `If-Match`: 409 with what differs, field by field; the right tag is taken."""
    ticket = hub.call("POST", "/tickets", REPAIR).json
    path = f"/tickets/{ticket['id']}"
    seen = hub.call("GET", path).headers["etag"]
    hub.hire("zhao")
    assert hub.call("POST", f"{path}/assign", {"person_id": "zhao"}, headers={"if-match": seen}).status == 200
    late = hub.call("POST", f"{path}/assign", {"person_id": "li"}, headers={"if-match": seen})
    assert late.status == 409
    (assignee,) = [d for d in late.json["differences"] if d["pointer"] == "/assignee"]
    assert assignee["now"] == "zhao"
    assert assignee["seen"] != "zhao"


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


def test_api_07_what_is_told_outward_is_a_standard_webhook() -> None:
    """The three headers, `v1,`, five minutes of tolerance, two secrets after a rotation, a body of CloudEvents, order
    by key where it is asked for, and a replay under the same id."""
    url = "https://erp.example/hooks"
    with outbound_hub(datetime.now(UTC)) as hub:
        hub.receivers.behaviours[url] = OK
        endpoint = hub.register(url, ordered=True)
        path = f"/webhooks/endpoints/{endpoint['id']}"
        newer = hub.call("POST", f"{path}/rotate", {}).json["secret"]
        hub.tell(hub.opened(1))
        hub.work()
        (received,) = hub.receivers.at(url)
        assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= set(received.headers)
        assert [part[:3] for part in received.headers["webhook-signature"].split()] == ["v1,", "v1,"]
        bodies = [received.verify(secret) for secret in (endpoint["secret"], newer)]
        assert {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"} <= set(bodies[0])
        old = {**received.headers, "webhook-timestamp": str(int(received.headers["webhook-timestamp"]) - 301)}
        with pytest.raises(WebhookVerificationError):
            Webhook(newer).verify(received.body.decode(), old)
        assert hub.endpoint(endpoint["id"])["ordered"] is True
        (delivery,) = hub.deliveries(endpoint["id"])
        assert hub.call("POST", f"{path}/deliveries/{delivery['id']}/replay").status in (200, 202)
        hub.run(minutes=1)
        assert hub.receivers.ids(url) == [received.id, received.id]


def test_api_08_a_platform_hears_its_own_words_once_a_message_is_stored() -> None:
    """WeCom's echo and `success`; a forged signature is refused and nothing kept; where the store fails there is no
    `success`."""
    with simulated_stack() as stack:
        door = stack.door()
        stamp = Stamp(timestamp="1700000000", nonce="n0nce", randomness=b"0123456789abcdef")
        echo, expected = codec("wecom").verification(WECOM.settings, stamp)
        event = deliver(WECOM, b"x") | {"body": "", "rawQueryString": urlencode(echo.query)}
        event["requestContext"] = {**event["requestContext"], "http": {"method": "GET"}}
        asked = door.answer(event)
        assert (asked["statusCode"], asked["body"].encode()) == (200, expected.body)
        genuine = deliver(WECOM, wecom_text("你好"))
        forged = genuine | {"rawQueryString": genuine["rawQueryString"].replace("msg_signature=", "msg_signature=0")}
        assert (door.answer(forged)["statusCode"] in (401, 403), stack.stored()) == (True, [])
        with faulty() as wire:
            door.answer(deliver(WECOM, wecom_text("一", "7300000000000000009")))
        with pytest.raises(Crash), faulty(wire.calls.index("PutItem"), CRASH_BEFORE):
            door.answer(genuine)
        assert len(stack.stored()) == 1
        assert door.answer(genuine)["body"] == "success"
        assert len(stack.stored()) == 2


def test_api_09_what_changes_business_can_be_rehearsed_and_decisions_explained(hub: World) -> None:
    """`?dry_run=1` opens and assigns nothing, and answers what would be; why a ticket is whose it is can be asked."""
    before = hub.ids()
    would = hub.call("POST", "/tickets", REPAIR, query={"dry_run": "1"})
    assert (would.status, would.json["state"], hub.ids()) == (201, "open", before)
    ticket = hub.call("POST", "/tickets", REPAIR).json
    hub.hire("zhao")
    assigned = hub.call("POST", f"/tickets/{ticket['id']}/assign", {"person_id": "zhao"}, query={"dry_run": "1"})
    assert (assigned.json["assignee"], hub.ticket(ticket["id"])["assignee"] == "zhao") == ("zhao", False)
    why = hub.call("GET", f"/tickets/{ticket['id']}/explain").json
    assert {"rule_id", "dispatch", "clock", "ladder"} <= set(why)
    assert all(candidate["why"] or candidate["fits"] for candidate in why["dispatch"]["candidates"])


def test_api_10_a_version_is_a_date_and_says_when_it_ends(hub: World) -> None:
    """`Hub-Version` on every answer, 422 for a day on which there was none; `Sunset` where a version will end."""
    answer = hub.call("GET", "/tickets", headers={"hub-version": "2026-11-30"})
    assert date.fromisoformat(answer.headers["hub-version"]) <= date(2026, 11, 30)
    assert hub.call("GET", "/tickets", headers={"hub-version": "2001-01-01"}).status == 422
    ending = ApiVersion(date(2026, 11, 1), sunset=date(2027, 5, 1)).headers()
    assert (ending["Hub-Version"], ending["Sunset"]) == ("2026-11-01", "Sat, 01 May 2027 00:00:00 GMT")


def test_api_11_keys_with_scopes_short_lived_tokens_and_links_that_work_once() -> None:
    """A machine's key does what its scopes let it and no more, a token is good for minutes, a link signs in once."""
    with account("directory") as session:
        install(directory.room, session, StepClock(datetime.now(UTC)), platforms_url="http://127.0.0.1:1")

        def ask(method: str, path: str, body: Any = None, as_: str | None = None) -> Any:
            return call(directory.room, method, path, body, as_=as_)

        person = {"name": "李雷", "roles": ["agent"], "region": "310000"}
        assert ask("PUT", "/directory/people/li", person).status == 200
        key = ask("POST", "/auth/keys", {"name": "ERP", "scopes": ["integrator"]}).json["api_key"]
        assert ask("GET", "/auth/me", as_=key).json["roles"] == ["integrator"]
        assert ask("POST", "/auth/keys", {"name": "more", "scopes": ["administrator"]}, key).status == 403
        exchanged = ask("POST", "/auth/tokens", {"api_key": key}, "").json
        assert exchanged["expires_in"] <= 3600
        assert ask("GET", "/auth/me", as_=exchanged["access_token"]).status == 200
        link = ask("POST", "/auth/links", {"person_id": "li", "hours": 1}).json["link"]
        uses = [ask("POST", "/auth/login/link", {"link": link}, "").status for _ in range(2)]
        assert uses == [200, 401]


def test_api_12_what_takes_long_is_a_job_with_a_result_for_each_item() -> None:
    """An import is 202, says row by row what came of it, and does the rest only when asked; an export is one, too."""
    with account("directory", HUB_FILES_BUCKET="hub-demo-files") as session:
        session.client("s3", region_name=REGION).create_bucket(Bucket="hub-demo-files")
        install(directory.room, session, StepClock(datetime.now(UTC) - timedelta(seconds=10)))

        def ask(method: str, path: str, body: Any = None, **more: Any) -> Any:
            return call(directory.room, method, path, body, **more)

        def finished(job_id: str) -> Any:
            change = {"table": "t", "kind": "MODIFY", "pk": f"demo#job#{job_id}", "sk": "job", "new": None, "old": None}
            for _ in range(20):
                shown = ask("GET", f"/jobs/directory/{job_id}").json
                if shown["state"] not in ("queued", "running"):
                    return shown
                directory.on_change(sqs_batch(change), Context())
            raise AssertionError("the job does not end")

        boss = {"name": "老板", "roles": ["administrator"], "region": "base"}
        assert ask("PUT", f"/directory/people/{BOSS}", boss).status == 200
        file = "工号,姓名,角色,地区\nli,小李,engineer,310000\nmei,小美,wizard,310000\n".encode()
        started = ask("POST", "/jobs/directory/imports", {"into": "people", "content": base64.b64encode(file).decode()})
        assert (started.status, started.json["id"][:4]) == (202, "job_")
        job_id = started.json["id"]
        assert finished(job_id)["counts"] == {"ready": 1, "refused": 1}
        rows = ask("GET", f"/jobs/directory/{job_id}/rows").json["data"]
        assert [(row["row"], row["outcome"]) for row in rows] == [(2, "ready"), (3, "refused")]
        assert ask("POST", f"/jobs/directory/{job_id}/apply", {"with_findings": True}).status == 202
        assert finished(job_id)["counts"] == {"applied": 1, "refused": 1}
        exported = ask("POST", "/jobs/directory/exports", {"list": "/directory/people"})
        assert (exported.status, finished(exported.json["id"])["result"]["rows"]) == (202, 2)


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
