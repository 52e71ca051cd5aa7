"""Offers in the room's table.

<tenant>#offer#<ofr_…>            / offer     listed by scope and month (hub.store.lists, `offers`)
<tenant>#offers#<store>#<service> / <kind>    the newest that holds or is proposed there: one of a kind at a time
                                  / <kind>#<moment>  what began to hold then
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.pricing.offers.offers import Offer
from functions.pricing.strategies.cart import PriceOffer
from hub.contracts.pricing_offers import RehearsalView
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict, NotFound
from hub.store.lists import ListQuery, Within, list_keys, read_list
from hub.store.table import Lost, Put, Table

LIST = "offers"
MOMENTS = ("made_at", "starts_at")


class Offers:
    """The offers of one tenant. All methods raise Retry."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table, self._tenant = table, tenant

    def holding(
        self, store: str, services: Iterable[str], kinds: Sequence[str], at: datetime
    ) -> dict[tuple[str, str], PriceOffer]:
        """The offers that hold in a store at a moment, by service and kind; strongly consistent."""
        keys = [self._place(store, service, kind) for service in services for kind in kinds]
        return _at_work((_offer(item) for item in self._table.get_many(keys, consistent=True)), at)

    def held(
        self, store: str, services: Iterable[str], kinds: Sequence[str], at: datetime, known_at: datetime
    ) -> dict[tuple[str, str], PriceOffer]:
        """Those that held at a moment in the past, of what had begun when it was known: one query each."""
        begun = rfc3339(min(at, known_at))
        offers: list[Offer] = []
        for service in services:
            for kind in kinds:
                pk, sk = self._place(store, service, kind)
                between = (f"{sk}#", f"{sk}#{begun}")
                page = self._table.query(pk, sk_between=between, newest_first=True, limit=1, consistent=True)
                offers += map(_offer, page.items)
        return _at_work(offers, at)

    def newest(self, store: str, service: str, kind: str) -> Offer | None:
        """The newest of a kind there."""
        item = self._table.get(self._place(store, service, kind))
        return _offer(item) if item else None

    def get(self, offer_id: str) -> Offer:
        """One of them. Raises NotFound."""
        item = self._table.get(self._key(offer_id))
        if item is None:
            raise NotFound("no such offer", offer=offer_id[:40])
        return _offer(item)

    def make(self, offer: Offer, seen: Offer | None) -> bool:
        """Keep a new offer, and that it is the newest there; False where another came first."""
        place = self._item(offer, self._place(offer.store, offer.service, offer.kind))
        when, values = ("#id = :seen", {":seen": seen.id}) if seen else ("attribute_not_exists(pk)", {})
        try:
            self._table.transact(
                Put(place, when, values),
                Put(self._listed(offer), "attribute_not_exists(pk)"),
                *self._begun(offer),
                made=offer.id,
            )
        except Lost:
            return False
        return True

    def decide(self, offer: Offer) -> Offer:
        """Keep what was decided on a proposed offer, once. Raises Conflict with its state when it was decided."""
        proposed = {":proposed": "proposed"}
        place = self._item(offer, self._place(offer.store, offer.service, offer.kind))
        try:
            self._table.transact(
                Put(self._listed(offer), "#state = :proposed", proposed),
                Put(place, "#id = :id", {":id": offer.id}),
                *self._begun(offer),
                made=offer.id,
            )
        except Lost as lost:
            raise Conflict("it was decided before", state=self.get(offer.id).state) from lost
        return offer

    def page(
        self, within: Within, now: datetime, limit: int, position: Mapping[str, Any] | None
    ) -> tuple[list[Offer], dict[str, str] | None]:
        """Those of a scope, the newest first; up to two seconds behind."""
        page = read_list(self._table, ListQuery(self._tenant, LIST, within, now, limit, position=position))
        return [_offer(item) for item in page.items], page.position

    def _begun(self, offer: Offer) -> Iterator[Put]:
        if offer.starts_at is not None:
            pk, sk = self._place(offer.store, offer.service, offer.kind)
            yield Put(self._item(offer, (pk, f"{sk}#{rfc3339(offer.starts_at)}")))

    def _listed(self, offer: Offer) -> dict[str, Any]:
        listed = list_keys(self._tenant, LIST, offer.id, offer.made_at, region=offer.region, store=offer.store)
        return self._item(offer, self._key(offer.id)) | listed

    def _item(self, offer: Offer, key: tuple[str, str]) -> dict[str, Any]:
        values = {name: rfc3339(value) if name in MOMENTS and value else value for name, value in asdict(offer).items()}
        values["rehearsal"] = offer.rehearsal.model_dump_json() if offer.rehearsal else None
        return {"pk": key[0], "sk": key[1], "schema": 1, **{k: v for k, v in values.items() if v is not None}}

    def _key(self, offer_id: str) -> tuple[str, str]:
        return f"{self._tenant}#offer#{offer_id}", "offer"

    def _place(self, store: str, service: str, kind: str) -> tuple[str, str]:
        return f"{self._tenant}#offers#{store}#{service}", kind


def _at_work(offers: Iterable[Offer], at: datetime) -> dict[tuple[str, str], PriceOffer]:
    return {
        (offer.service, offer.kind): PriceOffer(offer.id, offer.kind, offer.price_minor, offer.strategy)
        for offer in offers
        if offer.starts_at and offer.ends_at and offer.starts_at <= at < offer.ends_at
    }


def _offer(item: Mapping[str, Any]) -> Offer:
    values = {name: item[name] for name in Offer.__dataclass_fields__ if name in item}
    moments = {name: parse_rfc3339(values[name]) for name in MOMENTS if values.get(name)}
    if values.get("rehearsal"):
        values["rehearsal"] = RehearsalView.model_validate_json(values["rehearsal"])
    return Offer(**{**values, **moments})
