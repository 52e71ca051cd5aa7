"""Goods outside their territory (窜货): a serial that was sold into one region and is activated in another. Pure.

A case has two halves. Whoever sold reads that it went astray, whoever finds it in their region that it is not theirs to
serve; neither reads the other's half.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, get_args

from functions.settlement.facts.facts import Fact
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import derived_id
from hub.kernel.regions import BASE, covers

Side = Literal["sold", "activated"]
SIDES: tuple[Side, ...] = get_args(Side)
SALES = ("order", "order_line")


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a serial was seen: sold into a region, to a dealer, or activated in one."""

    serial: str
    side: Side
    fact_id: str
    region: str
    dealer: str
    at: datetime

    def document(self) -> dict[str, Any]:
        """As plain values, for the store."""
        named = {"serial": self.serial, "side": self.side, "fact_id": self.fact_id}
        return {**named, "region": self.region, "dealer": self.dealer, "at": rfc3339(self.at)}

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Trace:
        """What `document` wrote."""
        return cls(**{**raw, "at": parse_rfc3339(raw["at"])})


@dataclass(frozen=True, slots=True)
class Conflict:
    """A case: the two traces that do not agree."""

    sold: Trace
    activated: Trace

    @property
    def id(self) -> str:
        """`cfl_…`, one an activation."""
        return derived_id("cfl", self.activated.at, self.activated.serial, self.activated.fact_id)

    def half(self, side: Side) -> Trace:
        """What one party sees of it."""
        return self.sold if side == "sold" else self.activated


def trace_of(fact: Fact) -> Trace | None:
    """Where a fact saw a serial; None for one that names none."""
    serial, parties = fact.about.get("serial", ""), fact.parties
    if not serial or fact.kind not in (*SALES, "activation"):
        return None
    side: Side = "sold" if fact.kind in SALES else "activated"
    return Trace(serial, side, fact.id, parties.get("region", BASE), parties.get("dealer", ""), fact.occurred_at)


def conflicts_of(traces: Iterable[Trace]) -> list[Conflict]:
    """The cases of one serial: each activation against its last sale before it, or, where all came later, the first. A
    sale into the whole country goes astray nowhere."""
    ordered = sorted(traces, key=lambda trace: (trace.at, trace.fact_id))
    sales = [trace for trace in ordered if trace.side == "sold"]
    cases = []
    for activated in (trace for trace in ordered if trace.side == "activated"):
        before = [sale for sale in sales if sale.at <= activated.at] or sales[:1]
        if before and not covers(before[-1].region, activated.region):
            cases.append(Conflict(before[-1], activated))
    return cases
