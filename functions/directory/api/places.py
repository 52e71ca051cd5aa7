"""Roles and regions (角色、地区), which all of the tenant shares, and stores (门店), which lie somewhere."""

from __future__ import annotations

from functools import partial

from functions.directory.api.views import checked_id
from functions.directory.choosing import is_asked
from functions.directory.desk import Desk
from functions.directory.regions import named_regions, show_region
from functions.directory.roles import ROLES
from functions.directory.room import ADMINISTRATOR, room
from hub.contracts.directory import RegionName, RegionsQuery, RegionView, RoleView, StoreBody, StoresQuery, StoreView
from hub.contracts.http import Page
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request


@room.http("GET", "/directory/roles", summary="角色目录 · List roles", answer=Page[RoleView], scope="tenant")
def list_roles(desk: Desk, request: Request) -> Page[RoleView]:
    """The fixed catalogue of roles, in both languages."""
    return page(ROLES)


@room.http("GET", "/directory/regions", summary="地区列表 · List regions", query=RegionsQuery,
           answer=Page[RegionName], scope="tenant")  # fmt: skip
def list_regions(desk: Desk, request: Request) -> Page[RegionName]:
    """Provinces and cities, by code; with `?within=` all that lies in a province or city, its districts too."""
    return page(named_regions(request.query.within))


@room.http("GET", "/directory/regions/{code}", summary="地区 · Show a region", answer=RegionView, scope="tenant")
def read_region(desk: Desk, request: Request) -> RegionView:
    """A region by its six-digit code, and what it lies in."""
    return show_region(request.path["code"])


@room.http(
    "GET",
    "/directory/stores",
    summary="门店列表 · List stores",
    query=StoresQuery,
    answer=Page[StoreView],
    scope="region",
)
def list_stores(desk: Desk, request: Request) -> Page[StoreView]:
    """The stores within your reach by id, or those of a region or a manager; the list may be two seconds behind."""
    query = request.query
    scope, start = within(request.reach, query.region), cursors.decode(query.cursor)
    return page(*desk.directory.stores(scope, query.limit, start, partial(is_asked, query)))


def find_store(desk: Desk, request: Request) -> Subject:
    """A store of the path, in its region."""
    store = desk.directory.store(request.path["store_id"])
    return Subject(store, (Place(store.region, store.id, thing=store.id),))


def _past_store(desk: Desk, request: Request, version: int) -> tuple[StoreView, StoreView] | None:
    store: StoreView = request.subject
    past = desk.directory.store_then(store.id, version)
    return (past, store) if past else None


@room.http("GET", "/directory/stores/{store_id}", summary="门店详情 · Show a store", answer=StoreView, scope="region",
           subject=find_store, past=_past_store)  # fmt: skip
def read_store(desk: Desk, request: Request) -> StoreView:
    """One store."""
    store: StoreView = request.subject
    return store


@room.http("PUT", "/directory/stores/{store_id}", summary="保存门店 · Save a store",
           body=StoreBody, answer=StoreView, roles=ADMINISTRATOR, scope="tenant", dry_run="rehearsed")  # fmt: skip
def save_store(desk: Desk, request: Request) -> StoreView:
    """Create or replace a store."""
    return desk.directory.save_store(checked_id(request.path["store_id"], "store_id"), request.body, request.now)
