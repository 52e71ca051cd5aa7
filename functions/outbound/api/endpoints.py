"""Endpoints over HTTP: register, change, rotate, switch on and off, forget."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from functions.outbound.api.views import show_endpoint, show_statistics
from functions.outbound.catalogue.catalogue import chosen_types, read_filter
from functions.outbound.deliveries.deliveries import KEPT
from functions.outbound.deliveries.replays import Replay
from functions.outbound.desk import Desk
from functions.outbound.endpoints.endpoints import (
    OVERLAP,
    Endpoint,
    Secret,
    check_headers,
    require_mastery,
    require_rights,
)
from functions.outbound.handlers.hearing import call
from functions.outbound.handlers.posting import context_of
from functions.outbound.room import INTEGRATORS, room
from functions.outbound.signing import KEY_BYTES, NEW_BYTES, public_key, read_secret, write_secret
from hub.contracts.http import Page
from hub.contracts.outbound import (
    EnableEndpoint,
    EndpointPatch,
    EndpointView,
    NewEndpoint,
    NewEndpointView,
    RotateSecret,
    StatisticsView,
)
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.fetch import PrivateAddress
from hub.edge.requests import Request
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem, Stale

ONE = "/webhooks/endpoints/{endpoint_id}"
SOON = timedelta(minutes=1)
"""A replay's span ends a little later than now, for clocks that are."""


def _replay_new(desk: Desk, request: Request, endpoint_id: str) -> NewEndpointView:
    endpoint = desk.endpoints.read(endpoint_id)
    return _with_secret(desk, endpoint, request.now)


def find_endpoint(desk: Desk, request: Request) -> Subject:
    """The endpoint of the path, in the region of which it hears."""
    endpoint = desk.endpoints.read(request.path["endpoint_id"])
    return Subject(endpoint, (Place(endpoint.region, thing=endpoint.id),))


@room.http("GET", "/webhooks/endpoints", answer=Page[EndpointView], roles=INTEGRATORS, scope="region",
           summary="接收地址列表 · List the endpoints")  # fmt: skip
def list_endpoints(desk: Desk, request: Request) -> Page[EndpointView]:
    """All of your region, a hundred at most."""
    endpoints = desk.endpoints.within(within(request.reach))
    return page(show_endpoint(endpoint, request.now) for endpoint in endpoints)


@room.http("POST", "/webhooks/endpoints", body=NewEndpoint, answer=NewEndpointView, status=201, roles=INTEGRATORS,
           scope="tenant", replay=_replay_new, dry_run=True,
           summary="登记接收地址 · Register an endpoint; its secret is shown this once")  # fmt: skip
def register_endpoint(desk: Desk, request: Request) -> NewEndpointView:
    """From now on the events that it names are sent to it, signed (Standard Webhooks). A URL that is not https, or that
    leads to a private address, is refused; so is a filter that names a field which these events do not have."""
    body: NewEndpoint = request.body
    owner, now = request.principal, request.now
    roles = body.roles or owner.roles
    require_rights(roles, body.region, body.stores, owner)
    _check(desk, request, Wish(body.url, body.events, body.filter, roles, body.headers))
    secret = body.secret or write_secret(desk.randomness(NEW_BYTES))
    read_secret(secret)
    endpoint_id = request.new_id("ep")
    key = base64.b64encode(desk.randomness(KEY_BYTES)).decode() if body.asymmetric else ""
    endpoint = Endpoint(
        id=endpoint_id,
        url=body.url,
        events=body.events,
        description=body.description,
        filter=body.filter,
        **_sealed_headers(desk, endpoint_id, body.headers),
        schema_version=body.schema_version,
        ordered=body.ordered,
        concurrency=body.concurrency,
        per_minute=body.per_minute,
        secrets=(_sealed(desk, endpoint_id, secret, now),),
        key_sealed=desk.sealer.seal(key, context_of(endpoint_id, "key")),
        public_key=public_key(key) if key else "",
        owner=owner.sub,
        roles=roles,
        region=body.region,
        stores=body.stores,
        created_at=now,
        updated_at=now,
    )
    if not request.dry_run:
        desk.endpoints.create(endpoint)
    return NewEndpointView(**show_endpoint(endpoint, now).model_dump(), secret=secret)


