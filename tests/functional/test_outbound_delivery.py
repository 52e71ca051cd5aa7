"""What is said is sent to whom integrators named: signed, once, again until it has arrived, and nobody waits for
another."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise

import pytest

from functions.outbound import app
from hub.contracts.events import EndpointDisabled
from hub.edge.fetch import Fetched
from tests.support.http import Context, bus_batch
from tests.support.outbound import NOON, OK, REFUSES, Hub, answers, hangs, outbound_hub

A, B = "https://a.example/hook", "https://b.example/hook"


@pytest.fixture(name="hub")
def _hub() -> Iterator[Hub]:
    with outbound_hub() as hub:
        hub.receivers.behaviours[A] = OK
        yield hub


def test_an_event_arrives_once_however_often_it_is_said(hub: Hub) -> None:
    """Under its own id, signed, and seen in the list of deliveries."""
    endpoint = hub.register(A)
    event = hub.opened(1)
    hub.tell(event, event)
    hub.work()
    hub.tell(event)
    hub.work()
    assert hub.receivers.ids(A) == [event.id]
    (delivery,) = hub.deliveries(endpoint["id"])
    assert (delivery["state"], delivery["attempts"], delivery["event_id"]) == ("delivered", 1, event.id)


def test_attempts_go_by_the_schedule_and_keep_their_id(hub: Hub) -> None:
    """At once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h: each wait up to a tenth longer, and to the next sweep."""
    hub.receivers.behaviours[A] = REFUSES
    hub.register(A)
    hub.tell(hub.opened(1))
    hub.run(hours=33)
    tries = hub.receivers.at(A)
    waits = [(late.at - early.at).total_seconds() for early, late in pairwise(tries)]
    schedule = [5, 300, 1800, 7200, 18000, 36000, 36000]
    assert len({each.id for each in tries}) == 1
    assert len(tries) == 8
    for wait, planned in zip(waits, schedule, strict=True):
        assert planned <= wait <= planned * 1.1 + 660  # an endpoint that fails is left alone for ten minutes at most


def test_a_slow_or_broken_endpoint_holds_nobody_up(hub: Hub) -> None:
    """The other has all of its own before time goes on."""
    hub.receivers.behaviours |= {B: hangs}
    hub.register(A)
    slow = hub.register(B)
    hub.tell(*(hub.opened(number) for number in range(30)))
    hub.work()
    assert sorted(hub.receivers.ids(A)) == [f"evt_{number:05}" for number in range(30)]
    assert len(hub.receivers.ids(B)) < 30
    hub.receivers.behaviours[B] = OK
    hub.run(minutes=20)
    assert {row["state"] for row in hub.deliveries(slow["id"])} == {"delivered"}


def test_a_weekend_without_a_receiver_loses_nothing(hub: Hub) -> None:
    """From Friday noon for 60 hours it refuses; on Monday the first event that arrives brings all others with it."""
    hub.receivers.behaviours[A] = REFUSES
    endpoint = hub.register(A)
    for day in range(3):
        hub.tell(*(hub.opened(10 * day + number) for number in range(2)))
        hub.run(hours=20)
    hub.receivers.behaviours[A] = OK
    before = len(hub.receivers.received)
    hub.tell(hub.opened(99))
    hub.run(minutes=11)
    arrived = [each.id for each in hub.receivers.received[before:]]
    assert sorted(arrived) == [*(f"evt_{10 * day + number:05}" for day in range(3) for number in range(2)), "evt_00099"]
    assert hub.endpoint(endpoint["id"])["state"] == "enabled"


def test_five_days_of_failure_disable_it_and_people_hear_of_it(hub: Hub) -> None:
    """What waits is kept, what comes meanwhile is held, and both arrive once it is enabled."""
    hub.receivers.behaviours[A] = REFUSES
    endpoint = hub.register(A)
    hub.tell(hub.opened(1))
    hub.run(days=6)
    shown = hub.endpoint(endpoint["id"])
    assert (shown["state"], shown["reason"]) == ("disabled", "failing")
    (event,) = hub.said()
    assert isinstance(event, EndpointDisabled)
    assert (event.endpoint_id, event.cause) == (endpoint["id"], "failing")
    hub.tell(hub.opened(2))
    hub.run(days=1)
    assert [row["state"] for row in hub.deliveries(endpoint["id"], "held")] == ["held"]
    hub.receivers.behaviours[A] = OK
    before = len(hub.receivers.received)
    assert hub.call("POST", f"/webhooks/endpoints/{endpoint['id']}/enable", {"send_held": True}).status == 200
    hub.run(minutes=2)
    assert "evt_00002" in [each.id for each in hub.receivers.received[before:]]


def test_410_disables_it_at_once_and_keeps_the_event(hub: Hub) -> None:
    """The receiver says that it is gone; what it refused is held."""
    hub.receivers.behaviours[A] = answers(410)
    endpoint = hub.register(A)
    hub.tell(hub.opened(1))
    hub.run(days=1)
    assert len(hub.receivers.received) == 1
    assert (hub.endpoint(endpoint["id"])["reason"], hub.said()[0].model_dump()["cause"]) == ("gone", "gone")
    assert [row["reason"] for row in hub.deliveries(endpoint["id"], "held")] == ["gone"]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(hub: Hub, status: int) -> None:
    """Nothing goes to the endpoint before that, other events included."""
    hub.receivers.behaviours[A] = answers(status, retry_after="1800")
    hub.register(A)
    hub.tell(hub.opened(1))
    hub.work()
    hub.receivers.behaviours[A] = OK
    hub.tell(hub.opened(2))
    hub.run(minutes=29)
    assert len(hub.receivers.received) == 1
    hub.run(minutes=3)
    assert sorted(hub.receivers.ids(A)) == ["evt_00001", "evt_00001", "evt_00002"]
    assert hub.receivers.at(A)[1].at >= NOON + timedelta(minutes=30)


def test_retry_after_may_be_a_date(hub: Hub) -> None:
    """By the receiver's own clock."""
    hub.receivers.behaviours[A] = answers(
        503, retry_after="Fri, 20 Nov 2026 05:00:00 GMT", date="Fri, 20 Nov 2026 04:30:00 GMT"
    )
    hub.register(A)
    hub.tell(hub.opened(1))
    hub.run(minutes=29)
    assert len(hub.receivers.received) == 1
    hub.run(minutes=4)
    assert len(hub.receivers.received) == 2


