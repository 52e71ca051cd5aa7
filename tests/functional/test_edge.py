"""The edge: every room answers, refuses, identifies and repeats in the same way."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.test import Client

from hub.contracts.base import Contract
from hub.contracts.events import Event, OrderPaid, parse_event
from hub.contracts.http import PageQuery
from hub.edge import auth
from hub.edge.answers import STATUS, Raw, status_of
from hub.edge.auth import Principal
from hub.edge.bus import Change
from hub.edge.consumers import AGAIN_AFTER_SECONDS, LATEST_START_SECONDS
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel import errors
from hub.kernel.errors import Conflict, HubError, NotFound, Retry
from hub.store.idempotency import Idempotency
from tests.support.aws import AUTH_KEY, TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, bus_events, call, sqs_batch, token

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class NewThing(Contract):
    title: str
    count: int = 0


class Thing(Contract):
    id: str
    title: str


class Lines(logging.Handler):
    """The records that a logger was given."""

    def __init__(self) -> None:
        super().__init__()
        self.records = list[logging.LogRecord]()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


Seen = list[Any]
"""The desk of the sample room: what its handlers saw."""


def make_room() -> Room[Seen]:
    """A room with one of everything."""
    room = Room("sample", paths=("/things",), make_desk=lambda _: Seen(), idempotency=Idempotency)

    def again(desk: Seen, request: Request, thing_id: str) -> Thing:
        return Thing(id=thing_id, title="as it is now")

    @room.http("POST", "/things", summary="s", body=NewThing, answer=Thing, status=201, replay=again)
    def create(desk: Seen, request: Request) -> Thing:
        desk.append(request.body.title)
        return Thing(id=request.new_id("thg"), title=request.body.title)

    @room.http("GET", "/things/{thing_id}", summary="s", answer=Thing, roles=("agent",))
    def show(desk: Seen, request: Request) -> Thing:
        return Thing(id=request.path["thing_id"], title="冰柜")

    @room.http("POST", "/things/{thing_id}/count", summary="s", body=Contract, answer=Thing)
    def count(desk: Seen, request: Request) -> Thing:
        desk.append("counted")
        return Thing(id=request.path["thing_id"], title="counted")

    @room.http("GET", "/things", summary="s", query=PageQuery)
    def browse(desk: Seen, request: Request) -> dict[str, int]:
        return {"limit": request.query.limit}

    @room.http("GET", "/things/{thing_id}/missing", summary="s", answer=Thing)
    def missing(desk: Seen, request: Request) -> Thing:
        raise NotFound("no such thing", thing=request.path["thing_id"])

    @room.http("GET", "/things/{thing_id}/raw", summary="s", public=True)
    def raw(desk: Seen, request: Request) -> Raw:
        return Raw(200, "原文".encode())

    @room.http("POST", "/things/{thing_id}/break", summary="s")
    def break_it(desk: Seen, request: Request) -> None:
        fail = {
            "bug": ZeroDivisionError("a secret"),
            "late": Conflict("moved on", version=3),
            "busy": Retry("throttled", 7),
        }
        raise fail[request.path["thing_id"]]

    @room.events("order.paid")
    def on_event(desk: Seen, event: Event) -> None:
        if event.id == "evt_patience":
            raise Retry("not yet", after_seconds=60)
        if event.id == "evt_bad":
            raise Retry("not yet")
        desk.append(event.id)

    @room.changes
    def on_change(desk: Seen, change: Change) -> None:
        desk.append(change)

    room.on_event, room.on_change = on_event, on_change
    return room


@pytest.fixture(name="sample")
def _sample() -> Iterator[tuple[Room[Seen], Seen, Any]]:
    with account("sample") as session:
        url = session.client("sqs").create_queue(QueueName="changes")["QueueUrl"]
        room = make_room()
        install(room, session, changes_queue_url=url)
        yield room, room.desk, session


def paid(event_id: str) -> OrderPaid:
    return OrderPaid(
        id=event_id, tenant=TENANT, at=NOW, connection_id="con_1", channel="douyin", shop_id="1", order_id="ord_1",
        order_no="6917", amount_minor=14900, currency="CNY",
    )  # fmt: skip


def test_every_error_of_the_tree_has_an_answer() -> None:
    """Each class of the error tree maps to a status and a title in Chinese and English."""
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, HubError)]
    assert {kind: status_of(kind("x"))[0] for kind in kinds} == {kind: STATUS[kind][0] for kind in kinds}
    assert all(" · " in title for _, title in STATUS.values())


def test_every_wrong_field_is_named(sample: Any) -> None:
    """A body with wrong fields gets 422 problem+json that names each by JSON pointer."""
    answer = call(sample[0], "POST", "/things", {"titel": "x", "count": "many"})
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [e["pointer"] for e in answer.json["errors"]] == ["/title", "/count", "/titel"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\xff\xfe", 400),
        (b"{", 400),
        (b"[1]", 422),
        (b"[" * 100_000, 400),
        (b" " * 300_000, 413),
        (b'{"title": "a", "title": "b"}', 400),
        (b'{"title": "a", "count": NaN}', 400),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_words(sample: Any, body: bytes, status: int) -> None:
    """Broken, deep, oversized, ambiguous or non-UTF-8 bodies are the sender's fault: 4xx, never 5xx."""
    answer = call(sample[0], "POST", "/things", body)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_wrong_query_field_is_named(sample: Any) -> None:
    """A query value out of its bounds is named."""
    answer = call(sample[0], "GET", "/things", query={"limit": "9999"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "query:limit")


def test_what_is_too_long_to_be_a_key_is_refused(sample: Any) -> None:
    """An id in a path that no key could hold is a 404; a filter like that is named."""
    assert call(sample[0], "GET", f"/things/{'a' * 257}").status == 404
    answer = call(sample[0], "GET", "/things", query={"shop": "a" * 257})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "query:shop")


