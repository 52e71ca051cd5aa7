"""HTTP bodies of /directory and /auth: the organisation, its people, and what opens doors to them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from hub.contracts.base import Contract, Moment, PersonId, RegionCode, Slug, Words
from hub.contracts.classes import Classified
from hub.contracts.events import Shift

Role = Literal["administrator", "supervisor", "agent", "engineer", "finance", "integrator", "store_manager", "viewer"]
StoreId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
ShortText = Annotated[str, Field(min_length=1, max_length=100)]

SHIFTS_LIMIT = 500
"""A roster travels whole in one event, so it must stay far below the bus's 256 KB."""


class PersonBody(Contract):
    """One of us (员工). `version`: what the writer saw; left out, the write wins."""

    name: Annotated[str, Field(max_length=100)] = ""
    roles: Annotated[tuple[Role, ...], Field(max_length=8)] = ()
    skills: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()
    teams: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()
    region: RegionCode = "base"
    store_id: StoreId | Literal[""] = ""
    supervisor: PersonId | Literal[""] = ""
    wecom_userid: Annotated[str, Field(max_length=64)] = ""
    active: bool = True
    version: int | None = None


class GrantBody(Contract):
    """A role for a while (临时权限): held from `starts_at` (included) to `ends_at` (excluded), then gone by itself."""

    role: Role
    starts_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _ordered(self) -> GrantBody:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        return self


class PersonView(Contract):
    """A person as the directory knows them. `frozen`: every request of theirs is refused."""

    id: PersonId
    name: str
    roles: tuple[Role, ...]
    skills: tuple[Slug, ...]
    teams: tuple[Slug, ...]
    region: RegionCode
    store_id: str
    supervisor: str
    wecom_userid: str
    active: bool
    frozen: bool
    grants: tuple[GrantBody, ...]
    version: int
    updated_at: Moment


class RoleView(Contract):
    """A role (角色) of the fixed catalogue."""

    id: Role
    title: Words


class RegionName(Contract):
    """A region by code, with its name where the hub knows it ('' otherwise)."""

    code: RegionCode
    name: Words


class RegionsQuery(Contract):
    """`within`: only what lies in this region."""

    within: RegionCode = "base"


class RegionView(RegionName):
    """A region (地区) and where it lies: `path` runs from itself outward to `base`."""

    path: tuple[RegionName, ...]


class StoreBody(Contract):
    """A store (门店)."""

    name: ShortText
    region: RegionCode
    manager: PersonId | Literal[""] = ""
    version: int | None = None


class StoreView(Contract):
    """A store as the directory knows it."""

    id: StoreId
    name: str
    region: RegionCode
    manager: str
    version: int


class RosterBody(Contract):
    """A team's whole duty roster (值班表): it replaces the one before."""

    shifts: Annotated[tuple[Shift, ...], Field(max_length=SHIFTS_LIMIT)]
    version: int | None = None


class RosterView(Contract):
    """A roster, and who is on duty at `at`."""

    team: Slug
    version: int
    shifts: tuple[Shift, ...]
    at: Moment
    on_duty: tuple[PersonId, ...]


class RosterQuery(Contract):
    """`at`: whose duty it is then; left out, now."""

    at: Moment | None = None


class KeyBody(Contract):
    """An API key (密钥) for a machine: what it is called, what it may do, and where."""

    name: ShortText
    scopes: Annotated[tuple[Role, ...], Field(min_length=1, max_length=8)]
    region: RegionCode = "base"


class KeyView(Contract):
    """A key without its secret."""

    id: str
    name: str
    scopes: tuple[Role, ...]
    region: RegionCode
    revoked: bool
    created_at: Moment


class NewKeyView(KeyView):
    """The one answer that carries the secret: it is stored only as a hash and never shown again."""

    api_key: str


class TokenBody(Contract):
    """An API key to exchange for a token."""

    api_key: Annotated[str, Field(min_length=1, max_length=200), Classified("secret")]


class TokenView(Contract):
    """A short-lived bearer token (RFC 6750)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name
    expires_in: int = Field(description="seconds")


class MeView(Contract):
    """Who the hub takes the caller for."""

    sub: str
    kind: str
    roles: tuple[str, ...]
    region: str
    stores: tuple[str, ...]
    tenant: str
