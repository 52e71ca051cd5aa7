"""C036: east asks for the cold chain, northwest for the weather; 200 stores render so, keep it over a new base, and one
call copies to all 200."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.directory.people import store_changed
from functions.tickets import app
from functions.tickets.forms.kind import FORMS
from hub.contracts.events import StoreChanged
from hub.kernel.clock import StepClock, rfc3339
from tests.support.aws import TENANT, account
from tests.support.forms import field, form
from tests.support.hosts import install
from tests.support.http import Answer, Context, bus_batch, call

EAST, NORTHWEST = "310000", "610000"
COLD = {"fields": {"cold_chain": field("cold_chain", "select", options=["全程冷链", "断链"])}}
WEATHER = {"fields": {"weather_plan": field("weather_plan", "long_text")}}
EAST_STORES = tuple(f"e{number:03}" for number in range(100))
NORTHWEST_STORES = tuple(f"n{number:03}" for number in range(100))


NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)


def opened(store_id: str, region: str) -> StoreChanged:
    """What the directory says of a store."""
    store = {"store_id": store_id, "region": region, "manager": "", "version": 1, "updated_at": rfc3339(NOW)}
    return store_changed(TENANT, store)


@pytest.fixture(autouse=True)
def hub() -> Iterator[None]:
    """The tickets room, which has heard of a hundred stores in 上海 and a hundred in 陕西."""
    with account("tickets") as session:
        install(app.room, session, StepClock(NOW))
        east = [opened(store, "310101") for store in EAST_STORES]
        stores = [*east, *(opened(store, "610102") for store in NORTHWEST_STORES)]
        assert app.on_event(bus_batch(*stores), Context()) == {"batchItemFailures": []}
        yield


def publish(key: str, document: Any, scope: str = "base") -> Answer:
    """Publish a form; it works."""
    answer = call(app.room, "POST", f"/forms/{key}/publish", {"document": document, "scope": scope})
    assert answer.status == 200, answer.text
    return answer


def asked_in(store: str) -> list[str]:
    """The fields of the form as a store has it."""
    answer = call(app.room, "GET", "/forms/delivery", query={"store": store})
    assert answer.status == 200, answer.text
    return [each["id"] for each in answer.json["document"]["fields"]]


def both() -> dict[str, set[str]]:
    """The fields of every one of the 200 as the room reads them, those that all of a side have alike; HTTP says the
    same of the first."""
    sides = {"east": EAST_STORES, "northwest": NORTHWEST_STORES}
    documents = app.room.desk.documents
    fields = dict[str, set[str]]()
    for side, stores in sides.items():
        forms = [documents.current(FORMS, "delivery", documents.scope(store)).value for store in stores]
        (names,) = {tuple(form.fields) for form in forms}
        assert list(names) == asked_in(stores[0])
        fields[side] = set(names)
    return fields


def test_each_region_has_its_own_and_a_new_base_loses_nothing() -> None:
    """East stores have the cold chain only, northwest ones the weather only. Base v2 (a new field, another title) keeps
    both; where base and east have changed the same title, that is reported and the overlay's stands."""
    base = form(field("goods", "text", required=True))
    publish("delivery", base)
    publish("delivery", {**COLD, "title": {"zh": "华东配送", "en": "East"}}, EAST)
    publish("delivery", WEATHER, NORTHWEST)
    assert both() == {"east": {"goods", "cold_chain"}, "northwest": {"goods", "weather_plan"}}

    newer: dict[str, Any] = {**form(field("goods", "text", required=True), field("gift", "boolean"))}
    newer["title"] = {"zh": "配送单", "en": "Delivery"}
    upgraded = publish("delivery", newer)
    assert {clash["scope"] for clash in upgraded.json["conflicts"]} == {EAST}
    assert both() == {"east": {"goods", "gift", "cold_chain"}, "northwest": {"goods", "gift", "weather_plan"}}
    overlays = call(app.room, "GET", "/forms/delivery/overlays").json["data"]
    conflicts = {each["scope"]: sorted(clash["pointer"] for clash in each["conflicts"]) for each in overlays}
    assert conflicts == {EAST: ["/title/en", "/title/zh"], NORTHWEST: []}


def test_one_call_copies_to_two_hundred_stores() -> None:
    """The cold chain of the east into each of the 200 stores: 200 results in one call, within ten seconds of work."""
    publish("delivery", form(field("goods", "text", required=True)))
    publish("delivery", COLD, EAST)
    targets = [*EAST_STORES, *NORTHWEST_STORES]
    began = time.process_time()
    copied = call(app.room, "POST", "/forms/delivery/copy", {"source": EAST, "targets": targets})
    seconds = time.process_time() - began
    assert copied.status == 200, copied.text
    assert [result["outcome"] for result in copied.json["results"]] == ["copied"] * 200
    assert seconds <= 10
    copy = {"goods", "cold_chain"}
    assert both() == {"east": copy, "northwest": copy}
