"""The lean mouth to DynamoDB, against a simulated one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from hub.kernel.errors import Broken, Invalid, Retry
from hub.store.table import NEW, Busy, Check, Delete, Index, Lost, Put, Table, Update
from tests.support.aws import REGION, environment, make_table

BY_LIST = Index("by_list", "list_pk", "list_sk")
A, B = ("demo#a", "thing"), ("demo#b", "thing")


@pytest.fixture(scope="module")
def account() -> Iterator[Any]:
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name, value in environment("things").items():
            patch.setenv(name, value)
        yield boto3.client("dynamodb", region_name=REGION)


@pytest.fixture
def table(account: Any, request: pytest.FixtureRequest) -> Table:
    """A table of its own for each test."""
    make_table(request.node.name)
    return Table(request.node.name, account, sleep=lambda _: None)


def thing(key: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"pk": key[0], "sk": key[1], **more}


def test_what_is_put_is_read_again(table: Table) -> None:
    """An item comes back as it was put, or only the attributes that are asked for, reserved words among them."""
    item = thing(A, name="扫地机", state="new", size=3, tags={"x"}, note=b"\x00", parts=[{"n": 1}])
    table.put(item)
    assert table.get(A) == item
    assert table.get(A, only=("name", "size")) == {"name": "扫地机", "size": 3}
    assert table.get(B) is None


class Wire:
    """A DynamoDB client that keeps what it was sent; the first answers of a transaction may fail to come."""

    def __init__(self, silences: int = 0, error: Exception | None = None) -> None:
        self.sent: list[dict[str, Any]] = []
        self.silences, self.error = silences, error or ReadTimeoutError(endpoint_url="https://dynamodb.test")

    def get_item(self, **params: Any) -> dict[str, Any]:
        self.sent.append(params)
        return {}

    def query(self, **params: Any) -> dict[str, Any]:
        self.sent.append(params)
        return {"Items": []}

    def batch_get_item(self, **params: Any) -> dict[str, Any]:
        self.sent.append(params["RequestItems"]["things"])
        return {"Responses": {}}

    def transact_write_items(self, **params: Any) -> None:
        self.sent.append(params)
        if len(self.sent) <= self.silences:
            raise self.error


def test_a_single_item_is_read_as_it_is_now() -> None:
    """Whoever decides by it need not ask for that; lists and batches are read cheaply unless one says otherwise."""
    wire = Wire()
    table = Table("things", wire)
    table.get(A)
    table.get_many([A])
    table.query("demo#a", limit=1)
    assert [params["ConsistentRead"] for params in wire.sent] == [True, False, False]
    table.get_many([A], consistent=True)
    table.query("demo#a", limit=1, consistent=True)
    assert [params["ConsistentRead"] for params in wire.sent[3:]] == [True, True]


def test_a_transaction_that_nobody_answers_is_sent_once_more_as_the_same() -> None:
    """Under one token, so what was done is not done again; a second silence is told, and a busy item at once."""
    wire = Wire(silences=1)
    Table("things", wire).transact(Put(thing(A)))
    first, second = (params["ClientRequestToken"] for params in wire.sent)
    assert first == second
    with pytest.raises(Retry):
        Table("things", wire := Wire(silences=2)).transact(Put(thing(A)))
    assert len(wire.sent) == 2
    conflict: Any = {"Error": {"Code": "TransactionConflictException", "Message": ""}}
    with pytest.raises(Busy):
        Table("things", wire := Wire(2, ClientError(conflict, "TransactWriteItems"))).transact(Put(thing(A)))
    assert len(wire.sent) == 1


def test_a_condition_that_fails_tells_the_item_that_stands(table: Table) -> None:
    """Put, update and delete raise Lost, which carries the item; nothing is written."""
    table.put(thing(A, state="new"), NEW)
    with pytest.raises(Lost) as lost:
        table.put(thing(A, state="other"), NEW)
    assert lost.value.item == thing(A, state="new")
    with pytest.raises(Lost) as lost:
        table.update(A, "SET #state = :to", {":to": "done", ":from": "open"}, when="#state = :from")
    assert lost.value.item == thing(A, state="new")
    with pytest.raises(Lost):
        table.delete(A, when="#state = :state", values={":state": "open"})
    assert table.get(A) == thing(A, state="new")


def test_lost_carries_nothing_where_nothing_is_or_none_is_asked_for(table: Table) -> None:
    """No item, no item told; and what is large need not come back."""
    with pytest.raises(Lost) as lost:
        table.update(A, "SET #state = :to", {":to": "done"}, when="attribute_exists(pk)")
    assert lost.value.item is None
    table.put(thing(A))
    with pytest.raises(Lost) as lost:
        table.put(thing(A), NEW, with_item=False)
    assert lost.value.item is None


def test_an_update_answers_the_whole_item(table: Table) -> None:
    """As it is after the change; one that was not there is made."""
    values = {":to": "open", ":one": 1}
    assert table.update(A, "SET #state = :to ADD #n :one", values) == thing(A, state="open", n=1)
    changed = table.update(A, "SET #s = :to ADD #n :one", values | {":to": "done"}, names={"#s": "state"})
    assert changed == thing(A, state="done", n=2)


def test_a_delete_needs_no_item(table: Table) -> None:
    """What is gone stays gone."""
    table.put(thing(A))
    table.delete(A)
    table.delete(A)
    assert table.get(A) is None


def rows(table: Table, count: int) -> list[dict[str, Any]]:
    items = [thing(("demo#rows", f"r{n:03}"), list_pk="demo#list", list_sk=f"{n:03}", n=n) for n in range(count)]
    for item in items:
        table.put(item)
    return items


def numbers(items: list[dict[str, Any]]) -> list[int]:
    return [item["n"] for item in items]


def test_a_query_gives_a_page_and_where_the_next_starts(table: Table) -> None:
    """Pages joined are the whole partition, each item once, in either direction; the last one says so."""
    items = rows(table, 5)
    first = table.query("demo#rows", limit=2)
    assert (first.items, first.start) == (items[:2], {"pk": "demo#rows", "sk": "r001"})
    second = table.query("demo#rows", limit=10, start=first.start)
    assert (second.items, second.start) == (items[2:], None)
    assert table.query("demo#rows", limit=2, newest_first=True, consistent=True).items == items[:2:-1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"sk_prefix": "r00"}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"sk_between": ("r003", "r005")}, [3, 4, 5]),
        ({"sk_before": "r002"}, [0, 1]),
        ({"sk_after": "r009"}, [10, 11]),
    ],
    ids=["prefix", "between", "before", "after"],
)
def test_a_query_takes_part_of_a_partition(table: Table, options: Any, expected: list[int]) -> None:
    """By the beginning of the sort key, between two (both included), before or after one (it excluded)."""
    rows(table, 12)
    assert numbers(table.query("demo#rows", limit=50, **options).items) == expected


def test_an_index_is_queried_by_its_own_keys(table: Table) -> None:
    """Its hash and range attributes take the place of pk and sk, in the start as well."""
    rows(table, 6)
    page = table.query("demo#list", index=BY_LIST, sk_after="000", limit=2)
    assert numbers(page.items) == [1, 2]
    rest = table.query("demo#list", index=BY_LIST, sk_after="000", limit=9, start=page.start)
    assert numbers(rest.items) == [3, 4, 5]


KEY, PLACE = {"pk": "demo#rows", "sk": "r001"}, {"list_pk": "demo#list", "list_sk": "001"}


@pytest.mark.parametrize(
    ("index", "pk", "start"),
    [
        (None, "demo#rows", KEY | {"pk": "demo#other"}),
        (None, "demo#rows", {"sk": "r001"}),
        (None, "demo#rows", KEY | PLACE),
        (BY_LIST, "demo#list", KEY | PLACE | {"list_pk": "demo#other"}),
        (BY_LIST, "demo#list", KEY),
    ],
    ids=["another partition", "half a key", "a list's", "another list", "no list's"],
)
def test_a_start_in_another_partition_is_never_sent(table: Table, index: Any, pk: str, start: Any) -> None:
    """It comes from a caller: 422 on the cursor, and DynamoDB isn't asked."""
    rows(table, 3)
    client = Tiny(table.client)
    with pytest.raises(Invalid) as refused:
        Table(table.name, client).query(pk, limit=2, index=index, start=start)
    assert (refused.value.problems[0].pointer, client.calls) == ("query:cursor", 0)
    assert numbers(table.query(pk, limit=2, index=index, start=KEY | PLACE if index else KEY).items) == [2]


