"""What a principal may see: decided here alone, for API, exports, webhooks and message text alike."""

from __future__ import annotations

from hub.edge.auth import Principal
from hub.kernel.errors import Forbidden
from hub.kernel.regions import covers

SEES_PERSONAL = ("agent", "supervisor", "engineer")


def require_region(principal: Principal, region: str) -> None:
    """Raises Forbidden unless `region` lies in the principal's subtree."""
    if not covers(principal.region, region):
        raise Forbidden("outside your region", yours=principal.region, theirs=region)


def require_role(principal: Principal, roles: tuple[str, ...]) -> None:
    """Raises Forbidden unless the principal holds one of `roles`."""
    if not principal.has(*roles):
        raise Forbidden("your role does not allow this", needs="|".join(roles), yours="|".join(principal.roles))


def sees_personal(principal: Principal) -> bool:
    """Whether names, phones and what customers wrote are shown in full."""
    return principal.has(*SEES_PERSONAL)


def masked(text: str) -> str:
    """Personal text for those who may not see it: the first character, and how long it was stays hidden."""
    return f"{text[:1]}**" if text else ""
