"""Submissions as a table (导出): a row each, a column for each field of any version that its reader may see. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from functions.tickets.forms.document import Form
from functions.tickets.forms.submission import as_text

HEAD = {"id": "编号", "form_version": "表单版本", "submitted_at": "提交时间", "region": "地区", "store_id": "门店",
        "ticket_id": "工单"}  # fmt: skip
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"-[0-9]+(\.[0-9]+)?", re.ASCII)


def table_of(shown: Sequence[Mapping[str, Any]], forms: Sequence[Form]) -> list[list[str]]:
    """Rows of texts, the heads first. shown: submissions as their reader may see them; forms: their versions, the
    newest first: its fields come first, then those that only older ones have."""
    seen = {name for row in shown for name in row["answers"]}
    titles = {field.id: field.title.zh for form in reversed(forms) for field in form.fields}
    order = [name for name in dict.fromkeys(f.id for form in forms for f in form.fields) if name in seen]
    heads = [*(f"{zh} ({name})" for name, zh in HEAD.items()), *(f"{titles[name]} ({name})" for name in order)]
    rows = [
        [*(_cell(row.get(name)) for name in HEAD), *(_cell(row["answers"].get(name)) for name in order)]
        for row in shown
    ]
    return [heads, *rows]


def to_csv(table: Sequence[Sequence[str]]) -> str:
    """RFC 4180, with the mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows(table)
    return "\ufeff" + out.getvalue()


def _cell(value: Any) -> str:
    """A text that a spreadsheet takes for a formula is told apart by an apostrophe."""
    text = "" if value is None else as_text(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