def test_query_all_reads_on_to_its_limit(table: Table) -> None:
    """Over as many pages as it takes, and never an item more."""
    rows(table, 7)
    assert numbers(table.query_all("demo#rows", limit=5)) == [0, 1, 2, 3, 4]
    assert numbers(table.query_all("demo#rows", limit=50, newest_first=True)) == [6, 5, 4, 3, 2, 1, 0]


class Tiny:
    """A client whose pages and batches hold one item, or none at all: 1 MB is soon full."""

    def __init__(self, client: Any, batch: int = 1) -> None:
        self.client, self.batch, self.calls = client, batch, 0

    def query(self, **params: Any) -> Any:
        self.calls += 1
        return self.client.query(**params | {"Limit": 1})

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - botocore's own name
        self.calls += 1
        ((name, asked),) = RequestItems.items()
        keys = asked["Keys"]
        if not self.batch:
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        response = self.client.batch_get_item(RequestItems={name: asked | {"Keys": keys[: self.batch]}})
        left = {name: asked | {"Keys": keys[self.batch :]}} if keys[self.batch :] else {}
        return response | {"UnprocessedKeys": left}


def test_query_all_goes_on_where_pages_are_short(table: Table) -> None:
    """A page may end long before its limit; more pages than the bound are a bug that says so."""
    rows(table, 102)
    small = Table(table.name, Tiny(table.client))
    assert numbers(small.query_all("demo#rows", limit=99)) == [*range(99)]
    with pytest.raises(Broken):
        small.query_all("demo#rows", limit=102)
    assert small.client.calls == 99 + 100