def test_a_receiver_may_ask_for_no_further_attempt(hub: Hub) -> None:
    """`webhook-should-retry: false` fails the delivery; it can be sent again by hand."""
    hub.receivers.behaviours[A] = answers(400, webhook_should_retry="false")
    endpoint = hub.register(A)
    hub.tell(hub.opened(1))
    hub.run(days=1)
    (delivery,) = hub.deliveries(endpoint["id"])
    assert (delivery["state"], delivery["reason"], len(hub.receivers.received)) == ("failed", "receiver-said-stop", 1)
    hub.receivers.behaviours[A] = OK
    path = f"/webhooks/endpoints/{endpoint['id']}/deliveries/{delivery['id']}"
    assert hub.call("POST", path + "/replay").json["state"] == "pending"
    hub.work()
    shown = hub.call("GET", path).json
    assert (shown["state"], [each["status"] for each in shown["history"]]) == ("delivered", [400, 200])
    assert set(hub.receivers.ids(A)) == {"evt_00001"}


def test_a_private_address_at_delivery_is_not_called_and_told(hub: Hub) -> None:
    """Though the name was public when it was registered."""
    endpoint = hub.register(A)
    seen = app.room.desk.endpoints.read(endpoint["id"])
    app.room.desk.endpoints.save(seen, seen.model_copy(update={"url": "https://private.example/"}))
    hub.tell(hub.opened(1))
    hub.work()
    (delivery,) = hub.deliveries(endpoint["id"])
    shown = hub.call("GET", f"/webhooks/endpoints/{endpoint['id']}/deliveries/{delivery['id']}").json
    assert (hub.receivers.received, shown["history"][0]["error"]) == ([], "private-address")


def test_where_order_is_asked_for_later_events_of_a_thing_wait(hub: Hub) -> None:
    """Behind the one that fails, for a day at most; those of other things do not."""
    fails = {"evt_00001"}
    hub.receivers.behaviours[A] = lambda headers, body: (REFUSES if headers["webhook-id"] in fails else OK)(
        headers, body
    )
    hub.register(A, ordered=True, concurrency=5)
    hub.tell(hub.opened(1, ticket=7))
    hub.clock.advance(seconds=1)
    hub.tell(hub.opened(2, ticket=7))
    hub.clock.advance(seconds=1)
    hub.tell(hub.opened(3, ticket=7), hub.opened(4, ticket=8))
    hub.run(minutes=3)
    assert set(hub.receivers.ids(A)) == {"evt_00001", "evt_00004"}
    fails.clear()
    hub.run(hours=1)
    assert [name for name in hub.receivers.ids(A) if name != "evt_00004"][-3:] == [
        "evt_00001",
        "evt_00002",
        "evt_00003",
    ]


def test_one_that_fails_for_a_day_is_passed(hub: Hub) -> None:
    """Order is kept up to a bound."""
    hub.receivers.behaviours[A] = lambda headers, body: (REFUSES if headers["webhook-id"] == "evt_00001" else OK)(
        headers, body
    )
    hub.register(A, ordered=True)
    hub.tell(hub.opened(1, ticket=7))
    hub.clock.advance(seconds=1)
    hub.tell(hub.opened(2, ticket=7))
    hub.run(hours=23)
    assert "evt_00002" not in hub.receivers.ids(A)
    hub.run(hours=14)
    assert "evt_00002" in hub.receivers.ids(A)


def test_a_rate_is_kept(hub: Hub) -> None:
    """Sixty a minute: one a second."""
    hub.register(A, per_minute=60)
    hub.tell(*(hub.opened(number) for number in range(12)))
    hub.work()
    hub.run(seconds=5)
    assert 4 <= len(hub.receivers.received) <= 6
    hub.run(seconds=10)
    assert len(hub.receivers.received) == 12


