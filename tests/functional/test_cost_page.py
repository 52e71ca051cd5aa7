"""The page on cost says what is counted: the rows of its table are those that the benchmark prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.bench_outbound import PRICE_CEILING, delivery_bill
from benchmarks.bench_price import WHOLE_WAY_DOLLARS, Bill, message_bill, order_bill, row_of, ticket_bill

PAGE = Path(__file__).parents[2] / "docs" / "cost.md"


def test_a_message_costs_what_the_page_says() -> None:
    """In batches of ten, everything counted: at most seven dollars a million, and the very row of the page."""
    bill = message_bill()
    assert sum(bill.dollars.values()) <= WHOLE_WAY_DOLLARS
    assert row_of("message", bill) in PAGE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("name", "bill"), [("order", order_bill), ("ticket", ticket_bill)])
def test_an_order_and_a_ticket_cost_what_the_page_says(name: str, bill: Callable[[], Bill]) -> None:
    """The very rows of the page: a ticket's head that grows beyond its two units is another row."""
    assert row_of(name, bill()) in PAGE.read_text(encoding="utf-8").splitlines()


def test_a_delivery_costs_what_the_page_says() -> None:
    """Counted at the wire, within its budget, and the very row of the page."""
    bill = delivery_bill()
    assert sum(bill.dollars.values()) <= PRICE_CEILING
    assert row_of("delivery", bill) in PAGE.read_text(encoding="utf-8").splitlines()
