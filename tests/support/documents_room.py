"""A room that holds nothing but documents: its desk is what hub.documents gives, its context a workshop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hub.documents.documents import Documents
from hub.documents.kinds import Kind
from hub.documents.routes import serve_documents
from hub.edge.host import Host
from hub.edge.room import Room
from hub.store.idempotency import Idempotency
from hub.store.table import Table
from tests.support.documents import STORES, Workshop


@dataclass
class Desk:
    documents: Documents
    workshop: Workshop = field(default_factory=Workshop)


def build_desk(host: Host) -> Desk:
    """Documents in the room's own table."""
    workshop = Workshop()
    table = Table(host.settings.table, host.client("dynamodb"))
    return Desk(Documents(table, host.settings.tenant, host.now, workshop, STORES.get), workshop)


def documents_room(kinds: Iterable[Kind[Any]]) -> Room[Desk]:
    """The room `papers` with every route of these kinds."""
    kinds = tuple(kinds)
    paths = tuple(kind.path for kind in kinds)
    room: Room[Desk] = Room("papers", paths, build_desk, Idempotency, module="tests.support.documents_room")
    serve_documents(room, kinds, lambda desk: desk.documents)
    return room
