"""Platform bills (平台账单): files in the platforms' own forms, read by a document that names their columns. Pure.

CSV in UTF-8 or GB18030, with or without BOM, and XLSX. A row that can't be read is refused with its number; what Excel
has made of a long number (6.92E+18) is never guessed at.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from functions.settlement.reconciliation.matching import KINDS, SIDES, BillRow, Difference
from functions.settlement.rules.figure import show_money
from hub.contracts.base import Contract, Slug
from hub.contracts.settlement import AccountName, Currency
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money
from hub.rules.conditions import All, holds, parse_condition
from hub.rules.schema import Schema

ROWS_LIMIT = 20_000
_LOST = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_COLUMNS = ("id", "number", "at", "amount", "outgoing", "fee", "currency_column", "kind")
Column = str
DIFFERENCE_SCHEMA = Schema.parse(
    {
        "kind": {"enum": list(KINDS)},
        "lacking": {"enum": ["", *SIDES]},
        **dict.fromkeys(("expected", "actual", "off"), "number"),
    }
)
"""What an automatic rule asks of a difference; money in major units. off: by how much, without its sign."""


class AutoRule(Contract):
    """Differences of which `when` holds are settled without anybody (自动处理), by the first rule that fits."""

    id: Slug
    when: dict[str, Any]


class BillForm(Contract):
    """Which column is what, by its heading. outgoing: of what goes out, where that has a column of its own; such a row
    is a refund, however its sign is written, and no row has both. fee: "" where the bill says nothing of fees.
    at_format: of `strptime`, in the tenant's zone. kind: says what a row is; those of `refund_kinds` are refunds, as
    are all below nothing. ledger_account: what a bill is held against in our books. tolerance_minor,
    fee_tolerance_minor: so far amounts and fees may differ and are no difference. rules: which differences nobody
    needs to look at."""

    id: Column = Field(min_length=1, max_length=60)
    number: Column = Field(min_length=1, max_length=60)
    at: Column = Field(min_length=1, max_length=60)
    amount: Column = Field(min_length=1, max_length=60)
    outgoing: Column = Field(default="", max_length=60)
    fee: Column = Field(default="", max_length=60)
    currency_column: Column = Field(default="", max_length=60)
    kind: Column = Field(default="", max_length=60)
    refund_kinds: tuple[Column, ...] = Field(default=("退款",), max_length=20)
    currency: Currency = "CNY"
    at_format: str = Field(default="%Y-%m-%d %H:%M:%S", max_length=40)
    ledger_account: AccountName = "income:sales"
    tolerance_minor: int = Field(default=0, ge=0, le=100)
    fee_tolerance_minor: int = Field(default=0, ge=0, le=100)
    nearest_seconds: int = Field(default=86400, ge=0, le=7 * 86400)
    rules: tuple[AutoRule, ...] = Field(default=(), max_length=20)


@dataclass(frozen=True)
class Form:
    """A form, the conditions of its rules parsed."""

    document: BillForm
    conditions: tuple[All, ...]

    def rule_for(self, difference: Difference) -> str:
        """The rule that settles a difference by itself, "" where somebody has to look."""
        figures = _figures(difference)
        pairs = zip(self.document.rules, self.conditions, strict=True)
        return next((rule.id for rule, when in pairs if holds(when, figures)), "")


def form_of(document: BillForm) -> Form:
    """What a document says. Raises Invalid with the place of each condition that cannot be read."""
    rules = enumerate(document.rules)
    return Form(
        document, tuple(parse_condition(rule.when, DIFFERENCE_SCHEMA, f"/rules/{nth}/when") for nth, rule in rules)
    )


def lacking_of(difference: Difference) -> str:
    """Which of our sides has it not, or says another amount; "" where the bill does."""
    ours = difference.kind == "missing" or (difference.kind == "amount" and difference.side != "bill")
    return difference.side if ours else ""


def _figures(difference: Difference) -> Mapping[str, Any]:
    bill, lacking = difference.bill_currency, lacking_of(difference)
    money = {
        "expected": show_money(Fraction(difference.expected_minor), difference.currency),
        "actual": show_money(Fraction(difference.actual_minor), bill),
        "off": show_money(Fraction(difference.off_minor), bill),
    }
    return {"kind": difference.kind, "lacking": lacking, **money}


def lint_form(proposal: Proposal[Form], _context: Any) -> Iterable[Finding]:
    """Two meanings for one column, and a rule that takes whatever there is."""
    form = proposal.value.document
    for nth, rule in enumerate(form.rules):
        if not rule.when:
            yield Finding(f"/rules/{nth}/when", "would settle every difference unseen: it must ask for something")
    seen: dict[str, str] = {}
    for name in _COLUMNS:
        column = getattr(form, name)
        if column and column in seen:
            yield Finding(f"/{name}", f"is the same column as {seen[column]}")
        seen[column] = name


BILL_FORMS = Kind[Form](
    name="settlement_bill_form",
    path="/settlement/bill-forms",
    title="平台账单格式 · Form of a platform's bill",
    schema=BillForm,
    read=form_of,
    lint=lint_form,
    presets=preset_files(Path(__file__).parents[1] / "presets" / "bills"),
    readers=("finance",),
    editors=("finance",),
)


def read_bill(content: bytes, form: BillForm, zone: ZoneInfo) -> list[BillRow]:
    """The rows of a file. Raises Invalid: /file for one that can't be read, /file/<row>/<column> for each cell that
    can't be (rows count from 1, the heading is 0)."""
    table = _xlsx(content, form.at_format) if content.startswith(b"PK") else _csv(content)
    if not table or len(table) > ROWS_LIMIT + 1:
        raise _wrong("/file", f"must have a heading and at most {ROWS_LIMIT} rows")
    places = _places(table[0], form)
    problems: list[Problem] = []
    rows = [_row(cells, places, form, zone, nth, problems) for nth, cells in enumerate(table[1:], 1) if any(cells)]
    if problems:
        raise Invalid("bill", problems=problems[:200])
    return [row for row in rows if row is not None]


