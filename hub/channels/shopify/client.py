"""Calls to Shopify's GraphQL Admin API: orders, refunds, returns, and tokens.

https://shopify.dev/docs/api/admin-graphql ; tokens: https://shopify.dev/docs/apps/build/dev-dashboard (error codes from
memory; nothing was tried). The token travels in a header. A refusal is `errors`: a list of GraphQL errors, each with a
code, or one text where the call never got so far.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.channels.client import ApiClient, ErrorTable, PlatformGone, PlatformMisconfigured, Token, expect, expect_object
from hub.channels.market import Entity, Feed, Row, Rows, rows_of
from hub.channels.reading import object_of, objects_of
from hub.channels.shopify import queries
from hub.kernel.errors import Retry

CHANNEL = "shopify"
API_VERSION = "2026-01"
"""Versions live a year; an older one is answered by the oldest that lives."""
GRAPHQL_PATH = f"/admin/api/{API_VERSION}/graphql.json"
TOKEN_PATH = "/admin/oauth/access_token"  # noqa: S105 - a path
SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.myshopify\.com")
PAGE_SIZE = 10
"""A query may cost 1,000 points by what it asks for, found or not: https://shopify.dev/docs/api/usage/limits ."""
OFFLINE_TOKEN_SECONDS = 86_400
FEEDS = (
    Feed("order", "cursor", PAGE_SIZE, window=timedelta(days=7)),
    Feed("after_sale", "cursor", PAGE_SIZE, window=timedelta(days=7), complete=False),
)
ERRORS = ErrorTable(
    CHANNEL,
    success=frozenset({"ok"}),
    stale_token=frozenset({"unauthorized"}),
    retry_after_seconds={"THROTTLED": 2, "TIMEOUT": 5, "INTERNAL_SERVER_ERROR": 5},
    misconfigured=frozenset(
        {"ACCESS_DENIED", "SHOP_INACTIVE", "not-found", "unavailable", "revoked", "invalid-client"}
    ),
)
_TEXTS = (
    ("invalid api key or access token", "unauthorized"),
    ("throttled", "THROTTLED"),
    ("exceeded", "THROTTLED"),
    ("not found", "not-found"),
    ("unavailable shop", "unavailable"),
)
"""What a refusal in plain words begins to mean."""


