"""Lists keyed by scope, against a list that is read whole and filtered."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.kernel import regions
from hub.kernel.errors import Invalid
from hub.store.items import plain_item, raw_item
from hub.store.lists import (
    AHEAD,
    LIST_ATTRIBUTES,
    LIST_INDEXES,
    PARTITIONS_LIMIT,
    QUERIES_LIMIT,
    SHARDS,
    ListQuery,
    Within,
    list_keys,
    read_list,
    read_soonest,
)
from hub.store.table import Table

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
REGIONS = ("base", "310000", "310100", "310101", "310104", "440000", "440100", "440106")
STORES = ("", "s1", "s2", "s3")
PEOPLE = ("", "ann", "bo")


@dataclass(frozen=True)
class Thing:
    id: str
    at: datetime
    region: str = "base"
    store: str = ""
    person: str = ""

    def item(self, name: str = "things", period: str = "") -> dict[str, Any]:
        place = {"region": self.region, "store": self.store, "person": self.person}
        keys = list_keys("demo", name, self.id, self.at, **place, period=period)
        return {"pk": f"demo#{self.id}", "sk": "thing", "id": self.id, **keys}

    def within(self, scope: Within) -> bool:
        in_region = bool(scope.region) and regions.covers(scope.region, self.region)
        return in_region or (self.store or "-") in scope.stores or (self.person or "-") in scope.people


@dataclass
class Memory:
    """A DynamoDB client over items in memory. Answers at most `page_limit` rows a query; keeps what it was asked."""

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    page_limit: int = 100
    queried: list[str] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)
    late: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """What the indexes still say of an item that has changed."""

    def put(self, *items: dict[str, Any]) -> None:
        self.items |= {(item["pk"], item["sk"]): item for item in items}

    def query(self, **params: Any) -> dict[str, Any]:
        values, index = plain_item(params["ExpressionAttributeValues"]), LIST_INDEXES[params["IndexName"][3:]]
        assert params["KeyConditionExpression"] == "#pk = :pk AND #sk BETWEEN :from AND :to"
        assert params["ExpressionAttributeNames"] == {"#pk": index.hash, "#sk": "l_at"}
        told = (self.items | self.late).values()
        found = [
            i for i in told if i.get(index.hash) == values[":pk"] and values[":from"] <= i["l_at"] <= values[":to"]
        ]
        found.sort(key=lambda item: item["l_at"], reverse=not params["ScanIndexForward"])
        start = plain_item(params.get("ExclusiveStartKey", {}))
        ahead = params["ScanIndexForward"]
        later = [item for item in found if not start or _behind(item["l_at"], start["l_at"], ahead)]
        page = later[: min(params["Limit"], self.page_limit)]
        names = ("pk", "sk", index.hash, "l_at")
        keys = [{name: item[name] for name in names} for item in page]
        self.queried.append(values[":pk"])
        self.rows += [(item["pk"], item["sk"]) for item in page]
        last = {"LastEvaluatedKey": raw_item(keys[-1])} if len(page) < len(later) else {}
        return {"Items": [raw_item(key) for key in keys], **last}

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - botocore's own name
        ((name, asked),) = RequestItems.items()
        keys = [plain_item(key) for key in asked["Keys"]]
        found = [self.items[key["pk"], key["sk"]] for key in keys if (key["pk"], key["sk"]) in self.items]
        return {"Responses": {name: [raw_item(item) for item in found]}}


def _behind(one: str, other: str, ahead: bool) -> bool:
    return one > other if ahead else one < other


def walk(memory: Memory, query: ListQuery) -> list[str]:
    """The ids on all pages, in order; each page but the last full, or ended by the cap."""
    ids: list[str] = []
    for _ in range(500):
        before = len(memory.queried)
        page = read_list(Table("things", memory), query)
        ids += [item["id"] for item in page.items]
        assert len(page.items) <= query.limit
        if page.position is None:
            return ids
        assert len(page.items) == query.limit or len(memory.queried) - before >= QUERIES_LIMIT
        query = replace(query, position=page.position)
    raise AssertionError("a list without an end")


def query(within: Within, limit: int = 10, **more: Any) -> ListQuery:
    return ListQuery("demo", "things", within, NOW, limit, **more)


moments = st.integers(0, 500 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))
things = st.lists(
    st.builds(
        Thing,
        id=st.integers(0, 10**6).map(str),
        at=moments,
        region=st.sampled_from(REGIONS),
        store=st.sampled_from(STORES),
        person=st.sampled_from(PEOPLE),
    ),
    unique_by=lambda thing: thing.id,
    max_size=60,
)
scopes = st.builds(
    Within,
    region=st.sampled_from(("", *REGIONS)),
    stores=st.sets(st.sampled_from(STORES[1:])).map(lambda chosen: tuple(sorted(chosen))),
    people=st.sets(st.sampled_from(PEOPLE[1:])).map(lambda chosen: tuple(sorted(chosen))),
)


@settings(max_examples=150, deadline=None)
@given(things, scopes, st.integers(1, 30), st.integers(1, 5), st.none() | moments, st.none() | moments)
def test_pages_are_the_scope_newest_first_and_read_nothing_else(
    listed: list[Thing],
    scope: Within,
    limit: int,
    page_limit: int,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Joined pages are what a whole read, filtered and sorted, gives: each thing once; and no key that any page read,
    in the indexes or the table, lies outside the scope."""
    memory = Memory(page_limit=page_limit)
    memory.put(*(thing.item() for thing in listed), *(thing.item("others") | {"sk": "other"} for thing in listed))
    expected = [
        thing
        for thing in listed
        if thing.within(scope) and (since is None or since <= thing.at) and (until is None or thing.at < until)
    ]
    expected.sort(key=lambda thing: (thing.at, thing.id), reverse=True)
    assert walk(memory, query(scope, limit, since=since, until=until)) == [thing.id for thing in expected]
    in_scope = {(f"demo#{thing.id}", "thing") for thing in listed if thing.within(scope)}
    assert set(memory.rows) <= in_scope


