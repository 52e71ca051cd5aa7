"""HTTP bodies of /jobs: what takes longer than an answer may, how far it is, and what came of each item."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.contracts.base import Contract, Moment
from hub.contracts.http import FieldProblem, PageQuery

JobState = Literal["queued", "running", "previewed", "done", "failed", "cancelled"]
FileFormat = Literal["csv", "xlsx"]
JobKind = Literal["export", "import", "rehearsal", "migration", "reconciliation", "learning"]
RowOutcome = Literal["ready", "applied", "as_row", "refused"]
Column = Annotated[str, Field(min_length=1, max_length=100)]
CONTENT_LIMIT = 4_000_000
"""Of a file in base64: three megabytes of its own."""


class NewExport(Contract):
    """Which list to write into a file, as a GET of it would show it to you."""

    list: Annotated[str, Field(pattern=r"^/[a-z_/-]{1,100}$", examples=["/directory/people"])] = Field(
        description="the path of one of the room's lists"
    )
    query: Annotated[dict[str, str], Field(max_length=20)] = Field(
        default={}, description="the list's own filters; no limit, no cursor"
    )
    format: FileFormat = "csv"
    columns: Annotated[tuple[Column, ...], Field(max_length=100)] = Field(
        default=(), description="which columns, in which order; all that you may see, if none are named"
    )


class NewImport(Contract):
    """A file of rows. It is read and checked first (`previewed`); nothing changes before it is applied."""

    into: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", examples=["people"])] = Field(
        description="what the rows are; GET /jobs/<room>/imports says what there is and which columns"
    )
    format: FileFormat | Literal["ndjson"] = "csv"
    content: Annotated[str, Field(min_length=1, max_length=CONTENT_LIMIT)] = Field(
        description="the file in base64: CSV in UTF-8 or GB18030, or XLSX, names of columns in the first row; or a "
        "line of JSON a row, where the import says so"
    )


class ApplyImport(Contract):
    """Whether the rows without findings are applied although others have some."""

    with_findings: bool = False


class JobResult(Contract):
    """The file of an export."""

    name: str
    rows: int
    bytes: int


class JobView(Contract):
    """A job and how far it is. `counts`: rows, or tickets, by what came of them."""

    id: str
    kind: JobKind
    state: JobState
    about: str = Field(description="which list, what the rows are, or which document")
    done: int = Field(description="so many rows so far")
    total: int | None = Field(description="of so many, where that is known")
    counts: dict[str, int] = Field(default={})
    report: dict[str, Any] = Field(default={}, description="of a rehearsal: what it has come to so far")
    result: JobResult | None = None
    why: str = Field(default="", description="why it failed")
    why_zh: str = Field(default="", description="the same in Chinese")
    created_at: Moment
    updated_at: Moment
    version: int


class RowView(Contract):
    """What came of one row of a file. Its first row, with the names of columns, is row 1."""

    row: int
    outcome: RowOutcome
    as_row: int | None = Field(default=None, description="the earlier row that says the same")
    id: str = Field(default="", description="of what it made or changed")
    detail: dict[str, Any] = Field(default={}, description="of a migration: what changes of the ticket, and its clocks")
    errors: tuple[FieldProblem, ...] = Field(default=(), description="`pointer` names the column")
    zh: tuple[FieldProblem, ...] = ()


class RowQuery(PageQuery):
    """`outcome`: only those rows."""

    outcome: RowOutcome | None = None


class FileView(Contract):
    """Where the file is, for a minute and once."""

    name: str
    url: str
    ends_at: Moment


class ImportView(Contract):
    """Something that can be imported, and the columns of its file."""

    into: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    same_by: tuple[str, ...] = Field(description="rows that agree in these are one")
