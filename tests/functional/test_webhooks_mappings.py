"""Status mappings: read, checked, published as versions, reverted; what waited for one is read again."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.handlers import changes, replays
from functions.webhooks.handlers.payloads import ReplayWaiting, body_of
from functions.webhooks.inbox.replays import AT_ONCE, waiting
from functions.webhooks.mappings.mappings_table import CACHED_SECONDS, Mappings
from hub.channels.base import NotUnderstood
from hub.channels.mapping import packaged_table
from hub.kernel.clock import StepClock
from hub.kernel.errors import Conflict
from hub.store.messages import Arrival
from hub.store.table import Table
from tests.support.aws import TENANT
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


def publish(document: dict[str, Any], as_: str | None = None) -> Answer:
    return call(app.room, "POST", f"{PATH}/publish", {"document": document}, as_=as_)


def mappings(stack: Stack, clock: StepClock | None = None) -> Mappings:
    """Another process's."""
    wall_now = (clock or StepClock(datetime(2026, 11, 21, tzinfo=UTC))).wall_now
    return Mappings(Table(stack.settings["HUB_TABLE"], stack.clients["dynamodb"]), TENANT, wall_now)


def test_a_published_version_is_in_force_and_can_be_taken_back(stack: Stack) -> None:
    """Version 2 knows the status that version 1 did not; after a revert nobody knows it; a third is version 3."""
    before = call(app.room, "GET", PATH).json
    assert (before["version"], before["packaged_version"], len(before["versions"])) == (1, 1, 1)
    told = publish(with_frozen())
    assert (told.status, told.json["version"]) == (200, 2)
    assert [(one["version"], one["active"], one["published_by"]) for one in told.json["versions"]] == [
        (2, True, "boss"),
        (1, False, ""),
    ]
    assert told.json["rules"] == before["rules"] + 1
    assert app.room.desk.mappings.table("douyin").order_state(FROZEN) == ("on_hold", 20)
    assert call(app.room, "POST", f"{PATH}/revert", {"version": 1}).json["version"] == 1
    with pytest.raises(NotUnderstood):
        app.room.desk.mappings.table("douyin").order_state(FROZEN)
    assert publish(with_frozen("cancelled")).json["version"] == 3
    assert call(app.room, "POST", f"{PATH}/revert", {"version": 2}).json["version"] == 2
    listed = {one["channel"]: one["version"] for one in call(app.room, "GET", "/webhooks/mappings").json["data"]}
    assert (listed["douyin"], {listed[name] for name in listed if name != "douyin"}) == (2, {1})


def test_the_same_document_once_more_is_no_new_version(stack: Stack) -> None:
    """What is sent twice after a time-out is published once; the document shown can be sent back as it is."""
    publish(with_frozen())
    shown = call(app.room, "GET", PATH).json["document"]
    assert publish(shown).json["version"] == 2


def test_a_document_that_would_lose_orders_is_not_published(stack: Stack) -> None:
    """The check says what publishing would refuse, by pointers into the body, and nothing changes."""
    document = with_frozen()
    document["order"]["rules"][0]["state"] = "sleeping"
    document["after_sale"]["fields"]["refund_status"].pop()
    pointers = ["/document/after_sale/fields/refund_status", "/document/order/rules/0/state"]
    checked = call(app.room, "POST", f"{PATH}/check", {"document": document}).json
    assert (checked["usable"], sorted(one["pointer"] for one in checked["problems"])) == (False, pointers)
    refused = publish(document)
    assert (refused.status, sorted(one["pointer"] for one in refused.json["errors"])) == (422, pointers)
    assert call(app.room, "GET", PATH).json["version"] == 1
    good = call(app.room, "POST", f"{PATH}/check", {"document": with_frozen()}).json
    assert (good["usable"], good["problems"]) == (True, [])


def test_of_two_who_publish_at_once_one_is_told(stack: Stack) -> None:
    """The second finds that the mapping has changed since; no version is lost or written over."""
    now, slow = datetime(2026, 11, 21, tzinfo=UTC), mappings(stack)

    class Slow:
        """A client before whose transaction somebody else publishes."""

        def __getattr__(self, name: str) -> Any:
            if name == "transact_write_items" and mappings(stack).active("douyin").version == 1:
                mappings(stack).publish("douyin", with_frozen(), "amy", now)
            return getattr(stack.clients["dynamodb"], name)

    with pytest.raises(Conflict):
        replace(slow, store=Table(stack.settings["HUB_TABLE"], Slow())).publish(
            "douyin", with_frozen("cancelled"), "bob", now
        )
    assert mappings(stack).active("douyin").order_state(FROZEN)[0] == "on_hold"


def test_elsewhere_a_new_version_is_known_within_a_minute_and_at_once_for_an_unknown_status(stack: Stack) -> None:
    """A warm process asks again before it says that it does not know; a changed rule reaches it within a minute."""
    clock = StepClock(datetime(2026, 11, 21, tzinfo=UTC))
    warm = mappings(stack, clock)
    assert warm.table("douyin").version == 1
    publish(with_frozen())
    assert warm.table("douyin").order_state(FROZEN)[0] == "on_hold"
    publish(with_frozen("cancelled"))
    assert warm.table("douyin").order_state(FROZEN)[0] == "on_hold"
    clock.advance(seconds=CACHED_SECONDS + 1)
    assert warm.table("douyin").order_state(FROZEN)[0] == "cancelled"
    stack.calls.clear()
    assert [warm.table("douyin").order_state({"order_status": 2})[0] for _ in range(3)] == ["paid"] * 3
    assert stack.calls == []


def test_what_waited_for_a_mapping_is_read_again(stack: Stack) -> None:
    """The table's stream tells of a new version: unmapped orders are read again, and quarantined messages of that
    channel that nobody understood are replayed; others wait on."""
    ids = [quarantined(stack, n, DOUYIN, "unknown-status") for n in range(3)]
    quarantined(stack, 7, DOUYIN, "unknown-tag")
    quarantined(stack, 8, WECOM, "unknown-status")
    publish(with_frozen())
    items = stack.clients["dynamodb"].scan(TableName=stack.settings["HUB_TABLE"])["Items"]
    records = [record(item) for item in items if "#mapping#" in item["pk"]["S"]]
    changes.forward({"Records": records}, Context())
    moved = stack.drain("changes")
    assert [change["pk"] for change in moved] == [f"{TENANT}#mapping#douyin"]
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
    assert call(app.room, "POST", f"{PATH}/revert", {"version": 9}).status == 404
    assert call(app.room, "GET", "/webhooks/mappings", as_=token("agent")).status == 403


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
