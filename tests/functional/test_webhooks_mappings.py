"""Status mappings: read, checked, published as versions, reverted; what waited for one is read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.desk import Desk, build_desk
from functions.webhooks.handlers import changes, replays
from functions.webhooks.handlers.payloads import ReplayWaiting, body_of
from functions.webhooks.inbox.replays import AT_ONCE, waiting
from functions.webhooks.mappings.active import CACHED_SECONDS
from functions.webhooks.mappings.kind import packaged_mappings
from hub.channels.base import NotUnderstood
from hub.channels.mapping import packaged_table
from hub.kernel.clock import StepClock
from hub.store.messages import Arrival
from hub.store.table import Table
from tests.support.aws import TENANT
from tests.support.hosts import host_of
from tests.support.http import Answer, Context, call, sqs_batch, token
from tests.support.webhooks import DOUYIN, WECOM, Stack, simulated_stack

FROZEN = {"order_status": "交易冻结X"}
PATH = "/webhooks/mappings/douyin"


@pytest.fixture
def stack() -> Iterator[Stack]:
    with simulated_stack() as simulated:
        yield simulated


def with_frozen(state: str = "on_hold") -> dict[str, Any]:
    """Douyin's mapping and one status more."""
    document: dict[str, Any] = deepcopy(dict(packaged_table("douyin").document))
    document["order"]["rules"].append({"if": FROZEN, "state": state, "label": "交易冻结", "source": "tenant"})
    document["order"]["fields"]["order_status"].append(FROZEN["order_status"])
    return document


def publish(document: dict[str, Any], as_: str | None = None, **more: Any) -> Answer:
    return call(app.room, "POST", f"{PATH}/publish", {"document": document, **more}, as_=as_)


def revert(version: int) -> Answer:
    return call(app.room, "POST", f"{PATH}/revert", {"version": version})


def another_process(stack: Stack, clock: StepClock | None = None) -> Desk:
    """The desk of a process that has read nothing yet."""
    return build_desk(host_of(app.room, stack.session, clock))


def test_a_published_version_is_in_force_and_can_be_taken_back(stack: Stack) -> None:
    """Version 1 knows the status that what ships does not; after a revert nobody knows it; another is version 2."""
    before = call(app.room, "GET", PATH).json
    assert (before["version"], before["origin"], before["document"]) == (0, "preset", packaged_table("douyin").document)
    published = publish(with_frozen())
    assert (published.status, published.json["version"]) == (200, 1)
    assert app.room.desk.mappings.table("douyin").order_state(FROZEN) == ("on_hold", 20)
    assert revert(0).json["version"] == 0
    with pytest.raises(NotUnderstood):
        another_process(stack).mappings.table("douyin").order_state(FROZEN)
    assert publish(with_frozen("cancelled")).json["version"] == 2
    assert revert(1).json["version"] == 1
    moves = [(move["what"], move["version"]) for move in call(app.room, "GET", f"{PATH}/history").json["data"]]
    assert moves == [("revert", 1), ("publish", 2), ("revert", 0), ("publish", 1)]
    listed = {head["key"]: head["version"] for head in call(app.room, "GET", "/webhooks/mappings").json["data"]}
    assert listed == dict.fromkeys(packaged_mappings(), 0) | {"douyin": 1}


def test_the_same_document_once_more_is_no_new_version(stack: Stack) -> None:
    """What is sent twice after a time-out is published once; the document shown can be sent back as it is."""
    publish(with_frozen())
    shown = call(app.room, "GET", PATH).json["document"]
    assert (publish(shown).json["version"], publish(shown).json["unchanged"]) == (1, True)


def test_a_document_that_would_lose_orders_is_not_published(stack: Stack) -> None:
    """Lint says what publishing would refuse, with its places, and nothing changes."""
    document = with_frozen()
    document["order"]["rules"][0]["state"] = "sleeping"
    document["after_sale"]["fields"]["refund_status"].pop()
    pointers = ["/after_sale/fields/refund_status", "/order/rules/0/state"]
    linted = call(app.room, "POST", f"{PATH}/lint", {"document": document}).json
    assert (linted["usable"], sorted(each["pointer"] for each in linted["findings"])) == (False, pointers)
    refused = publish(document)
    assert refused.status == 422
    assert sorted(each["pointer"] for each in refused.json["errors"]) == [f"/document{place}" for place in pointers]
    assert call(app.room, "GET", PATH).json["version"] == 0
    good = call(app.room, "POST", f"{PATH}/lint", {"document": with_frozen()}).json
    assert (good["usable"], good["findings"]) == (True, [])


def test_a_dry_run_says_what_would_change_and_changes_nothing(stack: Stack) -> None:
    """The rule and the value that are new, and the number that the version would get."""
    body = {"document": with_frozen()}
    foreseen = call(app.room, "POST", f"{PATH}/publish", body, query={"dry_run": "1"}).json
    assert (foreseen["version"], foreseen["dry_run"], len(foreseen["changes"])) == (1, True, 2)
    assert call(app.room, "GET", PATH).json["version"] == 0


def test_of_two_who_publish_at_once_one_is_told(stack: Stack) -> None:
    """Who did not see the version that is in force by now is told what has changed; nothing is written over."""
    publish(with_frozen())
    refused = publish(with_frozen("cancelled"), seen_version=0)
    assert refused.status == 409
    assert another_process(stack).mappings.table("douyin").order_state(FROZEN)[0] == "on_hold"