def test_unknown_paths_and_methods_are_told_apart(sample: Any) -> None:
    """404 for no such path, 405 for a path without that method; neither leaves a route behind."""
    room = sample[0]
    before = len(room.routes)
    assert [call(room, "GET", "/nothing").status, call(room, "DELETE", "/things").status] == [404, 405]
    assert call(room, "DELETE", "/things").headers["allow"] == "GET, POST"
    assert len(room.routes) == before


def test_no_path_that_is_not_there_stands_in_the_log(sample: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A phone or a link typed into a path that leads nowhere is neither logged nor told back."""
    room = sample[0]
    answer = call(room, "GET", "/nothing/13800138000")
    assert (answer.status, call(room, "GET", "/things/13800138000/missing").status) == (404, 404)
    assert "13800138000" not in answer.text + capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (rb'{"title": "\ud800"}', "/title"),
        (rb'{"title": "a", "more": [{"\udc00x": 1}]}', "/more/0/?x"),
        (rb'{"title": "a", "more": {"b/c": ["d", "e\uDFFF"]}}', "/more/b~1c/1"),
    ],
)
def test_half_a_character_is_named_by_its_place(sample: Any, body: bytes, pointer: str) -> None:
    """Half of a surrogate pair, in whatever part of a body, is a 422 with its place; a whole pair is people's words."""
    answer = call(sample[0], "POST", "/things", body)
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])
    assert call(sample[0], "POST", "/things", rb'{"title": "\ud83d\ude00"}').json["title"] == "😀"


@pytest.mark.parametrize("word", [b"true", b"false"])
def test_true_is_no_number(sample: Any, word: bytes) -> None:
    """Python would count true as 1: 422 with the place, and nothing is made of it; where words are told apart by true
    and false they stay so."""
    before = len(sample[1])
    answer = call(sample[0], "POST", "/things", b'{"title": "a", "count": %s}' % word)
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, ["/count"])
    assert len(sample[1]) == before


