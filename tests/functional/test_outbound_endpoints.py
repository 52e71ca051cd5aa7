"""Endpoints over HTTP: registered, refused with the place of what is wrong, rotated, tested; what each may see."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from functions.outbound import app
from tests.support.http import token
from tests.support.outbound import OK, Hub, answers, outbound_hub

A, B = "https://a.example/hook", "https://b.example/hook"
PATH = "/webhooks/endpoints"


@pytest.fixture(name="hub")
def _hub() -> Iterator[Hub]:
    """At the present moment: `standardwebhooks` asks the real clock."""
    with outbound_hub(datetime.now(UTC)) as hub:
        hub.receivers.behaviours |= {A: OK, B: OK}
        yield hub


def pointers(hub: Hub, **body: Any) -> list[str]:
    """The places that a registration is refused for."""
    answer = hub.call("POST", PATH, {"url": A, "events": ["ticket.*"], **body})
    assert answer.status == 422, answer.text
    assert all(error["detail"] for error in answer.json["zh"]["errors"])
    assert not any("不符合要求" in error["detail"] for error in answer.json["zh"]["errors"]), answer.json["zh"]
    return [error["pointer"] for error in answer.json["errors"]]


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.example/hook", "https://private.example/", "https://me:pw@a.example/", "ftp://a.example/", "a"),
        *("http://127.0.0.1:3000/hook", "https://a.example/#x"),
    ],
)
def test_a_url_that_may_not_be_called_is_refused_at_once(hub: Hub, url: str) -> None:
    """Not https, a private address, credentials: 422, and nothing is kept."""
    assert pointers(hub, url=url) == ["/url"]
    assert hub.call("GET", PATH).json["data"] == []


def test_what_is_wrong_is_named_by_its_place(hub: Hub) -> None:
    """Events, filter, headers and secret alike."""
    assert pointers(hub, events=["ticket.closed", "ticket.nothing"]) == ["/events/1"]
    assert pointers(hub, events=["nobody.*"]) == ["/events/0"]
    assert pointers(hub, filter={"any": [{"region": {"within": "310000"}}, {"colour": {"eq": "red"}}]}) == [
        "/filter/any/1/colour"
    ]
    assert pointers(hub, filter={"priority": {"gt": "high"}}) == ["/filter/priority/gt"]
    assert pointers(hub, headers={"webhook-id": "x"}) == ["/headers/webhook-id"]
    assert pointers(hub, headers={"X-A": "a\nb"}) == ["/headers/X-A"]
    assert pointers(hub, secret="whsec_short") == ["/secret"]
    assert pointers(hub, region="999999") == ["/region"]


def test_nobody_filters_by_what_they_do_not_see(hub: Hub) -> None:
    """An agent sees no cost; a filter by it would tell."""
    body = {"url": A, "events": ["ticket.closed"], "roles": ["agent"], "filter": {"labour_minor": {"gt": 1}}}
    answer = hub.call("POST", PATH, body)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/filter/labour_minor")
    assert hub.call("POST", PATH, body | {"roles": ["administrator"]}).status == 201


def test_an_endpoint_is_no_more_than_its_owner(hub: Hub) -> None:
    """An integrator registers none for administrators."""
    as_integrator = token("integrator", sub="erp")
    body = {"url": A, "events": ["*"], "roles": ["administrator"]}
    answer = hub.call("POST", PATH, body, as_=as_integrator)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/roles")
    made = hub.call("POST", PATH, body | {"roles": []}, as_=as_integrator).json
    assert (made["roles"], made["owner"]) == (["integrator"], "erp")


def test_every_delivery_verifies_and_has_the_shape_of_a_cloud_event(hub: Hub) -> None:
    """By `standardwebhooks`; whoever changes a byte, or has another secret, is refused."""
    endpoint = hub.register(A, headers={"X-Token": "t-1"})
    event = hub.opened(1)
    hub.tell(event)
    hub.work()
    (received,) = hub.receivers.at(A)
    body = received.verify(endpoint["secret"])
    assert {name: body[name] for name in ("specversion", "id", "source", "type", "subject", "datacontenttype")} == {
        "specversion": "1.0",
        "id": event.id,
        "source": "urn:scrm-hub:demo",
        "type": "ticket.opened",
        "subject": "tkt_1",
        "datacontenttype": "application/json",
    }
    assert body["data"] == event.model_dump(mode="json")
    assert (received.headers["X-Token"], received.id) == ("t-1", event.id)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint["secret"]).verify(received.body.decode().replace("tkt_1", "tkt_2"), dict(received.headers))
    with pytest.raises(WebhookVerificationError):
        received.verify("whsec_" + base64.b64encode(b"x" * 32).decode())


def test_a_given_secret_is_used_and_shown_once(hub: Hub) -> None:
    """Nor are the values of headers shown again, in the list, in the endpoint, or in an attempt."""
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    endpoint = hub.register(A, secret=secret, headers={"Authorization": "Bearer of-the-receiver"})
    assert endpoint["secret"] == secret
    hub.tell(hub.opened(1))
    hub.work()
    hub.receivers.at(A)[0].verify(secret)
    (delivery,) = hub.deliveries(endpoint["id"])
    shown = [
        hub.call("GET", PATH).text,
        hub.call("GET", f"{PATH}/{endpoint['id']}").text,
        hub.call("GET", f"{PATH}/{endpoint['id']}/deliveries/{delivery['id']}").text,
    ]
    assert not [text for text in shown if secret in text or "of-the-receiver" in text]
    assert hub.endpoint(endpoint["id"])["headers"] == ["Authorization"]


def test_two_secrets_live_for_a_day(hub: Hub) -> None:
    """Each delivery bears both signatures; after 24 hours the new one alone."""
    endpoint = hub.register(A)
    rotated = hub.call("POST", f"{PATH}/{endpoint['id']}/rotate", {}).json
    assert rotated["old_secret_until"]
    hub.tell(hub.opened(1))
    hub.work()
    (received,) = hub.receivers.at(A)
    assert len(received.headers["webhook-signature"].split()) == 2
    received.verify(endpoint["secret"])
    received.verify(rotated["secret"])
    hub.clock.advance(hours=24)
    hub.tell(hub.opened(2))
    hub.work()
    assert len(hub.receivers.at(A)[1].headers["webhook-signature"].split()) == 1


def test_ed25519_beside_hmac_where_it_is_asked_for(hub: Hub) -> None:
    """`v1a` verifies with the public key that the endpoint shows."""
    endpoint = hub.register(A, asymmetric=True)
    hub.tell(hub.opened(1))
    hub.work()
    (received,) = hub.receivers.at(A)
    received.verify(endpoint["secret"])
    (signature,) = [part for part in received.headers["webhook-signature"].split() if part.startswith("v1a,")]
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(endpoint["public_key"].removeprefix("whpk_")))
    content = f"{received.id}.{received.headers['webhook-timestamp']}.".encode() + received.body
    key.verify(base64.b64decode(signature.removeprefix("v1a,")), content)


def test_a_test_is_sent_and_answered_at_once(hub: Hub) -> None:
    """A signed sample of any event, with what the receiver said; an unknown one is refused."""
    endpoint = hub.register(A, events=["ticket.closed"])
    hub.receivers.behaviours[A] = answers(202, "收到".encode(), x_request="7")
    answer = hub.call("POST", f"{PATH}/{endpoint['id']}/test", {"event": "order.paid"})
    shown = answer.json
    assert (answer.status, shown["state"], shown["test"], shown["attempts"]) == (200, "delivered", True, 1)
    (attempt,) = shown["history"]
    assert (attempt["status"], attempt["answer"], attempt["answer_headers"]) == (202, "收到", {"x-request": "7"})
    (received,) = hub.receivers.at(A)
    assert received.verify(endpoint["secret"]) == shown["body"]
    assert attempt["request_headers"]["webhook-id"] == received.id == shown["event_id"]
    wrong = hub.call("POST", f"{PATH}/{endpoint['id']}/test", {"event": "moon.full"})
    assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/event")


def test_a_repeated_request_registers_nothing_twice(hub: Hub) -> None:
    """The same Idempotency-Key: the same endpoint, the same secret, the same test."""
    body = {"url": A, "events": ["*"]}
    first, again = (hub.call("POST", PATH, body, key="k1").json for _ in range(2))
    assert (first["id"], first["secret"]) == (again["id"], again["secret"])
    tests = [hub.call("POST", f"{PATH}/{first['id']}/test", {}, key="k2").json for _ in range(2)]
    assert tests[0]["id"] == tests[1]["id"]
    assert len(hub.receivers.received) == 1
    rotated = [hub.call("POST", f"{PATH}/{first['id']}/rotate", {}, key="k3").json["secret"] for _ in range(2)]
    assert rotated[0] == rotated[1]
    again_path = f"{PATH}/{first['id']}/deliveries/{tests[0]['id']}/replay"
    for _ in range(2):
        assert hub.call("POST", again_path, key="k4").status == 200
        hub.run(minutes=1)
    assert len(hub.receivers.received) == 2
    asked = [hub.call("POST", f"{PATH}/{first['id']}/replay", {"which": "failed"}, key="k5") for _ in range(2)]
    assert (asked[0].status, asked[0].json) == (202, asked[1].json)


def test_a_filter_and_a_region_decide_what_is_sent(hub: Hub) -> None:
    """What fits neither is not kept for that endpoint either."""
    urgent = hub.register(A, filter={"priority": {"in": ["high", "urgent"]}, "ticket_type": {"eq": "repair"}})
    north = hub.register(B, region="110000")
    hub.tell(
        hub.opened(1, priority="urgent"),
        hub.opened(2, priority="low", region="110105"),
        hub.opened(3, priority="high", ticket_type="consult"),
    )
    hub.work()
    assert (hub.receivers.ids(A), hub.receivers.ids(B)) == (["evt_00001"], ["evt_00002"])
    assert [len(hub.deliveries(each["id"])) for each in (urgent, north)] == [1, 1]


def test_what_its_roles_do_not_see_is_not_sent(hub: Hub) -> None:
    """Costs go to finance, not to an agent; and not to an endpoint whose owner is finance no longer."""
    hub.register(A, roles=["finance"], events=["ticket.closed"])
    hub.register(B, roles=["agent"], events=["ticket.closed"])
    hub.tell(hub.closed(1))
    hub.work()
    (money,), (plain,) = hub.receivers.at(A), hub.receivers.at(B)
    assert money.json["data"]["labour_minor"] == 12000
    assert "labour_minor" not in plain.json["data"]
    seen = app.room.desk.endpoints.all()[0]
    owner = {"pk": f"demo#principal#{seen.owner}", "sk": "principal", "roles": ["agent"], "region": "base"}
    put = hub.session.resource("dynamodb").Table("hub-demo-directory").put_item
    put(Item=owner)
    hub.tell(hub.closed(2))
    hub.work()
    assert [each.id for each in hub.receivers.at(A)] == ["evt_00001"]
    assert "labour_minor" not in hub.receivers.at(B)[1].json["data"]
    put(Item=owner | {"frozen": True})
    hub.tell(hub.closed(3))
    hub.work()
    assert {each["reason"] for each in hub.call("GET", PATH, as_=token(sub="other")).json["data"]} == {"owner-frozen"}
    assert len(hub.receivers.received) == 3


def test_nobody_has_told_to_them_what_they_do_not_see(hub: Hub) -> None:
    """An integrator neither turns an administrator's endpoint to a server of theirs nor gets its secret; may switch it
    off; and has their own."""
    endpoint = hub.register(A, events=["ticket.closed"])
    path, as_integrator = f"{PATH}/{endpoint['id']}", token("integrator", sub="erp")
    turned = hub.call("PATCH", path, {"url": B}, as_=as_integrator)
    rotated = hub.call("POST", f"{path}/rotate", {}, as_=as_integrator)
    assert (turned.status, rotated.status) == (403, 403)
    assert turned.json["zh"]["detail"] == "该接收地址可见的内容多于您的权限"
    assert hub.endpoint(endpoint["id"])["url"] == A
    assert hub.call("POST", f"{path}/disable", as_=as_integrator).status == 200
    own = hub.call("POST", PATH, {"url": A, "events": ["*"]}, as_=as_integrator).json
    assert hub.call("PATCH", f"{PATH}/{own['id']}", {"url": B}, as_=as_integrator).status == 200


def test_what_its_owner_reaches_no_longer_is_not_sent(hub: Hub) -> None:
    """An endpoint for the whole tenant, whose owner has moved to 江苏: nothing of 上海; a sample still."""
    endpoint = hub.register(A)
    owner = {"pk": f"demo#principal#{endpoint['owner']}", "sk": "principal", "roles": ["administrator"]}
    hub.session.resource("dynamodb").Table("hub-demo-directory").put_item(Item=owner | {"region": "320000"})
    hub.tell(hub.opened(1), hub.opened(2, region="320100"))
    hub.work()
    assert hub.receivers.ids(A) == ["evt_00002"]
    sample = hub.call("POST", f"{PATH}/{endpoint['id']}/test", {"event": "ticket.opened"}, as_=token(sub="other"))
    assert sample.json["state"] == "delivered"


def test_what_is_held_is_sent_on_enabling_all_or_by_family(hub: Hub) -> None:
    """A disabled endpoint gets nothing and loses nothing."""
    endpoint = hub.register(A, events=["*"])
    path = f"{PATH}/{endpoint['id']}"
    hub.call("POST", f"{path}/disable")
    hub.tell(*(hub.opened(number) for number in range(3)), *(hub.closed(number) for number in range(10, 12)))
    hub.run(minutes=2)
    assert hub.receivers.received == []
    assert len(hub.deliveries(endpoint["id"], "held")) == 5
    hub.call("POST", f"{path}/enable", {"send_held": True, "events": ["ticket.closed"]})
    hub.run(minutes=2)
    assert sorted(hub.receivers.ids(A)) == ["evt_00010", "evt_00011"]
    assert hub.call("POST", f"{path}/replay", {"which": "held"}).status == 202
    hub.run(minutes=2)
    assert len(set(hub.receivers.ids(A))) == len(hub.receivers.ids(A)) == 5
    assert {row["state"] for row in hub.deliveries(endpoint["id"])} == {"delivered"}


def test_a_span_of_time_is_sent_again(hub: Hub) -> None:
    """What was delivered in it, each once more under its id; of two replays at once one is refused."""
    endpoint = hub.register(A)
    hub.tell(hub.opened(1))
    hub.work()
    hub.clock.advance(hours=1)
    since = hub.clock.now
    hub.tell(*(hub.opened(number) for number in range(2, 27)))
    hub.run(minutes=1)
    body = {"which": "all", "since": since.isoformat(), "until": (since + timedelta(hours=1)).isoformat()}
    asked = [hub.call("POST", f"{PATH}/{endpoint['id']}/replay", body).status for _ in range(2)]
    hub.run(minutes=2)
    ids = hub.receivers.ids(A)
    assert asked == [202, 409]
    assert (len(ids), ids.count("evt_00001"), len(set(ids))) == (51, 1, 26)


def test_a_span_may_end_after_today_and_must_begin_before_it_ends(hub: Hub) -> None:
    """Until 2030: all that there is, listed and sent again. Until before it began: 422 with the place."""
    endpoint = hub.register(A)
    path = f"{PATH}/{endpoint['id']}"
    hub.tell(hub.opened(1))
    hub.work()
    late = "2030-01-01T00:00:00Z"
    assert len(hub.call("GET", f"{path}/deliveries", query={"until": late}).json["data"]) == 1
    assert hub.call("POST", f"{path}/replay", {"which": "all", "until": late}).status == 202
    hub.run(minutes=2)
    assert hub.receivers.ids(A) == ["evt_00001", "evt_00001"]
    refused = hub.call("POST", f"{path}/replay", {"since": late, "until": "2020-01-01T00:00:00Z"})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/until")


def test_it_can_be_changed_and_only_as_it_was_seen(hub: Hub) -> None:
    """Another version: 409; another URL holds for what waits too."""
    endpoint = hub.register(A)
    path = f"{PATH}/{endpoint['id']}"
    assert hub.call("PATCH", path, {"version": 9, "description": "x"}).status == 409
    assert hub.call("PATCH", path, {"url": "http://b.example"}).json["errors"][0]["pointer"] == "/url"
    changed = hub.call("PATCH", path, {"version": 1, "url": B, "headers": {"X-A": "1"}}).json
    assert (changed["url"], changed["headers"], changed["version"]) == (B, ["X-A"], 2)
    hub.tell(hub.opened(1))
    hub.work()
    assert (hub.receivers.ids(A), hub.receivers.ids(B)) == ([], ["evt_00001"])
    assert hub.receivers.at(B)[0].headers["X-A"] == "1"


def test_one_that_is_forgotten_gets_nothing_more(hub: Hub) -> None:
    """404 for whoever asks, and what waited ends with it."""
    hub.receivers.behaviours[A] = answers(500)
    endpoint = hub.register(A)
    hub.tell(hub.opened(1))
    hub.work()
    assert hub.call("DELETE", f"{PATH}/{endpoint['id']}").status == 204
    hub.run(hours=1)
    assert len(hub.receivers.received) == 1
    assert hub.call("GET", f"{PATH}/{endpoint['id']}").status == 404


def test_events_without_a_url_are_collected(hub: Hub) -> None:
    """They are held, with the body that would be sent, for whoever asks."""
    endpoint = hub.register("", events=["ticket.opened"])
    event = hub.opened(1)
    hub.tell(event)
    hub.work()
    (delivery,) = hub.deliveries(endpoint["id"], "held")
    shown = hub.call("GET", f"{PATH}/{endpoint['id']}/deliveries/{delivery['id']}").json
    assert (shown["reason"], shown["body"]["data"]) == ("collected", event.model_dump(mode="json"))
    sample = hub.call("POST", f"{PATH}/{endpoint['id']}/test", {"event": "order.paid"}).json
    assert (sample["state"], sample["body"]["type"]) == ("held", "order.paid")
    assert sample["id"] in [row["id"] for row in hub.deliveries(endpoint["id"], "held")]


def test_statistics_say_how_an_endpoint_does(hub: Hub) -> None:
    """Counts, what waits, the last error in words."""
    endpoint = hub.register(A)
    hub.tell(hub.opened(1), hub.opened(2))
    hub.work()
    hub.receivers.behaviours[A] = answers(500)
    hub.tell(hub.opened(3))
    hub.work()
    shown = hub.call("GET", f"{PATH}/{endpoint['id']}/statistics").json
    assert {name: shown[name] for name in ("delivered", "failed_attempts", "waiting", "failures", "last_error")} == {
        "delivered": 2,
        "failed_attempts": 1,
        "waiting": 1,
        "failures": 1,
        "last_error": "HTTP 500",
    }
    assert 0 < shown["p95_ms"] <= 1000


def test_a_list_goes_on_page_by_page(hub: Hub) -> None:
    """Each delivery once, newest first, whatever its state."""
    endpoint = hub.register("", events=["*"])
    for number in range(5):
        hub.clock.advance(seconds=1)
        hub.tell(hub.opened(number))
    rows: list[str] = []
    cursor = ""
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = hub.call("GET", f"{PATH}/{endpoint['id']}/deliveries", query=query).json
        rows += [row["event_id"] for row in page["data"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert rows == [f"evt_{number:05}" for number in reversed(range(5))]
