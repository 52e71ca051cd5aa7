"""A page of a query."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import QueryError

from hub.kernel.errors import Broken, Invalid, Retry
from hub.store.model import RoomModel
from hub.store.paging import read_page

LIST = {"list_pk": {"S": "demo#customers"}, "list_sk": {"S": "2026"}}


class Item(RoomModel):
    """An item of no table: a query that is sent for it fails."""


class _Failing(Item):
    code = ""

    @classmethod
    def query(cls, *_: Any, **__: Any) -> Any:
        raise QueryError(cause=ClientError({"Error": {"Code": cls.code, "Message": ""}}, "Query"))


def failing(code: str) -> Any:
    """The query of a model that DynamoDB answers with this error."""

    class Refused(_Failing):
        pass

    Refused.code = code
    return Refused.query


@pytest.mark.parametrize(
    ("query", "start"),
    [
        (Item.query, {"pk": {"S": "demo#orders"}, "sk": {"S": "demo#customers"}}),
        (Item.query, LIST),
        (Item.by_list.query, {"pk": {"S": "demo#customers"}, "sk": {"S": "2026"}}),
        (Item.by_list.query, LIST | {"list_pk": {"S": "demo#orders"}}),
        (Item.by_list.query, LIST | {"list_pk": "demo#customers"}),
    ],
    ids=["another partition", "a list's", "no list's", "another list", "plain"],
)
def test_a_start_in_another_partition_is_never_sent(query: Any, start: Any) -> None:
    """It is the caller's mistake, a 422 on the cursor, whichever index is read."""
    with pytest.raises(Invalid) as refused:
        read_page(query, "demo#customers", limit=2, start=start)
    assert refused.value.problems[0].pointer == "query:cursor"


def test_a_cursor_of_another_list_is_the_callers_mistake() -> None:
    """DynamoDB refuses a start key that fits no item of the list: that is a 422 on the cursor, not a fault of ours."""
    start = {"pk": {"S": "demo#customers"}, "sk": {"S": "x"}}
    with pytest.raises(Invalid) as refused:
        read_page(failing("ValidationException"), "demo#customers", limit=2, start=start)
    assert refused.value.problems[0].pointer == "query:cursor"


def test_a_bad_query_without_a_cursor_stays_our_own_fault() -> None:
    """Without a cursor the same refusal is a bug, and is not blamed on the caller."""
    with pytest.raises(Broken):
        read_page(failing("ValidationException"), "demo#customers", limit=2)


def test_a_throttled_query_is_tried_again() -> None:
    """A throttle passes."""
    with pytest.raises(Retry):
        read_page(failing("ThrottlingException"), "demo#customers", limit=2)
