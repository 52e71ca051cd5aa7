"""Sheets (价目分表): the prices of one service in up to thousands of places, one item each, never changed.

<tenant>#sheet#<sht_…>  / sheet     currency, and the content as compressed JSON

A sheet is named by what it holds, so the same sheet again is the same item, and a book that names two hundred of them
stays small: a quote reads the book's pointer, its version, and the one sheet that it needs.
"""

from __future__ import annotations

import json
import zlib

from functions.pricing.books.book_kind import table_of
from functions.pricing.books.books import PriceTable
from hub.contracts.pricing_books import PriceSheet
from hub.documents.cache import Cache
from hub.documents.versions import canonical
from hub.kernel.errors import Invalid, NotFound, Problem
from hub.kernel.ids import hashed_id
from hub.store.table import Table

CACHE_BYTES = 4_000_000
"""Of JSON text, in one process."""
KNOWN_LIMIT = 10_000
"""So many sheets are known to be there."""
ITEM_LIMIT_BYTES = 350_000
"""Of a sheet, compressed; DynamoDB takes 400 KB."""


class Sheets:
    """The sheets of one tenant. All methods raise Retry."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table, self._tenant = table, tenant
        self._cache = Cache(CACHE_BYTES)
        self._known = Cache(KNOWN_LIMIT)

    def fits(self, sheet_id: str, currency: str) -> bool:
        """Whether there is such a sheet in this currency: one item's currency is read, the first time in a process."""

        def read() -> tuple[str, int]:
            return str((self._table.get(self._key(sheet_id), only=("currency",)) or {}).get("currency", "")), 1

        return self._known.get(sheet_id, read) == currency

    def keep(self, sheet: PriceSheet, currency: str) -> str:
        """Keep a sheet; answers its id. Raises Invalid for one that is wrong, or does not fit an item."""
        problems: list[Problem] = []
        table_of(sheet, currency, "", problems, falling=False)
        content = canonical(sheet.model_dump(mode="json", exclude_defaults=True)).encode()
        packed = zlib.compress(content, 9)
        if len(packed) > ITEM_LIMIT_BYTES:
            problems.append(Problem("/rows", "are more than one sheet holds"))
        if problems:
            raise Invalid("sheet", problems=problems)
        sheet_id = hashed_id("sht", currency, content.decode())
        pk, sk = self._key(sheet_id)
        self._table.put({"pk": pk, "sk": sk, "schema": 1, "currency": currency, "content": packed})
        return sheet_id

    def table(self, sheet_id: str, currency: str) -> PriceTable:
        """The prices of a sheet; one item is read, the first time in a process. Raises NotFound, also for another
        currency."""

        def read() -> tuple[PriceTable, int]:
            item = self._table.get(self._key(sheet_id))
            if item is None or item["currency"] != currency:
                raise NotFound("no such sheet", sheet=sheet_id, currency=currency)
            content = zlib.decompress(item["content"])
            sheet = PriceSheet.model_validate(json.loads(content))
            return table_of(sheet, currency, "", [], falling=False), len(content)

        return self._cache.get((sheet_id, currency), read)

    def sheet(self, sheet_id: str) -> PriceSheet:
        """A sheet as it was handed in. Raises NotFound."""
        item = self._table.get(self._key(sheet_id))
        if item is None:
            raise NotFound("no such sheet", sheet=sheet_id)
        return PriceSheet.model_validate(json.loads(zlib.decompress(item["content"])))

    def _key(self, sheet_id: str) -> tuple[str, str]:
        return f"{self._tenant}#sheet#{sheet_id}", "sheet"
