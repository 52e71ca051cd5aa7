"""Signing in, staying in and getting out (登录、续期、登出), for people. Machines use API keys (keys.py)."""

from __future__ import annotations

from urllib.parse import urlsplit

from functions.directory.desk import Desk
from functions.directory.room import ADMINISTRATOR, room
from functions.directory.sign_in import sessions
from functions.directory.sign_in.sessions import Session, Spent
from hub.contracts.sign_in import (
    LinkBody,
    LinkSignIn,
    LinkView,
    LocalSignIn,
    Refresh,
    SessionView,
    SignedOut,
    SignIn,
    SignInQuery,
    SignInView,
)
from hub.edge import auth
from hub.edge.access import Place
from hub.edge.requests import Request
from hub.edge.signed import read_signed, sign
from hub.kernel.errors import Invalid, NotFound, Problem, Unauthenticated

STATE_MINUTES = 10


@room.http("GET", "/auth/wecom", summary="企业微信登录地址 · Where to sign in by WeCom", query=SignInQuery,
           answer=SignInView, scope="public")  # fmt: skip
def start_wecom(desk: Desk, request: Request) -> SignInView:
    """Send the browser to `url` (inside WeCom) or `scan_url`; it comes back to `redirect_uri` with a code and the
    state. 409 while the tenant has no enabled WeCom connection with an agent."""
    redirect_uri = request.query.redirect_uri
    _require_own_page(desk, redirect_uri)
    connection, ends_at = desk.wecom.connection(), desk.wall_after(minutes=STATE_MINUTES)
    facts = redirect_uri, connection.id, request.randomness.hex()
    state = sign(desk.host.auth_keys(), "sign_in_state", ends_at, *facts)
    url, scan_url = desk.wecom.urls(connection, redirect_uri, state)
    return SignInView(url=url, scan_url=scan_url, state=state, ends_at=ends_at)


@room.http("POST", "/auth/login", summary="企业微信登录 · Sign in by WeCom", body=SignIn, answer=SessionView,
           scope="public")  # fmt: skip
def sign_in(desk: Desk, request: Request) -> SessionView:
    """Exchange the code that WeCom gave for a session of the member whose it is. 401 for a code or state that does not
    hold, 403 for who is none of the directory's people or frozen."""
    state = read_signed(desk.host.auth_keys(), "sign_in_state", request.body.state, desk.wall_now())
    return _begin(desk, request, desk.person_of_member(desk.wecom.member(state[1], request.body.code)))


@room.http("POST", "/auth/login/local", summary="本机登录 · Sign in on one machine", body=LocalSignIn,
           answer=SessionView, scope="public")  # fmt: skip
def sign_in_locally(desk: Desk, request: Request) -> SessionView:
    """As anybody of the directory, without a word: for development, and 404 on every hub that runs on AWS."""
    if not desk.is_local:
        raise NotFound("no such path")
    return _begin(desk, request, desk.known_person(request.body.person_id))


@room.http("POST", "/auth/links", summary="一次性登录链接 · Make a link that signs in", body=LinkBody, answer=LinkView,
           roles=ADMINISTRATOR, scope="tenant", status=201)  # fmt: skip
def make_link(desk: Desk, request: Request) -> LinkView:
    """For who has no WeCom: a link that signs one person in, once. It is for their eyes alone."""
    person_id, link_id = desk.known_person(request.body.person_id), request.new_id("lnk")
    ends_at = desk.wall_after(hours=request.body.hours)
    link = sign(desk.host.auth_keys(), "sign_in_link", ends_at, link_id, person_id, request.body.terminal or "")
    return LinkView(id=link_id, person_id=person_id, link=link, ends_at=ends_at)


@room.http("POST", "/auth/login/link", summary="链接登录 · Sign in by a link", body=LinkSignIn, answer=SessionView,
           scope="public")  # fmt: skip
def sign_in_by_link(desk: Desk, request: Request) -> SessionView:
    """Opening a link changes nothing; this uses it up. 401 for one that was used or is over."""
    signed = read_signed(desk.host.auth_keys(), "sign_in_link", request.body.link, desk.wall_now())
    link_id, person_id, terminal = (*signed, "")[:3]  # a link of before is bound to none
    person_id = desk.known_person(person_id)
    desk.sessions.spend(link_id, desk.wall_after(hours=168))
    return _begin(desk, request, person_id, terminal)


