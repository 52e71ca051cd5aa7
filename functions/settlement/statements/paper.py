"""A statement on paper (结算单 PDF): its head, its lines, and on every page the hash over them. The same lines make the
same bytes.

Only the function that prints has reportlab and the font (layers/pdf); on one machine both are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from functions.settlement.ledger.lines import PartyLine
from functions.settlement.statements.statements import Statement
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Broken
from hub.kernel.money import Money

PAPER_LINES = 2_000
"""Lines of one file: what is printed within an answer's time."""
FONT = "NotoSansSC"
SOURCE = Path(__file__).parents[3] / "layers" / "pdf"
"""Where the layer is made from; on one machine the font lies there alone."""
UNKNOWN = "〓"
"""In place of a character that the font has not."""
HANGS = "，。、；：！？）》”"
"""What begins no row."""
WIDTH, HEIGHT, MARGIN = 595, 842, 36
SIZE, LEADING = 8, 11
COLUMNS = (("行 No.", 30), ("发生时间 Occurred", 84), ("事实 Fact", 120), ("说明 Reason", 193), ("金额 Amount", 96))
TOP, FIRST_TOP, BOTTOM = HEIGHT - 60, HEIGHT - 168, 56
STATES = {"draft": "草稿 draft", "sent": "待确认 sent", "approved": "已确认 approved", "disputed": "有异议 disputed"}
AMOUNTS = (
    ("合计 Total", "totals"), ("结转转入 Carried in", "carried_in"), ("应付 Payout", "payout"),
    ("结转转出 Carried out", "carried_out"), ("冻结 Frozen", "frozen"),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A line as it is printed: the texts of each column, wrapped."""

    cells: tuple[tuple[str, ...], ...]

    @property
    def height(self) -> int:
        return max(map(len, self.cells)) * LEADING + 4


def pdf_of(statement: Statement, lines: Iterable[PartyLine], first: int, zone: ZoneInfo) -> bytes:
    """The statement as PDF. first: the number of the first of these lines; moments are those of `zone`."""
    from reportlab.pdfgen.canvas import Canvas  # of the layer that only the printing function has

    widths = _font()
    rows = [_row(number, line, zone, widths) for number, line in enumerate(lines, first)]
    pages = list(_pages(rows))
    target = BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH, HEIGHT), invariant=1)
    canvas.setTitle(f"{statement.run_id} {statement.party}")
    for number, page in enumerate(pages, 1):
        canvas.setFont(FONT, SIZE)
        top = _draw_head(canvas, statement, zone, widths) if number == 1 else TOP
        _draw_rows(canvas, page, top)
        canvas.drawString(MARGIN, 36, f"SHA-256 {statement.hash}")
        canvas.drawRightString(WIDTH - MARGIN, 36, f"{number} / {len(pages)}")
        canvas.showPage()
    canvas.save()
    return target.getvalue()


Widths = Mapping[int, float]
"""Of each character that the font has, in points."""


@cache
def _font() -> Widths:
    """The font's characters; it is made known to reportlab once."""
    import reportlab
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    layer = Path(reportlab.__file__).parents[2]  # wherever it lies: /opt, or a folder of one machine's Lambda
    files = (place / "fonts" / f"{FONT}.ttf" for place in (layer, SOURCE))
    path = next((path for path in files if path.exists()), None)
    if path is None:
        raise Broken("the font is in no layer", font=FONT)
    font = TTFont(FONT, str(path))
    registerFont(font)
    return {code: font.face.getCharWidth(code) * SIZE / 1000 for code in font.face.charToGlyph}


def _printed(text: str, widths: Widths) -> str:
    return "".join(char if ord(char) in widths else UNKNOWN for char in " ".join(text.split()))


def _wrapped(text: str, width: int, widths: Widths) -> tuple[str, ...]:
    """Chinese breaks anywhere, so all of it does."""
    rows, begin, used = [], 0, 0.0
    for place, char in enumerate(text):
        used += widths[ord(char)]
        if used > width - 6 and place > begin and char not in HANGS:
            rows.append(text[begin:place])
            begin, used = place, widths[ord(char)]
    return (*rows, text[begin:])


def _row(number: int, line: PartyLine, zone: ZoneInfo, widths: Widths) -> Row:
    about = line.why.facts.get("ticket_id") or line.fact_id
    reason = line.why.zh + (f"（{line.late_for} 的迟到项 late）" if line.late_for else "")
    texts = (
        str(number), f"{line.occurred_at.astimezone(zone):%Y-%m-%d %H:%M}", about, reason,
        f"{line.amount} {line.amount.currency}",
    )  # fmt: skip
    cells = (_wrapped(_printed(text, widths), width, widths) for text, (_, width) in zip(texts, COLUMNS, strict=True))
    return Row(tuple(cells))


def _pages(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """What stands on each page; one at least."""
    page: list[Row] = []
    left = FIRST_TOP - BOTTOM
    for row in rows:
        if page and row.height > left:
            yield page
            page, left = [], TOP - BOTTOM
        page.append(row)
        left -= row.height
    yield page


def _draw_head(canvas: Any, statement: Statement, zone: ZoneInfo, widths: Widths) -> int:
    canvas.setFontSize(16)
    canvas.drawString(MARGIN, HEIGHT - 52, "结算单 Statement")
    canvas.setFontSize(SIZE)
    ends_at = f"{statement.ends_at.astimezone(zone):%Y-%m-%d %H:%M}"
    who = f"{statement.party} · {statement.run_id} · {STATES[statement.state]}"
    named = (statement.id, who, f"截至 until {ends_at} · {statement.lines} 行 lines")
    for nth, text in enumerate(named):
        canvas.drawString(MARGIN, HEIGHT - 70 - nth * LEADING, _printed(text, widths))
    for nth, currency in enumerate(sorted({*statement.totals, *statement.payout})):
        shown = (f"{label} {Money(getattr(statement, name).get(currency, 0), currency)}" for label, name in AMOUNTS)
        canvas.drawString(MARGIN, HEIGHT - 110 - nth * LEADING, "　".join((currency, *shown)))
    return FIRST_TOP


def _draw_rows(canvas: Any, rows: Sequence[Row], top: int) -> None:
    _draw_row(canvas, Row(tuple((title,) for title, _ in COLUMNS)), top + 14)
    canvas.line(MARGIN, top + 1, WIDTH - MARGIN, top + 1)
    for row in rows:
        _draw_row(canvas, row, top)
        top -= row.height


def _draw_row(canvas: Any, row: Row, top: int) -> None:
    x = MARGIN
    for nth, (texts, (_, width)) in enumerate(zip(row.cells, COLUMNS, strict=True)):
        is_amount = nth == len(COLUMNS) - 1
        for place, text in enumerate(texts):
            y = top - (place + 1) * LEADING
            if is_amount:
                canvas.drawRightString(x + width, y, text)
            else:
                canvas.drawString(x, y, text)
        x += width
