"""One page of a PynamoDB query, with where the next one starts only if there is a next one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

from pynamodb.pagination import ResultIterator

from hub.kernel.errors import Broken, Invalid, Problem
from hub.store.model import RoomModel, saving

Model = TypeVar("Model", bound=RoomModel)
Position = dict[str, Any]


def read_page(
    query: Callable[..., ResultIterator[Model]],
    hash_key: str,
    *conditions: Any,
    limit: int,
    start: Position | None = None,
    **options: Any,
) -> tuple[list[Model], Position | None]:
    """Up to `limit` items, and the position to start the next page from, None at the end.

    query: a model's or an index's `query`. start: a position that an earlier page answered. Raises Invalid when it
    fits no item of this list, Retry when DynamoDB is throttled.
    """
    try:
        with saving():
            results = query(hash_key, *conditions, limit=limit + 1, last_evaluated_key=start, **options)
            items = list(islice(results, limit))
            position = results.last_evaluated_key if items else None
            more = next(results, None) is not None
    except Broken:
        if start is None:
            raise
        rule = "must be the next_cursor of an earlier page of this list"
        raise Invalid("no such cursor", problems=[Problem("query:cursor", rule)]) from None
    return items, position if more else None
