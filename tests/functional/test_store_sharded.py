"""Lists in the order of their ids over four shards, and what is due, on the indexes of a room's table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pynamodb.attributes import UnicodeAttribute

from hub.kernel.clock import UNTIL_CALLED
from hub.kernel.errors import Invalid
from hub.store.due import due_by, due_keys, next_due
from hub.store.model import RoomModel, bind
from hub.store.sharded import read_sharded, shard_pk
from hub.store.table import Table
from tests.support.aws import account

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
TABLE = "hub-demo-tickets"
IDS = [f"s{number:02}" for number in range(23)]


class Shop(RoomModel):
    """A listed item of a room."""

    class Meta(RoomModel.Meta):
        """The room's table."""

    title = UnicodeAttribute()


@pytest.fixture
def table() -> Iterator[Table]:
    with account("tickets") as session:
        bind(TABLE, Shop)
        yield Table(TABLE, session.client("dynamodb"))


@pytest.fixture
def shops(table: Table) -> Table:
    for shop in IDS:
        Shop(f"demo#shop_{shop}", "shop", title=shop, list_pk=shard_pk("demo", "shops", shop), list_sk=shop).save()
    return table


def ids(limit: int, **options: Any) -> list[str]:
    """All pages, through their positions."""
    start: Any = None
    found: list[str] = []
    while True:
        query, by = Shop.by_list.query, Shop.list_sk
        items, start = read_sharded(query, by, "demo", "shops", limit=limit, start=start, **options)
        assert len(items) <= limit
        found += [item.title for item in items]
        if start is None:
            return found


@pytest.mark.usefixtures("shops")
@pytest.mark.parametrize("limit", [1, 4, 5, 23, 100])
def test_pages_over_all_shards_are_in_the_order_of_ids(limit: int) -> None:
    """Whatever the page's size, each id comes once, in order, or in the opposite one."""
    assert ids(limit) == IDS
    assert ids(limit, newest_first=True) == IDS[::-1]


@pytest.mark.usefixtures("shops")
def test_a_list_begins_and_ends_where_it_is_told() -> None:
    """By what ids begin with, in both directions, and up to an id."""
    assert ids(4, prefix="s1") == IDS[10:20]
    assert ids(4, prefix="s1", newest_first=True) == IDS[10:20][::-1]
    assert ids(4, until="s03") == IDS[:4]
    assert ids(4, prefix="x") == []


@pytest.mark.usefixtures("shops")
@pytest.mark.parametrize(
    "start",
    [{}, {"list": "teams", "after": "s03"}, {"list": "shops"}, {"list": "shops", "after": ["s03"]}, {"pk": "x"}],
)
def test_a_cursor_of_another_list_is_refused(start: Any) -> None:
    """In words, not as an error of ours."""
    with pytest.raises(Invalid):
        read_sharded(Shop.by_list.query, Shop.list_sk, "demo", "shops", limit=3, start=start)


def test_what_is_due_is_found_by_its_key(table: Table) -> None:
    """Of things due in each of the last and next three minutes those are found that have come due, this second's too,
    and when the next one is."""
    assert next_due(table, "demo", "look") == UNTIL_CALLED
    for minutes in range(-3, 4):
        name, at = f"t{minutes}", NOW + timedelta(minutes=minutes)
        table.put({"pk": f"demo#{name}", "sk": "thing", **due_keys("demo", "look", name, at)})
    table.put({"pk": "demo#never", "sk": "thing", **due_keys("demo", "look", "never", None)})
    due = due_by(table, "demo", "look", NOW, 10)
    assert sorted(due) == [(f"demo#t{minutes}", "thing") for minutes in (-1, -2, -3, 0)]
    assert next_due(table, "demo", "look") == NOW - timedelta(minutes=3)
    for pk, sk in due:
        table.delete((pk, sk))
    assert due_by(table, "demo", "look", NOW, 10) == []
    assert next_due(table, "demo", "look") == NOW + timedelta(minutes=1)