def test_many_are_read_in_the_order_of_their_keys(table: Table) -> None:
    """Over the hundred that a batch takes; one asked for twice comes once, one that is not there does not come."""
    items = rows(table, 130)
    keys = [(item["pk"], item["sk"]) for item in reversed(items)]
    assert table.get_many([*keys, keys[0], A]) == items[::-1]
    assert table.get_many([], consistent=True) == []


def test_what_a_batch_leaves_out_is_asked_for_again(table: Table) -> None:
    """With a pause that grows, five times in all; then it is a passing fault."""
    items = rows(table, 5)
    keys = [(item["pk"], item["sk"]) for item in items]
    pauses: list[float] = []
    assert Table(table.name, Tiny(table.client), sleep=pauses.append).get_many(keys) == items
    assert pauses == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])
    stuck = Tiny(table.client, batch=0)
    with pytest.raises(Retry):
        Table(table.name, stuck, sleep=pauses.append).get_many(keys)
    assert stuck.calls == 5


def test_a_transaction_does_all_or_nothing(table: Table) -> None:
    """Put, update, delete and check together; Lost says which part's condition failed, and with which item."""
    table.put(thing(A, state="open"))
    table.put(thing(B, state="open"))
    put, made = Put(thing(("demo#c", "thing")), NEW), ("demo#c", "thing")
    change = Update(A, "SET #state = :to", {":to": "done", ":from": "open"}, when="#state = :from")
    table.transact(put, change, Delete(B, "#state = :s", {":s": "open"}))
    assert (table.get(A), table.get(B), table.get(made)) == (thing(A, state="done"), None, thing(made))
    with pytest.raises(Lost) as lost:
        table.transact(Put(thing(B)), Check(made, "attribute_exists(pk)"), change)
    assert (lost.value.index, lost.value.item) == (2, thing(A, state="done"))
    assert table.get(B) is None


def test_a_transaction_reaches_into_other_tables(table: Table, account: Any) -> None:
    """A part may name another table than the one that is asked."""
    make_table("another")
    table.transact(Put(thing(A)), Put(thing(B), table="another"))
    assert (table.get(B), Table("another", account).get(B)) == (None, thing(B))


def test_what_dynamodb_cannot_read_is_a_bug(table: Table) -> None:
    """An expression that is none is Broken, and no caller's fault."""
    with pytest.raises(Broken):
        table.update(A, "SET #a == :b", {":b": 1})


def test_no_table_is_a_passing_fault(account: Any) -> None:
    """It may be under way: a stack is being made."""
    with pytest.raises(Retry) as raised:
        Table("nowhere", account).get(A)
    assert raised.value.facts["reason"] == "ResourceNotFoundException"
