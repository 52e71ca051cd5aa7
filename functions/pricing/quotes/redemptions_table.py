"""Redemptions (核销): an order takes a quote once, and with it what the quote claims, in one transaction.

<tenant>#quote#<id>            / redemption       by which order, and the claims, so that they can be given back
<tenant>#order#<order id>      / quote            which quote an order has
<tenant>#use#<campaign>/<id>   / all              how often a strategy was used, and for how much
                               / customer#<id>    by a customer
                               / store#<id>       in a store
                               / at#…             when (uses_table.py)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from functions.pricing.coupons.coupons import Coupon, held
from functions.pricing.coupons.coupons_table import Coupons
from functions.pricing.quotes.claims import Claim
from functions.pricing.quotes.uses_table import Turn, Uses
from functions.pricing.strategies.cart import HeldCoupon, Usage
from functions.pricing.strategies.units import COUPON_USED
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, NotFound
from hub.store.table import Busy, Delete, Lost, Table, Update, Write

REDEMPTION = "redemption"
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
        self._log = Uses(table, tenant)

    def find(self, quote_id: str) -> Redemption | None:
        """What became of a quote, strongly consistent."""
        item = self._table.get(self._key(quote_id))
        return _redemption(item) if item else None

    def usage(self, strategy: str, customer: str, store: str, known_at: datetime | None = None) -> Usage:
        """How far a strategy is used up, or was at a moment; strongly consistent. Raises Invalid for one too far
        back."""
        keys = [self._log.key(strategy, whose) for whose in ("all", f"customer#{customer}", f"store#{store}")]
        items = {item["sk"]: item for item in self._table.get_many(keys, consistent=True)}
        uses = [int(items.get(sk, {}).get("uses", 0)) for _, sk in keys]
        usage = Usage(uses[0], int(items.get("all", {}).get("spent", 0)), *uses[1:])
        return usage if known_at is None else self._log.before(usage, strategy, customer, store, known_at)

    def held_coupons(self, coupons: Sequence[Coupon], known_at: datetime | None = None) -> list[HeldCoupon]:
        """Coupons as a buyer brings them, or would have brought them at a moment."""
        return [held(coupon if known_at is None else self._as_known(coupon, known_at)) for coupon in coupons]

    def _as_known(self, coupon: Coupon, at: datetime) -> Coupon:
        used = self._log.was_used(coupon.code, at)
        if used is None:
            used = coupon.used_at is not None and coupon.used_at <= at
        return replace(coupon, state="used" if used else "issued")

    def redeem(self, redemption: Redemption, store: str, region: str) -> Redemption:
        """Redeem a quote with all that it claims, or nothing. The same order again is answered with what was done.

        Raises Conflict, with the reason, for a quote that another order has, an order that has another quote, a limit
        that is used up, a coupon that is used.
        """
        known = self.find(redemption.quote_id)
        if known is not None and known.state == "redeemed":
            return _same_order(known, redemption)
        writes: list[Write] = [self._taking(redemption), self._ordering(redemption)]
        reasons = ["", ""]
        for claim in redemption.claims:
            writes.append(self._counting(claim))
            reasons.append(f"{claim.strategy}: {claim.reason}")
        for code in redemption.coupons:
            writes.append(self._coupons.using(code, redemption.order_id, store, region, redemption.redeemed_at))
            reasons.append(f"{code}: {COUPON_USED}")
        turn = Turn("used", redemption.quote_id, redemption.redeemed_at)
        writes += self._log.writes(turn, redemption.claims, redemption.coupons)
        try:
            self._transact(writes, redemption.quote_id)
        except Lost as lost:
            known = self.find(redemption.quote_id)
            if known is not None and known.state == "redeemed":
                return _same_order(known, redemption)
            if lost.index == 1:
                other = str((lost.item or {}).get("quote_id", ""))
                raise Conflict("the order has another quote", order_id=redemption.order_id, quote=other) from lost
            raise Conflict("it is used up meanwhile: ask for a new quote", reason=reasons[lost.index]) from lost
        return redemption

    def release(self, quote_id: str, order_id: str, now: datetime) -> Redemption:
        """Give back what an order's quote claims: its payment failed. However often it is told, once. Raises NotFound,
        Conflict for another order's."""
        redemption = self.find(quote_id)
        if redemption is None:
            raise NotFound("the quote is not redeemed", quote=quote_id)
        if redemption.order_id != order_id:
            raise Conflict("another order has it", quote=quote_id)
        if redemption.state == "released":
            return redemption
        try:
            self._transact([*self._giving_back(redemption, now)], quote_id)
        except Lost:
            return self.find(quote_id) or redemption
        return replace(redemption, state="released")

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
        return Update(self._log.key(claim.strategy, claim.whose), change, values, " AND ".join(conditions))

    def _giving_back(self, redemption: Redemption, now: datetime) -> Iterator[Write]:
        values = {":released": "released", ":redeemed": "redeemed", ":order": redemption.order_id}
        when = "#state = :redeemed AND order_id = :order"
        yield Update(self._key(redemption.quote_id), "SET #state = :released", values, when)
        yield Delete((f"{self._tenant}#order#{redemption.order_id}", "quote"))
        for claim in redemption.claims:
            change, counts = "ADD uses :less", {":less": -1}
            if claim.whose == "all":
                change, counts[":amount"] = "ADD uses :less, spent :amount", -claim.amount_minor
            yield Update(self._log.key(claim.strategy, claim.whose), change, counts)
        for code in redemption.coupons:
            yield self._coupons.giving_back(code, redemption.order_id)
        yield from self._log.writes(Turn("returned", redemption.quote_id, now), redemption.claims, redemption.coupons)

    def _key(self, quote_id: str) -> tuple[str, str]:
        return f"{self._tenant}#quote#{quote_id}", REDEMPTION


def _same_order(known: Redemption, redemption: Redemption) -> Redemption:
    if known.order_id == redemption.order_id:
        return known
    raise Conflict("another order has it", quote=known.quote_id, order_id=known.order_id)


def _redemption(item: Mapping[str, Any]) -> Redemption:
    return Redemption(
        quote_id=item["quote_id"],
        order_id=item["order_id"],
        state=item["state"],
        redeemed_at=parse_rfc3339(item["redeemed_at"]),
        claims=tuple(Claim(**claim) for claim in json.loads(item["claims"])),
        coupons=tuple(item["coupons"]),
    )
