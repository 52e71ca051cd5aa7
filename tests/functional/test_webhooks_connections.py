"""Connections: made, checked, rotated, disabled, and what their owners are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.handlers import counters, replays
from hub.channels.registry import CHANNELS, channel_document, settings_problems
from hub.kernel.clock import StepClock
from hub.store.secrets import LOOKUPS, Connection
from tests.channels.support import payload
from tests.support.http import Context, call, sqs_batch, token
from tests.support.webhooks import WECOM, Stack, deliver, simulated_stack, wecom_text
from tests.support.wire import CRASH_AFTER, Crash, faulty

KEY = WECOM.settings["encoding_aes_key"]
NEW = {"channel": "wecom", "name": "旗舰店企业微信", "settings": dict(WECOM.settings)}


@pytest.fixture
def stack() -> Iterator[Stack]:
    with simulated_stack() as simulated:
        yield simulated


def created(key: str = "k1") -> dict[str, Any]:
    answer = call(app.room, "POST", "/webhooks/connections", NEW, key=key)
    assert answer.status == 201, answer.text
    view: dict[str, Any] = answer.json
    return view


def as_connection(view: dict[str, Any]) -> Connection:
    return Connection(view["id"], view["channel"], view["state"], WECOM.settings)


def test_a_new_connection_gets_its_webhook_url_and_takes_deliveries(stack: Stack) -> None:
    """The URL in the answer is the one that works, and no secret is in the answer."""
    view = created()
    assert view["webhook_url"] == f"https://hub.test/webhooks/wecom/{view['id']}"
    assert {"zh", "en"} == set(view["steps"][0])
    assert not any(str(value) in str(view) for value in (WECOM.settings["token"], WECOM.settings["encoding_aes_key"]))
    assert stack.door().answer(deliver(as_connection(view), wecom_text("你好")))["statusCode"] == 200


def test_a_front_end_can_build_its_form_from_the_channels(stack: Stack) -> None:
    """Each channel says which settings it wants and what they must be; its guide is Chinese and English."""
    wecom = next(c for c in call(app.room, "GET", "/webhooks/channels").json["data"] if c["name"] == "wecom")
    fields = {field["name"]: field for field in wecom["settings"]}
    assert (fields["encoding_aes_key"]["secret"], "43" in fields["encoding_aes_key"]["rule"]) == (True, True)
    guide = call(app.room, "GET", "/webhooks/channels/wecom/guide")
    assert (guide.status, guide.headers["content-type"]) == (200, "text/markdown; charset=utf-8")
    assert "设置API接收" in guide.text
    assert call(app.room, "GET", "/webhooks/channels/telex/guide").status == 404


def test_secrets_lie_in_the_parameter_store_alone(stack: Stack) -> None:
    """No item of the room's table holds a secret of a connection."""
    created()
    items = str(stack.clients["dynamodb"].scan(TableName=stack.settings["HUB_TABLE"])["Items"])
    assert KEY not in items
    assert WECOM.settings["token"] not in items


def test_the_same_idempotency_key_makes_one_connection(stack: Stack) -> None:
    """A repeated request answers with the connection that it made the first time."""
    assert created() == created()
    assert len(call(app.room, "GET", "/webhooks/connections").json["data"]) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"channel": "telex"}, "/channel"),
        ({"settings": {**WECOM.settings, "encoding_aes_key": "short"}}, "/settings/encoding_aes_key"),
        (
            {"settings": {**WECOM.settings, "encoding_aes_key": WECOM.settings["encoding_aes_key"] + "="}},
            "/settings/encoding_aes_key",
        ),
        ({"settings": {**WECOM.settings, "tokken": "x"}}, "/settings/tokken"),
        ({"settings": {**WECOM.settings, "receive_ids": ["w" * 60] * 60}}, "/settings"),
        ({"name": ""}, "/name"),
    ],
)
def test_a_wrong_setting_is_named(stack: Stack, change: dict[str, Any], pointer: str) -> None:
    """What the console would make one get wrong is 422 with a pointer to the field, and nothing is made."""
    answer = call(app.room, "POST", "/webhooks/connections", {**NEW, **change})
    assert answer.status == 422
    assert pointer in [problem["pointer"] for problem in answer.json["errors"]]
    assert call(app.room, "GET", "/webhooks/connections").json["data"] == []