def test_as_many_go_side_by_side_as_the_endpoint_takes(hub: Hub) -> None:
    """Three at once where `concurrency` is three: each waits for two others, and a fourth never comes."""
    together, lock, busy, most = threading.Barrier(3), threading.Lock(), [0], [0]

    def meets(headers: Mapping[str, str], body: bytes) -> Fetched:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        together.wait(timeout=30)
        with lock:
            busy[0] -= 1
        return OK(headers, body)

    hub.receivers.behaviours[A] = meets
    hub.register(A, concurrency=3)
    hub.tell(*(hub.opened(number) for number in range(12)))
    hub.work()
    assert (len(hub.receivers.received), most[0]) == (12, 3)


def test_a_worker_that_died_is_followed_by_the_sweep(hub: Hub) -> None:
    """Its lease ends, and somebody else goes on with what it had begun."""
    endpoint = hub.register(A)
    hub.tell(hub.opened(1))
    hub.queue.clear()
    assert app.room.desk.turns.take(endpoint["id"], "dead", hub.clock.now)
    hub.run(minutes=1)
    assert hub.receivers.received == []
    hub.run(minutes=2)
    assert hub.receivers.ids(A) == ["evt_00001"]


def test_a_wake_while_a_turn_ends_is_not_lost(hub: Hub) -> None:
    """What comes in while the last wave is under way is sent by the same turn."""
    later = hub.opened(2)

    def tells(headers: Mapping[str, str], body: bytes) -> Fetched:
        if len(hub.receivers.received) == 1:
            hub.tell(later)
            hub.queue.clear()  # the turn that is under way is enough
        return OK(headers, body)

    hub.receivers.behaviours[A] = tells
    hub.register(A)
    hub.tell(hub.opened(1))
    hub.work()
    assert hub.receivers.ids(A) == ["evt_00001", "evt_00002"]


def test_one_that_was_switched_on_a_moment_ago_is_sent_what_comes(hub: Hub) -> None:
    """Though whoever hears the event still knows it as switched off: nothing is held for one that is enabled."""
    endpoint = hub.register(A)
    path = f"/webhooks/endpoints/{endpoint['id']}"
    hub.call("POST", f"{path}/disable")
    hub.tell(hub.opened(1))
    hub.call("POST", f"{path}/enable", {"send_held": True})
    assert app.on_event(bus_batch(hub.opened(2)), Context()) == {"batchItemFailures": []}
    hub.run(minutes=2)
    assert sorted(hub.receivers.ids(A)) == ["evt_00001", "evt_00002"]
    assert hub.deliveries(endpoint["id"], "held") == []


def test_whatever_a_receiver_answers_is_written(hub: Hub) -> None:
    """Twenty at once with 64 KB each that are no text, and fifty headers with names of 1,000 letters."""
    headers = {f"x-{number}-{'n' * 1000}": "v" * 1000 for number in range(50)}
    hub.receivers.behaviours[A] = lambda _headers, _body: Fetched(200, headers, b"\xff" * 65536)
    endpoint = hub.register(A, concurrency=20)
    hub.tell(*(hub.opened(number) for number in range(20)))
    hub.work()
    assert len(hub.receivers.received) == len(hub.deliveries(endpoint["id"], "delivered")) == 20
    path = f"/webhooks/endpoints/{endpoint['id']}/deliveries/{hub.deliveries(endpoint['id'])[0]['id']}"
    (attempt,) = hub.call("GET", path).json["history"]
    assert len(attempt["answer"].encode()) <= 65536


def test_an_endpoint_is_told_in_its_own_version_or_hears_that_it_cannot(hub: Hub) -> None:
    """Registered for a version that this hub does not speak (it was newer once): held with the reason, never left out
    in silence, and sent once it is told so; one of the present version is sent at once. `dataschema` says which."""
    hub.receivers.behaviours[B] = OK
    newer, usual = hub.register(A), hub.register(B)
    endpoints = app.room.desk.endpoints
    known = endpoints.read(newer["id"])
    endpoints.save(known, known.model_copy(update={"schema_version": 2}))
    hub.tell(hub.opened(1))
    hub.work()
    (held,) = hub.deliveries(newer["id"])
    assert (held["state"], held["reason"], hub.receivers.ids(A)) == ("held", "schema-version", [])
    assert hub.receivers.at(usual["url"])[0].json["dataschema"] == "urn:scrm-hub:event:ticket.opened:1"
    refused = hub.call("POST", "/webhooks/endpoints", {"url": A, "events": ["*"], "schema_version": 3})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/schema_version")
    known = endpoints.read(newer["id"])
    endpoints.save(known, known.model_copy(update={"schema_version": 1}))
    assert hub.call("POST", f"/webhooks/endpoints/{newer['id']}/replay", {"which": "held"}).status == 202
    hub.run(minutes=1)
    assert hub.receivers.ids(A) == ["evt_00001"]
