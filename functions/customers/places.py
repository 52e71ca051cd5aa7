"""Where customers are served (服务地): it decides who of us finds them. Pure.

A customer belongs to every region and store in which a ticket of theirs was, and to the members of staff who are their
contacts. One whom nobody served yet belongs to the whole tenant alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from hub.edge.access import Place
from hub.kernel import regions
from hub.kernel.dataclass import dataclass

REGION_LEVELS = ("province", "city", "district")


@dataclass(frozen=True)
class Listed:
    """What a list shows of a customer: none of it ever changes."""

    customer_id: str
    created_at: datetime
    first_channel: str


@dataclass(frozen=True)
class Served:
    """Where, or by whom, a customer is served. level: province, city, district, store or person."""

    level: str
    code: str


def served_at(region: str = regions.BASE, store: str = "", person: str = "") -> tuple[Served, ...]:
    """Every level of a place: the region with all that it lies in, the store, the member of staff."""
    inward = regions.path(region)[-2::-1] if region != regions.BASE else ()
    levels = dict(zip(REGION_LEVELS, inward, strict=False)) | {"store": store, "person": person}
    return tuple(Served(level, code) for level, code in levels.items() if code)


def asked_places(assignee: str, store: str, region: str) -> tuple[Served, ...]:
    """What a list is narrowed to, the place with the fewest customers first: by it the list is read."""
    return (*served_at(person=assignee), *served_at(store=store), *served_at(region or regions.BASE)[-1:])


def places_of(customer_id: str, served: Iterable[Served]) -> tuple[Place, ...]:
    """The customer's places, as the edge knows them; the tenant's own is always among them."""
    return (Place(thing=customer_id), *(_place(customer_id, where) for where in served))


def _place(customer_id: str, where: Served) -> Place:
    if where.level == "store":
        return Place(store=where.code, thing=customer_id)
    if where.level == "person":
        return Place(people=(where.code,), thing=customer_id)
    return Place(region=where.code, thing=customer_id)
