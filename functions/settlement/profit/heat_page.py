"""A cube as a page and as a file (收益热力图): one HTML document that loads nothing, and CSV. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from html import escape
from io import StringIO

from hub.contracts.settlement_profit import CubeRow, CubeView

BOM = "\ufeff"
COLUMNS = ("name", "expense", "income", "payable", "other", "colour")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:1rem auto;max-width:60rem;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%}th,td{padding:.4rem .6rem;text-align:right}"
    "th:first-child,td:first-child{text-align:left}tr{border-bottom:1px solid #ddd}tfoot{font-weight:600}"
    ".red{background:#fbdcd9}.yellow{background:#fdf1c8}.green{background:#dff3e0}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}tr{border-color:#333}"
    ".red{background:#5c1f1a}.yellow{background:#5a4a12}.green{background:#1d4020}}"
)
_HEADS = ("支出 Expense", "收入 Income", "应付 Payable", "其他 Other")


def cube_page(view: CubeView) -> bytes:
    """The board as one HTML page: rows coloured as the board's document says, each colour also in words."""
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    note = "" if view.complete else "<p>数据不完整 · incomplete</p>"
    title = f"收益热力图 · by {escape(view.by)}"
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1>{note}<table>"
        f'<thead><tr><th scope="col">{escape(view.by)}</th>{heads}<th scope="col">色 Colour</th></tr></thead>'
        f"<tbody>{''.join(map(_row, view.rows))}</tbody><tfoot>{_row(view.total, '合计 Total')}</tfoot></table>"
        "</body></html>"
    ).encode()


def cube_csv(rows: Iterable[CubeRow]) -> bytes:
    """UTF-8 with a BOM, a line a cell."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        name = f"'{row.name}" if row.name.startswith(("=", "+", "-", "@", "\t", "\r")) else row.name
        writer.writerow((name, row.expense, row.income, row.payable, row.other, row.colour))
    return (BOM + text.getvalue()).encode()


def _row(row: CubeRow, name: str = "") -> str:
    cells = "".join(f"<td>{escape(amount)}</td>" for amount in (row.expense, row.income, row.payable, row.other))
    return (
        f'<tr class="{row.colour}"><td>{escape(name or row.name or "–")}</td>{cells}<td>{escape(row.colour)}</td></tr>'
    )
