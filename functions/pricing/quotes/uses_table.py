"""The log of uses (名额流水): when limits and coupons were used and given back, by which a quote of the past is held
against what was used up then.

<tenant>#use#<campaign>/<id>, <tenant>#use#<cpn_…>  / at#<moment>#<quote>#<used or returned>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from functions.pricing.quotes.claims import Claim
from functions.pricing.strategies.cart import Usage
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.store.table import Key, Put, Table

LATER_LIMIT = 5000
"""So many uses of one strategy may have come after the moment that is asked for."""
END = "at#~"


@dataclass(frozen=True, slots=True)
class Turn:
    """What was used with a quote, or given back: `used` or `returned`."""

    what: str
    quote_id: str
    at: datetime


class Uses:
    """The log of one tenant. All methods raise Retry."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table, self._tenant = table, tenant

    def key(self, name: str, sort: str) -> Key:
        """Where what belongs to a strategy or a coupon lies."""
        return f"{self._tenant}#use#{name}", sort

    def writes(self, turn: Turn, claims: Sequence[Claim], coupons: Sequence[str]) -> Iterator[Put]:
        """The lines of one turn, one a strategy and one a coupon, for the transaction that counts."""
        sign = 1 if turn.what == "used" else -1
        sort = f"at#{rfc3339(turn.at)}#{turn.quote_id}#{turn.what}"
        for strategy in dict.fromkeys(claim.strategy for claim in claims):
            own = [claim for claim in claims if claim.strategy == strategy]
            spent = sign * sum(claim.amount_minor for claim in own)
            whose = [claim.whose for claim in own]
            pk, sk = self.key(strategy, sort)
            yield Put({"pk": pk, "sk": sk, "schema": 1, "uses": sign, "spent": spent, "whose": whose})
        for code in coupons:
            pk, sk = self.key(code, sort)
            yield Put({"pk": pk, "sk": sk, "schema": 1, "uses": sign})

    def before(self, usage: Usage, strategy: str, customer: str, store: str, at: datetime) -> Usage:
        """How far a strategy was used up at a moment, from how far it is now. Raises Invalid for a moment after which
        more than LATER_LIMIT uses came."""
        since = self._since(at)
        lines = self._table.query_all(
            self.key(strategy, "")[0], sk_between=since, limit=LATER_LIMIT + 1, consistent=True
        )
        if len(lines) > LATER_LIMIT:
            rule = f"lies too far back: {strategy} was used more than {LATER_LIMIT} times since"
            raise Invalid("moment", problems=[Problem("/known_at", rule)])

        def later(whose: str) -> int:
            return sum(int(line["uses"]) for line in lines if whose in line["whose"])

        return Usage(
            usage.uses - later("all"),
            usage.spent_minor - sum(int(line["spent"]) for line in lines),
            usage.by_customer - later(f"customer#{customer}"),
            usage.in_store - later(f"store#{store}"),
        )

    def was_used(self, code: str, at: datetime) -> bool | None:
        """Whether a coupon was used at a moment, by the first line after it; None where nothing came after."""
        page = self._table.query(self.key(code, "")[0], sk_between=self._since(at), limit=1, consistent=True)
        return int(page.items[0]["uses"]) < 0 if page.items else None

    def _since(self, at: datetime) -> tuple[str, str]:
        return f"at#{rfc3339(at)}#~", END
