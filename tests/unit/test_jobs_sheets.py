"""Files as spreadsheets write and read them: nothing runs, no digit is lost, what goes out comes in the same."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from hub.contracts.base import Contract, Day, Moment
from hub.jobs.sheets import (
    LOST,
    Column,
    day_of_serial,
    defused,
    moment_of,
    read_sheet,
    restored,
    write_csv,
    write_xlsx,
)
from hub.jobs.tables import body_of_row, body_schema
from hub.kernel.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")
COLUMNS = [Column("order"), Column("phone"), Column("note"), Column("refund", "number"), Column("words")]
ROW = {
    "order": "6923456789012345678",
    "phone": "+8613800138000",
    "note": "=1+1",
    "refund": "-5.00",
    "words": "-5 度",
}


def cells_of(content: bytes, file_format: str) -> dict[str, str]:
    (row,) = read_sheet(content, file_format)
    assert row.problems == ()
    return dict(row.cells)


def test_what_goes_out_comes_in_again_unchanged() -> None:
    """An order's number of nineteen digits, a phone with its plus, a formula, an amount, and a text with a minus."""
    assert cells_of(write_csv(COLUMNS, [ROW]), "csv") == ROW
    assert cells_of(write_xlsx(COLUMNS, [ROW]), "xlsx") | {"refund": "-5.00"} == ROW


def test_no_spreadsheet_runs_what_people_wrote() -> None:
    """Each text that begins a formula has an apostrophe in front of it; an amount stays a number."""
    text = write_csv(COLUMNS, [ROW]).decode("utf-8-sig")
    assert list(csv.reader(StringIO(text)))[1] == [
        "6923456789012345678", "'+8613800138000", "'=1+1", "-5.00", "'-5 度",
    ]  # fmt: skip
    assert write_csv(COLUMNS, [ROW]).startswith(b"\xef\xbb\xbf")


def test_in_a_workbook_ids_are_texts_and_amounts_numbers() -> None:
    """As the file itself says, read by another library."""
    sheet = CalamineWorkbook.from_filelike(BytesIO(write_xlsx(COLUMNS, [ROW]))).get_sheet_by_index(0)
    assert sheet.to_python()[1] == ["6923456789012345678", "+8613800138000", "=1+1", -5.0, "-5 度"]


@given(st.text(max_size=12))
def test_defusing_is_undone_whatever_the_text(text: str) -> None:
    """Every text comes back as it was, and none that begins a formula goes out."""
    assert restored(defused(text)) == text
    assert not defused(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_store_that_gbk_cannot_write_is_read(encoding: str) -> None:
    """䶮记, in each of the ways in which Excel and others save it."""
    content = 'store_id,name\r\ns1,䶮记\r\n0010,"a,\nb"\r\n'.encode(encoding)
    assert [dict(row.cells) for row in read_sheet(content, "csv")] == [
        {"store_id": "s1", "name": "䶮记"},
        {"store_id": "0010", "name": "a,\nb"},
    ]


def test_what_fits_no_encoding_is_refused_with_its_row() -> None:
    """The others are read all the same."""
    content = "name\n韩梅梅\n".encode() + b"\xff\xfe\xff\n" + "李雷\n".encode()
    rows = read_sheet(content, "csv")
    assert [(row.number, row.cells.get("name"), bool(row.problems)) for row in rows] == [
        (2, "韩梅梅", False), (3, None, True), (4, "李雷", False),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["6.92346E+18", "6923456789012340000", "692345678912345000"])
def test_digits_that_a_spreadsheet_lost_are_not_stored(text: str) -> None:
    """A number in scientific writing, and one whose end Excel made zeros."""
    (row,) = read_sheet(f"order\n{text}\n".encode(), "csv")
    assert [(problem.pointer, problem.rule) for problem in row.problems] == [("/order", LOST)]


def test_a_number_cell_of_too_many_digits_is_refused() -> None:
    """In a workbook as well: what stands there is not what somebody typed."""
    content = BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["order", "postcode", "count"])
        sheet.write_number(1, 0, 6923456789012345678)
        sheet.write_string(1, 1, "010010")
        sheet.write_number(1, 2, 3)
    (row,) = read_sheet(content.getvalue(), "xlsx")
    assert ([p.rule for p in row.problems], dict(row.cells)) == ([LOST], {"postcode": "010010", "count": "3"})


