"""Who is asking: people hold short-lived JWTs, machines API keys. Keys and audience belong to one stack.

Signing keys lie in SSM (`/hub/<tenant>/auth`, one a line): the first signs, all verify, so a key can be rotated.
What a token claims is checked on each request against the principal's own record (frozen? epoch?), so revoking
works within seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Forbidden, Unauthenticated
from hub.kernel.ids import digest

ISSUER = "scrm-hub"
ALGORITHM = "HS256"
API_KEY_PREFIX = "hubk_"
ADMINISTRATOR = "administrator"
GUEST, BREAK_GLASS = "guest", "break_glass"
"""Grants of one thing, not of a role: for one who was asked to help with it, and for one who broke the glass."""

Level = Literal["region", "store", "team", "own"]
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class Principal:
    """One who asks, with the rights of this moment. How far they reach: hub.edge.access.

    region: the subtree of regions that is theirs ("base": all of the tenant). level: what binds them, None: their
    stores if they have some, else their region. guest_of, glass_of: ids of things that they may see for now.
    terminal: the one to which their token is bound, "" for none.
    """

    sub: str
    roles: tuple[str, ...]
    tenant: str
    region: str = "base"
    stores: tuple[str, ...] = ()
    kind: Literal["person", "machine"] = "person"
    teams: tuple[str, ...] = ()
    level: Level | None = None
    guest_of: tuple[str, ...] = ()
    glass_of: tuple[str, ...] = ()
    terminal: str = ""

    def has(self, *roles: str) -> bool:
        """Whether it holds one of `roles`; an administrator holds all."""
        return ADMINISTRATOR in self.roles or any(role in self.roles for role in roles)


def issue(keys: str, principal: Principal, wall_now: datetime, ttl_seconds: int = 3600) -> str:
    """A JWT for `principal`, valid `ttl_seconds` from `wall_now`, signed with the first of `keys` (one a line)."""
    import jwt

    claims = {
        "iss": ISSUER,
        "aud": principal.tenant,
        "sub": principal.sub,
        "roles": list(principal.roles),
        "region": principal.region,
        "stores": list(principal.stores),
        "teams": list(principal.teams),
        "level": principal.level,
        "kind": principal.kind,
        **({"terminal": principal.terminal} if principal.terminal else {}),
        "epoch": epoch_at(wall_now),
        "iat": int(wall_now.timestamp()),
        "exp": int((wall_now + timedelta(seconds=ttl_seconds)).timestamp()),
    }
    return jwt.encode(claims, keys.split()[0], algorithm=ALGORITHM)


def epoch_at(wall_now: datetime) -> int:
    """The epoch of a token that is made now: real time in milliseconds. Freezing an account sets its record's epoch the
    same way, so tokens of before are dead for good and whoever signs a new one need not know of it."""
    return int(wall_now.timestamp() * 1000)


def verify_token(token: str, keys: str, tenant: str) -> Mapping[str, Any]:
    """The claims of a token that this stack issued. Raises Unauthenticated for any other."""
    import jwt  # with all of its algorithms: only HTTP pays for them

    for key in keys.split():
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=tenant,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.PyJWTError as error:
            raise Unauthenticated("the token does not hold", reason=type(error).__name__) from None
        return claims
    raise Unauthenticated("the token does not hold", reason="InvalidSignatureError")


def principal_from(
    claims: Mapping[str, Any], record: Mapping[str, Any] | None, now: datetime | None = None
) -> Principal:
    """The principal of a verified token. `record` is what the directory holds of it now, None if nothing.

    Raises Forbidden when it is frozen, Unauthenticated when the token is of an older epoch. A record's roles and
    region win over the token's: rights that were taken away are gone at once. Roles that the record grants for a
    while are held from their start (included) to their end (excluded), by `now`, business time.
    """
    current = record or {}
    if current.get("frozen"):
        raise Forbidden("this account is frozen", sub=claims["sub"])
    if int(claims.get("epoch", 0)) < int(current.get("epoch", 0)):
        raise Unauthenticated("signed out: sign in again", sub=claims["sub"])
    rights = {**claims, **current}
    grants = live_grants(current.get("grants", ()), now)
    level = rights.get("level")
    return Principal(
        sub=str(claims["sub"]),
        roles=_texts((*rights.get("roles", ()), *(g["role"] for g in grants if not g.get("thing")))),
        tenant=str(claims["aud"]),
        region=str(rights.get("region", "base")),
        stores=_texts(rights.get("stores", ())),
        kind="machine" if claims.get("kind") == "machine" else "person",
        teams=_texts(rights.get("teams", ())),
        level=level if level in LEVELS else None,
        guest_of=_things(grants, GUEST),
        glass_of=_things(grants, BREAK_GLASS),
        terminal=str(claims.get("terminal", "")),
    )


def live_grants(grants: Sequence[Mapping[str, Any]], now: datetime | None) -> list[Mapping[str, Any]]:
    """The grants that hold at `now`, from their start (included) to their end (excluded), whether or not what is over
    has been deleted yet; none without a time to hold them against."""
    if now is None:
        return []
    return [
        grant
        for grant in grants
        if parse_rfc3339(str(grant["starts_at"])) <= now < parse_rfc3339(str(grant["ends_at"]))
    ]


def _things(grants: Sequence[Mapping[str, Any]], kind: str) -> tuple[str, ...]:
    return _texts([grant["thing"] for grant in grants if grant.get("thing") and grant["role"] == kind])


def bearer(headers: Mapping[str, str]) -> str:
    """The credential in `Authorization: Bearer …`. Raises Unauthenticated when there is none."""
    scheme, _, credential = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise Unauthenticated("send 'Authorization: Bearer <token>'")
    return credential.strip()


def key_fingerprint(api_key: str) -> str:
    """What is stored of an API key: never the key itself."""
    return digest("api-key", api_key).hex()


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(value) for value in values))
