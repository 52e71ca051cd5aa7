"""The base of every room's PynamoDB models: keys that begin with the tenant, and optimistic versions.

A room's `tables.py` derives its models from RoomModel and binds them to its table once, at first use. Every item has
`schema`, so a reader can tell old shapes; lists are read by hub.store.lists, or from the `by_list` index, and may be
two seconds behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from botocore.exceptions import ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.exceptions import DoesNotExist, PynamoDBException
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from hub.kernel.errors import NotFound
from hub.store.faults import AWS_ERRORS, Lost, translated
from hub.store.items import plain_item
from hub.store.lists import LIST_ATTRIBUTES
from hub.store.rehearsal import is_rehearsal
from hub.store.writes import Put

AnyItem = TypeVar("AnyItem", bound="RoomModel")


class ByList(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call] # PynamoDB hooks subclasses without types
    """Lists: `list_pk` says which list and shard (`<tenant>#stores#2`, see hub.store.sharded) or what of
    (`<tenant>#customer#<id>`), `list_sk` its order."""

    class Meta:
        index_name = "by_list"
        projection = AllProjection()

    list_pk = UnicodeAttribute(hash_key=True)
    list_sk = UnicodeAttribute(range_key=True)


class RoomModel(Model):
    """An item of a room's table. Subclasses add their attributes and a nested `class Meta(RoomModel.Meta)`.

    `save()` checks `version`: a lost race raises Lost (a Conflict) inside `saving()`.
    """

    class Meta:
        table_name = ""
        billing_mode = "PAY_PER_REQUEST"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = VersionAttribute()
    schema = NumberAttribute(default=1)
    expires_at = NumberAttribute(null=True)
    list_pk = UnicodeAttribute(null=True)
    list_sk = UnicodeAttribute(null=True)
    by_list = ByList()
    l_tenant = UnicodeAttribute(null=True)
    l_province = UnicodeAttribute(null=True)
    l_city = UnicodeAttribute(null=True)
    l_district = UnicodeAttribute(null=True)
    l_store = UnicodeAttribute(null=True)
    l_person = UnicodeAttribute(null=True)
    l_at = UnicodeAttribute(null=True)

    def list_under(self, keys: Mapping[str, str]) -> None:
        """Be listed by these index attributes (hub.store.lists.list_keys) and no others; {} takes it off its list."""
        for name in LIST_ATTRIBUTES:
            setattr(self, name, keys.get(name))

    def save(self, condition: Any = None, **options: Any) -> Any:
        """As PynamoDB. In a rehearsal the version that was read is held against the one that there is, no more."""
        return super().save(condition, **options) if not is_rehearsal() else self._rehearse()

    def update(self, actions: Any, condition: Any = None, **options: Any) -> Any:
        """As PynamoDB. In a rehearsal as `save`."""
        return super().update(actions, condition, **options) if not is_rehearsal() else self._rehearse(**options)

    def delete(self, condition: Any = None, **options: Any) -> Any:
        """As PynamoDB. In a rehearsal as `save`."""
        return super().delete(condition, **options) if not is_rehearsal() else self._rehearse(**options)

    def _rehearse(self, *, add_version_condition: bool = True, **_options: Any) -> None:
        """Raises Lost where somebody wrote since, and that is asked."""
        if not add_version_condition:
            return
        known = find_item(type(self), str(self.pk), str(self.sk))
        if (known.version if known else None) != self.version:
            raise Lost

    def create_if_absent(self) -> bool:
        """Put this item unless its key is taken; says whether it was put. One conditional write."""
        if is_rehearsal():
            is_new = find_item(type(self), str(self.pk), str(self.sk)) is None
            self.version = 1 if is_new else self.version
            return is_new
        try:
            with saving():
                self.save(type(self).pk.does_not_exist())
        except Lost:
            return False
        return True


def bind(table_name: str, *models: type[Model]) -> None:
    """Point models at the room's table. Called with the settings, before the first read or write; again in tests."""
    for model in models:
        model.Meta.table_name = table_name
        model._connection = None
        for index in model._indexes.values():
            index._model = model


def find_item(model: type[AnyItem], pk: str, sk: str) -> AnyItem | None:
    """The item under a key, strongly consistent; None where there is none."""
    try:
        with saving():
            return model.get(pk, sk, consistent_read=True)
    except NotFound:
        return None


def put_of(item: RoomModel) -> Put:
    """The write that saves a model, on the condition that nobody wrote it since it was read; its version counts on."""
    seen, item.version = item.version, int(item.version or 0) + 1
    values = plain_item(item.serialize())
    if seen is None:
        return Put(values, "attribute_not_exists(#version)")
    return Put(values, "#version = :seen", {":seen": int(seen)})


@contextmanager
def saving(**facts: Any) -> Iterator[None]:
    """PynamoDB's errors as ours: NotFound for no item, and what AWS's error behind them means (hub.store.faults)."""
    try:
        yield
    except DoesNotExist:
        raise NotFound("no such item", **facts) from None
    except PynamoDBException as error:
        cause = _whole(error.cause)
        if not isinstance(cause, AWS_ERRORS):
            raise
        raise translated(cause, "DynamoDB", **facts) from error


def _whole(cause: Exception | None) -> BaseException | None:
    """botocore's own error: the one that PynamoDB makes of it lacks a transaction's reasons, and items as they are."""
    inner = cause.__cause__ if cause is not None else None
    return inner if isinstance(inner, ClientError) else cause
