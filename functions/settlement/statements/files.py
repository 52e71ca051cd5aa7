"""A statement as a file (导出): CSV that Excel opens as it is, and a workbook. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import BytesIO, StringIO

from functions.settlement.ledger.lines import PartyLine
from functions.settlement.statements.statements import Statement
from hub.kernel.clock import rfc3339
from hub.kernel.money import Money

FILE_LINES = 20_000
"""Lines of one file: what an answer may hold."""
BOM = "\ufeff"
DEFUSED = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("entry_id", "fact_id", "ticket_id", "purpose", "occurred_at", "currency", "amount", "reason_zh", "reason_en",
           "rule", "rule_version", "late_for", "reverses")  # fmt: skip
AMOUNT = COLUMNS.index("amount")
PAYOUT_COLUMNS = ("statement_id", "party", "currency", "amount", "statement_hash")


def csv_of(lines: Iterable[PartyLine]) -> bytes:
    """UTF-8 with a BOM. Text that a spreadsheet would take for a formula has a quote before it; amounts are numbers."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow(_defused(value) if nth != AMOUNT else value for nth, value in enumerate(_row(line)))
    return (BOM + text.getvalue()).encode()


def payouts_of(statements: Iterable[Statement]) -> bytes:
    """What may be paid now, a row a statement and currency, for the bank: approved, above 0, without what is disputed.
    The same form as `csv_of`."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(PAYOUT_COLUMNS)
    for statement in statements:
        for currency, minor in statement.payable().items():
            if statement.state == "approved" and minor > 0:
                amount = str(Money(minor, currency))
                writer.writerow((statement.id, _defused(statement.party), currency, amount, statement.hash))
    return (BOM + text.getvalue()).encode()


def xlsx_of(statement: Statement, lines: Iterable[PartyLine]) -> bytes:
    """A workbook: a sheet with the head and its hash, one with the lines; ids are text, amounts are numbers."""
    import xlsxwriter  # heavy: only where a workbook is asked for

    target = BytesIO()
    with xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        head, sheet = book.add_worksheet("结算单"), book.add_worksheet("明细")
        money = book.add_format({"num_format": "0.00"})
        for nth, (name, value) in enumerate(_head(statement)):
            head.write_string(nth, 0, name)
            head.write_string(nth, 1, value)
        for column, name in enumerate(COLUMNS):
            sheet.write_string(0, column, name)
        for nth, line in enumerate(lines, 1):
            for column, value in enumerate(_row(line)):
                if column == AMOUNT:
                    sheet.write_number(nth, column, float(value), money)
                else:
                    sheet.write_string(nth, column, value)
    return target.getvalue()


def _head(statement: Statement) -> list[tuple[str, str]]:
    rows = [("statement", statement.id), ("run", statement.run_id), ("party", statement.party)]
    rows += [("lines", str(statement.lines)), ("hash", statement.hash)]
    for currency, minor in statement.totals.items():
        rows.append((f"total {currency}", str(Money(minor, currency))))
        rows.append((f"payout {currency}", str(Money(statement.payout.get(currency, 0), currency))))
    return rows


def _row(line: PartyLine) -> tuple[str, ...]:
    why = line.why
    return (
        line.entry_id, line.fact_id, why.facts.get("ticket_id", ""), line.purpose, rfc3339(line.occurred_at),
        line.amount.currency, str(line.amount), why.zh, why.en, why.rule, str(why.version), line.late_for,
        line.reverses,
    )  # fmt: skip


def _defused(text: str) -> str:
    return f"'{text}" if text.startswith(DEFUSED) else text
