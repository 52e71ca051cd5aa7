"""Where customers were served, in the room's table: what each principal's list of customers is read from.

`<t>#customer#<id>` / `place#<level>#<code>` stands for one region, store or member of staff, and carries the list's key
of that level alone, so a customer who was served in many places is once in the list of each. The profile carries the
key of the whole tenant.

A place of a record that is part of another is listed there, as a place that is not its `own`; its item here carries no
keys then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions.customers.places import REGION_LEVELS, Listed, Served, served_at
from hub.kernel import regions
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.positions import read_shown
from hub.store.faults import Lost
from hub.store.lists import LIST_ATTRIBUTES, ListPage, ListQuery, Within, list_keys, read_list
from hub.store.table import NEW, Table

LIST = "customers"
PAGE, PAGES = 100, 5
"""Of a list that is narrowed by more than its key so many are looked at for a page."""
Row = tuple[dict[str, Any], bool, bool]
PLACES_LIMIT = 500
"""So many places of one customer are looked at."""


class PlaceTable:
    """The places of one tenant's customers. Errors: Retry for what passes."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    def places(self, customer_id: str) -> tuple[Served, ...]:
        """Where a customer was served (strongly consistent)."""
        return tuple(self._stored(customer_id))

    def serve(self, record_id: str, customer: Listed, places: Iterable[Served]) -> None:
        """A customer was served there, by this record of theirs, from now on for good; what is known already is not
        written again."""
        places, is_own = tuple(places), record_id == customer.customer_id
        if not is_own:
            self._add(record_id, places, lambda _: {}, own=True)
        self._add(customer.customer_id, places, lambda place: self._shown(customer, place), own=is_own)

    def _add(
        self, customer_id: str, places: Iterable[Served], shown: Callable[[Served], dict[str, Any]], *, own: bool
    ) -> None:
        known = self._stored(customer_id)
        for place in places:
            if place not in known or (own and not known[place]["own"]):
                self._put(customer_id, place, shown(place), own=own, anew=place in known)

    def leave(self, customer_id: str, place: Served) -> None:
        """Whoever is no customer of somebody's any more."""
        self._table.delete((self._pk(customer_id), _sk(place)))

    def relist(self, customer: Listed, records: Sequence[str]) -> None:
        """List a customer wherever one of their records was served, and nowhere else. records: the customer's, their
        own first. Done again it changes nothing."""
        stored = {record_id: self._stored(record_id) for record_id in records}
        due = {place for own in stored.values() for place, item in own.items() if item["own"]}
        for record_id, places in stored.items():
            for place, item in places.items():
                if record_id != customer.customer_id or place not in due:
                    self._take_off(record_id, place, own=item["own"])
        for place in due:
            own = stored[customer.customer_id].get(place, {"own": False})["own"]
            self._put(customer.customer_id, place, self._shown(customer, place), own=own, anew=True)

    def page(self, query: ListQuery) -> ListPage:
        """A page of customers, newest first, each once; one that came short goes on once, so that the list of a young
        tenant ends with its first page. Raises Invalid for a wrong cursor."""
        page = read_list(self._table, query)
        if page.position and len(page.items) < query.limit:  # of a young tenant there is nothing in most months
            rest = replace(query, limit=query.limit - len(page.items), position=page.position)
            more = read_list(self._table, rest)
            page = ListPage([*page.items, *more.items], more.position)
        once = {str(item["customer_id"]): item for item in page.items}
        return ListPage(list(once.values()), page.position)

    def page_of(self, query: ListQuery, places: Sequence[Served]) -> ListPage:
        """A page of those who are served at each of these places, as far as the query's scope reaches; it is read by
        the first of them, and may be short. Nothing tells of those who are out of reach. Raises Invalid."""
        first, *rest = places
        by_first = replace(query, within=_within(first))
        reached = _served_within(query.within)

        def read(limit: int, position: Mapping[str, Any] | None) -> tuple[list[tuple[str, Row]], Any]:
            page = self.page(replace(by_first, limit=limit, position=position))
            return self._looked_at(page.items, reached, rest), page.position

        rows, position = read_shown(
            LIST, read, lambda row: row[1], lambda row: row[2], query.limit, query.position, size=PAGE, pages=PAGES
        )
        return ListPage([item for item, *_ in rows], position)

    def _looked_at(
        self, items: Sequence[dict[str, Any]], reached: Sequence[Served] | None, rest: Sequence[Served]
    ) -> list[tuple[str, Row]]:
        """Each with its place in the list, whether it is within reach, and whether it is asked for: a customer is
        listed at a place where there is an item of it that says so. reached: None for everything."""
        keys = [(self._pk(str(item["customer_id"])), _sk(p)) for item in items for p in (*(reached or ()), *rest)]
        listed = {(item["pk"], item["sk"]) for item in self._table.get_many(keys) if "l_at" in item}

        def is_at(item: Mapping[str, Any], place: Served) -> bool:
            return (self._pk(str(item["customer_id"])), _sk(place)) in listed

        return [
            (
                str(item["l_at"]),
                (
                    item,
                    reached is None or any(is_at(item, place) for place in reached),
                    all(is_at(item, place) for place in rest),
                ),
            )
            for item in items
        ]

    def _stored(self, customer_id: str) -> dict[Served, dict[str, Any]]:
        items = self._table.query_all(
            self._pk(customer_id), sk_prefix="place#", limit=PLACES_LIMIT, consistent=True, only=("sk", "own")
        )
        return {Served(*str(item["sk"]).split("#", 2)[1:]): {"own": item.get("own", True)} for item in items}

    def _shown(self, customer: Listed, place: Served) -> dict[str, Any]:
        keys = _keys(self._tenant, customer, place)
        return {
            "customer_id": customer.customer_id,
            "created_at": rfc3339(customer.created_at),
            "first_channel": customer.first_channel,
            f"l_{place.level}": keys[f"l_{place.level}"],
            "l_at": keys["l_at"],
        }

    def _put(self, customer_id: str, place: Served, shown: dict[str, Any], *, own: bool, anew: bool = False) -> None:
        item = {"pk": self._pk(customer_id), "sk": _sk(place), "schema": 1, "own": own, **shown}
        try:
            self._table.put(item, "" if anew else NEW, with_item=False)
        except Lost:
            return

    def _take_off(self, customer_id: str, place: Served, *, own: bool) -> None:
        """The place stays what it is where it is the record's own; it is listed no more."""
        key = self._pk(customer_id), _sk(place)
        if own:
            self._table.update(key, f"REMOVE {', '.join(LIST_ATTRIBUTES)}")
        else:
            self._table.delete(key)

    def _pk(self, customer_id: str) -> str:
        return f"{self._tenant}#customer#{customer_id}"


