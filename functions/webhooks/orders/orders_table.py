"""Orders and after-sales in the room's table: one conditional write decides between two truths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from functions.webhooks.orders.orders import (
    AFTER_SALE_SORT,
    SORT,
    Facts,
    Noting,
    Unmapped,
    after_sale_id,
    is_paid,
    order_id,
    place_of,
)
from hub.channels.facts import OrderFacts
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.store.lists import LIST_ATTRIBUTES, ListPage, ListQuery, Within, list_keys, read_list
from hub.store.sharded import LOWEST, shard_pk, shard_pks
from hub.store.table import NEW, Index, Key, Lost, Table

BY_LIST = Index("by_list", "list_pk", "list_sk")
UNMAPPED_LIMIT = 50
"""So many orders that could not be understood are read again in one run."""
_NEWER = (
    "attribute_not_exists(pk) OR source_time < :source_time"
    " OR (source_time = :source_time AND state_rank < :state_rank)"
)
_WHERE_IT_WAS = "attribute_not_exists(#region) OR (#region = :region AND #store_id = :store_id)"
PLACED = ("region", "store_id", *LIST_ATTRIBUTES)
_ONCE = ("paid_noted_at", "paid_replay", "deposit_noted_at", "noted_at", "pulled", "list_pk", "list_sk", *PLACED)
"""Attributes that the first who notes them decides: an order stays where it was sold."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders and after-sales of one tenant, in the room's table. zone: whose days lists go by. All methods raise
    Retry."""

    table: Table
    tenant: str
    zone: ZoneInfo

    def transition(self, facts: Facts, noting: Noting) -> bool:
        """Write `facts` if they are the later truth: one conditional write. True when they were.

        That a push has told of the order is kept in any case: what only pulls know was recovered. An order that was
        noted before its connection was placed elsewhere stays where it is: that takes a second write.
        """
        identity, sort = self.identity(facts, noting.channel)
        item = {**self._common(facts, noting), **self._particulars(facts, noting, identity)}
        sets = [
            f"#{name} = if_not_exists(#{name}, :{name})" if name in _ONCE else f"#{name} = :{name}" for name in item
        ]
        values = {f":{name}": value for name, value in item.items()} | {":one": 1}
        try:
            change = "SET " + ", ".join(sets) + " ADD version :one"
            self.table.update(self._key(identity, sort), change, values, when=f"({_NEWER}) AND ({_WHERE_IT_WAS})")
        except Lost as lost:
            place = place_of(lost.item or {})
            if lost.item and "region" in lost.item and place != (noting.region, noting.store_id):
                return self.transition(facts, replace(noting, region=place[0], store_id=place[1]))
            if noting.by == "push" and not (lost.item or {}).get("pushed"):
                self._set(identity, sort, "pushed", True)
            return False
        return True

    def note_unknown(self, unmapped: Unmapped, shop_id: str, noting: Noting) -> None:
        """Remember an order that we can't read (its state is `unknown`, unless we know a better one): it is read again
        on each pull until we can."""
        pk, sk = self._unmapped_key(unmapped)
        item = {
            "pk": pk,
            "sk": sk,
            "connection_id": unmapped.connection_id,
            "entity": unmapped.entity,
            "number": unmapped.number,
            "order_no": unmapped.order_no,
            "reason": unmapped.reason,
            "day": self._day(noting),
            "schema": 1,
        }
        self.table.put(item)
        if unmapped.entity == "order":
            self._create_unknown(unmapped, shop_id, noting)

    def list_unmapped(self, start: Mapping[str, Any] | None = None) -> tuple[list[Unmapped], dict[str, Any] | None]:
        """UNMAPPED_LIMIT of them at most, shard by shard, and where the next ones start (None: there are no more)."""
        items: list[dict[str, Any]] = []
        lists = shard_pks(self.tenant, "unmapped")
        for shard in lists[lists.index(start["pk"]) if start else 0 :]:
            if len(items) == UNMAPPED_LIMIT:
                return _unmapped(items), {"pk": shard, "sk": LOWEST}
            page = self.table.query(shard, limit=UNMAPPED_LIMIT - len(items), start=start)
            items += page.items
            if page.start:
                return _unmapped(items), page.start
            start = None
        return _unmapped(items), None

    def forget_unmapped(self, unmapped: Unmapped, channel: str, shop_id: str) -> None:
        """It was understood. What stood for it until then goes, where it turned out to be another shop's."""
        identity = order_id(self.tenant, channel, shop_id, unmapped.number)
        with suppress(Lost):  # it stands for itself by now, or never stood
            self.table.delete(self._key(identity, SORT), "#state = :unknown", {":unknown": "unknown"})
        self.table.delete(self._unmapped_key(unmapped))

    def find(self, identity: str) -> dict[str, Any] | None:
        """The stored order or after-sale with this id, None when there is none."""
        return self.table.get(self._key(identity, _sort(identity)))

    def note_read(self, identity: str, wall_now: datetime) -> None:
        """The platform told us at this moment that what we know of it holds."""
        self._set(identity, _sort(identity), "read_at", rfc3339(wall_now))

    def page(
        self, connection_id: str, day: str, limit: int, start: Mapping[str, Any] | None = None, sort: str = SORT
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """Orders (or after-sales) first noted on a day (`20261121`, business), oldest first, and where the next page
        starts. May be two seconds behind. Raises Invalid for a start that is none of this list."""
        page = self.table.query(self.list_name(connection_id, day, sort), index=BY_LIST, limit=limit, start=start)
        return page.items, page.start

    def list_within(
        self,
        within: Within,
        sort: str,
        *,
        now: datetime,
        day: date | None,
        limit: int,
        position: Mapping[str, Any] | None = None,
    ) -> ListPage:
        """Orders (or after-sales, by `sort`) that belong in a scope, newest first: of one day, or all. May be two
        seconds behind. now: business time. Raises Invalid for a position that is none of this list."""
        since = datetime.combine(day, time(), self.zone) if day else None
        until = since + timedelta(days=1) if since else None
        query = ListQuery(self.tenant, f"{sort}s", within, now, limit, since, until, position)
        return read_list(self.table, query)

    def list_name(self, connection_id: str, day: str, sort: str = SORT) -> str:
        """The list of what a connection first noted on a day."""
        return f"{self.tenant}#{sort}s#{connection_id}#{day}"

    def identity(self, facts: Facts, channel: str) -> tuple[str, str]:
        """The id of what these facts are about, and the sort key of its item."""
        if isinstance(facts, OrderFacts):
            return order_id(self.tenant, channel, facts.shop_id, facts.order_no), SORT
        return after_sale_id(self.tenant, channel, facts.shop_id, facts.after_sale_no), AFTER_SALE_SORT

    def _common(self, facts: Facts, noting: Noting) -> dict[str, Any]:
        return {
            "schema": 1,
            "tenant": self.tenant,
            "connection_id": noting.connection_id,
            "channel": noting.channel,
            "shop_id": facts.shop_id,
            "order_no": facts.order_no,
            "state": facts.state,
            "state_rank": facts.state_rank,
            "currency": facts.currency,
            "buyer_id": facts.buyer_id,
            "source_time": rfc3339(facts.updated_at),
            "changed_at": rfc3339(noting.now),
            "replay": noting.replay,
            "read_at": rfc3339(noting.wall_now),
            "noted_at": rfc3339(noting.now),
            "region": noting.region,
            "store_id": noting.store_id,
            **({"pushed": True} if noting.by == "push" else {}),
            "pulled": noting.by == "pull",
        }

    def _particulars(self, facts: Facts, noting: Noting, identity: str) -> dict[str, Any]:
        sort = SORT if isinstance(facts, OrderFacts) else AFTER_SALE_SORT
        place = {"region": noting.region, "store": noting.store_id}
        listed = {
            "list_pk": self.list_name(noting.connection_id, self._day(noting), sort),
            "list_sk": f"{rfc3339(noting.now)}#{identity}",
            **list_keys(self.tenant, f"{sort}s", identity, noting.now, **place),
        }
        if not isinstance(facts, OrderFacts):
            return listed | {
                "after_sale_id": identity,
                "after_sale_no": facts.after_sale_no,
                "type": facts.type,
                "money": facts.money,
                "requested_minor": facts.requested_minor,
                "refunded_minor": facts.refunded_minor,
                "tracking_no": facts.tracking_no,
                "deadline_at": rfc3339(facts.deadline_at) if facts.deadline_at else "",
                "reason": facts.reason,
                "lines": [line.model_dump() for line in facts.lines],
            }
        terms = facts.terms.model_dump(mode="json", exclude_defaults=True)  # a row that tells none takes none back
        paid: dict[str, Any] = {}
        if is_paid(facts):
            paid = {"paid_noted_at": rfc3339(noting.now), "paid_replay": noting.replay}
        elif facts.deposit_minor:
            paid = {"deposit_noted_at": rfc3339(noting.now), "deposit_minor": facts.deposit_minor}
        return (
            listed
            | paid
            | {
                "order_id": identity,
                "amount_minor": facts.amount_minor,
                "paid_at": rfc3339(facts.paid_at) if facts.paid_at and is_paid(facts) else "",
                "attribution": dict(facts.attribution),
                "tracking_nos": list(facts.tracking_nos),
                **({"terms": terms} if terms else {}),
                "content_ref": identity if facts.note else "",
            }
        )

    def _day(self, noting: Noting) -> str:
        return f"{noting.now.astimezone(self.zone):%Y%m%d}"

    def _create_unknown(self, unmapped: Unmapped, shop_id: str, noting: Noting) -> None:
        identity = order_id(self.tenant, noting.channel, shop_id, unmapped.number)
        facts = OrderFacts(unmapped.number, shop_id, "unknown", 0, 0, "", noting.now)
        pk, sk = self._key(identity, SORT)
        item = {**self._common(facts, noting), **self._particulars(facts, noting, identity), "source_time": ""}
        try:
            self.table.put({"pk": pk, "sk": sk, **item}, NEW)
        except Lost:
            if noting.by == "push":
                self._set(identity, SORT, "pushed", True)

    def _set(self, identity: str, sort: str, name: str, value: Any) -> None:
        """Set one attribute of an order, if it is there."""
        try:
            change = f"SET #{name} = :value"
            self.table.update(self._key(identity, sort), change, {":value": value}, when="attribute_exists(pk)")
        except Lost:
            return

    def _unmapped_key(self, unmapped: Unmapped) -> Key:
        sk = f"{unmapped.connection_id}#{unmapped.entity}#{unmapped.number}"
        return shard_pk(self.tenant, "unmapped", sk), sk

    def _key(self, identity: str, sort: str) -> Key:
        return f"{self.tenant}#{identity}", sort


def _sort(identity: str) -> str:
    return AFTER_SALE_SORT if identity.startswith("afs_") else SORT


def _unmapped(items: Iterable[Mapping[str, Any]]) -> list[Unmapped]:
    names = ("connection_id", "entity", "number", "order_no", "reason")
    return [Unmapped(*(item[name] for name in names)) for item in items]
