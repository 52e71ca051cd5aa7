"""The open channel: Standard Webhooks at the door, one documented form behind it."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import re
import runpy
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from hub.channels.base import Accepted, Delivery, NotUnderstood, Rejected
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.open import codec, documents, inbound
from hub.channels.open.codec import DOOR
from hub.channels.registry import settings_problems
from hub.contracts import orders
from hub.contracts.orders import OrderLine, OrderTerms
from hub.kernel.errors import Problem
from tests.channels.support import PAYLOADS, STAMP, payload, stored

KNOWN: dict[str, Any] = payload("open_examples")["settings"]
OLDER: dict[str, Any] = payload("open_examples")["older_secrets"]
ROOT = PAYLOADS.parents[1]
SAMPLES: list[dict[str, Any]] = json.loads((ROOT / "hub/channels/open/samples.json").read_text(encoding="utf-8"))
NOW = 1_767_242_700
BODY = json.dumps({"type": "stock.updated", "occurred_at": "2026-01-01T12:00:00+08:00", "data": {}}).encode()

bodies = st.one_of(st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=200))


def rendered(name: str) -> bytes:
    plaintext = next(one["plaintext"] for one in SAMPLES if one["name"] == name)
    return Template(plaintext).substitute(id="5001", text="冰柜不制冷").encode()


def delivery(body: bytes = BODY, **changes: Any) -> Delivery:
    return dataclasses.replace(DOOR.sample(KNOWN, body, STAMP), **changes)


def with_headers(**changes: str) -> Delivery:
    fresh = delivery()
    return dataclasses.replace(
        fresh, headers={**fresh.headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
    )


def reason(given: Delivery, secrets: dict[str, Any] = KNOWN) -> str:
    with pytest.raises(Rejected) as refused:
        DOOR.accept(given, secrets)
    return refused.value.reason


@given(st.text(st.characters(codec="utf-8"), max_size=300))
@settings(max_examples=100, deadline=None)
def test_what_the_reference_library_signs_is_accepted(text: str) -> None:
    """A message signed by the standardwebhooks library is taken, byte for byte, under its own id."""
    moment = datetime.fromtimestamp(NOW, UTC)
    headers = {"webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "webhook-timestamp": str(NOW)}
    headers["webhook-signature"] = Webhook(KNOWN["secret"]).sign(headers["webhook-id"], moment, text)
    accepted = DOOR.accept(Delivery("POST", {}, headers, text.encode(), at=float(NOW)), KNOWN)
    assert [(one.dedupe_key, one.plaintext) for one in accepted.messages] == [(headers["webhook-id"], text.encode())]


@given(st.text(st.characters(codec="utf-8"), max_size=300))
@settings(max_examples=100, deadline=None)
def test_what_we_sign_the_reference_library_accepts(text: str) -> None:
    """A delivery of ours verifies there; with another secret it does not."""
    stamp = dataclasses.replace(STAMP, timestamp=str(int(datetime.now(UTC).timestamp())))
    ours = DOOR.sample(KNOWN, text.encode(), stamp)
    Webhook(KNOWN["secret"]).verify(text, dict(ours.headers), json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLDER["secret"]).verify(text, dict(ours.headers), json_parse=False)


@given(bodies, st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
@settings(max_examples=200, deadline=None)
def test_any_request_is_accepted_or_rejected(body: bytes, changed: dict[str, str]) -> None:
    """Whatever the body and the headers are, the door answers with one of two things and never crashes."""
    fresh = delivery(body)
    with suppress(Rejected):
        got = DOOR.accept(dataclasses.replace(fresh, headers={**fresh.headers, **changed}), KNOWN)
        assert isinstance(got, Accepted)


@pytest.mark.parametrize(("late", "passes"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_delivery_may_be_five_minutes_old_or_early(late: int, passes: bool) -> None:
    """At 300 seconds it passes, at 301 it is stale, to either side; only then the refusal says so."""
    given = delivery(at=float(NOW + late))
    if passes:
        assert DOOR.accept(given, KNOWN).messages
    else:
        assert reason(given) == "stale"
        assert DOOR.refuse(Rejected("stale")).body == b'{"error":"stale-timestamp"}'


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (delivery(method="GET"), "bad-method"),
        (delivery(body=b"x" * (DOOR.BODY_LIMIT_BYTES + 1)), "too-large"),
        (delivery(headers={}), "bad-form"),
        (with_headers(webhook_id=""), "bad-form"),
        (with_headers(webhook_id="编号"), "bad-form"),
        (with_headers(webhook_timestamp="2026-01-01T12:00:00Z"), "bad-form"),
        (with_headers(webhook_timestamp="-1767242700"), "bad-form"),
        (with_headers(webhook_timestamp=str(NOW + 1)), "bad-signature"),
        (with_headers(webhook_id="another"), "bad-signature"),
        (with_headers(webhook_signature=""), "bad-signature"),
        (with_headers(webhook_signature="v1,\udcff"), "bad-signature"),
        (with_headers(webhook_signature=delivery().headers["webhook-signature"].removeprefix("v1,")), "bad-signature"),
        (with_headers(webhook_signature="v2," + delivery().headers["webhook-signature"][3:]), "bad-signature"),
    ],
)
def test_a_forged_delivery_is_refused_with_its_reason(given: Delivery, expected: str) -> None:
    """Each thing that can be wrong with a delivery has its own word."""
    assert reason(given) == expected


@pytest.mark.parametrize(("before", "passes"), [(0, True), (codec.SIGNATURES_LIMIT - 1, True), (8, False)])
def test_a_list_of_signatures_needs_one_that_holds(before: int, passes: bool) -> None:
    """A sender that rotates sends several signatures; beyond the eighth none is looked at."""
    good = delivery().headers["webhook-signature"]
    given = with_headers(webhook_signature=" ".join(["v1a,bm90IG91cnM="] * before + [good]))
    assert (DOOR.accept(given, KNOWN).messages != ()) if passes else reason(given) == "bad-signature"


def test_two_secrets_live_at_once() -> None:
    """While the hub's secret rotates, the older one verifies too; afterwards it does not."""
    older = DOOR.sample({**KNOWN, **OLDER}, BODY, STAMP)
    assert DOOR.accept(older, {**KNOWN, "previous": OLDER}).messages
    assert reason(older) == "bad-signature"


