"""Where customers were served, in the room's table: what each principal's list of customers is read from.

`<t>#customer#<id>` / `place#<level>#<code>` stands for one region, store or member of staff, and carries the list's key
of that level alone, so a customer who was served in many places is once in the list of each. The profile carries the
key of the whole tenant.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from functions.customers.places import REGION_LEVELS, Listed, Served
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.store.faults import Lost
from hub.store.lists import ListPage, ListQuery, list_keys, read_list
from hub.store.table import NEW, Table

LIST = "customers"
PLACES_LIMIT = 500
"""So many places of one customer are looked at."""


class PlaceTable:
    """The places of one tenant's customers. Errors: Retry for what passes."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    def places(self, customer_id: str) -> tuple[Served, ...]:
        """Where a customer was served (strongly consistent)."""
        pk, only = self._pk(customer_id), ("sk",)
        items = self._table.query_all(pk, sk_prefix="place#", limit=PLACES_LIMIT, consistent=True, only=only)
        return tuple(Served(*str(item["sk"]).split("#", 2)[1:]) for item in items)

    def serve(self, customer: Listed, places: Iterable[Served]) -> None:
        """A customer was served there, from now on for good; what is known already is not written again."""
        known = self.places(customer.customer_id)
        for place in places:
            if place not in known:
                self._put(customer, place)

    def leave(self, customer_id: str, place: Served) -> None:
        """Whoever is no customer of somebody's any more."""
        self._table.delete((self._pk(customer_id), f"place#{place.level}#{place.code}"))

    def page(self, query: ListQuery) -> ListPage:
        """A page of customers, newest first, each once. Raises Invalid for a wrong cursor."""
        page = read_list(self._table, query)
        once = {str(item["customer_id"]): item for item in page.items}
        return ListPage(list(once.values()), page.position)

    def _put(self, customer: Listed, place: Served) -> None:
        keys = _keys(self._tenant, customer, place)
        item: dict[str, Any] = {
            "pk": self._pk(customer.customer_id),
            "sk": f"place#{place.level}#{place.code}",
            "schema": 1,
            "customer_id": customer.customer_id,
            "created_at": rfc3339(customer.created_at),
            "first_channel": customer.first_channel,
            f"l_{place.level}": keys[f"l_{place.level}"],
            "l_at": keys["l_at"],
        }
        try:
            self._table.put(item, NEW, with_item=False)
        except Lost:
            return

    def _pk(self, customer_id: str) -> str:
        return f"{self._tenant}#customer#{customer_id}"


def tenant_keys(tenant: str, customer: Listed) -> dict[str, str]:
    """The keys of the list of the whole tenant: the profile carries them."""
    return list_keys(tenant, LIST, customer.customer_id, customer.created_at)


def listed(item: Any) -> Listed:
    """The customer that an item of a list stands for."""
    return Listed(str(item["customer_id"]), parse_rfc3339(str(item["created_at"])), str(item["first_channel"]))


def _keys(tenant: str, customer: Listed, place: Served) -> dict[str, str]:
    """The list's keys for a place, among them that of its level."""
    where = {"region": place.code} if place.level in REGION_LEVELS else {place.level: place.code}
    return list_keys(tenant, LIST, customer.customer_id, customer.created_at, **where)
