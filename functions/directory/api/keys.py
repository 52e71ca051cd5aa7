"""Keys and tokens (密钥、令牌): how one gets in, and who one is then."""

from __future__ import annotations

import os

from functions.directory.api.pages import operation_rules
from functions.directory.api.views import show_person
from functions.directory.desk import Desk
from functions.directory.keys import SECRET_BYTES, write_key
from functions.directory.room import ADMINISTRATOR, room
from functions.directory.tables import SecretItem
from hub.contracts.directory import KeyBody, KeyView, MeView, NewKeyView, TokenBody, TokenView
from hub.contracts.http import Page, PageQuery
from hub.contracts.sign_in import MayView
from hub.edge import auth, cursors
from hub.edge.access import reach_of
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import NotFound, Unauthenticated
from hub.store.idempotency import KEPT_SECONDS

TOKEN_SECONDS = 900


@room.http("GET", "/auth/keys", summary="密钥列表 · List API keys", query=PageQuery,
           answer=Page[KeyView], roles=ADMINISTRATOR, scope="region")  # fmt: skip
def list_keys(desk: Desk, request: Request) -> Page[KeyView]:
    """The API keys of your region, without their secrets."""
    scope, query = within(request.reach), request.query
    return page(*desk.directory.keys(scope, query.limit, cursors.decode(query.cursor)))


def _replay_key(desk: Desk, _: Request, key_id: str) -> NewKeyView:
    """A repeat of the creating request: the key again, and what was told of it, as long as a key may be repeated."""
    secret, wall_now = desk.directory.secret(key_id), desk.host.clock.wall_now().timestamp()
    holds = secret is not None and int(secret.expires_at or 0) > wall_now
    api_key = desk.sealer.unseal(secret.sealed, _context(key_id)) if secret and holds else ""
    return NewKeyView(**desk.directory.key(key_id).model_dump(), api_key=api_key)


@room.http("POST", "/auth/keys", summary="新建密钥 · Make an API key", body=KeyBody,
           answer=NewKeyView, roles=ADMINISTRATOR, scope="tenant", status=201, replay=_replay_key)  # fmt: skip
def make_key(desk: Desk, request: Request) -> NewKeyView:
    """A key for a machine. The answer is the only place where the key ever stands in clear; a repeat with the same
    Idempotency-Key is told it again, for two days."""
    api_key, key_id = write_key(auth.API_KEY_PREFIX, os.urandom(SECRET_BYTES)), request.new_id("key")
    secret = _secret(desk, key_id, api_key) if request.idempotency_key else None
    made = desk.directory.create_key(key_id, auth.key_fingerprint(api_key), request.body, request.now, secret)
    return NewKeyView(**made.model_dump(), api_key=api_key)


def _replay_revoked(desk: Desk, request: Request, _made: str) -> KeyView:
    return desk.directory.key(request.path["key_id"])


@room.http("POST", "/auth/keys/{key_id}/revoke", summary="吊销密钥 · Revoke an API key", answer=KeyView,
           roles=ADMINISTRATOR, scope="tenant", replay=_replay_revoked, dry_run="rehearsed")  # fmt: skip
def revoke_key(desk: Desk, request: Request) -> KeyView:
    """From the next request on neither the key nor a token made from it opens anything."""
    return desk.directory.revoke_key(request.path["key_id"])


@room.http("POST", "/auth/tokens", summary="换取令牌 · Exchange a key for a token", body=TokenBody,
           answer=TokenView, scope="public")  # fmt: skip
def make_token(desk: Desk, request: Request) -> TokenView:
    """A token of a quarter of an hour for an API key. An unknown key: 401, a revoked one: 403."""
    record = desk.host.principals.api_key(auth.key_fingerprint(request.body.api_key))
    if record is None:
        raise Unauthenticated("no such API key")
    rights = desk.host.principals.principal(str(record["sub"])) or record
    wall_now = desk.host.clock.wall_now()
    tenant, epoch = desk.host.settings.tenant, auth.epoch_at(wall_now)
    claims = {"sub": record["sub"], "aud": tenant, "kind": "machine", "epoch": epoch}
    token = auth.issue(desk.host.auth_keys(), auth.principal_from(claims, rights), wall_now, TOKEN_SECONDS)
    return TokenView(access_token=token, expires_in=TOKEN_SECONDS)


@room.http("GET", "/auth/me", summary="当前身份 · Who am I", answer=MeView, scope="own")
def read_me(desk: Desk, request: Request) -> MeView:
    """Who the hub takes the caller for, with the rights as they are now."""
    who = request.principal
    return MeView(
        name=_name_of(desk, who.sub),
        sub=who.sub,
        kind=who.kind,
        roles=who.roles,
        region=who.region,
        stores=who.stores,
        teams=who.teams,
        level=reach_of(who).level,
        tenant=who.tenant,
        terminal=request.viewer.terminal,
    )


@room.http("GET", "/auth/may", summary="当前权限 · What may I", answer=MayView, scope="own")
def read_may(desk: Desk, request: Request) -> MayView:
    """Which operations the caller's roles open, and which classes of fields they see and write, as of now: what a front
    end shows and what it leaves out. Where a thing lies is checked when it is asked for."""
    who, terminal = request.principal, request.viewer.terminal
    operations = (
        name
        for name, rule in operation_rules().items()
        if rule.opens(who, terminal, reaches_all=reach_of(who).level == "tenant")
    )
    return MayView(
        operations=tuple(operations),
        sees=dict(request.policy.verdicts(request.viewer.roles, "", terminal)),
        writes=tuple(sorted(request.policy.writable(request.viewer.roles, "", terminal))),
    )


def _name_of(desk: Desk, sub: str) -> str:
    """What colleagues call them, "" for who is not in the directory."""
    try:
        return show_person(desk, desk.directory.person(sub)).name
    except NotFound:
        return ""


def _secret(desk: Desk, key_id: str, api_key: str) -> SecretItem:
    forgotten_at = int(desk.host.clock.wall_now().timestamp()) + KEPT_SECONDS
    return SecretItem(sealed=desk.sealer.seal(api_key, _context(key_id)), expires_at=forgotten_at)


def _context(key_id: str) -> str:
    return f"{key_id}/secret"