class Client(ApiClient):
    """One app in one store. settings: shop (its .myshopify.com name), access_token, or client_id and client_secret."""

    CHANNEL = CHANNEL
    ERRORS = ERRORS

    def __init__(self, settings: Mapping[str, Any], *args: Any, base_url: str = "", **options: Any) -> None:
        shop = str(settings.get("shop", ""))
        if not SHOP.fullmatch(shop):
            raise PlatformMisconfigured(CHANNEL, reason="shop is no .myshopify.com name")
        super().__init__(settings, *args, base_url=base_url or f"https://{shop}", **options)

    def fetch_token(self, renewal: str = "") -> Token:
        """The store's own token, which does not expire; else one by client credentials (24 hours)."""
        del renewal
        offline = str(self.settings.get("access_token") or "")
        if offline:
            return Token(offline, OFFLINE_TOKEN_SECONDS)
        credentials = {name: str(self.settings.get(name) or "") for name in ("client_id", "client_secret")}
        answer = self._post(TOKEN_PATH, credentials | {"grant_type": "client_credentials"}, {})
        if isinstance(answer, dict) and answer.get("error"):
            self.ERRORS.raise_for("invalid-client")
        value, seconds = expect(CHANNEL, answer, TOKEN_PATH, "access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not isinstance(seconds, int):
            raise Retry("shopify-unreadable", path=TOKEN_PATH)
        return Token(value, seconds)

    def read(self, entity: Entity, number: str, order_no: str = "") -> Row:
        """An order by its number, or `Refund/…` or `Return/…`: a refund of a return is answered by that return."""
        if entity == "order":
            order = self._node(queries.ORDER, "order", f"Order/{number}")
            return Row(number, {"shop": self.settings["shop"], **order}, number)
        if number.startswith("Refund/"):
            refund = self._node(queries.REFUND, "refund", number)
            owner = object_of(refund, "return")
            if not owner:
                return Row(number, {"shop": self.settings["shop"], "refund": refund}, _order_no(refund) or order_no)
            number = _number(owner.get("id"))
        returned = self._node(queries.RETURN, "return", number)
        return Row(number, {"shop": self.settings["shop"], "return": returned}, _order_no(returned) or order_no)

    def page(self, entity: Entity, start: datetime, end: datetime, position: str) -> Rows:
        """Orders that changed in the window, the oldest change first; or the refunds and returns of such orders.
        position: the cursor that the page before answered."""
        query = f"updated_at:>='{_written(start)}' AND updated_at:<='{_written(end)}'"
        variables = {"first": PAGE_SIZE, "after": position or None, "query": query}
        text = queries.ORDERS if entity == "order" else queries.AFTER_SALES
        data = expect(CHANNEL, self._call(text, variables), GRAPHQL_PATH, "orders")
        nodes, info = expect(CHANNEL, data, GRAPHQL_PATH, "nodes"), object_of(data, "pageInfo")
        if not isinstance(nodes, list):
            raise Retry("shopify-unreadable", path=GRAPHQL_PATH)
        if entity == "order":
            rows = rows_of(nodes, self._order_row)
        else:
            rows = tuple(row for node in nodes for row in _after_sales_of(node))
        return Rows(rows, None, str(info.get("endCursor") or "") if info.get("hasNextPage") else "")

    def _order_row(self, node: Mapping[str, Any]) -> Row:
        number = _number(node.get("id")).removeprefix("Order/")
        return Row(number, {"shop": self.settings["shop"], **node}, number)

    def _node(self, query: str, name: str, number: str) -> dict[str, Any]:
        node = self._call(query, {"id": f"gid://shopify/{number}"}).get(name)
        if node is None:
            raise PlatformGone(CHANNEL, entity=name, number=number[:64])
        if not isinstance(node, dict):
            raise Retry("shopify-unreadable", path=GRAPHQL_PATH)
        return node

    def _call(self, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `data` of a query with the token; one that died early is renewed once."""
        payload = {"query": query, "variables": dict(variables)}
        answer = self.with_token(
            lambda token: self._post(GRAPHQL_PATH, payload, {"x-shopify-access-token": token}), self._code
        )
        return expect_object(CHANNEL, answer, GRAPHQL_PATH, "data")

    def _post(self, path: str, payload: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        body = json.dumps(payload, ensure_ascii=False).encode()
        return self.exchange("POST", path, data=body, headers={"content-type": "application/json", **headers})

    def _code(self, answer: Any) -> object:
        """An offline token that is refused was taken back: no renewal brings another."""
        code = _code(answer)
        return "revoked" if code == "unauthorized" and self.settings.get("access_token") else code


def _code(answer: Any) -> str:
    errors = answer.get("errors") if isinstance(answer, Mapping) else None
    if not errors:
        return "ok"
    if isinstance(errors, str):
        return next((code for text, code in _TEXTS if text in errors.lower()), "refused")
    first = errors[0] if isinstance(errors, list) and isinstance(errors[0], Mapping) else {}
    extensions = first.get("extensions")
    return str(extensions.get("code") or "invalid") if isinstance(extensions, Mapping) else "invalid"


def _after_sales_of(order: Any) -> Iterator[Row]:
    """Its returns, and those refunds that belong to none."""
    if not isinstance(order, Mapping):
        yield Row("", {"item": order})
        return
    order_no = _number(order.get("id")).removeprefix("Order/")
    returns = objects_of(object_of(order, "returns"), "nodes")
    refunds = (refund for refund in objects_of(order, "refunds") if not refund.get("return"))
    for after_sale in (*returns, *refunds):
        yield Row(_number(after_sale.get("id")), after_sale, order_no)


def _order_no(after_sale: Mapping[str, Any]) -> str:
    return _number(object_of(after_sale, "order").get("id")).removeprefix("Order/")


def _number(gid: object) -> str:
    """`Order/1` of gid://shopify/Order/1."""
    return str(gid or "").removeprefix("gid://shopify/")


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
