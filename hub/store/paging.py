"""One page of a PynamoDB query, with where the next one starts only if there is a next one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

from pynamodb.indexes import Index
from pynamodb.pagination import ResultIterator

from hub.kernel.errors import Broken
from hub.kernel.positions import no_such_cursor
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
    fits no item of this list (one of another partition is not even sent), Retry when DynamoDB is throttled.
    """
    if start and start.get(_hash_name(query)) != {"S": hash_key}:
        raise no_such_cursor()
    try:
        with saving():
            results = query(hash_key, *conditions, limit=limit + 1, last_evaluated_key=start, **options)
            items = list(islice(results, limit))
            position = results.last_evaluated_key if items else None
            more = next(results, None) is not None
    except Broken:
        if start is None:
            raise
        raise no_such_cursor() from None
    return items, position if more else None


def _hash_name(query: Callable[..., Any]) -> str:
    """The attribute that is the hash key of the model, or the index, whose method this is."""
    owner = query.__self__  # type: ignore[attr-defined] # a bound method has one
    attributes = owner.Meta.attributes if isinstance(owner, Index) else owner.get_attributes()
    return next(str(attribute.attr_name) for attribute in attributes.values() if attribute.is_hash_key)
