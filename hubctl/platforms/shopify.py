"""A double of Shopify's Admin API: tokens by client credentials, and the GraphQL queries for orders, refunds, returns.

It knows a query by its operation's name and answers whole nodes, whatever fields were asked for. Refusals that come
before GraphQL (a bad token, a wrong path) are one text; GraphQL's own are a list, beside HTTP 200.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hubctl.platforms.recorder import PlatformCall, Reply

GRAPHQL = re.compile(r"/admin/api/[0-9]{4}-[0-9]{2}/graphql\.json")
OPERATION = re.compile(r"query (\w+)\(")
WINDOW = re.compile(r"updated_at:>='([^']+)' AND updated_at:<='([^']+)'")
PAGE_SIZE_MAX = 250
TOKEN_SECONDS = 86_399


class Double:
    """apps: settings with shop and access_token, or client_id and client_secret. All nodes by their gid."""

    def __init__(self, apps: Sequence[Mapping[str, Any]]) -> None:
        self.offline = {str(app["access_token"]) for app in apps if app.get("access_token")}
        self.clients = {(str(app.get("client_id")), str(app["client_secret"])) for app in apps}
        self.tokens: set[str] = set(self.offline)
        self.orders: dict[str, dict[str, Any]] = {}
        self.after_sales: dict[str, dict[str, Any]] = {}

    def answer(self, call: PlatformCall) -> Reply:
        """Shopify's answer to a call."""
        if call.path == "/admin/oauth/access_token":
            return self._token(call.body)
        if not GRAPHQL.fullmatch(call.path):
            return Reply({"errors": "Not Found"}, 404)
        if call.headers.get("x-shopify-access-token", "") not in self.tokens:
            return Reply(
                {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}, 401
            )
        operation = OPERATION.match(str(call.body.get("query", "")).strip())
        known = {"Order": self._order, "Orders": self._orders, "AfterSales": self._after_sales}
        known |= {"Refund": self._refund, "Return": self._return}
        handler = known.get(operation[1] if operation else "")
        if handler is None:
            return Reply({"errors": [{"message": "syntax error", "extensions": {"code": "undefinedOperation"}}]})
        return handler(call.body.get("variables") or {})

    def control(self, what: str, body: Any) -> Reply:
        """orders: `Order` nodes; after_sales: `Refund` and `Return` nodes, each with its `order`."""
        items = body if isinstance(body, list) else [body]
        if what not in ("orders", "after_sales"):
            return Reply({"error": f"no control {what}"}, 404)
        nodes_by_id = {str(node["id"]): node for node in items}
        (self.orders if what == "orders" else self.after_sales).update(nodes_by_id)
        return Reply({what: list(nodes_by_id)})

    def expire_tokens(self) -> None:
        """The tokens by client credentials die; those of the stores do not expire."""
        self.tokens = set(self.offline)

    def _token(self, body: Mapping[str, Any]) -> Reply:
        client = (str(body.get("client_id")), str(body.get("client_secret")))
        if client not in self.clients or body.get("grant_type") != "client_credentials":
            return Reply({"error": "invalid_client", "error_description": "client not found"}, 400)
        token = f"shpat_{secrets.token_hex(16)}"
        self.tokens.add(token)
        return Reply({"access_token": token, "scope": "read_orders,read_returns", "expires_in": TOKEN_SECONDS})

    def _order(self, variables: Mapping[str, Any]) -> Reply:
        return _data(order=self.orders.get(str(variables.get("id"))))

    def _refund(self, variables: Mapping[str, Any]) -> Reply:
        return _data(refund=self.after_sales.get(str(variables.get("id"))))

    def _return(self, variables: Mapping[str, Any]) -> Reply:
        return _data(**{"return": self.after_sales.get(str(variables.get("id")))})

    def _orders(self, variables: Mapping[str, Any]) -> Reply:
        return self._page(variables, list(self.orders.values()))

    def _after_sales(self, variables: Mapping[str, Any]) -> Reply:
        """Orders, each with the refunds and returns that name it; an order is as new as the newest of them."""
        nodes: dict[str, dict[str, Any]] = {}
        for after_sale in self.after_sales.values():
            order = after_sale["order"]
            node = {"id": order["id"], "updatedAt": order["updatedAt"], "refunds": [], "returns": {"nodes": []}}
            node = nodes.setdefault(order["id"], node)
            if "/Return/" in after_sale["id"]:
                node["returns"]["nodes"].append({"id": after_sale["id"]})
            else:
                node["refunds"].append({"id": after_sale["id"], "return": after_sale.get("return")})
        return self._page(variables, list(nodes.values()))

    def _page(self, variables: Mapping[str, Any], nodes: list[dict[str, Any]]) -> Reply:
        """Nodes of the window, the oldest change first; a cursor is opaque, and names the last node shown."""
        window = WINDOW.fullmatch(str(variables.get("query", "")))
        first = int(variables.get("first") or 0)
        if window is None or not 1 <= first <= PAGE_SIZE_MAX:
            return Reply(
                {"errors": [{"message": "bad arguments", "extensions": {"code": "argumentLiteralsIncompatible"}}]}
            )
        start, end = (datetime.fromisoformat(moment) for moment in window.groups())
        changed = [node for node in nodes if start <= datetime.fromisoformat(node["updatedAt"]) <= end]
        changed.sort(key=lambda node: (datetime.fromisoformat(node["updatedAt"]), node["id"]))
        skipped = int(base64.b64decode(str(variables.get("after") or "MA==")))
        shown, more = changed[skipped : skipped + first], skipped + first < len(changed)
        cursor = base64.b64encode(str(skipped + len(shown)).encode()).decode() if shown else None
        return _data(orders={"nodes": shown, "pageInfo": {"hasNextPage": more, "endCursor": cursor}})


def _data(**fields: Any) -> Reply:
    return Reply({"data": fields, "extensions": {"cost": {"requestedQueryCost": 1}}})