def test_a_number_beyond_all_bounds_is_no_json(sample: Any) -> None:
    """1e999 would become Infinity: 400, as for NaN."""
    assert call(sample[0], "POST", "/things", b'{"title": "a", "count": 1e999}').status == 400


def test_a_bug_answers_500_without_a_word_of_it(sample: Any) -> None:
    """An unexpected error becomes problem+json that tells nothing of the inside."""
    answer = call(sample[0], "POST", "/things/bug/break")
    assert answer.status == 500
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text


@pytest.mark.parametrize("path", ["/things/bug/break", "/things/late/break", "/nothing"])
def test_what_an_error_tells_one_to_quote_stands_in_the_log(sample: Any, path: str) -> None:
    """`instance` finds the error's line, whether it is the sender's fault or ours."""
    lines, logger = Lines(), logging.getLogger("sample")
    logger.addHandler(lines)
    answer = call(sample[0], "POST", path)
    logger.removeHandler(lines)
    assert answer.json["instance"] == "req-test"
    assert {getattr(record, "instance", "") for record in lines.records} == {"req-test"}


def test_faults_and_failed_records_are_counted(sample: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A 500 and a record given back each add to a metric that an operator can watch."""
    room, _, _ = sample
    call(room, "POST", "/things/bug/break")
    room.on_event(bus_batch(paid("evt_bad"), paid("evt_1")), Context())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [(line["service"], line.get("Faults"), line.get("RecordsFailed")) for line in lines] == [
        ("sample", [1.0], None),
        ("sample", None, [1.0]),
    ]


def test_a_passing_failure_says_when_to_come_back(sample: Any) -> None:
    """A Retry is 503 with Retry-After; a Conflict is 409 with its facts."""
    busy, late = call(sample[0], "POST", "/things/busy/break"), call(sample[0], "POST", "/things/late/break")
    assert (busy.status, busy.headers["retry-after"]) == (503, "7")
    assert (late.status, late.json["facts"]) == (409, {"version": "3"})


def test_who_asks_must_say_so(sample: Any) -> None:
    """No credential, a forged one, an expired one, another stack's: 401, with how to authenticate."""
    room, now = sample[0], datetime.now(UTC)
    person = Principal(sub="amy", roles=("agent",), tenant=TENANT)
    stale = auth.issue(AUTH_KEY, person, now - timedelta(hours=3))
    forged = auth.issue("another-key-of-at-least-thirty-two-bytes!", person, now)
    foreign = auth.issue(AUTH_KEY, Principal(sub="amy", roles=("agent",), tenant="other"), now)
    answers = [
        call(room, "GET", "/things/a", as_=credential) for credential in ("", stale, forged, foreign, "nonsense")
    ]
    assert {(a.status, a.headers["www-authenticate"]) for a in answers} == {(401, "Bearer")}


def test_a_role_is_needed_where_one_is_declared(sample: Any) -> None:
    """403 says which role would do; the administrator may always."""
    room = sample[0]
    refused = call(room, "GET", "/things/a", as_=token("viewer"))
    assert (refused.status, refused.json["facts"]) == (403, {"needs": "agent", "yours": "viewer"})
    assert call(room, "GET", "/things/a", as_=token("agent")).status == 200
    assert call(room, "GET", "/things/a").status == 200


def test_a_frozen_principal_is_refused_on_its_next_request(sample: Any) -> None:
    """What the directory says of a principal now wins over what its token said."""
    room, _, session = sample
    amy = token("agent", sub="amy")
    assert call(room, "GET", "/things/a", as_=amy).status == 200
    item = {"pk": f"{TENANT}#principal#amy", "sk": "principal", "frozen": True}
    session.resource("dynamodb").Table(f"hub-{TENANT}-directory").put_item(Item=item)
    assert call(room, "GET", "/things/a", as_=amy).status == 403


def test_an_idempotency_key_does_a_thing_once(sample: Any) -> None:
    """The same key and body: done once, answered again from what it made; another body: 422 that names the header."""
    room, seen, _ = sample
    first = call(room, "POST", "/things", {"title": "a"}, key="k-1")
    second = call(room, "POST", "/things", {"title": "a"}, key="k-1")
    other = call(room, "POST", "/things", {"title": "b"}, key="k-1")
    assert (first.json["id"], second.headers["idempotency-replayed"]) == (second.json["id"], "true")
    assert second.json["title"] == "as it is now"
    assert (other.status, other.json["errors"][0]["pointer"]) == (422, "header:Idempotency-Key")
    assert seen == ["a"]


def test_an_action_is_not_done_again_either(sample: Any) -> None:
    """A repeated action is answered with what it acted on, as that is now, and done once."""
    room, seen, _ = sample
    first, again = (call(room, "POST", "/things/a/count", {}, key="k1") for _ in range(2))
    assert (first.json["title"], again.json["title"], seen) == ("counted", "冰柜", ["counted"])
    assert again.headers["idempotency-replayed"] == "true"


def test_another_principal_may_use_the_same_key(sample: Any) -> None:
    """Keys are scoped to principal and route."""
    room, seen, _ = sample
    for person in ("amy", "bob"):
        assert call(room, "POST", "/things", {"title": person}, key="k", as_=token("agent", sub=person)).status == 201
    assert seen == ["amy", "bob"]


def test_a_crash_between_claim_and_answer_does_no_harm(sample: Any) -> None:
    """A key whose first request died gives the retry the same id."""
    room, _, _ = sample
    store = room.host.idempotency
    assert store is not None
    body = NewThing(title="a")
    scope = "|".join(("boss", "POST", "/things", "k-2"))
    claim = store.claim(scope, hashlib.sha256(body.model_dump_json().encode()).hexdigest(), NOW)
    made = call(room, "POST", "/things", {"title": "a"}, key="k-2")
    again = call(room, "POST", "/things", {"title": "a"}, key="k-2")
    assert claim.resource_id is None
    assert made.json["id"] == again.json["id"]


def test_events_come_back_one_by_one(sample: Any) -> None:
    """Of a batch, only the event that failed is given back to the queue."""
    room, seen, _ = sample
    answer = room.on_event(bus_batch(paid("evt_1"), paid("evt_bad"), paid("evt_2")), Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert seen == ["evt_1", "evt_2"]


def test_what_failed_comes_again_soon_and_then_ever_later(sample: Any) -> None:
    """A failed record is seen again after seconds at first, so that a passing failure costs no minutes."""
    room, _, session = sample
    sqs = session.client("sqs")
    url = sqs.create_queue(QueueName="slow", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    batch = bus_batch(paid("evt_bad"))
    batch["Records"][0] |= {"eventSourceARN": arn, "receiptHandle": handle}
    assert room.on_event(batch, Context())["batchItemFailures"]
    assert sqs.receive_message(QueueUrl=url).get("Messages") is None
    time.sleep(AGAIN_AFTER_SECONDS[0])
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert list(AGAIN_AFTER_SECONDS) == sorted(AGAIN_AFTER_SECONDS)


def test_nothing_is_begun_that_might_not_be_finished(sample: Any) -> None:
    """With less than half a minute left the records go back to the queue untouched: none is killed in its midst."""
    room, seen, _ = sample
    answer = room.on_event(bus_batch(paid("evt_1"), paid("evt_2")), Context(left_seconds=LATEST_START_SECONDS - 1))
    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["m0", "m1"]
    assert seen == []


def test_what_was_put_back_goes_first(sample: Any) -> None:
    """A record that came before and found no time is begun before the others of its batch."""
    room, seen, _ = sample
    batch = bus_batch(paid("evt_new"), paid("evt_waited"))
    batch["Records"][1]["attributes"]["ApproximateReceiveCount"] = "4"
    assert room.on_event(batch, Context()) == {"batchItemFailures": []}
    assert seen == ["evt_waited", "evt_new"]


def test_a_platform_that_names_a_time_is_not_asked_earlier(sample: Any) -> None:
    """The wait that a Retry names holds where it is longer than the queue's own."""
    room, _, session = sample
    sqs = session.client("sqs")
    url = sqs.create_queue(QueueName="patient", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    batch = bus_batch(paid("evt_patience"))
    batch["Records"][0] |= {"eventSourceARN": arn, "receiptHandle": handle}
    assert room.on_event(batch, Context())["batchItemFailures"]
    time.sleep(AGAIN_AFTER_SECONDS[0] + 0.2)
    assert sqs.receive_message(QueueUrl=url).get("Messages") is None


def test_large_records_are_sent_in_batches_that_the_queue_takes(sample: Any) -> None:
    """Ten images of 90 KB are more than one call to SQS takes; all of them reach the queue."""
    room, _, session = sample
    url = room.host.settings.changes_queue_url
    records = [
        {
            "eventName": "INSERT",
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:0:table/hub-demo-sample/stream/2026",
            "dynamodb": {
                "Keys": {"pk": {"S": f"demo#{number}"}, "sk": {"S": "x"}},
                "NewImage": {"text": {"S": "z" * 90_000}},
            },
        }
        for number in range(10)
    ]
    room.forward({"Records": records}, Context())
    attributes = session.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "10"


def test_an_unreadable_record_is_given_back_alone(sample: Any) -> None:
    """What is no event of ours goes the way of failures, to the dead-letter queue in the end."""
    room, _, _ = sample
    assert room.on_event(sqs_batch({"detail": {"type": "nonsense"}}), Context())["batchItemFailures"]


def test_an_event_survives_the_bus(sample: Any) -> None:
    """What is emitted is on the bus under its type, and reads back equal."""
    room, _, session = sample
    room.host.emit(paid("evt_1"))
    assert [parse_event(detail) for detail in bus_events(session)] == [paid("evt_1")]


def test_a_queue_of_changes_carries_no_bodies(sample: Any) -> None:
    """A stream record reaches the queue with its plain facts; binary and sealed attributes stay in the table."""
    room, seen, session = sample
    url = room.host.settings.changes_queue_url
    image = {
        "pk": {"S": "demo#x"}, "sk": {"S": "x"}, "state": {"S": "open"}, "n": {"N": "7"}, "raw": {"B": b"secret"},
        "title": {"S": "sealed:1:abc"}, "detail": {"M": {"text": {"S": "sealed:1:abc"}, "k": {"S": "v"}}},
    }  # fmt: skip
    keys = {"pk": {"S": "demo#x"}, "sk": {"S": "x"}}
    record = {
        "eventName": "INSERT",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:0:table/hub-demo-sample/stream/2026",
        "dynamodb": {"Keys": keys, "NewImage": image},
    }
    room.forward({"Records": [record]}, Context())
    body = session.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"]
    room.on_change(sqs_batch(json.loads(body)), Context())
    plain = {"pk": "demo#x", "sk": "x", "state": "open", "n": 7, "detail": {"k": "v"}}
    assert seen == [Change("hub-demo-sample", "INSERT", "demo#x", "x", plain, None)]
    assert "secret" not in body


def test_chalice_s_own_client_is_understood_too(sample: Any) -> None:
    """The same room answers Chalice's test client, which sends payload 1.0."""
    with Client(sample[0]) as client:
        response = client.http.get("/things/a", headers={"Authorization": f"Bearer {token('agent')}"})
    assert (response.status_code, response.json_body["title"]) == (200, "冰柜")


def test_a_raw_answer_is_its_bytes(sample: Any) -> None:
    """An answer that is no model leaves as it is."""
    assert call(sample[0], "GET", "/things/a/raw", as_="").text == "原文"