@room.http("GET", ONE, answer=EndpointView, roles=INTEGRATORS, scope="region", subject=find_endpoint,
           summary="查看接收地址 · Show an endpoint")  # fmt: skip
def read_endpoint(desk: Desk, request: Request) -> EndpointView:
    """Without its secrets."""
    return show_endpoint(request.subject, request.now)


@room.http("PATCH", ONE, body=EndpointPatch, answer=EndpointView, roles=INTEGRATORS, scope="tenant",
           dry_run="rehearsed", summary="修改接收地址 · Change an endpoint")  # fmt: skip
def change_endpoint(desk: Desk, request: Request) -> EndpointView:
    """What the body names is another from now on, for what waits as well. By whoever may see what it is sent."""
    endpoint, body = desk.endpoints.read(request.path["endpoint_id"]), request.body
    require_mastery(endpoint, request.principal)
    if body.version not in (None, endpoint.version):
        raise Stale("the endpoint has changed since", endpoint=endpoint.id, version=endpoint.version)
    named = {name: getattr(body, name) for name in body.model_fields_set - {"version"}}
    changes = {name: value for name, value in named.items() if value is not None}
    headers = changes.pop("headers", None)
    changed = endpoint.model_copy(update={**changes, "updated_at": request.now})
    url = changed.url if "url" in changes else ""
    _check(desk, request, Wish(url, changed.events, changed.filter, changed.roles, headers or {}))
    if headers is not None:
        changed = changed.model_copy(update=_sealed_headers(desk, endpoint.id, headers))
    saved = desk.endpoints.save(endpoint, changed)
    if saved.sends and not request.dry_run and desk.turns.wake(saved.id, request.now, desk.token()):
        call(desk, saved.id)  # what waited for a URL waits no more
    return show_endpoint(saved, request.now)


@room.http("DELETE", ONE, roles=INTEGRATORS, scope="tenant", status=204,
           dry_run="rehearsed", summary="删除接收地址 · Forget an endpoint")  # fmt: skip
def delete_endpoint(desk: Desk, request: Request) -> None:
    """Nothing is sent to it any more. What was sent can be looked up for ninety days."""
    endpoint = desk.endpoints.read(request.path["endpoint_id"])
    desk.endpoints.delete(endpoint.id, desk.turns.drop(endpoint.id))


@room.http("POST", ONE + "/rotate", body=RotateSecret, answer=NewEndpointView, roles=INTEGRATORS, scope="tenant",
           replay=_replay_new, summary="更换密钥 · A new secret; the old one signs beside it for a day")  # fmt: skip
def rotate_secret(desk: Desk, request: Request) -> NewEndpointView:
    """For 24 hours each delivery bears two signatures, so the receiver can change over without losing one."""
    endpoint, now = desk.endpoints.read(request.path["endpoint_id"]), request.now
    require_mastery(endpoint, request.principal)
    secret = request.body.secret or write_secret(desk.randomness(NEW_BYTES))
    read_secret(secret)
    before = endpoint.live_secrets(now)[0].model_copy(update={"until": now + OVERLAP})
    secrets = (_sealed(desk, endpoint.id, secret, now, endpoint.version), before)
    changed = endpoint.model_copy(update={"secrets": secrets, "updated_at": now})
    return NewEndpointView(**show_endpoint(desk.endpoints.save(endpoint, changed), now).model_dump(), secret=secret)


@room.http("POST", ONE + "/enable", body=EnableEndpoint, answer=EndpointView, roles=INTEGRATORS, scope="tenant",
           dry_run="rehearsed", summary="启用 · Switch an endpoint on, with what was held if you like")  # fmt: skip
