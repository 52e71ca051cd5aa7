"""What the room's routes are about, and where it belongs: checked by the edge before a handler runs."""

from __future__ import annotations

from functions.webhooks.desk import Desk
from functions.webhooks.orders.orders import place_of
from hub.edge.access import Place, Subject
from hub.edge.requests import Request
from hub.kernel.errors import NotFound
from hub.store.connection import Connection


def order_of(desk: Desk, request: Request) -> Subject:
    """The order that the path names. Raises NotFound."""
    return _stored(desk, request.path["order_id"], "order_id")


def after_sale_of(desk: Desk, request: Request) -> Subject:
    """The after-sale that the path names. Raises NotFound."""
    return _stored(desk, request.path["after_sale_id"], "after_sale_id")


def review_of(desk: Desk, request: Request) -> Subject:
    """The review that the path names. Raises NotFound."""
    item = desk.reviews.find(request.path["review_id"])
    if item is None:
        raise NotFound("no such thing")
    return Subject(item, (Place(region=item["region"], store=item["store_id"], thing=item["review_id"]),))


def connection_of_body(desk: Desk, request: Request) -> Subject:
    """The connection that the body names. Raises NotFound."""
    return _connection(desk, request.body.connection_id)


def connection_of_query(desk: Desk, request: Request) -> Subject:
    """The connection that the query names. Raises NotFound."""
    return _connection(desk, request.query.connection_id)


def _stored(desk: Desk, identity: str, name: str) -> Subject:
    item = desk.orders.table.find(identity)
    if item is None or name not in item:
        raise NotFound("no such thing")
    region, store_id = place_of(item)
    return Subject(item, (Place(region=region, store=store_id, thing=identity),))


def _connection(desk: Desk, connection_id: str) -> Subject:
    connection: Connection | None = desk.connections.secrets.find(connection_id)
    if connection is None:
        raise NotFound("no such connection")
    return Subject(connection, (Place(region=connection.region, store=connection.store_id),))
