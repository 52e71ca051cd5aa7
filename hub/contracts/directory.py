"""HTTP bodies of /directory and /auth: the organisation, its people, and what opens doors to them."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from hub.contracts.base import (
    Contract,
    GeoPoint,
    Moment,
    PersonId,
    RegionCode,
    RegionFilter,
    Role,
    Slug,
    StoreId,
    Words,
    check_zone,
)
from hub.contracts.classes import Classified, Contact, Located, Said
from hub.contracts.http import PageQuery
from hub.contracts.rosters import RecurringShift, Shift, ShiftSwap

ShortText = Annotated[str, Field(min_length=1, max_length=100)]

Level = Literal["region", "store", "team", "own"]
ThingId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$", examples=["tkt_01JD3ZK2Q8Z4X5V6B7N8M9P0QR"])
]
"""The id of a ticket, a customer, an order …"""

STORES_LIMIT = 300
SHIFTS_LIMIT = 500
RECURRING_LIMIT = 200
"""A roster travels whole in one event, so it must stay far below the bus's 256 KB."""


class PersonBody(Contract):
    """One of us (员工). `version`: what the writer saw; left out, the write wins.

    level: what binds them (数据范围): their region, their stores (`store_id` and `stores`), their teams within their
    region, or only what is their own; left out: their stores if they have any, else their region.
    capacity: so many open tickets they get at most (派单上限); left out: as the dispatch policy says.
    phone, email, feishu_open_id: how notices reach them beside WeCom; kept sealed. timezone: of their
    wall clock.
    """

    name: Annotated[str, Field(max_length=100)] = ""
    roles: Annotated[tuple[Role, ...], Field(max_length=8)] = ()
    skills: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()
    teams: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()
    region: RegionCode = "base"
    store_id: StoreId | Literal[""] = ""
    stores: Annotated[tuple[StoreId, ...], Field(max_length=STORES_LIMIT)] = ()
    level: Level | None = None
    supervisor: PersonId | Literal[""] = ""
    capacity: Annotated[int, Field(ge=0, le=1000)] | None = None
    wecom_userid: Annotated[str, Field(max_length=64)] = ""
    phone: Annotated[str, Field(pattern=r"^(\+?[0-9]{5,20})?$"), Classified("contact")] = ""
    email: Annotated[str, Field(max_length=254), Classified("contact")] = ""
    feishu_open_id: Annotated[str, Field(pattern=r"^((ou|on)_[A-Za-z0-9]{8,64})?$"), Classified("contact")] = ""
    timezone: Annotated[str, Field(max_length=64)] = ""
    active: bool = True
    version: int | None = None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name:
            check_zone(name)
        return name


class _Span(Contract):
    """From `starts_at` (included) to `ends_at` (excluded)."""

    starts_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        return self


class GrantBody(_Span):
    """A right for a while (临时权限): held from `starts_at` (included) to `ends_at` (excluded), then gone by itself. A
    role; or, as `guest`, one thing to look at, wherever it is: `thing` is its id."""

    role: Role | Literal["guest"]
    thing: ThingId | Literal[""] = ""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if (self.role == "guest") != bool(self.thing):
            raise ValueError("a guest has a thing, and nobody else")
        return self


class Grant(_Span):
    """A right for a while, as it stands on a person; `break_glass`: they broke the glass of `thing`."""

    role: Role | Literal["guest", "break_glass"]
    thing: str = ""


class BreakGlassBody(Contract):
    """Why one has to see a thing that is out of one's reach (破窗): it is kept, and told."""

    thing: ThingId
    reason: Annotated[str, Field(min_length=5, max_length=200), Classified("words")]


class GlassView(_Span):
    """Who saw one thing by breaking its glass, from when to when, and why."""

    id: str
    thing: str
    person_id: Annotated[PersonId, Located("people")]
    reason: Said


class GlassQuery(PageQuery):
    """`thing`: whose glass was broken."""

    thing: ThingId


class SightQuery(Contract):
    """At which node of a flow, on which terminal."""

    node: Annotated[str, Field(max_length=64)] = ""
    terminal: Literal["pc", "mobile", "h5"] = "pc"


class FieldSightView(Contract):
    """What each role sees of one field: `full`, `masked` or `hidden`. Its class is `plain` where it has none."""

    field: str
    field_class: str
    roles: dict[str, Literal["full", "masked", "hidden"]]


