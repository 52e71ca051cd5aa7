"""What the pulse stands on, in the room's table.

<tenant>#pulse#<store>   / <service>            stock, since when facts come in, what the rules last said; due (`pulse`)
<tenant>#sale#<order id> / <store>#<service>    listed by `<tenant>#sales#<store>#<service>`, in order of time

A purchase is one item named by its order, so that it counts once, whoever tells of it and however often. The table
forgets it when it counts no more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from functions.pricing.pulse.pulse import CYCLE, SALES_LIMIT, Figures, Pulse, Sale, next_look
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.store.due import due_by, due_keys, next_due
from hub.store.table import NEW, Index, Key, Lost, Table

DUE = "pulse"
BY_LIST = Index("by_list", "list_pk", "list_sk")
SERVICES_LIMIT = 400
"""So many services of one store are shown."""
PAGE = 500


class Pulses:
    """The pulses of one tenant; zone: the tenant's. All methods raise Retry."""

    def __init__(self, table: Table, tenant: str, zone: ZoneInfo) -> None:
        self._table, self._tenant, self._zone = table, tenant, zone

    def sell(self, sale: Sale, wall_now: datetime) -> bool:
        """Count a purchase; False where its order was counted before."""
        pk, sk = self._sale(sale.order_id, sale.store, sale.service)
        item = {
            "pk": pk, "sk": sk, "schema": 1, "order_id": sale.order_id, "store": sale.store, "service": sale.service,
            "pieces": sale.pieces, "at": rfc3339(sale.at), "customer": sale.customer,
            "list_pk": self._list(sale.store, sale.service), "list_sk": f"{rfc3339(sale.at)}#{sale.order_id}",
            "expires_at": int((wall_now + CYCLE).timestamp()),
        }  # fmt: skip
        try:
            self._table.put(item, NEW, with_item=False)
        except Lost:
            self._begin(sale.store, sale.service, sale.at)
            return False
        self._begin(sale.store, sale.service, sale.at)
        return True

    def forget(self, order_id: str, store: str, service: str) -> None:
        """The order took nothing after all."""
        self._table.delete(self._sale(order_id, store, service))

    def stock(self, store: str, service: str, units: int, at: datetime) -> Pulse:
        """Keep how many pieces are there; what was counted earlier than what is known changes nothing."""
        self._begin(store, service, at)
        values = {":units": units, ":at": rfc3339(at)}
        when = "attribute_not_exists(told_at) OR told_at <= :at"
        try:
            item = self._table.update(self._key(store, service), "SET units = :units, told_at = :at", values, when)
        except Lost:
            item = self._table.get(self._key(store, service)) or {}
        return _pulse(item)

    def get(self, store: str, service: str) -> Pulse | None:
        """One of them, strongly consistent."""
        item = self._table.get(self._key(store, service))
        return _pulse(item) if item else None

    def of_store(self, store: str) -> list[Pulse]:
        """Those of a store, by service."""
        items = self._table.query_all(f"{self._tenant}#pulse#{store}", limit=SERVICES_LIMIT, consistent=True)
        return [_pulse(item) for item in items]

    def sales(self, store: str, service: str, now: datetime) -> list[Sale]:
        """The newest SALES_LIMIT purchases of the last CYCLE; up to two seconds behind."""
        between, start, sales = (rfc3339(now - CYCLE), f"{rfc3339(now)}#~"), None, list[Sale]()
        while len(sales) < SALES_LIMIT:
            page = self._table.query(self._list(store, service), index=BY_LIST, sk_between=between, newest_first=True,
                                     limit=PAGE, start=start)  # fmt: skip
            sales += map(_sold, page.items)
            if (start := page.start) is None:
                break
        return sales

    def due(self, now: datetime, limit: int) -> list[Pulse]:
        """Those that are to be looked at by now, of each shard the oldest `limit`."""
        keys = due_by(self._table, self._tenant, DUE, now, limit)
        return [_pulse(item) for item in self._table.get_many(keys, consistent=True)]

    def next_due(self) -> datetime:
        """When the first is due."""
        return next_due(self._table, self._tenant, DUE)

    def looked(self, pulse: Pulse, outcome: str, offer: str, figures: Figures, now: datetime) -> None:
        """Note what came of a look, and when the next one is; nothing where another look was first."""
        if pulse.due_at is None:
            return
        due = self._due(pulse.store, pulse.service, now)["due_at"]
        values = {":now": rfc3339(now), ":outcome": outcome, ":offer": offer, ":figures": json.dumps(asdict(figures)),
                  ":due": due, ":seen": rfc3339(pulse.due_at)}  # fmt: skip
        change = "SET looked_at = :now, outcome = :outcome, offer = :offer, figures = :figures, due_at = :due"
        try:
            self._table.update(self._key(pulse.store, pulse.service), change, values, "due_at = :seen")
        except Lost:
            return

    def _begin(self, store: str, service: str, at: datetime) -> None:
        """Be known from the oldest fact on, and looked at from the next morning on."""
        key, due = self._key(store, service), self._due(store, service, at)
        values = {":store": store, ":service": service, ":at": rfc3339(at), ":one": 1,
                  ":due_pk": due["due_pk"], ":due_at": due["due_at"]}  # fmt: skip
        change = "SET #store = :store, service = :service, since = :at, #schema = :one, "
        change += "due_pk = :due_pk, due_at = if_not_exists(due_at, :due_at)"
        try:
            self._table.update(key, change, values, "attribute_not_exists(since) OR since > :at")
        except Lost:
            return

    def _due(self, store: str, service: str, at: datetime) -> Mapping[str, str]:
        return due_keys(self._tenant, DUE, f"{store}#{service}", next_look(at, self._zone))

    def _key(self, store: str, service: str) -> Key:
        return f"{self._tenant}#pulse#{store}", service

    def _sale(self, order_id: str, store: str, service: str) -> Key:
        return f"{self._tenant}#sale#{order_id}", f"{store}#{service}"

    def _list(self, store: str, service: str) -> str:
        return f"{self._tenant}#sales#{store}#{service}"


def _pulse(item: Mapping[str, Any]) -> Pulse:
    moments: dict[str, Any] = {
        name: parse_rfc3339(item[name]) for name in ("since", "told_at", "due_at", "looked_at") if item.get(name)
    }
    return Pulse(
        item["store"],
        item["service"],
        units=None if item.get("units") is None else int(item["units"]),
        outcome=item.get("outcome", ""),
        offer=item.get("offer", ""),
        figures=Figures(**json.loads(item.get("figures", "{}"))),
        **moments,
    )


def _sold(item: Mapping[str, Any]) -> Sale:
    where, at = (item["order_id"], item["store"], item["service"]), parse_rfc3339(item["at"])
    return Sale(*where, int(item["pieces"]), at, item.get("customer", ""))
