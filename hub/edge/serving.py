"""One HTTP request from bytes to answer: who asks, is it well-formed, was it done before, and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

from chalice.app import Response
from pydantic import BaseModel, ValidationError

from hub.edge import auth
from hub.edge.access import Subject, Viewer, project_json, require_role
from hub.edge.access.gate import find_subject, reach_in, require_fields, require_scope
from hub.edge.access.parameters import parameter_names, unknown_parameters
from hub.edge.access.projector import PUBLIC
from hub.edge.access.terminals import require_ability, terminal_of
from hub.edge.answers import BINARY_TYPES, PROBLEM_TYPE, Raw, invalid_from, problem
from hub.edge.auth import Principal
from hub.edge.bodies import read_body
from hub.edge.etags import VERSION_FIELDS, content_tag, is_held, seen_version, version_tag
from hub.edge.host import Host
from hub.edge.http_api import WANTED
from hub.edge.private import masked_facts
from hub.edge.requests import Request
from hub.edge.routes import Route, replay_of
from hub.edge.stale import differences
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import (
    Broken,
    HubError,
    Invalid,
    NotAllowed,
    NotFound,
    Problem,
    Stale,
    TooMany,
    Unauthenticated,
)
from hub.store.rates import UNLIMITED, Allowance
from hub.store.rehearsal import rehearsing

KEY_LIMIT = 128
PARAMETER_LIMIT = 256
"""Ids in paths and filters become parts of keys, of which DynamoDB takes 1,024 bytes (2,048 of a hash key)."""
NOBODY = Principal(sub="", roles=(), tenant="", region="")
DRY_RUN, EXPLAIN = "dry_run", "explain"
SWITCH = {"1": True, "true": True, "0": False, "false": False}
NO_STORE = {"Cache-Control": "no-store"}
Headers = dict[str, str | list[str]]


@dataclass(frozen=True)
class Caller:
    """Who asks, and the request's headers by their names in lower case."""

    principal: Principal
    headers: Mapping[str, str]


def serve(
    host: Host, desk: Any, route: Route, sent: Any, routes: Sequence[Route], *, caller: Caller | None = None
) -> Response:
    """Answer one request, `sent`, as Chalice has read it. Every error becomes problem+json here; nothing else ever
    reaches the caller. routes: all of the room's, among them the one that shows what `route` made. caller: who asks
    from inside the hub, known already; else whoever has the request's credential."""
    request_id, left = str(sent.context.get("requestId", "")), UNLIMITED
    headers = {str(name).lower(): str(value) for name, value in sent.headers.items()}
    headers["accept"] = headers.pop(WANTED, headers.get("accept", ""))
    try:
        if caller is None:
            caller = Caller(NOBODY if route.is_public else identify(host, headers), headers)
            left = host.rates.take(caller.principal.sub or str(sent.context.get("identity", {}).get("sourceIp", "")))
        if left.refused:
            raise TooMany("so many requests a minute are not answered", left.reset_seconds, limit=left.limit)
        request = _read(host, desk, route, sent, caller)
        response = _answer(route, request, *_handle(host, desk, route, request, routes))
    except ValidationError as error:
        response = refusal(host, invalid_from(error), request_id)
    except HubError as error:
        response = refusal(host, error, request_id)
    except Exception:
        host.logger.exception("unexpected", extra={"route": route.path, "instance": request_id})
        response = refusal(host, Broken("unexpected"), request_id)
    response.headers |= _rate_headers(left)
    return response