def test_a_rotated_secret_and_the_one_before_are_both_valid(stack: Stack) -> None:
    """After a rotation deliveries signed with either secret verify; after the next, the oldest does not."""
    view = created()
    tokens = ("DemoToken123", "NextToken456", "LastToken789")
    for one in tokens[1:]:
        body = {"settings": {**WECOM.settings, "token": one}}
        assert call(app.room, "POST", f"/webhooks/connections/{view['id']}/settings", body).status == 200
    signed_with = {one: Connection(view["id"], "wecom", "enabled", {**WECOM.settings, "token": one}) for one in tokens}
    door = stack.door()
    statuses = [door.answer(deliver(signed_with[one], wecom_text(one, one)))["statusCode"] for one in tokens]
    assert statuses == [403, 200, 200]


def test_the_second_secret_can_be_dropped(stack: Stack) -> None:
    """A connection says while a rotation lasts; once the older secret is dropped it opens no door any more."""
    view = created()
    path = f"/webhooks/connections/{view['id']}"
    body = {"settings": {**WECOM.settings, "token": "NextToken456"}}
    assert call(app.room, "POST", f"{path}/settings", body).status == 200
    assert call(app.room, "GET", path).json["previous_valid"] is True
    assert [call(app.room, "POST", f"{path}/drop-previous").status for _ in range(2)] == [200, 200]
    assert call(app.room, "GET", path).json["previous_valid"] is False
    older, newer = as_connection(view), replace(as_connection(view), settings=body["settings"])
    door = stack.door()
    statuses = [door.answer(deliver(each, wecom_text("你好")))["statusCode"] for each in (older, newer)]
    assert statuses == [403, 200]


def test_a_connection_is_deleted_with_its_secrets_and_its_messages_are_kept(stack: Stack) -> None:
    """The door answers 404, nothing of it is listed, no secret, token or cursor is left; what came can be read."""
    view = created()
    path = f"/webhooks/connections/{view['id']}"
    stack.door().answer(deliver(as_connection(view), wecom_text("你好")))
    stack.publish()
    desk = app.room.desk.connections
    desk.table.move_watermark(view["id"], "order", "2026-11-21T00:00:00Z")
    token_key = {"pk": {"S": f"demo#token#{view['id']}"}, "sk": {"S": "token"}}
    platforms = stack.settings["HUB_PLATFORMS_TABLE"]
    stack.clients["dynamodb"].put_item(TableName=platforms, Item={**token_key, "token": {"S": "t0ken"}})
    deleted = call(app.room, "POST", f"{path}/delete")
    assert (deleted.status, deleted.json["id"], "90" in deleted.json["kept"]["zh"]) == (200, view["id"], True)
    assert stack.door().answer(deliver(as_connection(view), wecom_text("在吗", "2")))["statusCode"] == 404
    assert (call(app.room, "GET", path).status, call(app.room, "POST", f"{path}/delete").status) == (404, 404)
    assert call(app.room, "GET", "/webhooks/connections").json["data"] == []
    assert stack.clients["ssm"].get_parameters_by_path(Path="/hub/demo/connections")["Parameters"] != []
    assert view["id"] not in str(stack.clients["ssm"].get_parameters_by_path(Path="/hub/demo/connections"))
    assert "Item" not in stack.clients["dynamodb"].get_item(TableName=platforms, Key=token_key)
    assert desk.table.feeds(view["id"]) == []
    listed = call(app.room, "GET", "/webhooks/messages", query={"connection_id": view["id"]}).json["data"]
    assert [message["state"] for message in listed] == ["processed"]


def test_a_deletion_that_is_repeated_is_told_what_it_did(stack: Stack) -> None:
    """The same Idempotency-Key answers as the first time."""
    path = f"/webhooks/connections/{created()['id']}/delete"
    first, second = (call(app.room, "POST", path, key="del-1") for _ in range(2))
    assert (first.status, second.status, second.json) == (200, 200, first.json)