def enable_endpoint(desk: Desk, request: Request) -> EndpointView:
    """What waited when it was switched off is sent at once; what came since is held, and sent too where the body says
    so."""
    endpoint, now = desk.endpoints.read(request.path["endpoint_id"]), request.now
    replay = None
    if request.body.send_held:
        replay = Replay(request.new_id("rpl"), "held", request.body.events, now - KEPT, now + SOON)
    changed = endpoint.model_copy(update={"state": "enabled", "reason": "", "updated_at": now})
    saved = desk.endpoints.save(endpoint, changed, desk.turns.fresh_health(endpoint.id, now, replay))
    call(desk, endpoint.id)
    return show_endpoint(saved, now)


@room.http("POST", ONE + "/disable", answer=EndpointView, roles=INTEGRATORS, scope="tenant",
           dry_run="rehearsed", summary="停用 · Switch an endpoint off: its events are held")  # fmt: skip
def disable_endpoint(desk: Desk, request: Request) -> EndpointView:
    """Nothing is lost: what comes meanwhile is kept for ninety days."""
    endpoint = desk.endpoints.read(request.path["endpoint_id"])
    if endpoint.state == "disabled":
        return show_endpoint(endpoint, request.now)
    changed = endpoint.model_copy(update={"state": "disabled", "reason": "by-hand", "updated_at": request.now})
    return show_endpoint(desk.endpoints.save(endpoint, changed), request.now)


@room.http("GET", ONE + "/statistics", answer=StatisticsView, roles=INTEGRATORS, scope="region",
           subject=find_endpoint, summary="投递统计 · How an endpoint does")  # fmt: skip
def read_statistics(desk: Desk, request: Request) -> StatisticsView:
    """Counts and the 95th percentile of seven days, what waits, and the last error in words."""
    endpoint: Endpoint = request.subject
    figures, turn = desk.statistics.read(endpoint.id, request.now), desk.turns.read(endpoint.id)
    return show_statistics(figures, turn, desk.deliveries.count_waiting(endpoint.id))


@dataclass(frozen=True)
class Wish:
    """What an endpoint is to be. url: "" where it is not another than before."""

    url: str
    events: tuple[str, ...]
    filter: dict[str, Any]
    roles: tuple[str, ...]
    headers: dict[str, str]


def _check(desk: Desk, request: Request, wish: Wish) -> None:
    """Raises Invalid with the place of what can't be."""
    chosen_types(wish.events)
    read_filter(wish.filter, wish.events, wish.roles, request.policy)
    check_headers(wish.headers)
    if not wish.url:
        return
    try:
        desk.fetch.check(wish.url)
    except PrivateAddress:
        raise Invalid("url", problems=[Problem("/url", "must lead to a public address")]) from None


def _sealed(desk: Desk, endpoint_id: str, secret: str, now: datetime, number: int = 0) -> Secret:
    secret_id = f"secret-{number}-{int(now.timestamp())}"
    return Secret(id=secret_id, sealed=desk.sealer.seal(secret, context_of(endpoint_id, secret_id)))


def _sealed_headers(desk: Desk, endpoint_id: str, headers: dict[str, str]) -> dict[str, Any]:
    text = json.dumps(headers) if headers else ""
    sealed = desk.sealer.seal(text, context_of(endpoint_id, "headers"))
    return {"header_names": tuple(headers), "headers_sealed": sealed}


def _with_secret(desk: Desk, endpoint: Endpoint, now: datetime) -> NewEndpointView:
    """What a repeat of the request is told: the secret that holds."""
    newest = endpoint.secrets[0]
    secret = desk.sealer.unseal(newest.sealed, context_of(endpoint.id, newest.id))
    return NewEndpointView(**show_endpoint(endpoint, now).model_dump(), secret=secret)