@settings(max_examples=150, deadline=None)
@given(things, scopes, st.integers(1, 30), st.integers(1, 5), st.none() | moments, st.none() | moments)
def test_what_is_ahead_comes_soonest_first_and_reads_nothing_else(
    listed: list[Thing],
    scope: Within,
    limit: int,
    page_limit: int,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Joined pages are what a whole read, filtered and sorted, gives, each but the last full, whatever the months."""
    memory = Memory(page_limit=page_limit)
    memory.put(*(thing.item(period=AHEAD) for thing in listed))
    memory.put(*(thing.item() | {"sk": "by month"} for thing in listed))
    expected = [
        thing
        for thing in listed
        if thing.within(scope) and (since is None or since <= thing.at) and (until is None or thing.at < until)
    ]
    expected.sort(key=lambda thing: (thing.at, thing.id))
    asked, ids = query(scope, limit, since=since, until=until), list[str]()
    for _ in range(500):
        page = read_soonest(Table("things", memory), asked)
        ids += [item["id"] for item in page.items]
        if page.position is None:
            break
        assert len(page.items) == limit
        asked = replace(asked, position=page.position)
    assert ids == [thing.id for thing in expected]
    in_scope = {(f"demo#{thing.id}", "thing") for thing in listed if thing.within(scope)}
    assert set(memory.rows) <= in_scope


@pytest.mark.parametrize(
    "position", [{"list": "others", "after": "2026-11-21T"}, {"list": "things", "before": "2026-11"}, {"after": "x"}]
)
def test_what_is_ahead_goes_on_only_where_it_ended(position: dict[str, str]) -> None:
    """A position of another list, or of another order, is refused."""
    with pytest.raises(Invalid):
        read_soonest(Table("things", Memory()), query(Within("base"), position=position))


@given(things)
def test_no_partition_holds_a_whole_tenant(listed: list[Thing]) -> None:
    """Every key ends by a month, and the tenant's by a shard of four as well."""
    partitions = defaultdict(set)
    for thing in listed:
        for name, value in thing.item().items():
            partitions[name].add(value)
    months = {f"{thing.at:%Y-%m}" for thing in listed}
    for level in LIST_INDEXES:
        for pk in partitions[f"l_{level}"]:
            *_, month, shard = [*pk.split("#"), ""] if level != "tenant" else pk.split("#")
            assert month in months
            assert shard in ("", *map(str, range(SHARDS)))


def test_a_thing_is_listed_at_each_level_of_its_region() -> None:
    """A district's at all three, a province's at one, a thing of the whole tenant's only there; a store and a person
    where there are any."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    text = "2026-11-01T00:00:00.000000Z#tkt_1"
    assert list_keys("demo", "tickets-open", "tkt_1", at, region="310101", store="s1", person="ann") == {
        "l_tenant": "demo#tickets-open#base#2026-11#1",
        "l_province": "demo#tickets-open#310000#2026-11",
        "l_city": "demo#tickets-open#310100#2026-11",
        "l_district": "demo#tickets-open#310101#2026-11",
        "l_store": "demo#tickets-open#s1#2026-11",
        "l_person": "demo#tickets-open#ann#2026-11",
        "l_at": text,
    }
    assert set(list_keys("demo", "x", "tkt_1", at, region="310000")) == {"l_tenant", "l_province", "l_at"}
    assert set(list_keys("demo", "x", "tkt_1", at)) == {"l_tenant", "l_at"}
    assert set(list_keys("demo", "x", "i", at, region="310101", store="s", person="p")) == set(LIST_ATTRIBUTES)


def test_a_page_stops_at_its_cap_and_says_where_it_goes_on() -> None:
    """A list with nothing in its last two years is not read whole in one go."""
    memory = Memory()
    memory.put(Thing("old", NOW - timedelta(days=700)).item())
    page = read_list(Table("things", memory), query(Within("base")))
    assert (page.items, len(memory.queried)) == ([], QUERIES_LIMIT)
    assert page.position == {"list": "things", "before": "2025-08"}
    assert walk(memory, query(Within("base"), position=page.position)) == ["old"]


def test_a_list_ends_where_it_goes_back_no_further() -> None:
    """What is older than two years is asked for with `since`."""
    memory = Memory()
    memory.put(Thing("older", NOW - timedelta(days=800)).item())
    assert walk(memory, query(Within("310000"))) == []
    assert walk(memory, query(Within("base"), since=NOW - timedelta(days=801))) == ["older"]


def test_what_moved_out_of_scope_is_not_shown_by_a_late_index() -> None:
    """The index is behind: the item itself has the last word. One that is gone is left out, one that is in the scope
    by another way stays."""
    memory = Memory()
    moved, gone, kept = (Thing(name, NOW, region="310101", person="ann") for name in ("moved", "gone", "kept"))
    memory.put(replace(moved, region="440106", person="bo").item(), replace(kept, region="440106").item())
    memory.late = {(f"demo#{thing.id}", "thing"): thing.item() for thing in (moved, gone, kept)}
    assert walk(memory, query(Within("310100", people=("ann",)))) == ["kept"]


THINGS = {"list": "things"}


@pytest.mark.parametrize(
    "position",
    [
        {**THINGS, "before": "2026"},
        {**THINGS, "before": "2026-13"},
        {**THINGS, "before": 1},
        {"before": "2026-10"},
        {"list": "others", "before": "2026-10"},
        {"pk": "x"},
    ],
)
def test_a_position_of_no_page_is_the_callers_fault(position: dict[str, Any]) -> None:
    """It comes from a cursor: refused, naming it, also when it is another list's."""
    with pytest.raises(Invalid) as refused:
        read_list(Table("things", Memory()), query(Within("base"), position=position))
    assert refused.value.problems[0].pointer == "query:cursor"


def test_a_position_widens_nothing() -> None:
    """One from the future only says a time."""
    memory = Memory()
    memory.put(Thing("a", NOW, region="310101").item(), Thing("b", NOW, region="440106").item())
    assert walk(memory, query(Within("310101"), position={**THINGS, "before": "2999-12-01T00:00:00Z#b"})) == ["a"]


def test_too_many_stores_are_refused() -> None:
    """A page is merged from so many partitions a month, not more."""
    stores = tuple(map(str, range(PARTITIONS_LIMIT)))
    assert walk(Memory(), query(Within(stores=stores), since=NOW)) == []
    with pytest.raises(Invalid) as refused:
        read_list(Table("things", Memory()), query(Within(stores=(*stores, "one more"))))
    assert refused.value.problems[0].pointer == "query:store"


def test_nothing_is_within_no_scope() -> None:
    """Who reaches nothing reads nothing."""
    memory = Memory()
    memory.put(Thing("a", NOW).item())
    assert walk(memory, query(Within())) == []
    assert memory.queried == []