def test_a_deletion_that_broke_off_once_it_was_done_is_told_so(stack: Stack) -> None:
    """Its repeat hears what it did, not that there is no such connection."""
    view = created()
    path = f"/webhooks/connections/{view['id']}/delete"
    with faulty() as wire:
        call(app.room, "POST", path, key="other")
    last = len(wire.calls) - 1 - wire.calls[::-1].index("TransactWriteItems")
    view = created("k2")
    path = f"/webhooks/connections/{view['id']}/delete"
    with pytest.raises(Crash), faulty(last, CRASH_AFTER):
        call(app.room, "POST", path, key="del-1")
    again = call(app.room, "POST", path, key="del-1")
    assert (again.status, again.json["id"]) == (200, view["id"])


@pytest.mark.parametrize("action", ["place", "enable", "disable"])
def test_of_two_alike_at_once_both_are_told_of_their_success(stack: Stack, action: str) -> None:
    """Whoever is second changes nothing more, and meets no conflict with itself."""
    path, body = (
        f"/webhooks/connections/{created()['id']}/{action}",
        {"region": "310000"} if action == "place" else None,
    )
    answers: list[int] = []

    def ask() -> None:
        answers.append(call(app.room, "POST", path, body, key="k9").status)

    with faulty() as wire:
        call(app.room, "POST", path, body, key="k8")
    with faulty(wire.calls.index("UpdateItem"), between=ask):
        ask()
    assert answers == [200, 200]


def test_what_comes_while_a_connection_is_disabled_is_published_when_it_is_enabled(stack: Stack) -> None:
    """The platform is answered as ever, nothing is published meanwhile, and then it is: as news, not as a replay."""
    view = created()
    changed = [call(app.room, "POST", f"/webhooks/connections/{view['id']}/disable").json]
    answer = stack.door().answer(deliver(as_connection(view), wecom_text("你好")))
    assert (answer["statusCode"], stack.publish()) == (200, [])
    (held,) = stack.stored()
    assert (stack.emitted(), held["status"]["S"], held["reason"]["S"]) == ([], "quarantined", "connection-disabled")
    by_hand = call(app.room, "POST", f"/webhooks/messages/{held['message_id']['S']}/replay")
    assert (by_hand.status, stack.emitted()) == (409, [])
    changed.append(call(app.room, "POST", f"/webhooks/connections/{view['id']}/enable").json)
    assert [(one["state"], one["version"]) for one in changed] == [("disabled", 2), ("enabled", 3)]
    while waiting := stack.drain("replays"):
        assert replays.run_replays(sqs_batch(*waiting), Context()) == {"batchItemFailures": []}
    (event,) = stack.emitted()
    assert (event["type"], event["replay"], stack.stored()[0]["status"]["S"]) == (
        "message.received",
        False,
        "processed",
    )


def test_the_check_says_what_a_disabled_connection_does(stack: Stack) -> None:
    """The platform's own check, played through the door: it stores nothing and says in words what to do."""
    path = f"/webhooks/connections/{created()['id']}"
    enabled = call(app.room, "POST", f"{path}/test").json
    call(app.room, "POST", f"{path}/disable")
    disabled = call(app.room, "POST", f"{path}/test").json
    assert (enabled["passed"], disabled["passed"], stack.stored()) == (True, True, [])
    assert "kept" in disabled["explanation"]["en"]


OUTBOUND = [name for name, channel in CHANNELS.items() if not channel.inbound]


@pytest.mark.parametrize("name", OUTBOUND)
def test_a_channel_that_only_sends_has_connections_too(stack: Stack, name: str) -> None:
    """Each missing setting is named; what has no URL has none to check."""
    wrong = call(app.room, "POST", "/webhooks/connections", {"channel": name, "name": "x", "settings": {}})
    required = [field["name"] for field in channel_document(name)["settings"] if field["required"]]
    assert (wrong.status, [one["pointer"] for one in wrong.json["errors"]]) == (
        422,
        [f"/settings/{field}" for field in required],
    )


