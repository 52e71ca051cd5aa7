"""Lists of what stands as long as it is there (people, stores, connections), in the order of its ids, by where it lies.

The whole tenant's is read from the shards of `by_list` (hub.store.sharded); a region's, a store's or a person's own by
its key (hub.store.lists, without a month). Nothing is read and then left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from hub.kernel import regions
from hub.kernel.effective import BEGINNING
from hub.store.items import raw_item
from hub.store.lists import AHEAD, ListQuery, Within, list_keys, read_soonest
from hub.store.model import RoomModel
from hub.store.paging import Position
from hub.store.sharded import read_sharded, shard_pk
from hub.store.table import Table

Item = TypeVar("Item", bound=RoomModel)
WHOLE = Within(regions.BASE)
"""The whole tenant."""


def place_keys(
    tenant: str, name: str, item_id: str, region: str = regions.BASE, store: str = "", person: str = ""
) -> dict[str, str]:
    """The index attributes of what lies there, by the levels below the tenant; one that is not in the answer is to be
    removed from the item. person: whose own it is."""
    keys = list_keys(tenant, name, item_id, BEGINNING, region=region, store=store, person=person, period=AHEAD)
    return {key: value for key, value in keys.items() if key != "l_tenant"}


def list_placed(
    item: RoomModel, tenant: str, name: str, item_id: str, *, region: str, store: str = "", person: str = ""
) -> None:
    """Have an item stand in its list, and where it lies."""
    item.list_pk, item.list_sk = shard_pk(tenant, name, item_id), item_id
    item.list_under(place_keys(tenant, name, item_id, region, store, person))


def read_placed(
    model: type[Item], table: Table, tenant: str, name: str, within: Within, *, limit: int, start: Position | None
) -> tuple[list[Item], Position | None]:
    """A page by ids of what lies within, and where the next one starts; up to two seconds behind. Raises Invalid for a
    start that is none of this list, and for too wide a scope, Retry."""
    if within.region == regions.BASE:
        return read_sharded(model.by_list.query, model.list_sk, tenant, name, limit=limit, start=start)
    page = read_soonest(table, ListQuery(tenant, name, within, BEGINNING, limit, position=start))
    return [model_of(model, item) for item in page.items], page.position


def model_of(model: type[Item], item: Mapping[str, object]) -> Item:
    """A plain item as its model."""
    made = model()
    made.deserialize(raw_item(item))
    return made


def position_at(name: str, item: RoomModel, within: Within) -> Position:
    """Where a page starts that goes on behind an item of such a list."""
    return {"list": name, "after": str(item.list_sk if within.region == regions.BASE else item.l_at)}