def test_elsewhere_a_new_version_is_known_within_a_minute_and_at_once_for_an_unknown_status(stack: Stack) -> None:
    """A warm process asks again before it says that it does not know; a changed rule reaches it within a minute."""
    clock = StepClock(datetime.now(UTC))
    warm = another_process(stack, clock).mappings
    with pytest.raises(NotUnderstood):
        warm.table("douyin").order_state(FROZEN)
    publish(with_frozen())
    assert warm.table("douyin").order_state(FROZEN)[0] == "on_hold"
    publish(with_frozen("cancelled"))
    assert warm.table("douyin").order_state(FROZEN)[0] == "on_hold"
    clock.advance(seconds=CACHED_SECONDS + 1)
    assert warm.table("douyin").order_state(FROZEN)[0] == "cancelled"


def test_what_was_published_before_mappings_were_documents_is_still_there(stack: Stack) -> None:
    """Versions of the old form are in force and can be read and gone back to; the next one's number follows theirs."""
    for version, state in ((2, "on_hold"), (3, "cancelled")):
        put_old(stack, f"v{version:06}", document=json.dumps(with_frozen(state)), version=version)
    put_old(stack, "mapping", active=2, latest=3)
    stack.restart()
    assert app.room.desk.mappings.table("douyin").order_state(FROZEN)[0] == "on_hold"
    shown = call(app.room, "GET", PATH, query={"version": "3"}).json
    assert (shown["version"], shown["published_by"]) == (3, "amy")
    assert [move["version"] for move in call(app.room, "GET", f"{PATH}/history").json["data"]] == [2, 3, 2]
    assert publish(with_frozen("completed")).json["version"] == 4
    assert revert(3).json["version"] == 3
    assert another_process(stack).mappings.table("douyin").order_state(FROZEN)[0] == "cancelled"


def put_old(stack: Stack, sort: str, **facts: Any) -> None:
    """An item as mappings were stored before."""
    published = {"published_at": "2026-10-01T00:00:00Z", "published_by": "amy", "schema": 1}
    key = {"pk": f"{TENANT}#mapping#douyin", "sk": sort}
    Table(stack.settings["HUB_TABLE"], stack.clients["dynamodb"]).put(key | published | facts)


def test_what_waited_for_a_mapping_is_read_again(stack: Stack) -> None:
    """The table's stream tells of a new version: unmapped orders are read again, and quarantined messages of that
    channel that nobody understood are replayed; others wait on."""
    ids = [quarantined(stack, n, DOUYIN, "unknown-status") for n in range(3)]
    quarantined(stack, 7, DOUYIN, "unknown-tag")
    quarantined(stack, 8, WECOM, "unknown-status")
    publish(with_frozen())
    items = stack.clients["dynamodb"].scan(TableName=stack.settings["HUB_TABLE"])["Items"]
    records = [record(item) for item in items if "#doc#" in item["pk"]["S"]]
    changes.forward({"Records": records}, Context())
    moved = stack.drain("changes")
    assert [change["pk"] for change in moved] == [f"{TENANT}#doc#status_mapping#douyin"]
    assert changes.on_change(sqs_batch(*moved), Context()) == {"batchItemFailures": []}
    assert replays.run_replays(sqs_batch(*stack.drain("replays")), Context()) == {"batchItemFailures": []}
    assert [message["kind"] for message in stack.drain("pulls")] == ["unmapped"]
    assert [message["message_id"] for message in stack.drain("replays")] == ids


def test_a_long_queue_of_waiting_messages_goes_on_in_the_next_run(stack: Stack) -> None:
    """Where more wait than one run queues, its last message says from where the next goes on."""
    ids = [quarantined(stack, n, DOUYIN, "unknown-status") for n in range(AT_ONCE + 1)]
    criteria = waiting("unknown-status", channel="douyin")
    replays.run_replays(sqs_batch(body_of(ReplayWaiting(criteria=criteria))), Context())
    *first, goes_on = stack.drain("replays")
    replays.run_replays(sqs_batch(goes_on), Context())
    (last,) = stack.drain("replays")
    assert [one["message_id"] for one in (*first, last)] == ids


def test_only_integrators_publish_and_only_what_is_there_is_shown(stack: Stack) -> None:
    """A supervisor reads, but does not publish; a channel without orders has no mapping; version 9 is not there."""
    supervisor = token("supervisor")
    assert call(app.room, "GET", PATH, as_=supervisor).status == 200
    assert publish(with_frozen(), as_=supervisor).status == 403
    assert call(app.room, "GET", "/webhooks/mappings/wecom").status == 404
    assert publish_for_wecom().status == 422
    assert revert(9).status == 404
    assert call(app.room, "GET", "/webhooks/mappings", as_=token("agent")).status == 403


def publish_for_wecom() -> Answer:
    return call(app.room, "POST", "/webhooks/mappings/wecom/publish", {"document": with_frozen()})


def quarantined(stack: Stack, number: int, connection: Any, reason: str) -> str:
    """A message that nobody understood."""
    then, inbox = datetime.now(UTC) - timedelta(minutes=200 - number), stack.inbox()
    inbox.store(Arrival(connection.id, connection.channel, "1", f"k{number}", b"{}"), then, then)
    item = inbox.read(inbox.message_id(connection.id, f"k{number}"))
    assert item is not None
    assert app.room.desk.inbox.settler.settle(item, "quarantined", then, reason)
    return item.message_id


def record(image: dict[str, Any]) -> dict[str, Any]:
    """What the table's stream says of an item."""
    return {
        "eventName": "INSERT",
        "eventSourceARN": f"arn:aws:dynamodb:us-east-1:1:table/hub-{TENANT}-webhooks/stream/1",
        "dynamodb": {"Keys": {"pk": image["pk"], "sk": image["sk"]}, "NewImage": image},
    }
