"""Deliveries over HTTP: what was sent and what came back, a test, and sending again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.outbound.api.endpoints import ONE, SOON, find_endpoint
from functions.outbound.api.views import show_delivery, show_detail
from functions.outbound.catalogue.catalogue import chosen_types, example_event
from functions.outbound.deliveries.deliveries import KEPT, Attempt, Delivery, delivery_id
from functions.outbound.deliveries.deliveries_table import STATES
from functions.outbound.deliveries.message import body_of, subject_of
from functions.outbound.deliveries.replays import Replay
from functions.outbound.desk import Desk
from functions.outbound.endpoints.endpoints import Endpoint, data_for, told_to
from functions.outbound.handlers.hearing import call
from functions.outbound.handlers.posting import Letters, post
from functions.outbound.room import INTEGRATORS, room
from hub.contracts.http import Page
from hub.contracts.outbound import (
    DeliveryDetail,
    DeliveryQuery,
    DeliveryView,
    ReplayBody,
    ReplayView,
    SendTest,
)
from hub.edge import cursors
from hub.edge.access import Subject
from hub.edge.answers import page
from hub.edge.auth import ADMINISTRATOR
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, Invalid, NotFound, Problem
from hub.store.table import Lost

DELIVERY = ONE + "/deliveries/{delivery_id}"


@room.http("GET", ONE + "/deliveries", query=DeliveryQuery, answer=Page[DeliveryView], roles=INTEGRATORS,
           scope="region", subject=find_endpoint, summary="投递记录 · List an endpoint's deliveries")  # fmt: skip
def list_deliveries(desk: Desk, request: Request) -> Page[DeliveryView]:
    """The newest first, of the last ninety days; of one state where the query names it."""
    query = request.query
    endpoint: Endpoint = request.subject
    states = (query.state,) if query.state else STATES
    span = _span(query.since, query.until, request.now)
    rows, position = desk.deliveries.newest(endpoint.id, states, query.limit, span, cursors.decode(query.cursor))
    return page(map(show_delivery, rows), position)


def find_delivery(desk: Desk, request: Request) -> Subject:
    """The delivery of the path, where its endpoint lies."""
    endpoint = find_endpoint(desk, request)
    return Subject((endpoint.thing, _own(desk, request)), endpoint.places)


@room.http("GET", DELIVERY, answer=DeliveryDetail, roles=INTEGRATORS, scope="region", subject=find_delivery,
           summary="投递详情 · A delivery with its attempts")  # fmt: skip
def read_delivery(desk: Desk, request: Request) -> DeliveryDetail:
    """Each attempt with what was sent and the first 64 KB of what came back."""
    return _detail(desk, request, *request.subject)


def _replay_one(desk: Desk, _: Request, made: str) -> DeliveryView:
    return show_delivery(desk.deliveries.read(made))


@room.http("POST", DELIVERY + "/replay", answer=DeliveryView, roles=INTEGRATORS, scope="tenant",
           replay=_replay_one, summary="重新投递 · Send one delivery again")  # fmt: skip
def replay_delivery(desk: Desk, request: Request) -> DeliveryView:
    """At once, under the same webhook-id. One that is to be sent anyhow stays as it is."""
    delivery, now = _own(desk, request), request.now
    event = desk.deliveries.events((delivery.event_id,)).get(delivery.event_id)
    if event is None:
        raise NotFound("the event is forgotten", event=delivery.event_id)
    if delivery.state != "pending":
        writes = desk.deliveries.wait_again(delivery, event.at, now, desk.wall_now())
        try:
            desk.deliveries.table.transact(*writes, made=delivery.id)
        except Lost:
            raise Conflict("the delivery has changed since", delivery=delivery.id) from None
    desk.turns.wake(delivery.endpoint_id, now, desk.token())
    call(desk, delivery.endpoint_id)
    return show_delivery(desk.deliveries.read(delivery.id))


def _replay_many(_: Desk, request: Request, made: str) -> ReplayView:
    return _view_of(_replay(request, made))


@room.http("POST", ONE + "/replay", body=ReplayBody, answer=ReplayView, status=202, roles=INTEGRATORS,
           scope="tenant", replay=_replay_many,
           summary="批量重新投递 · Send again what failed, what is held, or all of a span")  # fmt: skip
def replay_deliveries(desk: Desk, request: Request) -> ReplayView:
    """In the background, each once, under the same webhook-ids. One replay at a time."""
    endpoint = desk.endpoints.read(request.path["endpoint_id"])
    chosen_types(request.body.events)
    if request.body.since and request.body.until and request.body.until <= request.body.since:
        raise Invalid("span", problems=[Problem("/until", "must be after since")])
    replay = _replay(request, request.new_id("rpl"))
    try:
        desk.turns.table.transact(desk.turns.ask_replay(endpoint.id, replay, request.now), made=replay.id)
    except Lost:
        raise Conflict("a replay of this endpoint goes on", endpoint=endpoint.id) from None
    call(desk, endpoint.id)
    return _view_of(replay)


def _replay(request: Request, replay_id: str) -> Replay:
    body = request.body
    since, until = _span(body.since, body.until, request.made_at or request.now)
    return Replay(replay_id, body.which, body.events, since, until)


def _span(since: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """From when to when is looked: no further ahead than there can be any."""
    return since or now - KEPT, min(until or now + SOON, now + SOON)


def _view_of(replay: Replay) -> ReplayView:
    return ReplayView(id=replay.id, which=replay.which, since=replay.since, until=replay.until)


def _replay_test(desk: Desk, request: Request, made: str) -> DeliveryDetail:
    return _detail(desk, request, desk.endpoints.read(request.path["endpoint_id"]), desk.deliveries.read(made))


@room.http("POST", ONE + "/test", body=SendTest, answer=DeliveryDetail, roles=INTEGRATORS, scope="tenant",
           replay=_replay_test, summary="发送测试事件 · Send a signed sample now, and say what came back")  # fmt: skip
def send_test(desk: Desk, request: Request) -> DeliveryDetail:
    """Once, whether the endpoint is enabled or not, and whether it asks for that event or not. One without a URL finds
    it among what it collects."""
    endpoint, now, wall = desk.endpoints.read(request.path["endpoint_id"]), request.now, desk.wall_now()
    event = example_event(request.body.event, request.new_id("evt"), now, desk.tenant)
    delivery = Delivery(
        id=delivery_id(endpoint.id, event.id, event.at),
        endpoint_id=endpoint.id,
        event_id=event.id,
        event_type=request.body.event,
        key=subject_of(event),
        state="held",
        created_at=now,
        reason="collected",
        test=True,
    )
    desk.deliveries.save_event(event, wall)
    if not endpoint.url:
        desk.deliveries.begin(delivery, event.at, now, wall)
        return _detail(desk, request, endpoint, delivery)
    outgoing = replace(Letters.of(desk, _unbound(endpoint)), reach=None).write(event)
    attempt = post(desk.fetch, endpoint.url, outgoing, now) if outgoing else Attempt(now, 0, error="not-to-be-seen")
    delivery = replace(
        delivery,
        state="delivered" if attempt.succeeded else "failed",
        reason=attempt.words,
        attempts=1,
        delivered_at=now if attempt.succeeded else None,
    )
    desk.deliveries.table.transact(*desk.deliveries.record(delivery, attempt, wall), made=delivery.id)
    return _detail(desk, request, endpoint, delivery)


def _unbound(endpoint: Endpoint) -> Endpoint:
    """The endpoint as a sample is for it, wherever the sample lies."""
    return endpoint.model_copy(update={"region": "base", "stores": ()})


def _own(desk: Desk, request: Request) -> Delivery:
    """The delivery of the path. Raises NotFound, for one of another endpoint too."""
    delivery = desk.deliveries.read(request.path["delivery_id"])
    if delivery.endpoint_id != request.path["endpoint_id"]:
        raise NotFound("no such delivery", delivery=delivery.id)
    return delivery


def _detail(desk: Desk, request: Request, endpoint: Endpoint, delivery: Delivery) -> DeliveryDetail:
    body = _body(desk, request, endpoint, delivery)
    return show_detail(delivery, desk.deliveries.attempts(delivery.id), body)


def _body(desk: Desk, request: Request, endpoint: Endpoint, delivery: Delivery) -> Mapping[str, Any]:
    """The body as the endpoint sees it, with no role that whoever asks has not; {} where there is nothing to see."""
    mine = request.principal.roles
    roles = tuple(role for role in endpoint.roles if ADMINISTRATOR in mine or role in mine)
    seen = _unbound(endpoint) if delivery.test else endpoint
    event = desk.deliveries.events((delivery.event_id,)).get(delivery.event_id)
    data = data_for(seen, roles, event, request.policy) if event else None
    shown = told_to(endpoint, event, data) if event and data is not None else None
    return body_of(event, shown, delivery.key) if event and shown is not None else {}
