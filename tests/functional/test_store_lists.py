"""Lists keyed by scope, on the indexes of a room's table, with a room's models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pynamodb.attributes import UnicodeAttribute

from hub.store.lists import ListQuery, Within, list_keys, read_list
from hub.store.model import RoomModel, bind, find_item
from hub.store.table import Table
from tests.support.aws import account

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
SINCE = NOW - timedelta(days=90)
TABLE = "hub-demo-tickets"


class Job(RoomModel):
    """A listed item of a room."""

    class Meta(RoomModel.Meta):
        """The room's table."""

    title = UnicodeAttribute()


@pytest.fixture
def table() -> Iterator[Table]:
    with account("tickets") as session:
        bind(TABLE, Job)
        yield Table(TABLE, session.client("dynamodb"))


def put(number: int, days: int, **place: str) -> Job:
    job = Job(f"demo#job_{number}", "job", title=f"job {number}")
    job.list_under(list_keys("demo", "jobs-open", f"job_{number}", NOW - timedelta(days=days), **place))
    job.save()
    return job


def titles(table: Table, within: Within, limit: int = 10) -> list[str]:
    """All pages, through their positions."""
    position: Any = None
    found: list[str] = []
    while True:
        page = read_list(table, ListQuery("demo", "jobs-open", within, NOW, limit, SINCE, position=position))
        found += [item["title"] for item in page.items]
        position = page.position
        if position is None:
            return found


def test_every_level_lists_its_own_newest_first(table: Table) -> None:
    """The whole tenant, a province, a city, a district, stores and a person: each from the index of its level."""
    put(1, 40, region="310101", store="s1", person="ann")
    put(2, 3, region="310104", store="s2", person="bo")
    put(3, 70, region="440106", store="s3", person="ann")
    put(4, 1)
    for limit in (1, 10):
        assert titles(table, Within("base"), limit) == ["job 4", "job 2", "job 1", "job 3"]
        assert titles(table, Within("310000"), limit) == ["job 2", "job 1"]
        assert titles(table, Within("310100"), limit) == ["job 2", "job 1"]
        assert titles(table, Within("440106"), limit) == ["job 3"]
        assert titles(table, Within(stores=("s1", "s3")), limit) == ["job 1", "job 3"]
        assert titles(table, Within("440000", people=("bo", "ann")), limit) == ["job 2", "job 1", "job 3"]


def test_an_item_leaves_its_list_when_its_keys_go(table: Table) -> None:
    """Keys that an item no longer has are removed from it, so sparse indexes forget it."""
    job = put(1, 1, region="310101", store="s1", person="ann")
    job.list_under(list_keys("demo", "jobs-open", "job_1", NOW))
    job.save()
    assert (titles(table, Within("310000")), titles(table, Within("base"))) == ([], ["job 1"])
    job.list_under({})
    job.save()
    assert titles(table, Within("base")) == []
    stored = find_item(Job, "demo#job_1", "job")
    assert stored is not None
    assert (stored.l_at, stored.l_tenant, stored.l_province) == (None, None, None)
