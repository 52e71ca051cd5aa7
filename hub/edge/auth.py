"""Who is asking: people hold short-lived JWTs, machines API keys. Keys and audience belong to one stack.

Signing keys lie in SSM (`/hub/<tenant>/auth`, one a line): the first signs, all verify, so a key can be rotated.
What a token claims is checked on each request against the principal's own record (frozen? epoch?), so revoking
works within seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import Forbidden, Unauthenticated
from hub.kernel.ids import digest

ISSUER = "scrm-hub"
ALGORITHM = "HS256"
API_KEY_PREFIX = "hubk_"
ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Principal:
    """One who asks. `region` is the subtree that it may see ("base": all of the tenant)."""

    sub: str
    roles: tuple[str, ...]
    tenant: str
    region: str = "base"
    stores: tuple[str, ...] = ()
    kind: Literal["person", "machine"] = "person"

    def has(self, *roles: str) -> bool:
        """Whether it holds one of `roles`; an administrator holds all."""
        return ADMINISTRATOR in self.roles or any(role in self.roles for role in roles)


def issue(keys: str, principal: Principal, wall_now: datetime, ttl_seconds: int = 3600, epoch: int = 0) -> str:
    """A JWT for `principal`, valid `ttl_seconds` from `wall_now`, signed with the first of `keys` (one a line)."""
    import jwt

    claims = {
        "iss": ISSUER,
        "aud": principal.tenant,
        "sub": principal.sub,
        "roles": list(principal.roles),
        "region": principal.region,
        "stores": list(principal.stores),
        "kind": principal.kind,
        "epoch": epoch,
        "iat": int(wall_now.timestamp()),
        "exp": int((wall_now + timedelta(seconds=ttl_seconds)).timestamp()),
    }
    return jwt.encode(claims, keys.split()[0], algorithm=ALGORITHM)


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
    return Principal(
        sub=str(claims["sub"]),
        roles=_texts((*current.get("roles", claims.get("roles", ())), *_granted(current.get("grants", ()), now))),
        tenant=str(claims["aud"]),
        region=str(current.get("region", claims.get("region", "base"))),
        stores=_texts(current.get("stores", claims.get("stores", ()))),
        kind="machine" if claims.get("kind") == "machine" else "person",
    )


def _granted(grants: Sequence[Mapping[str, Any]], now: datetime | None) -> list[str]:
    """The roles of the grants that hold at `now`; none without a time to hold them against."""
    if now is None:
        return []
    return [
        str(grant["role"])
        for grant in grants
        if parse_rfc3339(str(grant["starts_at"])) <= now < parse_rfc3339(str(grant["ends_at"]))
    ]


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
