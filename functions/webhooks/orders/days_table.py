"""Orders counted for the reconcile report: read from the room's list of orders by day, which may be two seconds
behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.orders.reconcile import OrderFigures
from hub.kernel.errors import Retry

DAY_PAGES_LIMIT = 50
"""A page is 1 MB, some thousand orders: tens of thousands a day in one shop."""
PAGES_LIMIT = 250
"""Of a whole report: at 0.1 s a page it stays within the 29 seconds of a request."""


@dataclass(frozen=True, slots=True)
class OrderDays:
    """A connection's orders by the business day on which they were first noted. client: a botocore DynamoDB client.

    An order's item carries `list_pk` `<tenant>#orders#<connection>#<yyyymmdd>`, its `state`, and two booleans:
    `pulled`, a pull noted it first; `pushed`, a push has told of it at some time.
    """

    table: str
    client: Any = field(repr=False)
    tenant: str

    def count(self, connection_id: str, days: Iterable[str]) -> dict[str, OrderFigures]:
        """The figures of each day (`yyyymmdd`). Raises Retry."""
        left, found = PAGES_LIMIT, dict[str, OrderFigures]()
        for day in days:
            found[day], pages = self._count_day(
                f"{self.tenant}#orders#{connection_id}#{day}", min(left, DAY_PAGES_LIMIT)
            )
            left -= pages
        return found

    def _count_day(self, list_pk: str, pages_limit: int) -> tuple[OrderFigures, int]:
        pages, figures = 0, OrderFigures(complete=pages_limit > 0)
        for page in self._pages(list_pk, pages_limit):
            pages, figures = pages + 1, figures.with_page(map(_plain, page["Items"]), "LastEvaluatedKey" not in page)
        return figures, pages

    def _pages(self, list_pk: str, limit: int) -> Iterator[Mapping[str, Any]]:
        query: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": "by_list",
            "KeyConditionExpression": "list_pk = :list",
            "ExpressionAttributeValues": {":list": {"S": list_pk}},
            "ProjectionExpression": "pulled, pushed, #state",
            "ExpressionAttributeNames": {"#state": "state"},
        }
        for _ in range(limit):
            try:
                page = self.client.query(**query)
            except (ClientError, BotoCoreError) as error:
                raise Retry("orders cannot be counted", reason=str(error)) from error
            yield page
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _plain(item: Mapping[str, Any]) -> tuple[bool, bool, str]:
    """Whether a pull noted it first, whether a push told of it, and its state."""
    pulled, pushed = (bool(item.get(name, {}).get("BOOL")) for name in ("pulled", "pushed"))
    return pulled, pushed, str(item.get("state", {}).get("S", ""))
