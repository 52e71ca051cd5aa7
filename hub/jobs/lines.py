"""Files of JSON lines (NDJSON), as programs write them: each line is one object, and stands for a row. Pure."""

from __future__ import annotations

import json
from typing import Any

from hub.jobs.sheets import ROWS_LIMIT, Row
from hub.kernel.errors import Invalid, Problem

LINE_BYTES = 100_000


def read_lines(content: bytes) -> list[Row]:
    """The rows of a file, without its empty lines; numbers count lines, from 1. A line that is no object, or holds a
    number that JSON can't say exactly (1e9, 0.1: amounts are texts), is a row with its problem. Raises Invalid for what
    is not UTF-8, and for too many rows."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise _unreadable("must be UTF-8") from None
    rows = [_row(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not rows or len(rows) > ROWS_LIMIT:
        raise _unreadable(f"must have 1 to {ROWS_LIMIT} rows")
    return rows


def _row(number: int, line: str) -> Row:
    if len(line.encode()) > LINE_BYTES:
        return Row(number, {}, (Problem("", f"must be at most {LINE_BYTES} bytes"),))
    try:
        whole = json.loads(line, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return Row(number, {}, (Problem("", "must be a JSON object, its amounts and numbers as texts"),))
    if not isinstance(whole, dict):
        return Row(number, {}, (Problem("", "must be a JSON object"),))
    return Row(number, {name: text for name, text in whole.items() if isinstance(text, str)}, whole=whole)


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _unreadable(rule: str) -> Invalid:
    return Invalid("file", problems=[Problem("/content", rule)])
