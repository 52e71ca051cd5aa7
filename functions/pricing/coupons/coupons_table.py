"""Coupons in the room's table: one item each, used by one conditional write.

<tenant>#coupon#<cpn_…>  / coupon    listed by customer (`<tenant>#coupons#<customer>`), and once it is used by store
                                     and month (hub.store.lists, `redemptions`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.pricing.coupons.coupons import Coupon
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict, NotFound
from hub.store.lists import LIST_ATTRIBUTES, ListQuery, Within, list_keys, read_list
from hub.store.table import NEW, Index, Item, Lost, Put, Table, Update

LIST = "redemptions"
BY_LIST = Index("by_list", "list_pk", "list_sk")


class Coupons:
    """The coupons of one tenant. All methods raise Retry."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table, self._tenant = table, tenant

    def issue(self, coupons: Sequence[Coupon]) -> list[Coupon]:
        """Keep new ones, all or none; those that there are already stay as they are. Answers them as they stand."""
        known = {coupon.code: coupon for coupon in self.find([coupon.code for coupon in coupons])}
        news = [coupon for coupon in coupons if coupon.code not in known]
        try:
            if news:
                self._table.transact(*(Put(self._item(coupon), NEW) for coupon in news), made=news[0].code)
        except Lost:
            return self.find([coupon.code for coupon in coupons])
        return [known.get(coupon.code, coupon) for coupon in coupons]

    def find(self, codes: Sequence[str]) -> list[Coupon]:
        """Those of these that there are, strongly consistent."""
        return [_coupon(item) for item in self._table.get_many(map(self.key, codes), consistent=True)]

    def get(self, code: str) -> Coupon:
        """One of them. Raises NotFound."""
        item = self._table.get(self.key(code))
        if item is None:
            raise NotFound("no such coupon", coupon=code[:40])
        return _coupon(item)

    def use(self, coupon: Coupon, order_id: str, store: str, region: str, now: datetime) -> Coupon:
        """Use it, once: the same order again changes nothing. Raises Conflict when another was first."""
        write = self.using(coupon.code, order_id, store, region, now)
        try:
            item = self._table.update(write.key, write.change, write.values, write.when, write.names)
        except Lost as lost:
            fresh = _coupon(lost.item) if lost.item else coupon
            if fresh.order_id == order_id:
                return fresh
            raise Conflict("the coupon is used", reason="coupon_used", order_id=fresh.order_id) from lost
        return _coupon(item)

    def using(self, code: str, order_id: str, store: str, region: str, now: datetime) -> Update:
        """The write that uses a coupon, if nobody has."""
        listed = list_keys(self._tenant, LIST, code, now, region=region, store=store)
        sets = {"state": "used", "order_id": order_id, "store": store, "used_at": rfc3339(now), **listed}
        values = {f":v{nth}": value for nth, value in enumerate(sets.values())}
        change = "SET " + ", ".join(f"#{name} = :v{nth}" for nth, name in enumerate(sets))
        return Update(self.key(code), change, {**values, ":issued": "issued"}, "#state = :issued")

    def giving_back(self, code: str, order_id: str) -> Update:
        """The write that makes a coupon usable again that this order used."""
        change = f"SET #state = :issued REMOVE order_id, #store, used_at, {', '.join(LIST_ATTRIBUTES)}"
        values = {":issued": "issued", ":order": order_id}
        return Update(self.key(code), change, values, "order_id = :order")

    def of_customer(self, customer: str, limit: int, start: Item | None) -> tuple[list[Coupon], dict[str, Any] | None]:
        """A customer's coupons, the newest first; up to two seconds behind."""
        pk = f"{self._tenant}#coupons#{customer}"
        page = self._table.query(pk, index=BY_LIST, limit=limit, start=start, newest_first=True)
        return [_coupon(item) for item in page.items], page.start

    def used_in(
        self, store: str, since: datetime, until: datetime, limit: int, position: Mapping[str, Any] | None
    ) -> tuple[list[Coupon], dict[str, str] | None]:
        """What was used in a store between two moments, the newest first; up to two seconds behind."""
        within = Within(stores=(store,))
        query = ListQuery(self._tenant, LIST, within, until, limit, since=since, until=until, position=position)
        page = read_list(self._table, query)
        return [_coupon(item) for item in page.items], page.position

    def key(self, code: str) -> tuple[str, str]:
        """Where a coupon lies."""
        return f"{self._tenant}#coupon#{code}", "coupon"

    def _item(self, coupon: Coupon) -> dict[str, Any]:
        pk, sk = self.key(coupon.code)
        return {
            "pk": pk,
            "sk": sk,
            "schema": 1,
            "code": coupon.code,
            "strategy": coupon.strategy,
            "customer": coupon.customer,
            "channel": coupon.channel,
            "place": coupon.place,
            "state": "issued",
            "issued_at": rfc3339(coupon.issued_at),
            "valid_until": rfc3339(coupon.valid_until),
            "list_pk": f"{self._tenant}#coupons#{coupon.customer}",
            "list_sk": coupon.code,
        }


def _coupon(item: Mapping[str, Any]) -> Coupon:
    return Coupon(
        code=item["code"],
        strategy=item["strategy"],
        customer=item["customer"],
        issued_at=parse_rfc3339(item["issued_at"]),
        valid_until=parse_rfc3339(item["valid_until"]),
        place=item["place"],
        channel=item["channel"],
        state=item["state"],
        used_at=parse_rfc3339(item["used_at"]) if item.get("used_at") else None,
        store=item.get("store", ""),
        order_id=item.get("order_id", ""),
    )
