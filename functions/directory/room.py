"""The room, on which its parts are declared."""

from __future__ import annotations

from functions.directory.desk import build_desk
from hub.documents.items import POINTER
from hub.edge.room import Room
from hub.store.idempotency import Idempotency

ADMINISTRATOR = ("administrator",)

room = Room(
    "directory",
    paths=("/directory", "/auth"),
    make_desk=build_desk,
    idempotency=Idempotency,
    exact_paths=("/openapi.json", "/docs", "/{file}"),
    module="functions.directory.app",
    followed=("person", "store", "roster", "glass#", POINTER),
)