def _within(place: Served) -> Within:
    if place.level == "store":
        return Within(stores=(place.code,))
    return Within(people=(place.code,)) if place.level == "person" else Within(region=place.code)


def _served_within(scope: Within) -> tuple[Served, ...] | None:
    """The places that a scope is; None for everything."""
    if scope.region == regions.BASE:
        return None
    stores = (place for store in scope.stores for place in served_at(store=store))
    people = (place for person in scope.people for place in served_at(person=person))
    return (*served_at(scope.region or regions.BASE)[-1:], *stores, *people)


def tenant_keys(tenant: str, customer: Listed) -> dict[str, str]:
    """The keys of the list of the whole tenant: the profile carries them."""
    return list_keys(tenant, LIST, customer.customer_id, customer.created_at)


def listed(item: Any) -> Listed:
    """The customer that an item of a list stands for."""
    return Listed(str(item["customer_id"]), parse_rfc3339(str(item["created_at"])), str(item["first_channel"]))


def _sk(place: Served) -> str:
    return f"place#{place.level}#{place.code}"


def _keys(tenant: str, customer: Listed, place: Served) -> dict[str, str]:
    """The list's keys for a place, among them that of its level."""
    where = {"region": place.code} if place.level in REGION_LEVELS else {place.level: place.code}
    return list_keys(tenant, LIST, customer.customer_id, customer.created_at, **where)
