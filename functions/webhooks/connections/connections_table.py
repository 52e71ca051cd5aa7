"""The room's PynamoDB models: connections without their secrets, and how far orders were pulled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from hub.kernel.clock import rfc3339
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.regions import BASE, around
from hub.store.connection import Connection
from hub.store.lists import LIST_ATTRIBUTES, Within
from hub.store.model import RoomModel, bind, saving
from hub.store.paging import Position
from hub.store.placed import list_placed, place_keys, read_placed
from hub.store.rehearsal import is_rehearsal
from hub.store.table import Delete, Table

SORT = "connection"
CURSOR = "cursor#"
LIST = "connections"
CONNECTIONS_LIMIT = 1000
"""So many a tenant has at most (hub.store.secrets)."""


class ConnectionItem(RoomModel):
    """`<tenant>#connection#<id>` / `connection`. Its secrets lie in SSM alone."""

    class Meta(RoomModel.Meta):
        pass

    connection_id = UnicodeAttribute()
    channel = UnicodeAttribute()
    name = UnicodeAttribute()
    state = UnicodeAttribute()
    region = UnicodeAttribute(default=BASE)
    store_id = UnicodeAttribute(default="")
    accounts: JSONAttribute = JSONAttribute(default=dict)
    created_at = UnicodeAttribute()

    @property
    def lies(self) -> tuple[str, str]:
        """(region, store) of all that comes by it (see `lies_at`)."""
        return lies_at(self.region, self.store_id, self.accounts)


def lies_at(region: str, store_id: str, accounts: Mapping[str, Any]) -> tuple[str, str]:
    """(region, store) in which a connection lies with all of its accounts: whoever reaches only a part of what comes by
    it does not reach it. store: "" where not all is of one."""
    places = [(region, store_id), *((str(place[0]), str(place[1])) for place in accounts.values())]
    stores = {store for _, store in places}
    return around(*(code for code, _ in places)), store_id if len(stores) == 1 else ""


class CursorItem(RoomModel):
    """`<tenant>#cursor#<connection>` / `cursor#<feed>`: how far a feed was read. An entity's watermark is a time (RFC
    3339), before which all that changed is here; a conversation's is the platform's own cursor."""

    class Meta(RoomModel.Meta):
        pass

    watermark = UnicodeAttribute()


class Connections:
    """The connections of one tenant. Reads that decide are strongly consistent; the list may be two seconds
    behind."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table
        bind(table.name, ConnectionItem, CursorItem)

    def create(self, view: Any) -> ConnectionItem:
        """Store a new connection (a ConnectionView); the one that is there when the id is taken: ids are
        idempotent."""
        item = ConnectionItem(
            self._pk(view.id),
            SORT,
            connection_id=view.id,
            channel=view.channel,
            name=view.name,
            state=view.state,
            region=view.region,
            store_id=view.store_id,
            created_at=rfc3339(view.created_at),
        )
        list_placed(item, self._tenant, LIST, view.id, region=view.region, store=view.store_id)
        return item if item.create_if_absent() else self.get(view.id)

    def get(self, connection_id: str) -> ConnectionItem:
        """One connection. Raises NotFound."""
        with saving(connection_id=connection_id[:64]):
            return ConnectionItem.get(self._pk(connection_id), SORT, consistent_read=True)

    def set_state(self, connection_id: str, state: str) -> ConnectionItem:
        """Enable or disable it; the same at the same moment is no conflict. Raises NotFound, and Conflict when it is
        deleted at the same moment."""
        return self._update(connection_id, state=state)

    def set_place(self, connection: Connection) -> ConnectionItem:
        """Say where what comes by it, and by its accounts, belongs. Raises as `set_state`."""
        accounts = {name: list(place) for name, place in connection.accounts.items()}
        keys = place_keys(self._tenant, LIST, connection.id, *lies_at(connection.region, connection.store_id, accounts))
        listed = {name: keys.get(name) for name in LIST_ATTRIBUTES}
        place = {"region": connection.region, "store_id": connection.store_id, "accounts": accounts}
        return self._update(connection.id, **place, **listed)

    def remove(self, connection_id: str) -> None:
        """Delete it, and how far its feeds were read; the connection itself last, with the request's mark, so that what
        breaks off is done again, and what is done is known."""
        with saving(connection_id=connection_id[:64]):
            for feed in self.feeds(connection_id):
                CursorItem(*self._cursor(connection_id, feed)).delete(add_version_condition=False)
        self._table.transact(Delete((self._pk(connection_id), SORT)), made=connection_id)

    def page(self, within: Within, limit: int, start: Position | None) -> tuple[list[ConnectionItem], Position | None]:
        """Some connections within, in the order in which they were made, and where the next page starts."""
        return read_placed(ConnectionItem, self._table, self._tenant, LIST, within, limit=limit, start=start)

    def within(self, within: Within) -> list[str]:
        """The ids of all connections within, CONNECTIONS_LIMIT at most."""
        items, _ = self.page(within, CONNECTIONS_LIMIT, None)
        return [item.connection_id for item in items]

    def watermark(self, connection_id: str, feed: str) -> str:
        """How far a feed was read, "" when it never was."""
        try:
            with saving():
                return CursorItem.get(*self._cursor(connection_id, feed), consistent_read=True).watermark
        except NotFound:
            return ""

    def feeds(self, connection_id: str) -> list[str]:
        """The feeds of a connection that were ever read."""
        with saving(connection_id=connection_id):
            items = CursorItem.query(self._cursor(connection_id, "")[0], consistent_read=True)
            return [item.sk.removeprefix(CURSOR) for item in items]

    def move_watermark(self, connection_id: str, feed: str, watermark: str, was: str | None = None) -> None:
        """A feed was read up to here. was: what the mark must be until now, where one reader at a time is the rule.
        Raises Conflict when another run moved it meanwhile: that one counts."""
        key = self._cursor(connection_id, feed)
        try:
            with saving(connection_id=connection_id):
                item = CursorItem.get(*key, consistent_read=True)
        except NotFound:
            item = CursorItem(*key, watermark="")
        if was is not None and item.watermark != was:
            raise Conflict("another run read this feed", connection_id=connection_id, feed=feed)
        item.watermark = watermark
        with saving(connection_id=connection_id):
            item.save()

    def _update(self, connection_id: str, **values: Any) -> ConnectionItem:
        """With these values; what is None is taken off."""
        item, columns = self.get(connection_id), {name: getattr(ConnectionItem, name) for name in values}
        actions = [
            columns[name].remove() if value is None else columns[name].set(value) for name, value in values.items()
        ]
        with saving(connection_id=connection_id):
            item.update(actions, ConnectionItem.pk.exists(), add_version_condition=False)
        if is_rehearsal():
            item.version = int(item.version) + 1
            for name, value in values.items():
                setattr(item, name, value)
        return item

    def _pk(self, connection_id: str) -> str:
        return f"{self._tenant}#connection#{connection_id}"

    def _cursor(self, connection_id: str, feed: str) -> tuple[str, str]:
        return f"{self._tenant}#cursor#{connection_id}", f"{CURSOR}{feed}"
