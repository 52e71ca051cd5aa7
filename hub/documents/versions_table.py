"""Documents in a room's table.

    <tenant>#doc#<kind>        / <key>                      that there is one of this key
    <tenant>#doc#<kind>#<key>  / p#<scope>                  the pointer: what is in force, and what is planned to be
                               / v#<scope>#<000001>         a version, never changed
                               / s#<scope>#<digest>         which version says this
                               / h#<scope>#<time>#<000001>  a move of the pointer, never changed
                               / d#<scope>                  the draft
                               / x#<digest>#<001>           a part of content that is too large for one item
    <tenant>#docs              / stamp                      which move of any document of the room was the last

A change is one transaction, decided by the pointer: it moves from where it was read, or nothing is written. Parts are
written before; they are named by what they hold, so an attempt that loses leaves nothing that is wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from hub.documents.items import (
    SCHEMA,
    draft_item,
    move_item,
    pointer_item,
    read_draft,
    read_move,
    read_pointer,
    read_version,
    version_item,
)
from hub.documents.versions import Draft, Line, Move, Pointer, Version
from hub.kernel.clock import rfc3339
from hub.kernel.errors import Broken
from hub.store.table import NEW, Busy, Delete, Item, Key, Put, Table, Write

Json = Any
PART_BYTES = 300_000
"""Content above it lies in parts: an item holds 400 KB."""
BUSY_TRIES = 4
"""So often a move is tried while another one of the same pointer is on its way."""
SCOPES_LIMIT = 2000
"""So many regions and stores may have an overlay of one document."""
MOVES_LIMIT = 5000
"""So often the pointer of a document with effective dates may move: all of it is read when it is published."""
KEYS_LIMIT = 1000
"""So many documents of one kind are read at once."""


class VersionsTable:
    """The documents of one tenant in one room's table."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table, self._tenant = table, tenant

    def stamp(self) -> str:
        """Of the last move of any document, strongly consistent: another one after each; "" before the first."""
        item = self._table.get(self._stamp_key)
        return str(item["move"]) if item else ""

    def pointer(self, line: Line) -> Pointer | None:
        """Where a scope stands, strongly consistent; None before its first move."""
        item = self._table.get(self._key(line, "p"))
        return read_pointer(item) if item else None

    def pointers(self, lines: Iterable[Line]) -> dict[Line, Pointer]:
        """Where several stand, as `pointer`."""
        by_key = {self._key(line, "p"): line for line in lines}
        items = self._table.get_many(by_key, consistent=True)
        return {by_key[item["pk"], item["sk"]]: read_pointer(item) for item in items}

    def scopes(self, kind: str, key: str) -> dict[str, Pointer]:
        """Where every scope of a document stands that ever moved, as `pointer`."""
        items = self._table.query_all(self._pk(kind, key), sk_prefix="p#", limit=SCOPES_LIMIT + 1, consistent=True)
        return {item["sk"][2:]: read_pointer(item) for item in items}

    def keys(self, kind: str, after: str, limit: int) -> list[str]:
        """The keys of a kind that have ever had a draft or a version, in order, after one of them."""
        pk = f"{self._tenant}#doc#{kind}"
        return [item["sk"] for item in self._table.query(pk, sk_after=after, limit=limit, consistent=True).items]

    def version(self, line: Line, number: int) -> Version | None:
        """One version."""
        item = self._table.get(self._key(line, "v", f"{number:06d}"))
        return read_version(item, self._content(item)) if item else None

    def versions(self, pairs: Iterable[tuple[Line, int]]) -> dict[tuple[Line, int], Version]:
        """Several versions; of what is too large for one item, each with a call of its own."""
        by_key = {self._key(line, "v", f"{number:06d}"): (line, number) for line, number in pairs}
        items = self._table.get_many(by_key, consistent=True)
        return {by_key[item["pk"], item["sk"]]: read_version(item, self._content(item)) for item in items}

    def number_of(self, line: Line, digest: str) -> int | None:
        """The version that says this, if one does."""
        item = self._table.get(self._key(line, "s", digest))
        return int(item["number"]) if item else None

    def move_at(self, line: Line, at: datetime) -> Move | None:
        """The last move that was recorded at `at` or before: one item, however many there are."""
        first, last = f"h#{line.scope}#", f"h#{line.scope}#{rfc3339(at)}#~"
        page = self._table.query(
            self._pk(line.kind, line.key), sk_between=(first, last), newest_first=True, limit=1, consistent=True
        )
        return read_move(page.items[0]) if page.items else None

    def moves(self, line: Line) -> list[Move]:
        """All moves, oldest first; at most MOVES_LIMIT."""
        pk, prefix = self._pk(line.kind, line.key), f"h#{line.scope}#"
        return [read_move(i) for i in self._table.query_all(pk, sk_prefix=prefix, limit=MOVES_LIMIT, consistent=True)]

    def page_of_moves(self, line: Line, start: Item | None, limit: int) -> tuple[list[Move], dict[str, Any] | None]:
        """A page of moves, the newest first, and where the next starts. Raises Invalid for a foreign `start`."""
        pk, prefix = self._pk(line.kind, line.key), f"h#{line.scope}#"
        page = self._table.query(pk, sk_prefix=prefix, newest_first=True, limit=limit, start=start, consistent=True)
        return [read_move(item) for item in page.items], page.start

    def draft(self, line: Line) -> Draft | None:
        """The draft of a scope."""
        item = self._table.get(self._key(line, "d"))
        return read_draft(item, self._content(item)) if item else None

    def save_draft(self, line: Line, draft: Draft) -> None:
        """Save a draft in place of the revision before. Raises Lost when that isn't there any more."""
        when, values = (NEW, {}) if draft.revision == 1 else ("revision = :seen", {":seen": draft.revision - 1})
        item = self._keyed(line, "d") | draft_item(draft) | self._body(line, draft.content)
        self._table.transact(Put(item, when, values), self._named(line))

    def discard_draft(self, line: Line) -> None:
        """Delete the draft, if there is one."""
        self._table.delete(self._key(line, "d"))

    def move(
        self,
        line: Line,
        seen: Pointer | None,
        pointer: Pointer,
        move: Move,
        version: Version | None = None,
        digest: str = "",
        draft: Draft | None = None,
    ) -> None:
        """Move the pointer from where it was seen (None: it never moved), with a new version if there is one; the draft
        that it came from ends. Raises Lost when somebody was faster: then nothing is written."""
        when, values = ("revision = :seen", {":seen": seen.revision}) if seen else (NEW, {})
        order = (rfc3339(move.recorded_at), f"{move.revision:06d}")
        writes: list[Write] = [
            Put(self._keyed(line, "p") | pointer_item(pointer), when, values),
            Put(self._keyed(line, "h", *order) | move_item(move)),
            self._stamped(line, move),
        ]
        if version:
            item = self._keyed(line, "v", f"{version.number:06d}") | version_item(version)
            writes.append(Put(item | self._body(line, version.content), NEW))
            writes.append(Put(self._keyed(line, "s", digest) | {"number": version.number, "schema": SCHEMA}, NEW))
        if draft:
            writes.append(Delete(self._key(line, "d"), "revision = :draft", {":draft": draft.revision}))
        if seen is None:
            writes.append(self._named(line))
        made = str(move.number)
        for _ in range(BUSY_TRIES - 1):
            try:
                self._table.transact(*writes, made=made)
            except Busy:  # somebody moves it at this moment: theirs holds, or fails
                continue
            return
        self._table.transact(*writes, made=made)

    @property
    def _stamp_key(self) -> Key:
        return f"{self._tenant}#docs", "stamp"

    def _stamped(self, line: Line, move: Move) -> Put:
        """No pointer moves twice to one revision, so no two moves have one stamp."""
        pk, sk = self._stamp_key
        name = f"{line.kind}#{line.key}#{line.scope}#{move.revision}"
        return Put({"pk": pk, "sk": sk, "move": name, "schema": SCHEMA})

    def _named(self, line: Line) -> Put:
        return Put({"pk": f"{self._tenant}#doc#{line.kind}", "sk": line.key, "schema": SCHEMA})

    def _body(self, line: Line, content: Json) -> dict[str, Any]:
        """The attributes that hold content; what is too large for them is written, as parts."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        raw = text.encode()
        if len(raw) <= PART_BYTES:
            return {"content": text}
        name, count = hashlib.sha256(raw).hexdigest(), -(-len(raw) // PART_BYTES)
        for nth, key in enumerate(self._part_keys(self._pk(line.kind, line.key), name, count)):
            self._table.put(
                {"pk": key[0], "sk": key[1], "part": raw[nth * PART_BYTES : (nth + 1) * PART_BYTES], "schema": SCHEMA}
            )
        return {"parts": count, "parts_of": name}

    def _content(self, item: Mapping[str, Any]) -> Json:
        if "content" in item:
            return json.loads(item["content"])
        parts = self._table.get_many(self._part_keys(item["pk"], item["parts_of"], int(item["parts"])), consistent=True)
        raw = b"".join(part["part"] for part in parts)
        if hashlib.sha256(raw).hexdigest() != item["parts_of"]:
            raise Broken("parts of a document are missing", pk=item["pk"], sk=item["sk"])
        return json.loads(raw)

    def _part_keys(self, pk: str, name: str, count: int) -> list[Key]:
        return [(pk, f"x#{name}#{nth:03d}") for nth in range(count)]

    def _key(self, line: Line, sort: str, *names: str) -> Key:
        return self._pk(line.kind, line.key), "#".join((sort, line.scope, *names))

    def _keyed(self, line: Line, sort: str, *names: str) -> dict[str, Any]:
        pk, sk = self._key(line, sort, *names)
        return {"pk": pk, "sk": sk}

    def _pk(self, kind: str, key: str) -> str:
        return f"{self._tenant}#doc#{kind}#{key}"