@pytest.mark.parametrize("odd", ["a.1", "with blank", "x" * 129])
def test_an_odd_id_is_hashed_and_still_tells_repeats(odd: str) -> None:
    """An id that is no id by form becomes a hash: the same for a repeat, another for another body."""

    def key(body: bytes) -> str:
        signature = codec.sign(KNOWN["secret"], odd, str(NOW), body)
        headers = {"webhook-id": odd, "webhook-timestamp": str(NOW), "webhook-signature": signature}
        return DOOR.accept(Delivery("POST", {}, headers, body, at=float(NOW)), KNOWN).messages[0].dedupe_key

    assert key(b"{}") == key(b"{}") != key(b"[]")
    assert len(key(b"{}")) == 64


def test_a_ping_is_answered_and_not_kept() -> None:
    """The signed ping gets ok; unsigned it is refused like anything else."""
    ping, answer = DOOR.verification(KNOWN, STAMP)
    assert DOOR.accept(ping, KNOWN) == Accepted((), answer)
    assert answer.body == b'{"ok":true}'
    assert reason(dataclasses.replace(ping, headers={})) == "bad-form"


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_" + base64.b64encode(b"x" * 23).decode(), "x" * 44, "whsec_" + "A" * 33, 7]
)
def test_a_weak_or_broken_secret_is_no_secret(secret: Any) -> None:
    """Fewer than 24 bytes, no prefix or no base64: named when settings are checked, and nothing verifies with it."""
    assert [problem.pointer for problem in settings_problems("open", {"secret": secret})] == ["/secret"]
    assert reason(delivery(), {"secret": secret}) == "bad-settings"


@pytest.mark.parametrize("size", [24, 64])
def test_secrets_of_24_to_64_bytes_are_good(size: int) -> None:
    """The bounds of the specification are inside."""
    assert settings_problems("open", {"secret": "whsec_" + base64.b64encode(b"k" * size).decode()}) == []


