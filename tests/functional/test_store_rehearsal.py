"""Rehearsals: DynamoDB weighs every condition, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from hub.store.rehearsal import rehearsing
from hub.store.table import NEW, Delete, Lost, Put, Table, Update
from tests.support.aws import REGION, account

NAME = "hub-demo-customers"
KEY = ("p", "s")
ITEM = {"pk": "p", "sk": "s", "state": "open", "count": 1}


@pytest.fixture
def table() -> Iterator[Table]:
    with account("customers"):
        made = Table(NAME, boto3.client("dynamodb", region_name=REGION))
        made.put(ITEM)
        yield made


def test_nothing_is_written(table: Table) -> None:
    """Neither by a write alone nor by many together; a change answers how the item would be."""
    with rehearsing():
        table.put({"pk": "p", "sk": "other"})
        changed = table.update(KEY, "SET #state = :to REMOVE #count", {":to": "done"})
        table.delete(KEY)
        table.transact(Put({"pk": "p", "sk": "third"}, NEW), Delete(KEY))
    assert changed == {"pk": "p", "sk": "s", "state": "done"}
    assert (table.get(KEY), table.get(("p", "other")), table.get(("p", "third"))) == (ITEM, None, None)


def test_what_would_be_refused_is(table: Table) -> None:
    """With the place of the write whose condition failed, and the item that it met."""
    with rehearsing():
        with pytest.raises(Lost):
            table.put(ITEM, NEW)
        with pytest.raises(Lost):
            table.update(KEY, "SET #state = :to", {":to": "done", ":was": "new"}, "#state = :was")
        with pytest.raises(Lost) as lost:
            table.transact(Put({"pk": "p", "sk": "third"}, NEW), Update(KEY, "SET #a = :a", {":a": 1}, "#count > :a"))
    assert (lost.value.index, (lost.value.item or {}).get("state")) == (1, "open")
