"""Which people, and which stores, a list is asked for. Pure.

An organisation is some thousands of each, kept by their ids: whatever else one asks for is looked at after reading.
"""

from __future__ import annotations

from typing import Any

from hub.contracts.directory import PeopleQuery, StoresQuery
from hub.kernel.clock import parse_rfc3339
from hub.kernel.regions import covers


def is_asked(query: PeopleQuery | StoresQuery, item: Any) -> bool:
    """Whether a person, or a store, as it is kept is what was asked for."""
    since = query.updated_since
    if query.region and not covers(query.region, item.region):
        return False
    if since is not None and not (item.updated_at and parse_rfc3339(item.updated_at) >= since):
        return False
    if isinstance(query, StoresQuery):
        return query.manager in ("", item.manager)
    return (
        query.role in (None, *item.roles)
        and (not query.team or query.team in item.teams)
        and (not query.store or query.store in (item.store_id, *item.stores))
    )