def _places(heading: Sequence[str], form: BillForm) -> dict[str, int]:
    columns = {name: getattr(form, name) for name in _COLUMNS}
    names = [cell.strip() for cell in heading]
    if lacking := [column for column in columns.values() if column and column not in names]:
        raise _wrong("/file/0", f"has no column: {', '.join(lacking)}")
    return {name: names.index(column) for name, column in columns.items() if column}


def _row(
    cells: Sequence[str],
    places: dict[str, int],
    form: BillForm,
    zone: ZoneInfo,
    nth: int,
    problems: list[Problem],
) -> BillRow | None:
    texts = {name: cells[place].strip().lstrip("'") if place < len(cells) else "" for name, place in places.items()}
    wrong = [name for name in ("id", "number") if _LOST.fullmatch(texts[name])]
    problems += [Problem(f"/file/{nth}/{name}", "digits were lost: the column must be text") for name in wrong]
    currency = texts.get("currency_column") or form.currency
    try:
        at = datetime.strptime(texts["at"], form.at_format).replace(tzinfo=zone).astimezone(UTC)
        amount = _amount(texts["amount"], texts.get("outgoing", ""), currency)
        fee = abs(Money.parse(_plain(texts["fee"] or "0"), currency).amount_minor) if form.fee else None
    except ValueError:
        problems.append(Problem(f"/file/{nth}/at", f"must be a time as {form.at_format}"))
    except Invalid as error:
        problems.append(Problem(f"/file/{nth}/amount", error.problems[0].rule))
    else:
        if form.kind and texts["kind"] in form.refund_kinds:
            amount = -abs(amount)
        return BillRow(texts["id"] or f"row {nth}", texts["number"], at, amount, fee, currency)
    return None


def _amount(incoming: str, outgoing: str, currency: str) -> int:
    """Minor units of a row, less than nothing where it goes out. Raises Invalid."""
    came, went = (_plain(text) for text in (incoming, outgoing))
    out = Money.parse(went, currency).amount_minor if went else 0
    if not out:
        return Money.parse(_positive_zero(came or ("0" if went else "")), currency).amount_minor
    if came and Money.parse(came, currency).amount_minor:
        raise _wrong("", "must be empty, or nothing, where the row has an outgoing amount")
    return -abs(out)


def _positive_zero(text: str) -> str:
    """Raises Invalid for "-0"; a fee may be that, since platforms write fees with a minus."""
    if text.startswith("-") and not text.strip("-0."):
        raise _wrong("", 'must not be "-0": nothing is 0')
    return text


def _plain(text: str) -> str:
    return _THOUSANDS.sub("", text.strip().lstrip("¥￥+"))


def _csv(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(content.decode(encoding))))
        except UnicodeDecodeError:
            continue
    raise _wrong("/file", "must be CSV in UTF-8 or GB18030, or XLSX")


def _xlsx(content: bytes, at_format: str) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook  # a request for a bill alone needs it

    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        return [[_cell(cell, at_format) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
    except CalamineError as error:
        raise _wrong("/file", "is no XLSX that can be read") from error


def _cell(value: Any, at_format: str) -> str:
    """A cell as a CSV of the same form would have it. A number has the fifteen digits that Excel keeps: what is more
    was lost, and no decimal is rounded away here."""
    if isinstance(value, date):
        return value.strftime(at_format)
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _wrong(pointer: str, rule: str) -> Invalid:
    return Invalid("bill", problems=[Problem(pointer, rule)])
