"""An endpoint (接收地址): where events go, which ones, as whose eyes see them. Pure.

An endpoint is a principal: it has roles, a region and stores, never more than who registered it has now.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from functions.outbound.catalogue.catalogue import chosen_types, facts_of, filter_schema, fits, read_filter
from functions.outbound.catalogue.versions import told_in
from hub.contracts.base import Contract, Moment
from hub.contracts.envelope import Event
from hub.contracts.outbound import EndpointState
from hub.edge.access import Place, Policy, Reach, Viewer, project, reach_of
from hub.edge.auth import ADMINISTRATOR, Principal
from hub.kernel.errors import Forbidden, Invalid, Problem
from hub.kernel.regions import covers, is_region
from hub.rules import holds

ENDPOINTS_LIMIT = 100
OVERLAP = timedelta(hours=24)
"""So long deliveries bear the signature of a secret that was replaced as well."""
HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)
HEADER_VALUE_LIMIT = 1000
RESERVED = ("host", "connection", "transfer-encoding", "upgrade", "te", "expect", "user-agent", "date", "cookie")
RESERVED_PREFIXES = ("webhook-", "content-", "proxy-")

Reason = Literal["", "by-hand", "gone", "failing", "owner-frozen"]


class Secret(Contract):
    """A secret, sealed. until: when it stops being used, None for the one that holds."""

    id: str
    sealed: str
    until: Moment | None = None


class Endpoint(Contract):
    """One endpoint, as it is kept. header_names: of what `headers_sealed` holds (JSON)."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str = ""
    filter: dict[str, Any] = Field(default={})
    header_names: tuple[str, ...] = ()
    headers_sealed: str = ""
    state: EndpointState = "enabled"
    reason: Reason = ""
    schema_version: int = 1
    ordered: bool = False
    concurrency: int = 5
    per_minute: int = 0
    secrets: tuple[Secret, ...] = ()
    key_sealed: str = ""
    public_key: str = ""
    owner: str
    roles: tuple[str, ...]
    region: str = "base"
    stores: tuple[str, ...] = ()
    created_at: Moment
    updated_at: Moment
    version: int = 1

    @property
    def sends(self) -> bool:
        """Whether its events are sent; those of one that is disabled, or that has no URL, are held."""
        return self.state == "enabled" and bool(self.url)

    @property
    def reach(self) -> Reach:
        """How far it reaches by itself."""
        return reach_of(self.principal)

    @property
    def principal(self) -> Principal:
        """The endpoint as one who looks."""
        return Principal(self.id, self.roles, "", self.region, self.stores, "machine")

    def live_secrets(self, now: datetime) -> tuple[Secret, ...]:
        """The secrets that sign now, the newest first."""
        return tuple(secret for secret in self.secrets if secret.until is None or now < secret.until)


def place_of(event: Event) -> Place:
    """Where an event belongs; one that does not say is only for who reaches the whole tenant."""
    return Place(getattr(event, "region", "") or "base", getattr(event, "store_id", ""))


def data_for(endpoint: Endpoint, roles: tuple[str, ...], event: Event, policy: Policy) -> dict[str, Any] | None:
    """The event as the endpoint may see it, with these of its roles; None where it is out of its reach."""
    place, reach = place_of(event), endpoint.reach
    if not reach.covers(place) or not roles:
        return None
    data: dict[str, Any] = project(event, Viewer(roles, reach), policy, place)
    return data


def told_to(endpoint: Endpoint, event: Event, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the endpoint may see of an event, in its version of the schema; None where it cannot be told in that."""
    name = str(event.type)  # type: ignore[attr-defined] # as below
    return told_in(name, data, event.schema_version, endpoint.schema_version)


def wants(endpoint: Endpoint, event: Event, policy: Policy) -> bool:
    """Whether the endpoint is to get this event: by its name, within its reach, and by its filter."""
    name = str(event.type)  # type: ignore[attr-defined] # each concrete event has its literal `type`
    if not fits(endpoint.events, name):
        return False
    data = data_for(endpoint, endpoint.roles, event, policy)
    if data is None or not endpoint.filter:
        return data is not None
    schema = filter_schema(chosen_types(endpoint.events), endpoint.roles, policy)
    condition = read_filter(endpoint.filter, endpoint.events, endpoint.roles, policy)
    return holds(condition, facts_of(data, schema))


def roles_now(endpoint: Endpoint, owner: Principal | None) -> tuple[str, ...]:
    """Which of its roles the endpoint has now: none that its owner has no longer. None: nobody knows of the owner."""
    if owner is None or ADMINISTRATOR in owner.roles:
        return endpoint.roles
    return tuple(role for role in endpoint.roles if role in owner.roles)


def require_rights(roles: tuple[str, ...], region: str, stores: tuple[str, ...], owner: Principal) -> None:
    """Raises Invalid where an endpoint would be more than its owner, or somewhere that there is not, Forbidden for a
    place out of the owner's reach."""
    more = [] if ADMINISTRATOR in owner.roles else [role for role in roles if role not in owner.roles]
    if more:
        raise Invalid("roles", problems=[Problem("/roles", "must be roles of your own")])
    if not is_region(region):
        raise Invalid("region", problems=[Problem("/region", "must be a region's code that there is")])
    reach = reach_of(owner)
    inside = reach.level == "tenant" or (reach.level == "region" and covers(owner.region, region))
    if not inside:
        raise Forbidden("outside your reach", region=region, store=",".join(stores))


def require_mastery(endpoint: Endpoint, principal: Principal) -> None:
    """Raises Forbidden for who would have an endpoint that sees more than they do tell it to them."""
    try:
        require_rights(endpoint.roles, endpoint.region, endpoint.stores, principal)
    except Invalid:
        raise Forbidden("this endpoint sees more than you do", endpoint=endpoint.id) from None


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises Invalid with each header that may not be sent along."""
    problems = [problem for name, value in headers.items() for problem in _header_problems(name, value)]
    if problems:
        raise Invalid("headers", problems=problems)


def _header_problems(name: str, value: str) -> list[Problem]:
    pointer = f"/headers/{name.replace('~', '~0').replace('/', '~1')[:64]}"
    if not HEADER_NAME.fullmatch(name):
        return [Problem(pointer, "must be a header's name: letters, digits and hyphens")]
    if name.lower() in RESERVED or name.lower().startswith(RESERVED_PREFIXES):
        return [Problem(pointer, "must not be a header that the hub sets itself")]
    if len(value) > HEADER_VALUE_LIMIT or not (value.isascii() and value.isprintable()):
        return [Problem(pointer, f"must be at most {HEADER_VALUE_LIMIT} printable ASCII characters")]
    return []
