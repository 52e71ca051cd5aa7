"""Orders counted for the reconcile report: read from the room's list of orders by day, which may be two seconds
behind."""

from __future__ import annotations

from collections.abc import Iterable

from functions.webhooks.orders.orders_table import BY_LIST
from functions.webhooks.orders.reconcile import OrderFigures
from hub.kernel.dataclass import dataclass
from hub.store.table import Item, Table

DAY_PAGES_LIMIT = 50
"""A page is 1 MB, some thousand orders: tens of thousands a day in one shop."""
PAGES_LIMIT = 250
"""Of a whole report: at 0.1 s a page it stays within the 29 seconds of a request."""
FLAGS = ("pulled", "pushed", "state")
PAGE = 10_000
"""More than 1 MB holds: the page ends by its size."""


@dataclass(frozen=True, slots=True)
class OrderDays:
    """A connection's orders by the business day on which they were first noted.

    An order's item carries `list_pk` `<tenant>#orders#<connection>#<yyyymmdd>`, its `state`, and two booleans:
    `pulled`, a pull noted it first; `pushed`, a push has told of it at some time.
    """

    table: Table
    tenant: str

    def count(self, connection_id: str, days: Iterable[str]) -> dict[str, OrderFigures]:
        """The figures of each day (`yyyymmdd`). Raises Retry."""
        left, figures = PAGES_LIMIT, dict[str, OrderFigures]()
        for day in days:
            list_pk = f"{self.tenant}#orders#{connection_id}#{day}"
            figures[day], pages = self._count_day(list_pk, min(left, DAY_PAGES_LIMIT))
            left -= pages
        return figures

    def _count_day(self, list_pk: str, pages_limit: int) -> tuple[OrderFigures, int]:
        figures, start = OrderFigures(complete=pages_limit > 0), None
        for pages in range(1, pages_limit + 1):
            page = self.table.query(list_pk, index=BY_LIST, limit=PAGE, start=start, only=FLAGS)
            figures, start = figures.with_page(map(_flags, page.items), page.start is None), page.start
            if start is None:
                return figures, pages
        return figures, pages_limit


def _flags(item: Item) -> tuple[bool, bool, str]:
    """Whether a pull noted it first, whether a push told of it, and its state."""
    return bool(item.get("pulled")), bool(item.get("pushed")), str(item.get("state", ""))