def test_a_channel_that_only_sends_has_no_url_to_check(stack: Stack) -> None:
    """A robot's connection is made with its token; asked for its check, it says why there is none."""
    body = {"channel": "dingtalk", "name": "告警群", "settings": {"access_token": "a" * 64}}
    made = call(app.room, "POST", "/webhooks/connections", body)
    assert (made.status, made.json["webhook_url"]) == (201, "")
    assert made.json["steps"]
    assert call(app.room, "POST", f"/webhooks/connections/{made.json['id']}/test").status == 409


INBOUND = [name for name, channel in CHANNELS.items() if channel.inbound]


@pytest.mark.parametrize("name", INBOUND)
def test_every_channel_s_url_can_be_checked_with_what_it_requires(stack: Stack, name: str) -> None:
    """With its required settings alone the check passes, or says which setting there is no check without."""
    examples, known = payload(f"{name}_examples")["settings"], channel_document(name)["settings"]
    settings = {field["name"]: examples[field["name"]] for field in known if field["required"]}
    for problem in settings_problems(name, settings):
        settings[problem.pointer.rpartition("/")[2]] = examples[problem.pointer.rpartition("/")[2]]
    app.room.desk.connections.secrets.put(Connection("con_1", name, "enabled", settings))
    answer = call(app.room, "POST", "/webhooks/connections/con_1/test")
    told = answer.json["passed"] if answer.status == 200 else answer.json["facts"].get("setting")
    assert (answer.status, told) in ((200, True), (409, "relay_secret")), answer.text
    assert (answer.status == 409) == ("relay_secret" in OPTIONAL[name])


OPTIONAL = {
    name: {field["name"] for field in channel_document(name)["settings"] if not field["required"]} for name in INBOUND
}


def test_the_owner_sees_why_deliveries_are_rejected(stack: Stack) -> None:
    """A connection shows its last delivery, how many were rejected, and what is wrong in both languages."""
    view = created()
    door = stack.door()
    door.answer(deliver(as_connection(view), wecom_text("你好")))
    wrong = Connection(view["id"], "wecom", "enabled", {**WECOM.settings, "token": "Other"})
    door.answer(deliver(wrong, wecom_text("你好")))
    stack.publish()
    counters.tally(sqs_batch(*stack.drain("HUB_TALLY_QUEUE_URL")), Context())
    health = call(app.room, "GET", f"/webhooks/connections/{view['id']}").json["health"]
    assert health["rejected_signature"] == 1
    assert health["last_delivery_at"] is not None
    assert "Token" in health["last_error"]["zh"]


@pytest.mark.parametrize("role", ["agent", "supervisor", "finance", "viewer"])
def test_only_integrators_touch_connections(stack: Stack, role: str) -> None:
    """Others may not make a connection."""
    assert call(app.room, "POST", "/webhooks/connections", NEW, as_=token(role)).status == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/webhooks/connections/con_X"),
        ("POST", "/webhooks/connections/con_X/test"),
        ("POST", "/webhooks/connections/con_X/disable"),
    ],
)
def test_an_unknown_connection_is_not_found(stack: Stack, method: str, path: str) -> None:
    """Whatever is asked of a connection that does not exist is 404."""
    assert call(app.room, method, path).status == 404


def test_disabling_does_not_bring_old_secrets_back(stack: Stack) -> None:
    """Whoever disables a connection writes back the settings of this moment, not those of a cache a minute old."""
    view = created()
    call(app.room, "POST", f"/webhooks/connections/{view['id']}/test")
    elsewhere = Connection(view["id"], "wecom", "enabled", {**WECOM.settings, "token": "NextToken456"})
    stack.secrets().put(elsewhere)
    for verb in ("disable", "enable"):
        assert call(app.room, "POST", f"/webhooks/connections/{view['id']}/{verb}").status == 200
    now = stack.secrets().read(view["id"])
    assert now == elsewhere