@room.http("POST", "/auth/refresh", summary="续期 · Renew a session", body=Refresh, answer=SessionView,
           scope="public")  # fmt: skip
def refresh(desk: Desk, request: Request) -> SessionView:
    """A new access token and a new refresh token. Whose refresh token was used by somebody else, who was frozen and
    who signed out everywhere has to sign in anew: 401."""
    keys, now = desk.host.auth_keys(), desk.wall_now()
    session_id, number = sessions.read_refresh(request.body.refresh_token, keys, now)
    session = desk.sessions.find(session_id)
    principal = _principal(desk, session)
    try:
        renewed = sessions.renew(session, number, now)
    except Spent:
        desk.sessions.end(session_id)
        raise
    if renewed is not None and not desk.sessions.move(renewed, number):
        renewed = None  # the other of two at once was first: both get what it made
    return _show(desk, renewed or desk.sessions.find(session_id), principal)


@room.http("POST", "/auth/logout", summary="登出 · Sign out here", body=Refresh, answer=SignedOut,
           scope="public")  # fmt: skip
def sign_out(desk: Desk, request: Request) -> SignedOut:
    """End the session of this refresh token; its access token is over within a quarter of an hour. To end that at once,
    and all others, sign out everywhere."""
    session_id, _ = sessions.read_refresh(request.body.refresh_token, desk.host.auth_keys(), desk.wall_now())
    session = desk.sessions.find(session_id)
    desk.sessions.end(session_id)
    return SignedOut(person_id=session.person_id)


def _own(_: Desk, request: Request) -> Place:
    return Place(people=(request.principal.sub,))


@room.http("POST", "/auth/logout-everywhere", summary="全部登出 · Sign out everywhere", answer=SignedOut, scope="own",
           subject=_own)  # fmt: skip
def sign_out_everywhere(desk: Desk, request: Request) -> SignedOut:
    """From the next request on every token and session of the caller is dead, this one too."""
    desk.directory.sign_out(request.principal.sub, auth.epoch_at(desk.wall_now()))
    return SignedOut(person_id=request.principal.sub)


def _begin(desk: Desk, request: Request, person_id: str, terminal: str = "") -> SessionView:
    now = desk.wall_now()
    session = Session(request.new_id("ses"), person_id, 1, auth.epoch_at(now), now, now, terminal)
    principal = _principal(desk, session)
    desk.sessions.start(session)
    return _show(desk, session, principal)


def _principal(desk: Desk, session: Session) -> auth.Principal:
    """Who the session is of, with the rights of now. Raises Forbidden when frozen, Unauthenticated when signed out."""
    record = desk.host.principals.principal(session.person_id)
    if record is None:
        raise Unauthenticated("signed out: sign in again")
    bound = {"terminal": session.terminal}
    claims = {"sub": session.person_id, "aud": desk.host.settings.tenant, "epoch": session.epoch, **bound}
    return auth.principal_from(claims, record)


def _show(desk: Desk, session: Session, principal: auth.Principal) -> SessionView:
    keys = desk.host.auth_keys()
    return SessionView(
        id=session.id,
        person_id=session.person_id,
        access_token=auth.issue(keys, principal, desk.wall_now(), sessions.ACCESS_SECONDS),
        expires_in=sessions.ACCESS_SECONDS,
        refresh_token=sessions.refresh_token(session, keys),
        refresh_ends_at=session.ends_at,
    )


def _require_own_page(desk: Desk, redirect_uri: str) -> None:
    """Raises Invalid for a page that is not the tenant's: it would be told who signs in."""
    parts = urlsplit(redirect_uri)
    origin, own = f"{parts.scheme}://{parts.netloc}", urlsplit(desk.host.settings.base_url)
    if not desk.host.origins.allow(origin.lower()) and origin != f"{own.scheme}://{own.netloc}":
        rule = "must be a page of one of the tenant's origins"
        raise Invalid("bad page", problems=[Problem("query:redirect_uri", rule)])
