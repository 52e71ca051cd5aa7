"""Rehearsals: DynamoDB weighs every condition, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from hub.store.model import RoomModel, bind, find_item, saving
from hub.store.rehearsal import rehearsing
from hub.store.table import NEW, Delete, Lost, Put, Table, Update
from tests.support.aws import REGION, account


class Thing(RoomModel):
    """Any item."""

    class Meta(RoomModel.Meta):
        pass


NAME = "hub-demo-customers"
KEY = ("p", "s")
ITEM = {"pk": "p", "sk": "s", "state": "open", "count": 1}


@pytest.fixture(scope="module", autouse=True)
def region() -> None:
    Thing.Meta.region = REGION  # type: ignore[attr-defined]


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


def test_a_batch_and_a_model_write_nothing_either(table: Table) -> None:
    """Neither many puts at once, nor a model that is saved, changed or deleted; one that somebody wrote since is
    refused as it would be."""
    bind(NAME, Thing)
    with saving():
        Thing("p", "model").save()
    first, second = (find_item(Thing, "p", "model") for _ in range(2))
    assert first and second
    with rehearsing(), saving():
        table.put_many([{"pk": "p", "sk": f"n{n}"} for n in range(30)])
        Thing("p", "new").save()
        first.list_pk = "x"
        first.save()
        first.update([Thing.list_pk.set("y")])
        first.delete()
    rows = table.query_all("p", limit=100)
    assert [(row["sk"], row.get("list_pk"), row.get("version")) for row in rows] == [
        ("model", None, 1),
        ("s", None, None),
    ]
    with saving():
        second.save()
    with pytest.raises(Lost), rehearsing(), saving():
        first.save()


def test_a_full_transaction_can_be_rehearsed(table: Table) -> None:
    """A hundred writes, as many as one transaction takes: all weighed, none done; the place of the one that is refused
    is told."""
    puts = [Put({"pk": "p", "sk": f"n{n:03d}"}, NEW) for n in range(100)]
    with rehearsing():
        table.transact(*puts)
        with pytest.raises(Lost) as lost:
            table.transact(*puts[:99], Put(ITEM, NEW))
    assert (lost.value.index, len(table.query_all("p", limit=200))) == (99, 1)
