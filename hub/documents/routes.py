"""The HTTP routes of documents, the same for every kind: `serve_documents(room, kinds, documents_of)` declares them.

    GET  path                     every document           POST path/{key}/publish    a document, the draft, a preset
    GET  path/{key}               in force in a scope      POST path/{key}/revert     an earlier version again
    GET  path/{key}/history       moves, the newest first  POST path/{key}/withdraw   of kinds with effective dates
    GET  path/{key}/overlays      of kinds with overlays   POST path/{key}/copy       of kinds with overlays
    GET, PUT, DELETE path/{key}/draft                      POST path/{key}/lint       every finding
    GET, POST path/{key}/compare  two versions; a version and the body's document

Their models are many and their requests few, so a start leaves them out (`Room.later`); hub.documents.operations is
what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from hub.documents.documents import Documents
from hub.documents.kinds import Kind
from hub.edge.room import Room


def serve_documents(room: Room[Any], kinds: Iterable[Kind[Any]], documents_of: Callable[[Any], Documents]) -> None:
    """Declare every route of these kinds. documents_of: from the room's desk."""
    for kind in kinds:
        room.later(kind.path, partial(_declare, room, kind, documents_of))


def _declare(room: Room[Any], kind: Kind[Any], documents_of: Callable[[Any], Documents]) -> None:
    from hub.documents.operations import Operations  # only a request for documents needs what they do, and its models

    Operations(room, kind, documents_of).declare()
