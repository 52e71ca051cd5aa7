"""What a batch reads ahead: handed out once, for a few seconds, and never in place of what was written since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from hub.store.ahead import AHEAD_SECONDS, Ahead, read_once, reading_ahead
from hub.store.table import Delete, Lost, Put, Table, Update
from tests.support.aws import account
from tests.support.wire import faulty

NAMES = ("a", "b", "nobody")
KEYS = [(name, "x") for name in NAMES]


@pytest.fixture(name="table")
def _table() -> Iterator[Table]:
    with account("pricing") as session:
        table = Table("hub-demo-pricing", session.client("dynamodb"))
        for name in "ab":
            table.put({"pk": name, "sk": "x", "n": 1})
        yield table


def test_a_batch_reads_all_by_one_call_and_each_is_handed_out_once(table: Table) -> None:
    """What there is and what there isn't; the second time the table is asked."""
    with reading_ahead(), faulty() as wire:
        table.read_ahead([*KEYS, KEYS[0]])
        found = [table.get(key) for key in KEYS]
        assert wire.calls == ["BatchGetItem"]
        again = [*table.get_many(KEYS), table.get(KEYS[0])]
    assert found == [{"pk": "a", "sk": "x", "n": 1}, {"pk": "b", "sk": "x", "n": 1}, None]
    assert again == [*found[:2], found[0]]
    assert wire.calls == ["BatchGetItem", "BatchGetItem", "GetItem"]


def test_many_are_answered_from_what_was_read_ahead_and_the_rest_is_asked_for(table: Table) -> None:
    """In the order of the keys, as ever."""
    with reading_ahead():
        table.read_ahead([KEYS[1], KEYS[2]])
        table.client.put_item(TableName=table.name, Item={"pk": {"S": "b"}, "sk": {"S": "x"}, "n": {"N": "2"}})
        assert [item["n"] for item in table.get_many(KEYS)] == [1, 1]
        assert [item["n"] for item in table.get_many(KEYS)] == [1, 2]


@pytest.mark.parametrize(
    "write",
    [
        lambda table: table.put({"pk": "a", "sk": "x", "n": 2}),
        lambda table: table.put_many([{"pk": "a", "sk": "x", "n": 2}]),
        lambda table: table.update(KEYS[0], "SET n = :n", {":n": 2}),
        lambda table: (table.delete(KEYS[0]), table.put({"pk": "a", "sk": "x", "n": 2})),
        lambda table: table.transact(Update(KEYS[0], "SET n = :n", {":n": 2}), Delete(KEYS[1])),
        lambda table: Table("another", table.client).transact(Put({"pk": "a", "sk": "x", "n": 2}, table=table.name)),
    ],
    ids=["put", "put many", "update", "delete", "transaction", "another table's transaction"],
)
def test_what_was_written_since_is_read_anew(table: Table, write: object) -> None:
    """A batch sees what it has written itself, in whichever way."""
    with reading_ahead():
        table.read_ahead(KEYS)
        write(table)  # type: ignore[operator]
        assert (table.get(KEYS[0]) or {})["n"] == 2


def test_a_write_that_lost_is_followed_by_a_read_of_what_stands(table: Table) -> None:
    """Whoever was too late reads what the winner wrote, not what was read ahead."""
    with reading_ahead():
        table.read_ahead(KEYS)
        table.client.put_item(TableName=table.name, Item={"pk": {"S": "a"}, "sk": {"S": "x"}, "n": {"N": "2"}})
        with pytest.raises(Lost):
            table.update(KEYS[0], "SET n = :n", {":n": 3, ":seen": 1}, "n = :seen")
        assert (table.get(KEYS[0]) or {})["n"] == 2


def test_what_is_older_than_a_few_seconds_is_read_anew(table: Table) -> None:
    """At the bound: not a moment older than five seconds."""
    for seconds, calls in ((AHEAD_SECONDS - 0.001, 1), (AHEAD_SECONDS, 2)):
        now = [0.0]
        with reading_ahead(Ahead(lambda now=now: now[0])), faulty() as wire:  # type: ignore[misc]
            table.read_ahead(KEYS)
            now[0] = seconds
            table.get(KEYS[0])
        assert len(wire.calls) == calls


def test_outside_of_a_batch_nothing_is_read_ahead(table: Table) -> None:
    """A request reads what it reads when it reads it; one key is no batch either."""
    with faulty() as wire:
        table.read_ahead(KEYS)
        with reading_ahead():
            table.read_ahead(KEYS[:1])
    assert wire.calls == []


@pytest.mark.parametrize(("context", "reads"), [(nullcontext, 2), (reading_ahead, 1)])
def test_a_list_that_is_behind_anyway_is_read_once_a_batch(context: object, reads: int) -> None:
    """Outside of a batch, each time."""
    asked: list[int] = []
    with context():  # type: ignore[operator]
        assert [read_once("names", lambda: asked.append(1) or "all") for _ in range(2)] == ["all", "all"]
    assert len(asked) == reads