@pytest.mark.parametrize("one", SAMPLES, ids=lambda one: one["name"])
def test_every_documented_body_is_understood(one: dict[str, Any]) -> None:
    """Each example of the guide becomes its event, or the facts of an order or after-sale."""
    (draft,) = inbound.events(stored("open", rendered(one["name"])))
    kept = {"OrderFacts": "order.changed", "AfterSaleFacts": "after_sale.changed"}
    assert (draft.event.model_dump()["type"] if draft.event else kept[type(draft.facts).__name__]) == one["event"]
    assert inbound.check(rendered(one["name"])) == []


def test_every_type_has_an_example() -> None:
    """No type of the form goes without a sample."""
    assert {one["name"].removesuffix("." + one["name"].split(".")[-1]) for one in SAMPLES} | {
        one["name"] for one in SAMPLES
    } >= set(documents.TYPES)


@pytest.mark.parametrize("name", ["message.created", "lead.captured", "message.created.email"])
def test_who_a_person_is_never_stands_in_an_event(name: str) -> None:
    """Phone, e-mail, name and words are content; the event holds ids only."""
    (draft,) = inbound.events(stored("open", rendered(name)))
    said = json.loads(rendered(name))["data"]
    assert draft.event is not None
    assert draft.content is not None
    personal = [said["person"].get(field) for field in ("phone", "email", "name")] + [said.get("text")]
    assert not [value for value in personal if value and value in draft.event.model_dump_json()]
    assert draft.content["person"] == said["person"]
    assert draft.content["text"] == said["text"]


def test_a_message_keeps_its_entry_and_kind() -> None:
    """Where somebody came in stands in the content, beside what they said."""
    (draft,) = inbound.events(stored("open", rendered("message.created.call")))
    assert draft.content == {
        "schema": 1,
        "kind": "call",
        "entry": "phone",
        "text": "客户来电：冰柜不制冷",
        "person": {"id": "crm-5001", "phone": "021-5550 0100"},
        "source_time": str(int(datetime(2026, 1, 1, 4, tzinfo=UTC).timestamp())),
    }


def test_an_order_is_told_whole() -> None:
    """An order becomes facts in minor units, true as of the time that the sender gives; with its lines."""
    (draft,) = inbound.events(stored("open", rendered("order.updated")))
    assert draft.facts == OrderFacts(
        order_no="SO-5001",
        shop_id="shop-1",
        state="paid",
        state_rank=30,
        amount_minor=12990,
        currency="CNY",
        updated_at=datetime(2026, 1, 1, 4, tzinfo=UTC),
        buyer_id="crm-1001",
        paid_at=datetime(2026, 1, 1, 3, 59, tzinfo=UTC),
        attribution={"influencer": "k1", "live_room": "r1"},
        note="宝宝8个月大",
        terms=OrderTerms(lines=(OrderLine(item_no="P1"),)),
    )


def test_an_after_sale_is_told_whole() -> None:
    """So does an after-sale, with its money's own state."""
    (draft,) = inbound.events(stored("open", rendered("after_sale.updated")))
    assert draft.facts == AfterSaleFacts(
        after_sale_no="AS-5001",
        order_no="SO-1001",
        shop_id="shop-1",
        type="refund_only",
        state="requested",
        state_rank=10,
        money="pending",
        updated_at=datetime(2026, 1, 1, 4, tzinfo=UTC),
        requested_minor=12990,
        buyer_id="crm-1001",
        deadline_at=datetime(2026, 1, 3, 4, tzinfo=UTC),
    )


def test_production_tells_when_an_article_comes() -> None:
    """An ERP's progress becomes supply.changed with the article and its ETA."""
    (draft,) = inbound.events(stored("open", rendered("production.updated")))
    assert draft.event is not None
    said = draft.event.model_dump(include={"type", "item_no", "quantity", "expected_at", "site"})
    expected_at = datetime(2026, 11, 25, 10, tzinfo=UTC)
    assert said == {
        "type": "supply.changed",
        "item_no": "P5001",
        "quantity": 200,
        "expected_at": expected_at,
        "site": "",
    }