class PersonView(Contract):
    """A person as the directory knows them. `frozen`: every request of theirs is refused."""

    id: PersonId
    name: str
    roles: tuple[Role, ...]
    skills: tuple[Slug, ...]
    teams: tuple[Slug, ...]
    region: RegionCode
    store_id: str
    stores: tuple[str, ...] = ()
    level: Level | None = None
    supervisor: str
    capacity: int | None = Field(default=None, description="so many open tickets at most; null: as the policy says")
    wecom_userid: str
    phone: Contact = ""
    email: Contact = ""
    feishu_open_id: Contact = ""
    timezone: str = Field(default="", description="whose wall clock is theirs, '' for the tenant's")
    active: bool
    frozen: bool
    grants: tuple[Grant, ...]
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


class PeopleQuery(PageQuery):
    """Filters of the list of people: all that are given have to hold. A page may be short, and says where the list goes
    on."""

    role: Role | None = Field(default=None, description="who has this role")
    team: str = Field(default="", max_length=64, description="who is in this team")
    region: RegionFilter = Field(default="", description="whose region is this one, or lies in it")
    store: str = Field(default="", max_length=128, description="who works in this store, or has it among theirs")
    updated_since: Moment | None = Field(default=None, description="who was saved from then on")
    sort: Literal["id"] | None = Field(default=None, description="by id: the only order there is")


class StoresQuery(PageQuery):
    """Filters of the list of stores: all that are given have to hold. A page may be short, and says where the list goes
    on."""

    region: RegionFilter = Field(default="", description="what lies in this region")
    manager: str = Field(default="", max_length=128, description="whose stores")
    updated_since: Moment | None = Field(default=None, description="what was saved from then on")
    sort: Literal["id"] | None = Field(default=None, description="by id: the only order there is")


class RegionsQuery(Contract):
    """`within`: only what lies in this region."""

    within: RegionCode = "base"


class RegionView(RegionName):
    """A region (地区) and where it lies: `path` runs from itself outward to `base`."""

    path: tuple[RegionName, ...]


class StoreBody(Contract):
    """A store (门店). `position`: where it stands on the map, with its datum."""

    name: ShortText
    region: RegionCode
    manager: PersonId | Literal[""] = ""
    position: GeoPoint | None = None
    version: int | None = None


class StoreView(Contract):
    """A store as the directory knows it."""

    id: StoreId
    name: str
    region: RegionCode
    manager: str
    position: GeoPoint | None = None
    version: int


class TeamBody(Contract):
    """A team (团队) and where it belongs: who reaches its region, or one of its stores, may arrange its duty."""

    name: ShortText
    region: RegionCode = "base"
    stores: Annotated[tuple[StoreId, ...], Field(max_length=STORES_LIMIT)] = ()
    version: int | None = None


class TeamView(Contract):
    """A team as the directory knows it."""

    id: Slug
    name: str
    region: RegionCode
    stores: tuple[str, ...]
    version: int


class RosterBody(Contract):
    """A team's whole duty roster (值班表): it replaces the one before. Single shifts, shifts that come again, and
    swaps, which are applied in their order."""

    shifts: Annotated[tuple[Shift, ...], Field(max_length=SHIFTS_LIMIT)] = ()
    recurring: Annotated[tuple[RecurringShift, ...], Field(max_length=RECURRING_LIMIT)] = ()
    swaps: Annotated[tuple[ShiftSwap, ...], Field(max_length=RECURRING_LIMIT)] = ()
    hand_over: bool = Field(
        default=False, description="at a shift's start the open work of who is off goes to who is on"
    )
    version: int | None = None


class RosterView(Contract):
    """A roster, and who is on duty at `at`."""

    team: Slug
    version: int
    shifts: tuple[Shift, ...]
    recurring: tuple[RecurringShift, ...] = ()
    swaps: tuple[ShiftSwap, ...] = ()
    hand_over: bool = False
    at: Moment
    on_duty: tuple[PersonId, ...]
    assumed: bool = Field(
        default=False,
        description="its work days or days off are known to no public calendar at `at`: Monday to Friday are taken",
    )


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
    """The one answer that carries the secret, which is stored only as a hash. A repeat of the request with its
    Idempotency-Key is answered with it for two days; nothing else ever shows it."""

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
    name: str = Field(default="", description='what colleagues call them; "" for a machine')
    kind: str
    roles: tuple[str, ...]
    region: str
    stores: tuple[str, ...]
    teams: tuple[str, ...] = ()
    level: str = ""
    tenant: str
    terminal: str = Field(
        default="pc", description="what the caller works on: X-Client, or what their token is bound to"
    )
