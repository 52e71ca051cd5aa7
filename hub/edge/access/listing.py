"""A principal's reach as the scope of a list: part of the keys that are read, never a filter after reading."""

from __future__ import annotations

from hub.edge.access.scope import Reach
from hub.kernel.regions import covers
from hub.store.lists import Within


def within(reach: Reach, region: str = "") -> Within:
    """What of a list is within reach: by region or stores, and one's own beside it. Who is bound to teams, or to what
    is theirs, lists their own: a list has no key for teams. region: what of it is asked for, "" all: a region in
    reach is read by its own key, and of one that is not, nothing."""
    own = (reach.person,) if reach.person else ()
    if reach.level not in ("tenant", "region"):
        return Within(stores=reach.stores if reach.level == "store" else (), people=own)
    if region and not covers(region, reach.region):
        return Within(region=region if covers(reach.region, region) else "")
    return Within(region=reach.region, people=() if reach.level == "tenant" else own)
