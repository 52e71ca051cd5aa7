"""Redemptions (核销): an order takes a quote once, and with it what the quote claims, in one transaction.

<tenant>#quote#<id>            / redemption       by which order, and the claims, so that they can be given back
<tenant>#order#<order id>      / quote            which quote an order has
<tenant>#use#<campaign>/<id>   / all              how often a strategy was used, and for how much
                               / customer#<id>    by a customer
                               / store#<id>       in a store
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.pricing.coupons.coupons_table import Coupons
from functions.pricing.quotes.claims import Claim
from functions.pricing.strategies.cart import Usage
from functions.pricing.strategies.units import COUPON_USED
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.frozen import dataclass
from hub.store.table import Busy, Delete, Lost, Table, Update, Write

BUSY_TRIES = 8
"""So often a redemption is tried while another one has a counter of it."""
BUSY_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Redemption:
    """What became of a quote. state: redeemed, or released when the payment failed."""

    quote_id: str
    order_id: str
    state: str
    redeemed_at: datetime
    claims: tuple[Claim, ...] = ()
    coupons: tuple[str, ...] = ()


class Redemptions:
    """The redemptions of one tenant. All methods raise Retry."""

    def __init__(self, table: Table, tenant: str, coupons: Coupons) -> None:
        self._table, self._tenant, self._coupons = table, tenant, coupons

    def find(self, quote_id: str) -> Redemption | None:
        """What became of a quote, strongly consistent."""
        item = self._table.get(self._key(quote_id))
        return _redemption(item) if item else None

    def usage(self, strategy: str, customer: str, store: str) -> Usage:
        """How far a strategy is used up, strongly consistent."""
        keys = [self._use(strategy, "all"), self._use(strategy, f"customer#{customer}")]
        keys.append(self._use(strategy, f"store#{store}"))
        items = {item["sk"]: item for item in self._table.get_many(keys, consistent=True)}
        uses = [int(items.get(sk, {}).get("uses", 0)) for _, sk in keys]
        return Usage(uses[0], int(items.get("all", {}).get("spent", 0)), *uses[1:])

    def redeem(self, redemption: Redemption, store: str, region: str) -> Redemption:
        """Redeem a quote with all that it claims, or nothing. The same order again is answered with what was done.

        Raises Conflict, with the reason, for a quote that another order has, an order that has another quote, a limit
        that is used up, a coupon that is used.
        """
        held = self.find(redemption.quote_id)
        if held is not None and held.state == "redeemed":
            return _same_order(held, redemption)
        writes = [self._taking(redemption), self._ordering(redemption)]
        reasons = ["", ""]
        for claim in redemption.claims:
            writes.append(self._counting(claim))
            reasons.append(f"{claim.strategy}: {claim.reason}")
        for code in redemption.coupons:
            writes.append(self._coupons.using(code, redemption.order_id, store, region, redemption.redeemed_at))
            reasons.append(f"{code}: {COUPON_USED}")
        try:
            self._transact(writes, redemption.quote_id)
        except Lost as lost:
            held = self.find(redemption.quote_id)
            if held is not None and held.state == "redeemed":
                return _same_order(held, redemption)
            if lost.index == 1:
                other = str((lost.item or {}).get("quote_id", ""))
                raise Conflict("the order has another quote", order_id=redemption.order_id, quote=other) from lost
            raise Conflict("it is used up meanwhile: ask for a new quote", reason=reasons[lost.index]) from lost
        return redemption

    def release(self, quote_id: str, order_id: str) -> Redemption:
        """Give back what an order's quote claims: its payment failed. However often it is told, once. Raises NotFound,
        Conflict for another order's."""
        held = self.find(quote_id)
        if held is None:
            raise NotFound("the quote is not redeemed", quote=quote_id)
        if held.order_id != order_id:
            raise Conflict("another order has it", quote=quote_id)
        if held.state == "released":
            return held
        try:
            self._transact([*self._giving_back(held)], quote_id)
        except Lost:
            return self.find(quote_id) or held
        return Redemption(quote_id, order_id, "released", held.redeemed_at, held.claims, held.coupons)

    def _transact(self, writes: Sequence[Write], quote_id: str) -> None:
        for attempt in range(BUSY_TRIES - 1):
            try:
                self._table.transact(*writes, made=quote_id)
            except Busy:
                self._table.sleep(BUSY_SECONDS * (attempt + 1))
            else:
                return
        self._table.transact(*writes, made=quote_id)

    def _taking(self, redemption: Redemption) -> Update:
        values = {
            ":state": redemption.state,
            ":order": redemption.order_id,
            ":at": rfc3339(redemption.redeemed_at),
            ":claims": json.dumps([asdict(claim) for claim in redemption.claims]),
            ":coupons": list(redemption.coupons),
            ":quote": redemption.quote_id,
            ":released": "released",
            ":one": 1,
        }
        change = "SET #state = :state, order_id = :order, redeemed_at = :at, claims = :claims, coupons = :coupons"
        change += ", quote_id = :quote, #schema = :one"
        free = "attribute_not_exists(pk) OR #state = :released"
        return Update(self._key(redemption.quote_id), change, values, free)

    def _ordering(self, redemption: Redemption) -> Update:
        key = f"{self._tenant}#order#{redemption.order_id}", "quote"
        change = "SET quote_id = :quote, #schema = :one"
        values = {":quote": redemption.quote_id, ":one": 1}
        return Update(key, change, values, "attribute_not_exists(pk) OR quote_id = :quote")

    def _counting(self, claim: Claim) -> Update:
        change, values, conditions = "ADD uses :one", {":one": 1}, []
        if claim.at_most is not None:
            conditions.append("(attribute_not_exists(uses) OR uses < :most)")
            values[":most"] = claim.at_most
        if claim.whose == "all":
            change, values[":amount"] = "ADD uses :one, spent :amount", claim.amount_minor
        if claim.budget_minor is not None:
            room = claim.budget_minor - claim.amount_minor
            conditions.append("spent <= :room" if room < 0 else "(attribute_not_exists(spent) OR spent <= :room)")
            values[":room"] = room
        return Update(self._use(claim.strategy, claim.whose), change, values, " AND ".join(conditions))

    def _giving_back(self, held: Redemption) -> Iterator[Write]:
        values = {":released": "released", ":redeemed": "redeemed", ":order": held.order_id}
        when = "#state = :redeemed AND order_id = :order"
        yield Update(self._key(held.quote_id), "SET #state = :released", values, when)
        yield Delete((f"{self._tenant}#order#{held.order_id}", "quote"))
        for claim in held.claims:
            change, counts = "ADD uses :less", {":less": -1}
            if claim.whose == "all":
                change, counts[":amount"] = "ADD uses :less, spent :amount", -claim.amount_minor
            yield Update(self._use(claim.strategy, claim.whose), change, counts)
        for code in held.coupons:
            yield self._coupons.giving_back(code, held.order_id)

    def _key(self, quote_id: str) -> tuple[str, str]:
        return f"{self._tenant}#quote#{quote_id}", "redemption"

    def _use(self, strategy: str, whose: str) -> tuple[str, str]:
        return f"{self._tenant}#use#{strategy}", whose


def _same_order(held: Redemption, redemption: Redemption) -> Redemption:
    if held.order_id == redemption.order_id:
        return held
    raise Conflict("another order has it", quote=held.quote_id, order_id=held.order_id)


def _redemption(item: Mapping[str, Any]) -> Redemption:
    return Redemption(
        quote_id=item["quote_id"],
        order_id=item["order_id"],
        state=item["state"],
        redeemed_at=parse_rfc3339(item["redeemed_at"]),
        claims=tuple(Claim(**claim) for claim in json.loads(item["claims"])),
        coupons=tuple(item["coupons"]),
    )
