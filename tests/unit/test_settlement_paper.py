"""Statements on paper: the same lines are the same bytes, whatever they say is printed, and nothing is lost."""

from __future__ import annotations

from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from functions.settlement.ledger.ledger import Why
from functions.settlement.ledger.lines import PartyLine
from functions.settlement.statements.paper import pdf_of
from functions.settlement.statements.statements import Progress, Statement, make_statement
from hub.kernel.money import Money
from tests.support.ledger import ZONE, moment

NOON, ENDS = moment("2026-11-21 12:00"), moment("2026-12-01 00:00")


def line(number: int, reason: str = "维修提成", minor: int = 3600) -> PartyLine:
    why = Why(reason, reason, "repair_commission", 1, {})
    return PartyLine("person:wang.wei", f"ent_{number}", f"work:{number}", "commission", NOON, Money(minor), why)


def statement(lines: int, minor: int = 3600) -> Statement:
    return make_statement("base.2026-11", "person:wang.wei", ENDS, Progress(lines, {"CNY": lines * minor}), {})


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_every_page_has_the_hash_and_its_number_and_no_line_is_lost() -> None:
    """100 lines on several pages: each line once, in its order; the hash and "n / N" on each page."""
    head = statement(100)
    printed = pages(pdf_of(head, map(line, range(1, 101)), 1, ZONE))
    assert len(printed) > 1
    assert all(f"SHA-256 {head.hash}" in text for text in printed)
    assert all(f"{nth} / {len(printed)}" in text for nth, text in enumerate(printed, 1))
    words = " ".join(printed).split()
    assert [word for word in words if word.startswith("work:")] == [f"work:{number}" for number in range(1, 101)]


def test_the_same_lines_are_the_same_bytes() -> None:
    """Printed twice, it is one file: no moment of printing is in it."""
    head, lines = statement(3), [line(number) for number in range(1, 4)]
    assert pdf_of(head, lines, 1, ZONE) == pdf_of(head, lines, 1, ZONE)


def test_what_the_font_has_not_is_marked() -> None:
    """A rare character, an emoji and a control character stop nothing: the first two are printed as 〓."""
    (text,) = pages(pdf_of(statement(1), [line(1, "龘😀\x07好")], 1, ZONE))
    assert "〓〓〓好" in text.replace("\n", "")


def test_a_statement_without_lines_and_of_great_amounts_is_printed() -> None:
    """Nothing to list is a page with its head; minus ten billion stands in its column."""
    (empty,) = pages(pdf_of(statement(0), [], 1, ZONE))
    assert "结算单" in empty
    (great,) = pages(pdf_of(statement(1, -(10**12)), [line(1, minor=-(10**12))], 1, ZONE))
    assert "-10000000000.00 CNY" in great


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300))
def test_any_words_are_printed(words: str) -> None:
    """Whatever a policy says of its reason makes a file that can be read again."""
    assert pages(pdf_of(statement(1), [line(1, words)], 1, ZONE))
