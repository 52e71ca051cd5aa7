"""Tables in files (CSV, XLSX), as people's spreadsheets write and read them. Pure.

Out: CSV in UTF-8 with a BOM, by which Excel knows it; a text that a spreadsheet would take for a formula gets an
apostrophe in front (CWE-1236), amounts stay numbers; in XLSX every text is a text cell. In: UTF-8 or GB18030, the
apostrophe is taken off again, and a number that Excel has rounded is refused rather than stored: its digits are lost.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from io import BytesIO, StringIO
from typing import Any, Literal
from zipfile import BadZipFile, ZipFile
from zoneinfo import ZoneInfo

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

BOM = "\ufeff"
ROWS_LIMIT = 5_000
"""So many rows one import takes."""
COLUMNS_LIMIT = 200
EXACT_DIGITS = 15
"""Excel keeps so many digits of a number."""
LOST = "digits were lost: format the column as text in your spreadsheet and enter it again"
UNREADABLE = "is neither UTF-8 nor GB18030"
FORMULA = re.compile(r"'*[=+\-@\t\r]")
_DEFUSED = re.compile(r"''*[=+\-@\t\r]")
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,9})?")
_ROUNDED = re.compile(r"-?[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}|[1-9][0-9]{14}0+")
_HALF = re.compile("[\udc80-\udcff]")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_SERIAL = re.compile(r"[1-9]\d{0,6}(\.\d{1,12})?")
_FROM_1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904=[\"'](?:1|true)[\"']")
BOOK_HEAD_BYTES = 65_536

Kind = Literal["text", "number"]


@dataclass(frozen=True)
class Column:
    """One column: its name, and whether its cells are numbers."""

    name: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Row:
    """One row of a file that came in. number: as the spreadsheet counts, the names of columns being row 1. cells: by
    the column's name, without empty ones. problems: what is wrong with it already. date1904: whether its file counts
    days from 1904, as spreadsheets of old Macs do. whole: the object of a line of JSON, None of a spreadsheet."""

    number: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    date1904: bool = False
    whole: Mapping[str, Any] | None = None


def write_csv(columns: Sequence[Column], rows: Iterable[Mapping[str, str]]) -> bytes:
    """The file: a BOM, the names, a line a row."""
    text = StringIO()
    text.write(BOM)
    writer = csv.writer(text)
    writer.writerow([defused(column.name) for column in columns])
    for row in rows:
        writer.writerow([_csv_cell(column, row.get(column.name, "")) for column in columns])
    return text.getvalue().encode()


def write_xlsx(columns: Sequence[Column], rows: Iterable[Mapping[str, str]]) -> bytes:
    """The file: one sheet, its first row the names."""
    import xlsxwriter  # takes its time: only for who wants this format

    content = BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(content, {"in_memory": True, "constant_memory": True, **plain}) as book:
        sheet = book.add_worksheet()
        for index, column in enumerate(columns):
            sheet.write_string(0, index, column.name)
        for number, row in enumerate(rows, start=1):
            for index, column in enumerate(columns):
                _write_cell(sheet, (number, index), column, row.get(column.name, ""))
    return content.getvalue()


def read_sheet(content: bytes, file_format: str) -> list[Row]:
    """The rows of a file without its empty ones. Raises Invalid for what is no such file, has no names or too many
    rows."""
    is_book = file_format == "xlsx"
    lines = _xlsx_lines(content) if is_book else _csv_lines(content)
    names = [str(cell).strip() for cell in next(lines, [])]
    if not any(names) or len(names) > COLUMNS_LIMIT or len(set(filter(None, names))) != len([*filter(None, names)]):
        raise _unreadable("must begin with a row of column names, each once")
    rows, date1904 = [], is_book and _counts_from_1904(content)
    for number, cells in enumerate(lines, start=2):
        row = replace(_row(number, names, cells), date1904=date1904)
        if row.cells or row.problems:
            rows.append(row)
        if len(rows) > ROWS_LIMIT:
            raise _unreadable(f"must have at most {ROWS_LIMIT} rows")
    return rows


def defused(text: str) -> str:
    """A text that no spreadsheet takes for a formula; one that looks defused already gets another apostrophe, so that
    every text comes back as it was."""
    return f"'{text}" if FORMULA.match(text) else text


def restored(text: str) -> str:
    """What `defused` was given."""
    return text[1:] if _DEFUSED.match(text) else text


def moment_of(text: str, zone: ZoneInfo, *, date1904: bool = False) -> datetime | None:
    """What a cell says of a moment: RFC 3339; a day as people write it (2026/12/1, 2026年12月1日 14:30) on the wall of
    `zone`; or a spreadsheet's day number. None for what is no day that there is."""
    try:
        if written := _DAY.fullmatch(text):
            return datetime(*(int(part) for part in written.groups(default="0")), tzinfo=zone)  # type: ignore[misc,arg-type]
        if _SERIAL.fullmatch(text):
            return day_of_serial(float(text), zone, date1904=date1904)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def day_of_serial(serial: float, zone: ZoneInfo, *, date1904: bool = False) -> datetime:
    """A spreadsheet's day number as a moment on the wall of `zone`: 46357 is 2026-12-01 0:00, and 44895 where the file
    counts from 1904."""
    begin = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a wall's time, no moment yet
    return (begin + timedelta(seconds=round(serial * 86_400))).replace(tzinfo=zone)