@pytest.mark.parametrize(
    ("serial", "date1904", "moment"),
    [
        (46357, False, datetime(2026, 11, 30, 16, tzinfo=UTC)),
        (44895, True, datetime(2026, 11, 30, 16, tzinfo=UTC)),
        (46357.5, False, datetime(2026, 12, 1, 4, tzinfo=UTC)),
    ],
)
def test_a_day_number_is_a_day_of_the_tenant_s(serial: float, date1904: bool, moment: datetime) -> None:
    """46357 is 2026-12-01 on the tenant's wall, as is 44895 where a file counts from 1904."""
    assert day_of_serial(serial, SHANGHAI, date1904=date1904) == moment


@pytest.mark.parametrize(
    ("text", "date1904", "moment"),
    [
        ("46357", False, datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("44895", True, datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("46357.5", False, datetime(2026, 12, 1, 4, tzinfo=UTC)),
        ("2026/12/1", False, datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("2026年12月1日 14:30", False, datetime(2026, 12, 1, 6, 30, tzinfo=UTC)),
        ("2026-12-01T14:30:00Z", False, datetime(2026, 12, 1, 14, 30, tzinfo=UTC)),
        ("2026/2/30", False, None),
        ("明天", False, None),
    ],
)
def test_a_cell_says_a_moment_as_people_and_spreadsheets_write_it(
    text: str, date1904: bool, moment: datetime | None
) -> None:
    """On the tenant's wall where it has no offset; a day that there is not is none."""
    assert moment_of(text, SHANGHAI, date1904=date1904) == moment


class Visit(Contract):
    at: Moment
    day: Day | None = None


@pytest.mark.parametrize(("date1904", "serial"), [(False, 46357.5), (True, 44895.5)])
@pytest.mark.parametrize("formatted", [False, True])
def test_a_day_in_a_workbook_is_that_day(date1904: bool, serial: float, formatted: bool) -> None:
    """Whichever day the file counts from, and whether its cell is formatted as a date or is the bare number."""
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"date_1904": date1904}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["at", "day"])
        shown = book.add_format({"num_format": "yyyy-mm-dd hh:mm"}) if formatted else None
        sheet.write_number(1, 0, serial, shown)
        sheet.write_number(1, 1, int(serial), shown)
    (row,) = read_sheet(content.getvalue(), "xlsx")
    body, problems = body_of_row(row, body_schema(Visit), SHANGHAI)
    assert (body, problems) == ({"at": "2026-12-01T12:00:00+08:00", "day": "2026-12-01"}, ())
    assert Visit.model_validate(body).at == datetime(2026, 12, 1, 4, tzinfo=UTC)


def test_a_day_that_there_is_not_is_refused_with_its_place() -> None:
    """2026/2/30: the row says where, and what would be right."""
    (row,) = read_sheet(b"at\n2026/2/30\n", "csv")
    _, problems = body_of_row(row, body_schema(Visit), SHANGHAI)
    assert [problem.pointer for problem in problems] == ["/at"]


@pytest.mark.parametrize(
    ("content", "file_format"),
    [(b"", "csv"), (b"\n1,2\n", "csv"), (b"a,a\n1,2\n", "csv"), (b"no zip", "xlsx"), (b"PK\x03\x04", "xlsx")],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, file_format: str) -> None:
    """An empty file, one without names or with one twice, and what is no workbook."""
    with pytest.raises(Invalid) as refused:
        read_sheet(content, file_format)
    assert [problem.pointer for problem in refused.value.problems] == ["/content"]


def test_an_import_has_a_bound() -> None:
    """Five thousand rows are read, one more is refused before anything is done."""
    content = "name\n" + "x\n" * 5_001
    with pytest.raises(Invalid):
        read_sheet(content.encode(), "csv")
    assert len(read_sheet(content[:-2].encode(), "csv")) == 5_000