@pytest.mark.parametrize("one", payload("open_examples")["unknown"], ids=lambda one: one["name"])
def test_what_has_a_wrong_form_is_quarantined_with_its_reason(one: dict[str, str]) -> None:
    """Never a guess: a reason that can be counted, and a list of what is wrong."""
    with pytest.raises(NotUnderstood) as refused:
        inbound.events(stored("open", one["plaintext"].encode()))
    assert refused.value.reason == one["reason"]
    assert inbound.check(one["plaintext"].encode())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"amount": "1.001"}, "/data/amount"),
        ({"amount": "12.50", "currency": "JPY"}, "/data"),
        ({"amount": "-1"}, "/data/amount"),
        ({"state": "unknown"}, "/data/state"),
        ({"state": "PAID"}, "/data/state"),
        ({"order_no": 4900000000000000001}, "/data/order_no"),
        ({"paid_at": 1767242700}, "/data/paid_at"),
        ({"attribution": {"utm": "x"}}, "/data/attribution/utm"),
        ({"buyer_id": "guest@example.com"}, "/data/buyer_id"),
        ({"buyer_id": "13800000000"}, "/data/buyer_id"),
        ({"buyer_id": "+86-13800000000"}, "/data/buyer_id"),
    ],
)
def test_each_wrong_field_of_an_order_is_named(change: dict[str, Any], problem: str) -> None:
    """A JSON pointer and a rule, for each field that is wrong."""
    body = json.loads(rendered("order.updated"))
    body["data"] |= change
    found = inbound.check(json.dumps(body).encode())
    assert [one.pointer for one in found] == [problem]
    assert all(isinstance(one, Problem) and one.rule for one in found)


@pytest.mark.parametrize(
    ("person_id", "phone"),
    [("02155500100", "021-5550 0100"), ("442079460000", "+44 20 79460000"), ("c-44-207946", "44207946")],
)
def test_a_persons_phone_is_no_id(person_id: str, phone: str) -> None:
    """However it is written, with blanks and signs or without, an id is not the phone that stands beside it."""
    body = json.loads(rendered("message.created.call"))
    body["data"]["person"] |= {"id": person_id, "phone": phone}
    assert [one.pointer for one in inbound.check(json.dumps(body).encode())] == ["/data/person"]


@pytest.mark.parametrize(("minutes", "taken"), [(0, True), (60, True), (61, False), (8 * 60, False)])
def test_nothing_is_told_from_the_future(minutes: int, taken: bool) -> None:
    """China's time marked Z would hold for eight hours against every later truth: it is quarantined by its field."""
    body = json.loads(rendered("order.updated"))
    message = stored("open", b"")
    body["occurred_at"] = (message.received_at + timedelta(minutes=minutes)).isoformat()
    told = stored("open", json.dumps(body).encode())
    if taken:
        assert inbound.events(told)
        return
    with pytest.raises(NotUnderstood) as refused:
        inbound.events(told)
    assert (refused.value.reason, refused.value.facts["field"]) == ("bad-form", "/occurred_at")


def test_a_forms_labels_are_bounded() -> None:
    """What a form calls its fields is text of a form, no place for a document."""
    body = json.loads(rendered("lead.captured"))
    body["data"]["fields"] = {"城" * 101: "上海"}
    assert [one.pointer for one in inbound.check(json.dumps(body).encode())] == ["/data/fields/" + "城" * 101]


def test_a_rule_says_what_must_be() -> None:
    """Each problem tells its reader what to write instead."""
    body = {
        "type": "stock.updated",
        "occurred_at": "2026-01-01T12:00:00Z",
        "data": {"item_no": 5, "quantity": "1", "x": 1},
    }
    assert [(one.pointer, one.rule) for one in inbound.check(json.dumps(body).encode())] == [
        ("/data/item_no", "must be a text, in quotes"),
        ("/data/quantity", "must be a whole number, without quotes"),
        ("/data/x", "must not be there: no such field"),
    ]
    assert inbound.check(b"[]") == [Problem("", "must be an object")]


def test_the_forms_states_are_the_contracts() -> None:
    """Every state and kind of the contract can be told, but for those that say nothing."""
    for ours, contract in (
        (documents.KnownOrderState, orders.OrderState),
        (documents.KnownAfterSaleState, orders.AfterSaleState),
        (documents.KnownAfterSaleType, orders.AfterSaleType),
    ):
        assert set(get_args(ours)) == set(get_args(contract)) - {"unknown", "none"}


