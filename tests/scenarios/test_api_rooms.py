"""API conventions that other rooms keep: the document, what is told outward and taken in, keys, jobs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from standardwebhooks import Webhook, WebhookVerificationError

from functions.directory import app as directory
from hub.channels.door import Stamp
from hub.channels.registry import codec
from hub.kernel.clock import StepClock
from hubctl.examples import EXAMPLES
from hubctl.reference import reference
from tests.support.access import BOSS, Walk
from tests.support.access_samples import SAMPLES
from tests.support.aws import REGION, account
from tests.support.examples import CHANGING, MADE, WITHOUT_A_GOOD_ANSWER, Shown, examples_of
from tests.support.hosts import install
from tests.support.http import Answer, Context, call, sqs_batch
from tests.support.outbound import OK, outbound_hub
from tests.support.webhooks import WECOM, deliver, simulated_stack, wecom_text
from tests.support.wire import CRASH_BEFORE, Crash, faulty

DOCUMENT = reference()
METHODS = ("get", "put", "post", "patch", "delete")


OPERATIONS = {
    operation["operationId"]: operation
    for item in DOCUMENT["paths"].values()
    for method, operation in item.items()
    if method in METHODS
}


@pytest.fixture(scope="module", params=sorted(SAMPLES), name="walked")
def _walked(request: pytest.FixtureRequest) -> list[Shown]:
    """Each operation of a room as it is sent and answered, once and again."""
    with SAMPLES[request.param].stage() as ids:
        return [*examples_of(Walk(SAMPLES[request.param], ids))]


def test_api_01_openapi_31_from_the_models_with_webhooks_held_against_the_answers(walked: list[Shown]) -> None:
    """The document is valid 3.1, has a `webhooks` block and is served; each operation of each room, sent what the
    reference shows, answers what it shows, in the shape that the document says: a good answer, but where a table says
    why the reference has none."""
    assert (DOCUMENT["openapi"][:4], len(DOCUMENT["webhooks"]) > 30) == ("3.1.", True)
    written = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    wrong = [
        (shown.name, finding)
        for shown in walked
        for finding in (*differs(shown, written.get(shown.name, {})), *misshapen(shown.name, shown.answer))
    ]
    assert wrong == []
    served = [shown.answer.json for shown in walked if shown.route.path == "/openapi.json"]
    if served:
        assert served == [DOCUMENT]
        assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_a_change_of_any_room_that_is_sent_again_is_done_once(walked: list[Shown]) -> None:
    """Every POST, PUT and PATCH of every room declares the header and answers its repeat as well as the first time:
    with the same id where it made something, and `Idempotency-Replayed: true`."""
    wrong = []
    for shown in walked:
        names = {parameter["name"] for parameter in OPERATIONS[shown.name]["parameters"]}
        if (shown.route.method in CHANGING and not shown.route.is_public) is not ("Idempotency-Key" in names):
            wrong.append((shown.name, "not declared"))
        if shown.again is not None and shown.name != "directory_sign_out_everywhere":  # nobody is left to ask again
            first, again = shown.answer, shown.again
            if (again.status, again.headers.get("idempotency-replayed")) != (first.status, "true"):
                wrong.append((shown.name, f"{again.status} {again.text[:150]}"))
            elif first.text and first.json.get("id") != again.json.get("id"):
                wrong.append((shown.name, "another id"))
    assert wrong == []


def differs(shown: Shown, written: dict[str, Any]) -> Iterator[str]:
    """What the reference shows otherwise than it was sent and answered."""
    name, example, answer = shown.name, shown.example, shown.answer
    if (answer.status < 400) is (name in WITHOUT_A_GOOD_ANSWER):
        yield f"{answer.status} {answer.text[:200]}"
    if "document" not in example.get("body", {}) and bare(example.get("body")) != bare(written.get("body")):
        yield "another body"
    if ("answer" in example) != ("answer" in written) or fields_of(example) != fields_of(written):
        yield "another answer"


def misshapen(name: str, answer: Answer) -> Iterator[str]:
    """In what a good answer has not the shape that the document says."""
    told = OPERATIONS[name]["responses"].get(str(answer.status), {}).get("content", {})
    if answer.status < 300 and "application/json" in told:
        schema = {"components": DOCUMENT["components"], **told["application/json"]["schema"]}
        yield from (error.message for error in Draft202012Validator(schema).iter_errors(answer.json))


def bare(body: Any) -> str:
    """A body without the ids that are others each time."""
    return MADE.sub(r"\1…", json.dumps(body, sort_keys=True))


def fields_of(example: dict[str, Any]) -> list[str]:
    answer = example.get("answer")
    return sorted(answer) if isinstance(answer, dict) else []


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
