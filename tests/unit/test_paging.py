"""A page of a query."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import QueryError

from hub.kernel.errors import Broken, Invalid, Retry
from hub.store.paging import read_page


def failing(code: str) -> Any:
    def query(*_: Any, **__: Any) -> Any:
        raise QueryError(cause=ClientError({"Error": {"Code": code, "Message": ""}}, "Query"))

    return query


def test_a_cursor_of_another_list_is_the_callers_mistake() -> None:
    """DynamoDB refuses a start key that fits no item of the list: that is a 422 on the cursor, not a fault of ours."""
    with pytest.raises(Invalid) as refused:
        read_page(failing("ValidationException"), "demo#customers", limit=2, start={"pk": {"S": "x"}})
    assert refused.value.problems[0].pointer == "query:cursor"


def test_a_bad_query_without_a_cursor_stays_our_own_fault() -> None:
    """Without a cursor the same refusal is a bug, and is not blamed on the caller."""
    with pytest.raises(Broken):
        read_page(failing("ValidationException"), "demo#customers", limit=2)


def test_a_throttled_query_is_tried_again() -> None:
    """A throttle passes."""
    with pytest.raises(Retry):
        read_page(failing("ThrottlingException"), "demo#customers", limit=2)