def test_settings_that_are_sent_twice_keep_the_ones_before_alive(stack: Stack) -> None:
    """A client that repeats its request after a time-out does not end the rotation by it."""
    view = created()
    body = {"settings": {**WECOM.settings, "token": "NextToken456"}}
    for _ in range(2):
        assert call(app.room, "POST", f"/webhooks/connections/{view['id']}/settings", body).status == 200
    assert stack.door().answer(deliver(as_connection(view), wecom_text("你好")))["statusCode"] == 200


def test_a_warm_door_learns_of_a_rotation_when_a_signature_fails(stack: Stack) -> None:
    """A door that read its secrets this second reads them again before it refuses; forgers make it do so ten times."""
    clock = StepClock(datetime(2026, 11, 21, tzinfo=UTC))
    door = replace(stack.door(), secrets=stack.secrets(clock.wall_now))
    assert door.answer(deliver(WECOM, wecom_text("你好", "1")))["statusCode"] == 200
    rotated = Connection(WECOM.id, "wecom", "enabled", {**WECOM.settings, "token": "NextToken456"})
    stack.secrets().put(rotated)
    assert door.answer(deliver(rotated, wecom_text("你好", "2")))["statusCode"] == 200
    stack.calls.clear()
    assert {door.answer(deliver(WECOM, wecom_text("你好", "3")))["statusCode"] for _ in range(30)} == {403}
    assert stack.calls.count("GetParameters") == LOOKUPS


@pytest.mark.parametrize("value", ["[]", "null", '{"channel":"wecom","state":"enabled","settings":null}', "x"])
def test_a_parameter_broken_by_hand_closes_one_door_only(stack: Stack, value: str) -> None:
    """A connection whose secret is no settings is unknown; the others take their deliveries."""
    name = "/hub/demo/connections/con_BROKEN"
    stack.clients["ssm"].put_parameter(Name=name, Value=value, Type="SecureString")
    broken = Connection("con_BROKEN", "wecom", "enabled", WECOM.settings)
    door = stack.door()
    statuses = [door.answer(deliver(one, wecom_text("你好")))["statusCode"] for one in (broken, WECOM)]
    assert statuses == [404, 200]


@pytest.mark.parametrize("wrong", [["DemoToken123"], {"a": 1}, 7, True])
def test_a_setting_of_another_shape_is_named(stack: Stack, wrong: Any) -> None:
    """A token that is a list, an object or a number is a 422 with its place, and nothing is made."""
    body = {"channel": "wecom", "name": "x", "settings": {**WECOM.settings, "token": wrong}}
    refused = call(app.room, "POST", "/webhooks/connections", body)
    assert (refused.status, [each["pointer"] for each in refused.json["errors"]]) == (422, ["/settings/token"])
    assert call(app.room, "GET", "/webhooks/connections").json["data"] == []


def test_what_is_only_rehearsed_leaves_doors_and_secrets_as_they_are(stack: Stack) -> None:
    """Each change of a connection by `?dry_run=1`: answered as the deed would be, and then there is one connection as
    there was, with its secrets; a wrong setting is refused by the rehearsal too, and a deletion deletes no door."""
    view = created()
    path, dry = f"/webhooks/connections/{view['id']}", {"dry_run": "1"}
    before = call(app.room, "GET", path).json
    known = app.room.desk.connections.secrets.read(view["id"])
    assert call(app.room, "POST", "/webhooks/connections", NEW, query=dry).status == 201
    for verb, body, shown in (
        ("disable", None, {"state": "disabled"}),
        ("place", {"region": "310101", "store_id": "s9"}, {"region": "310101", "store_id": "s9"}),
        ("settings", {"settings": NEW["settings"] | {"token": "T" * 32}}, {"state": "enabled"}),
        ("delete", None, {"id": view["id"]}),
    ):
        answer = call(app.room, "POST", f"{path}/{verb}", body, query=dry)
        assert answer.status == 200, answer.text
        assert {name: answer.json[name] for name in shown} == shown
    wrong = call(app.room, "POST", f"{path}/settings", {"settings": {"nothing": "x"}}, query=dry)
    assert wrong.status == 422
    assert call(app.room, "GET", path).json == before
    assert len(call(app.room, "GET", "/webhooks/connections").json["data"]) == 1
    assert app.room.desk.connections.secrets.read(view["id"]) == known
