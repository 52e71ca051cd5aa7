"""Prices as tables (价目表格, CSV and XLSX): a row a price, with a header. Pure.

service, place, price, channel, level, min_quantity, weekdays, begins, ends
fruit_tea, 310000, 25.00, , gold, 1, 67, 14:00, 17:00
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from pydantic import ValidationError

from functions.pricing.books.books import Book, PriceTable, Row
from hub.contracts.pricing_books import PriceRow, PriceSheet
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money

Format = Literal["csv", "xlsx"]
COLUMNS = ("service", "place", "price", "channel", "level", "min_quantity", "weekdays", "begins", "ends")
ROWS_LIMIT = 20_000
"""So many rows one table may have."""
PROBLEMS_LIMIT = 100


def write_table(rows: Iterable[Sequence[str]], file_format: Format) -> bytes:
    """A file of rows, the header first."""
    table = [COLUMNS, *rows]
    if file_format == "csv":
        text = io.StringIO()
        csv.writer(text).writerows(table)
        return text.getvalue().encode("utf-8-sig")
    import xlsxwriter  # only who asks for a workbook needs it

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("prices")
        for nth, row in enumerate(table):
            for column, value in enumerate(row):
                sheet.write_string(nth, column, value)
    return out.getvalue()


def read_table(content: bytes, file_format: Format) -> dict[str, PriceSheet]:
    """The prices of each service in a file. Raises Invalid with each row that is wrong, counted as the file shows it:
    the header is row 1."""
    header, *rows = _cells(content, file_format) or [[]]
    if tuple(name.strip() for name in header[: len(COLUMNS)]) != COLUMNS:
        raise Invalid(
            "table", problems=[Problem("/content_base64", f"must begin with the columns {', '.join(COLUMNS)}")]
        )
    if len(rows) > ROWS_LIMIT:
        raise Invalid("table", problems=[Problem("/content_base64", f"must have at most {ROWS_LIMIT} rows")])
    services: dict[str, list[PriceRow]] = {}
    problems: list[Problem] = []
    for number, cells in enumerate(rows, 2):
        if any(cells):
            _read_row(cells, f"/rows/{number}", services, problems)
    if problems:
        raise Invalid("table", problems=problems[:PROBLEMS_LIMIT])
    try:
        return {service: PriceSheet(rows=tuple(own)) for service, own in services.items()}
    except ValidationError:
        raise Invalid("table", problems=[Problem("/rows", "must be at most 2000 of one service")]) from None


def rows_of(book: Book, tables: Iterable[tuple[str, PriceTable]]) -> Iterator[tuple[str, ...]]:
    """A book's prices as rows."""
    for service, table in tables:
        for place in sorted(table.by_place):
            for row in table.by_place[place]:
                yield (service, *_cells_of(row, book.currency))


def _cells_of(row: Row, currency: str) -> tuple[str, ...]:
    begins, ends = ("", "") if row.hours is None else map(_clock, row.hours)
    weekdays = "".join(map(str, sorted(row.weekdays)))
    price = str(Money(row.price_minor, currency))
    return row.place, price, row.channel, row.level, str(row.min_quantity), weekdays, begins, ends


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _cells(content: bytes, file_format: Format) -> list[list[str]]:
    try:
        if file_format == "csv":
            return list(csv.reader(io.StringIO(_decoded(content), newline="")))
        from python_calamine import CalamineWorkbook  # as above

        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return [[_text(cell) for cell in row] for row in workbook.get_sheet_by_index(0).to_python()]
    except (UnicodeDecodeError, csv.Error, ValueError, OSError) as error:
        rule = f"must be a file of the format {file_format}"
        raise Invalid("table", problems=[Problem("/content_base64", rule)]) from error


def _decoded(content: bytes) -> str:
    """As spreadsheets in China write CSV: UTF-8 with or without a BOM, else GB18030, of which GBK is a part."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _text(cell: Any) -> str:
    """A cell as text: a whole number without a point, so that a code stays a code."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _read_row(cells: list[str], where: str, services: dict[str, list[PriceRow]], problems: list[Problem]) -> None:
    values = dict(zip(COLUMNS, [cell.strip() for cell in cells], strict=False))
    service = values.pop("service", "")
    begins, ends = values.pop("begins", ""), values.pop("ends", "")
    fields: dict[str, Any] = {name: value for name, value in values.items() if value}
    fields["weekdays"] = [*values.get("weekdays", "")]
    if begins or ends:
        fields["hours"] = {"begins": begins, "ends": ends}
    try:
        services.setdefault(service, []).append(PriceRow.model_validate(fields))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        column = "/".join(map(str, first["loc"]))
        problems.append(Problem(f"{where}/{column}", str(first["msg"]).removeprefix("Value error, ")))
