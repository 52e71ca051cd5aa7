"""Mirrored promotions in the room's table, and how far each customer is with one.

<tenant>#promotion#<prm_…>                 / promotion
                                           / heard#<moment>      as it was told then
<tenant>#promotions_then#<platform>        / <ends_at>#<prm_…>   of each end that it ever had: that there was one
<tenant>#promotions#<platform>             / <ends_at>#<prm_…>   for quotes in its channel
<tenant>#promotions_of#<channel>#<account> / <ends_at>#<prm_…>   for carts and coupons of that account
<tenant>#reach#<prm_…>#<shard>             / <customer>
<tenant>#coupon_of#<prm_…>#<customer>      / heard#<moment>      what had become of the coupon by then
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.pricing.promotions.promotions import Progress, Promotion, advance
from hub.contracts import events
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import NotFound, Retry
from hub.store.sharded import shard_pk, shard_pks
from hub.store.table import NEW, Delete, Key, Lost, Put, Table

PROMOTIONS_LIMIT = 50
"""So many of one marketplace, or of one account, are looked at."""
ENDS_LIMIT = 500
"""So many ends of promotions of one marketplace are looked at for what was known then, the earliest first."""
CUSTOMERS_LIMIT = 5000
"""So many customers of each shard are known with one promotion."""


class Promotions:
    """The mirrored promotions of one tenant. All methods raise Retry."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table, self._tenant = table, tenant

    def save(self, promotion: Promotion, channel: str) -> None:
        """Keep it as it was told last; what is told late changes nothing."""
        before = self._find(promotion.id)
        if before is not None and before.told_at >= promotion.told_at:
            return
        when, values = ("told_at = :seen", {":seen": rfc3339(before.told_at)}) if before else (NEW, {})
        keys = [*self._keys(promotion, channel)]
        gone = [] if before is None else [key for key in self._keys(before, channel) if key not in keys]
        puts = [Put(_item(promotion, key)) for key in keys]
        items = [item for each in (before, promotion) if each is not None for item in self._heard(each)]
        puts += [Put(item) for item in {(item["pk"], item["sk"]): item for item in items}.values()]
        try:
            self._table.transact(Put(_item(promotion, self._key(promotion.id)), when, values), *puts,
                                 *map(Delete, gone), made=promotion.id)  # fmt: skip
        except Lost:
            raise Retry("the promotion changes at this moment", promotion=promotion.id) from None

    def get(self, promotion_id: str) -> Promotion:
        """One of them. Raises NotFound."""
        promotion = self._find(promotion_id)
        if promotion is None:
            raise NotFound("no such promotion", promotion=promotion_id[:40])
        return promotion

    def of_platform(self, platform: str, at: datetime) -> list[Promotion]:
        """Those of a marketplace that had not ended at a moment, PROMOTIONS_LIMIT at most."""
        return self._ending_after(f"{self._tenant}#promotions#{platform}", at)

    def of_platform_then(self, platform: str, at: datetime, known_at: datetime) -> list[Promotion]:
        """Those that had not ended at a moment, by what the hub had heard of each at another, PROMOTIONS_LIMIT at
        most; strongly consistent."""
        page = self._table.query(self._ends(platform), sk_after=rfc3339(at), limit=ENDS_LIMIT, consistent=True)
        current = {promotion.id: promotion for promotion in self.of_platform(platform, at)}
        promotions = []
        for promotion_id in dict.fromkeys([*(str(item["id"]) for item in page.items), *current]):
            promotion = self._known(promotion_id, known_at, current.get(promotion_id))
            if promotion is not None and promotion.ends_at > at:
                promotions.append(promotion)
        return sorted(promotions, key=lambda each: (each.ends_at, each.id))[:PROMOTIONS_LIMIT]

    def coupon_then(self, promotion_id: str, customer: str, known_at: datetime) -> str:
        """What the hub had heard of a customer's coupon at a moment; "" where nothing."""
        key = f"{self._tenant}#coupon_of#{promotion_id}#{customer}"
        page = self._table.query(key, sk_between=_until(known_at), newest_first=True, limit=1, consistent=True)
        return str(page.items[0]["coupon"]) if page.items else ""

    def _known(self, promotion_id: str, known_at: datetime, current: Promotion | None) -> Promotion | None:
        """A promotion as the hub had heard it; what stands since before there was a history is its own."""
        key = self._key(promotion_id)[0]
        page = self._table.query(key, sk_between=_until(known_at), newest_first=True, limit=1, consistent=True)
        if page.items:
            return _promotion(page.items[0])
        return current if current is not None and current.heard_at <= known_at else None

    def move(self, event: events.ShopperMoved) -> None:
        """Count what a customer's cart or coupon means for each promotion of the account."""
        told_at = event.source_at or event.at
        for promotion in self._ending_after(f"{self._tenant}#promotions_of#{event.channel}#{event.account}", told_at):
            if event.kind == "coupon" or event.shop_id in (promotion.shop, ""):
                self._move(promotion, event)

    def progress(self, promotion_id: str, customer: str) -> Progress | None:
        """How far one customer is."""
        item = self._table.get(self._reach(promotion_id, customer))
        return _progress(item) if item else None

    def everyone(self, promotion_id: str) -> list[Progress]:
        """How far each customer is of whom anything is known. Read anew each time, and no counter: who is in the
        segment hangs on the threshold, which the marketplace may change, and of which each cart is then another. It
        grows with this promotion's own customers, and ends with it."""
        pks = shard_pks(self._tenant, f"reach#{promotion_id}")
        items = (item for pk in pks for item in self._table.query_all(pk, limit=CUSTOMERS_LIMIT, consistent=True))
        return [_progress(item) for item in items]

    def note_nudge(self, promotion_id: str, row: Progress, now: datetime) -> None:
        """They were reminded."""
        values = {":now": rfc3339(now), ":one": 1}
        self._table.update(self._reach(promotion_id, row.customer), "SET nudged_at = :now ADD revision :one", values)

    def _move(self, promotion: Promotion, event: events.ShopperMoved) -> None:
        pk, sk = self._reach(promotion.id, event.customer_id)
        item = self._table.get((pk, sk))
        before = _progress(item) if item else Progress(event.customer_id, event.identity_id)
        after = advance(before, promotion, event)
        if after == before:
            return
        revision = int(item["revision"]) if item else 0
        when, values = ("revision = :seen", {":seen": revision}) if item else (NEW, {})
        facts = {name: rfc3339(v) if isinstance(v, datetime) else v for name, v in asdict(after).items()}
        kept = {name: value for name, value in facts.items() if value is not None}
        item = {"pk": pk, "sk": sk, "schema": 1, "revision": revision + 1, **kept}
        history = [*self._coupon_heard(promotion, event, after)] if after.coupon != before.coupon else []
        try:
            self._table.transact(Put(item, when, values), *history, made=promotion.id)
        except Lost:
            raise Retry("the customer moves at this moment", promotion=promotion.id) from None

    def _coupon_heard(self, promotion: Promotion, event: events.ShopperMoved, after: Progress) -> Iterator[Put]:
        pk, sk = f"{self._tenant}#coupon_of#{promotion.id}#{event.customer_id}", f"heard#{rfc3339(event.at)}"
        yield Put({"pk": pk, "sk": sk, "schema": 1, "coupon": after.coupon})

    def _heard(self, promotion: Promotion) -> Iterator[dict[str, Any]]:
        """The items of what was heard of a promotion, the same however often they are put."""
        pk, _ = self._key(promotion.id)
        yield _item(promotion, (pk, f"heard#{rfc3339(promotion.heard_at)}"))
        sk = f"{rfc3339(promotion.ends_at)}#{promotion.id}"
        yield {"pk": self._ends(promotion.platform), "sk": sk, "schema": 1, "id": promotion.id}

    def _ends(self, platform: str) -> str:
        return f"{self._tenant}#promotions_then#{platform}"

    def _ending_after(self, pk: str, at: datetime) -> list[Promotion]:
        page = self._table.query(pk, sk_after=rfc3339(at), limit=PROMOTIONS_LIMIT, consistent=True)
        return [_promotion(item) for item in page.items]

    def _find(self, promotion_id: str) -> Promotion | None:
        item = self._table.get(self._key(promotion_id))
        return _promotion(item) if item else None

    def _keys(self, promotion: Promotion, channel: str) -> Iterator[Key]:
        sk = f"{rfc3339(promotion.ends_at)}#{promotion.id}"
        yield f"{self._tenant}#promotions#{promotion.platform}", sk
        yield f"{self._tenant}#promotions_of#{channel}#{promotion.account}", sk

    def _key(self, promotion_id: str) -> Key:
        return f"{self._tenant}#promotion#{promotion_id}", "promotion"

    def _reach(self, promotion_id: str, customer: str) -> Key:
        return shard_pk(self._tenant, f"reach#{promotion_id}", customer), customer


def _until(known_at: datetime) -> tuple[str, str]:
    return "heard#", f"heard#{rfc3339(known_at)}"


def _item(promotion: Promotion, key: Key) -> dict[str, Any]:
    facts = {name: rfc3339(v) if isinstance(v, datetime) else v for name, v in asdict(promotion).items()}
    return {"pk": key[0], "sk": key[1], "schema": 1, **facts}


def _promotion(item: Mapping[str, Any]) -> Promotion:
    facts: dict[str, Any] = {name: item.get(name, item["told_at"]) for name in Promotion.__dataclass_fields__}
    facts |= {name: parse_rfc3339(facts[name]) for name in ("starts_at", "ends_at", "told_at", "heard_at")}
    facts |= {name: int(facts[name]) for name in ("threshold_minor", "reduction_minor")}
    return Promotion(**facts)


def _progress(item: Mapping[str, Any]) -> Progress:
    facts = {name: item[name] for name in Progress.__dataclass_fields__ if name in item}
    names = ("cart_at", "coupon_at", "nudged_at")
    moments = {name: parse_rfc3339(facts[name]) for name in names if name in facts}
    return Progress(**{**facts, **moments, "cart_minor": int(facts["cart_minor"])})