def refusal(host: Host, error: Exception, request_id: str) -> Response:
    """The problem+json answer for an error of the tree."""
    known = error if isinstance(error, HubError) else Broken("unexpected")
    body = problem(known, request_id)
    if body.status == 500:
        host.count("Faults")
    facts = masked_facts(known.facts, typed=isinstance(known, NotFound))
    extra = {**facts, "status": body.status, "detail": known.detail, "instance": request_id}
    host.logger.info(known.code, extra=extra)
    headers: Headers = {**NO_STORE, "Content-Type": PROBLEM_TYPE}
    if isinstance(known, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(known, NotAllowed):
        headers["Allow"] = str(known.facts.get("allowed", ""))
    if body.status in (429, 503):
        headers["Retry-After"] = str(getattr(known, "after_seconds", 1))
    return Response(body=body.model_dump_json(exclude_defaults=False), status_code=body.status, headers=headers)


def identify(host: Host, headers: Mapping[str, str]) -> Principal:
    """The principal behind the request's credential. Raises Unauthenticated or Forbidden."""
    credential = auth.bearer(headers)
    if credential.startswith(auth.API_KEY_PREFIX):
        record = host.principals.api_key(auth.key_fingerprint(credential))
        if record is None:
            raise Unauthenticated("no such API key")
        claims: Mapping[str, Any] = {
            "sub": record["sub"],
            "aud": host.settings.tenant,
            "kind": "machine",
            **record,
        }
        return auth.principal_from(claims, host.principals.principal(str(record["sub"])) or record, host.now())
    claims = auth.verify_token(credential, host.auth_keys(), host.settings.tenant)
    return auth.principal_from(claims, host.principals.principal(str(claims["sub"])), host.now())


def _rate_headers(left: Allowance) -> dict[str, str]:
    """What the caller may still ask, by the names that are in use (draft-ietf-httpapi-ratelimit-headers-06)."""
    if not left.limit:
        return {}
    values = {"Limit": left.limit, "Remaining": left.remaining, "Reset": left.reset_seconds}
    return {f"RateLimit-{name}": str(value) for name, value in values.items()}


def _read(host: Host, desk: Any, route: Route, sent: Any, caller: Caller) -> Request:
    """May they ask this at all, what do they ask, and is the thing within their reach: in this order, so that nobody
    learns of a thing that they don't reach."""
    parameters: Mapping[str, str] = sent.uri_params or {}
    principal, headers = caller.principal, caller.headers
    viewer = _viewer(route, principal, headers)
    if any(len(value) > PARAMETER_LIMIT for value in parameters.values()):
        raise NotFound("nothing has so long an id")
    query = dict(sent.query_params or {})
    request = Request(
        path=parameters,
        query=_query(route, query),
        body=read_body(route, sent.raw_body),
        headers=headers,
        principal=principal,
        now=host.now(),
        base_url=host.settings.base_url,
        viewer=viewer,
        policy=host.read_policy(),
        dry_run=_switch(query, DRY_RUN) if route.dry_run else False,
        explain=_switch(query, EXPLAIN) if route.explain else False,
        idempotency_key=_idempotency_key(route, headers),
        randomness=host.randomness(),
    )
    if request.explain and isinstance(route.explain, tuple):
        require_role(principal, route.explain)
    request = _against_version(route, request)
    request = replace(request, scope=_idempotency_scope(route, request))
    return request if route.is_public else _located(desk, route, request, query)


def _viewer(route: Route, principal: Principal, headers: Mapping[str, str]) -> Viewer:
    """The principal on their terminal, as far as they reach here. Raises Forbidden for who may not ask this at all."""
    if route.is_public:
        return PUBLIC
    if route.roles:
        require_role(principal, route.roles)
    reach = reach_in(route.scope, principal, route.overseers)
    require_scope(route.scope, route.method, reach)
    terminal = terminal_of(principal, headers)
    require_ability(route.needs, terminal)
    return Viewer(principal.roles, reach, terminal)


def _located(desk: Any, route: Route, request: Request, query: Mapping[str, str]) -> Request:
    """The request with what it is about. Raises NotFound, Forbidden, Invalid (see `find_subject`, `require_fields`)."""
    find = partial(route.subject, desk, request) if route.subject else None
    subject = find_subject(find, route.method, request.reach, request.path, guests=route.guests)
    if subject.reach is not None:
        request = replace(request, viewer=replace(request.viewer, reach=subject.reach))
    require_fields(route.query, query, request.body, request.viewer, request.policy, subject.place)
    return replace(request, subject=subject.thing, place=subject.place)


def _against_version(route: Route, request: Request) -> Request:
    """With `If-Match` the request holds for the version that its sender saw: in the body, where that names one, else as
    `seen_version`. Raises Invalid where the operation knows no versions: nobody shall think that they are guarded."""
    seen = seen_version(request.headers.get("if-match", "")) if route.method != "GET" else None
    if seen is None:
        return request
    named = [name for name in VERSION_FIELDS if route.body and name in route.body.model_fields]
    if not named and not route.versioned:
        raise Invalid("bad header", problems=[Problem("header:If-Match", "is not understood by this operation")])
    if named and getattr(request.body, named[0]) not in (None, seen):
        raise Invalid("bad header", problems=[Problem("header:If-Match", "must agree with the body's version")])
    body = request.body.model_copy(update={named[0]: seen}) if named else request.body
    return replace(request, body=body, seen_version=seen)


def _idempotency_key(route: Route, headers: Mapping[str, str]) -> str:
    key = headers.get("idempotency-key", "") if route.method in ("POST", "PATCH", "PUT") else ""
    if len(key) > KEY_LIMIT or not key.isprintable():
        rule = f"must be at most {KEY_LIMIT} printable characters"
        raise Invalid("bad key", problems=[Problem("header:Idempotency-Key", rule)])
    return key


def _idempotency_scope(route: Route, request: Request) -> str:
    """What an Idempotency-Key holds for: the principal, the route and the thing."""
    names = (request.principal.sub, route.method, route.path, *request.path.values(), request.idempotency_key)
    return "|".join(names)


def _switch(query: Mapping[str, str], name: str) -> bool:
    text = query.get(name, "0").lower()
    if text not in SWITCH:
        raise Invalid("bad parameter", problems=[Problem(f"query:{name}", f"must be one of {', '.join(SWITCH)}")])
    return SWITCH[text]


def _query(route: Route, sent: Mapping[str, str]) -> Any:
    """The route's parameters. A page that customers open may come with anything behind its link: that is left out."""
    switches = [name for name, known in ((DRY_RUN, route.dry_run), (EXPLAIN, route.explain)) if known]
    known = (*parameter_names(route.query), *switches)
    unknown = unknown_parameters(known, sent)
    if unknown and not route.is_public:
        raise Invalid("there is no such parameter", problems=unknown)
    sent = {name: sent[name] for name in parameter_names(route.query) if name in sent}
    if route.query is None:
        return sent
    long = [name for name, value in sent.items() if len(value) > PARAMETER_LIMIT and name != "cursor"]
    if long:
        rule = f"must be at most {PARAMETER_LIMIT} characters"
        raise Invalid("too long", problems=[Problem(f"query:{name[:PARAMETER_LIMIT]}", rule) for name in long])
    try:
        return route.query.model_validate(sent)
    except ValidationError as error:
        invalid = invalid_from(error)
        raise Invalid(invalid.detail, [Problem("query:" + p.pointer[1:], p.rule) for p in invalid.problems]) from None


def _handle(
    host: Host, desk: Any, route: Route, request: Request, routes: Sequence[Route]
) -> tuple[Any, dict[str, str]]:
    """The handler's result and extra headers; with an Idempotency-Key, done once and then rendered anew."""
    marks = host.idempotency
    if request.dry_run or not request.idempotency_key or marks is None:
        return _done(desk, route, request, routes), {}
    claim = marks.claim(request.scope, _fingerprint(request), request.now)
    request = replace(request, made_at=claim.made_at)
    if claim.resource_id is not None:
        return _repeat(desk, route, request, routes, claim.resource_id)
    try:
        with marks.riding(request.scope) as ride:
            result = _done(desk, route, request, routes)
    except HubError:
        made = marks.made(request.scope) if ride.tried else None
        if made is None:
            raise
        return _repeat(desk, route, _found_again(desk, route, request), routes, made)  # it met its own change
    if not ride.carried:
        marks.finish(request.scope, str(getattr(result, "id", "")))
    return result, {}


def _done(desk: Any, route: Route, request: Request, routes: Sequence[Route]) -> Any:
    """The handler's result. Whoever saw another version than there is hears what has changed since."""
    try:
        with rehearsing() if request.dry_run and route.dry_run == "rehearsed" else nullcontext():
            return route.handler(desk, request)
    except Stale as stale:
        stale.differences = differences(desk, route, request, routes, stale)
        raise


def _found_again(desk: Any, route: Route, request: Request) -> Request:
    """The request with what it is about as that is now, after its change."""
    subject = route.subject(desk, request) if route.subject else None
    return replace(request, subject=subject.thing) if isinstance(subject, Subject) else request


def _repeat(
    desk: Any, route: Route, request: Request, routes: Sequence[Route], resource_id: str
) -> tuple[Any, dict[str, str]]:
    """What a request did that was done before."""
    replay = replay_of(route, routes)
    result = replay(desk, request, resource_id) if replay else route.handler(desk, request)
    return result, {"Idempotency-Replayed": "true"}


def _fingerprint(request: Request) -> str:
    body = request.body.model_dump_json() if isinstance(request.body, BaseModel) else ""
    return hashlib.sha256(body.encode()).hexdigest()


def _answer(route: Route, request: Request, result: Any, extra: Mapping[str, str]) -> Response:
    """The answer as its viewer may see it. What is no contract and no bytes can't be projected: a bug of ours."""
    headers: Headers
    if isinstance(result, Raw):
        headers = {**NO_STORE, **result.headers, "Content-Type": result.content_type}
        if result.content_type in BINARY_TYPES:
            return Response(body=result.body, status_code=result.status, headers=headers)
        return _unless_held(route, request, result.status, headers, result.body.decode("utf-8"), None)
    headers = {**NO_STORE, **extra, "Content-Type": "application/json"}
    if result is None:
        return Response(body="", status_code=204, headers=headers)
    if not isinstance(result, BaseModel):
        raise Broken("an answer must be a contract", route=route.path)
    body = project_json(result, request.viewer, request.policy, request.place)
    version = getattr(result, "version", None)
    return _unless_held(route, request, route.status, headers, body, version if isinstance(version, int) else None)


def _unless_held(
    route: Route, request: Request, status: int, headers: Headers, body: str, version: int | None
) -> Response:
    """The answer with its tag; of a GET whose answer the client holds, 304 without it."""
    if route.method != "GET":
        tag = {} if version is None else {"ETag": version_tag(version)}
        return Response(body=body, status_code=status, headers={**headers, **tag})
    if status != 200:
        return Response(body=body, status_code=status, headers=headers)
    tag = {"ETag": content_tag(body, version)}
    if is_held(request.headers.get("if-none-match", ""), tag["ETag"]):
        return Response(body="", status_code=304, headers={**NO_STORE, **tag})
    return Response(body=body, status_code=status, headers={**headers, **tag})