def _csv_cell(column: Column, value: str) -> str:
    return value if column.kind == "number" and _NUMBER.fullmatch(value) else defused(value)


def _write_cell(sheet: Any, at: tuple[int, int], column: Column, value: str) -> None:
    digits = sum(char.isdecimal() for char in value)
    if column.kind == "number" and _NUMBER.fullmatch(value) and digits <= EXACT_DIGITS:
        sheet.write_number(*at, float(value))
    elif value:
        sheet.write_string(*at, value)


def _row(number: int, names: Sequence[str], cells: Sequence[Any]) -> Row:
    values, problems = dict[str, str](), []
    for name, cell in zip(names, cells, strict=False):
        if not name:
            continue
        text, rule = _cell_text(cell)
        if rule:
            problems.append(Problem("/" + name.replace("~", "~0").replace("/", "~1"), rule))
        elif text:
            values[name] = text
    return Row(number, values, tuple(problems))


def _cell_text(cell: Any) -> tuple[str, str]:
    """A cell as text, and what is wrong with it."""
    if isinstance(cell, bool):
        return str(cell).lower(), ""
    if isinstance(cell, float):
        whole = cell.is_integer()
        if abs(cell) >= 10**EXACT_DIGITS:
            return "", LOST
        return (str(int(cell)) if whole else _decimal(cell)), ""
    if isinstance(cell, datetime | date | time):
        return cell.isoformat(), ""
    text = restored(str(cell).strip(" "))
    if _HALF.search(text):
        return "", UNREADABLE
    return ("", LOST) if _ROUNDED.fullmatch(text) else (text, "")


def _decimal(number: float) -> str:
    try:
        return format(Decimal(repr(number)).normalize(), "f")
    except InvalidOperation:
        return ""


def _csv_lines(content: bytes) -> Iterator[list[Any]]:
    text = _decoded(content)
    try:
        yield from csv.reader(StringIO(text, newline=""))
    except csv.Error:
        raise _unreadable("must be CSV with commas") from None


def _decoded(content: bytes) -> str:
    """By the encoding in which it reads whole, else by the one in which most of it does; what does not stands there as
    half characters, so that its row can be refused alone. Not `gbk`: it lacks 䶮 and others of today's names."""
    attempts = [content.decode(name, "surrogateescape") for name in ("utf-8-sig", "gb18030")]
    return min(attempts, key=lambda text: len(_HALF.findall(text))).removeprefix(BOM)


def _xlsx_lines(content: bytes) -> Iterator[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook  # only for who brings this format

    try:
        with ZipFile(BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > 200_000_000:
                raise _unreadable("must unpack to at most 200 MB")
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        sheet = book.get_sheet_by_index(0)
    except (CalamineError, BadZipFile, OSError):
        raise _unreadable("must be an XLSX file") from None
    yield from sheet.to_python(skip_empty_area=False)


def _counts_from_1904(content: bytes) -> bool:
    """Whether a workbook, which has been opened already, says so of itself."""
    with ZipFile(BytesIO(content)) as archive, archive.open("xl/workbook.xml") as workbook:
        return _FROM_1904.search(workbook.read(BOOK_HEAD_BYTES)) is not None


def _unreadable(rule: str) -> Invalid:
    return Invalid("the file cannot be read", problems=[Problem("/content", rule)])