def test_problems_are_bounded() -> None:
    """A body with a thousand mistakes answers with twenty."""
    body = {"type": "stock.updated", "occurred_at": "x", "data": {f"f{i}": 1 for i in range(1000)}}
    assert len(inbound.check(json.dumps(body).encode())) == documents.PROBLEMS_LIMIT


@given(bodies)
@settings(max_examples=200, deadline=None)
def test_reading_anything_ends_in_drafts_or_not_understood(body: bytes) -> None:
    """Whatever verified, reading it never crashes."""
    with suppress(NotUnderstood):
        inbound.events(stored("open", body))


def test_the_published_schema_is_the_one_in_force() -> None:
    """docs/open-webhook.schema.json is generated from the models: `hubctl generate` writes it anew."""
    published = json.loads((ROOT / "docs" / "open-webhook.schema.json").read_text(encoding="utf-8"))
    assert published == documents.json_schema()


GUIDE = (ROOT / "docs" / "open-webhook.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_every_example_of_the_guide_is_understood() -> None:
    """What integrators copy works: each JSON body of the guide is in order, and each type has one."""
    examples = [json.loads(block) for block in blocks("json") if "…" not in block]
    assert [(one["type"], inbound.check(json.dumps(one).encode())) for one in examples if one] == [
        (one["type"], []) for one in examples
    ]
    assert {one["type"] for one in examples} == set(documents.TYPES)


def test_the_guides_python_signs_as_we_verify() -> None:
    """The recipe that integrators copy makes the very signature that the door expects."""
    (recipe,) = blocks("python")
    known: dict[str, Any] = {}
    exec(recipe, known)  # noqa: S102 - our own document
    body = "冰柜".encode()
    assert known["signature"](KNOWN["secret"], "msg_1", NOW, body) == codec.sign(
        KNOWN["secret"], "msg_1", str(NOW), body
    )


def test_the_guides_javascript_signs_as_we_verify(tmp_path: Path) -> None:
    """So does the recipe for Node."""
    (recipe,) = blocks("js")
    call = f"console.log(signature({json.dumps(KNOWN['secret'])}, 'msg_1', {NOW}, '冰柜'));"
    (tmp_path / "sign.mjs").write_text(f"{recipe}\n{call}\n", encoding="utf-8")
    node = Path(sys.executable).with_name("node")
    said = subprocess.run([node, tmp_path / "sign.mjs"], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == codec.sign(KNOWN["secret"], "msg_1", str(NOW), "冰柜".encode())


def test_the_guides_shell_signs_as_we_verify(tmp_path: Path) -> None:
    """And the one for curl and openssl, against a curl that prints what it was given."""
    recipe = next(block for block in blocks("sh") if "openssl" in block)
    fake = tmp_path / "curl"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    fake.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    given_ = {"PATH": path, "HUB_SECRET": KNOWN["secret"], "WEBHOOK_URL": "https://hub.test/x"}
    said = subprocess.run(["sh", "-c", recipe], env=given_, capture_output=True, text=True, check=True, timeout=60)
    lines = said.stdout.splitlines()
    told = dict(line.split(": ", 1) for line in lines if line.startswith("webhook-"))
    body = lines[lines.index("-d") + 1].encode()
    arrived = Delivery("POST", {}, told, body, at=float(told["webhook-timestamp"]))
    assert DOOR.accept(arrived, KNOWN) == Accepted((), DOOR.SUCCESS)


def test_the_example_program_signs_as_we_verify() -> None:
    """examples/send_open_event.py sends what the door takes, and its own message is understood."""
    program = runpy.run_path(str(ROOT / "examples" / "send_open_event.py"))
    body = json.dumps(program["MESSAGE"]).encode()
    headers = program["signed_headers"](KNOWN["secret"], body, "msg_1", NOW)
    (received,) = DOOR.accept(Delivery("POST", {}, headers, body, at=float(NOW)), KNOWN).messages
    assert (received.dedupe_key, received.account, inbound.check(received.plaintext)) == ("msg_1", "erp", [])
