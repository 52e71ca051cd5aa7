"""Amounts that await acceptance (待验收): pending first, then posted or void. Pure.

What a policy's posting with `on_acceptance` makes of a fact is held under its job (the ticket, the order, else the fact
itself). A verdict on the job posts all that is held, at the moment of the verdict, or makes it void.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from functions.settlement.facts.facts import Fact
from functions.settlement.ledger.ledger import Entry
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass

HoldState = Literal["pending", "posted", "void"]
VOIDING = ("cancelled", "rejected", "void")
"""Outcomes with which a job is not accepted."""
_JOBS = ("ticket", "order", "fact")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of a job, and when: of all that occurred until then. fact_id: by which fact."""

    accepted: bool
    at: datetime
    fact_id: str

    def document(self) -> dict[str, Any]:
        """As plain values, for the store."""
        return {"accepted": self.accepted, "at": rfc3339(self.at), "fact_id": self.fact_id}

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Verdict:
        """What `document` wrote."""
        return cls(bool(raw["accepted"]), parse_rfc3339(raw["at"]), raw["fact_id"])


def job_of(fact: Fact) -> str:
    """What has to be accepted for a fact to count: `ticket:tkt_1`, `order:o1`, else `fact:<its id>`."""
    return next((f"{name}:{fact.about[name]}" for name in _JOBS if fact.about.get(name)), f"fact:{fact.id}")


def verdict_of(fact: Fact) -> tuple[str, Verdict] | None:
    """The job that a fact accepts or rejects: a ticket's by its close, any by an `acceptance`; else None."""
    if fact.kind == "acceptance" or (fact.kind == "ticket" and fact.about.get("ticket")):
        accepted = fact.about.get("outcome", "") not in VOIDING
        return job_of(fact), Verdict(accepted, fact.occurred_at, fact.id)
    return None


def accepted(entry: Entry, verdict: Verdict) -> Entry:
    """A held entry as it is posted: it counts from its acceptance, and says by which fact."""
    facts = {**entry.why.facts, "accepted_by": verdict.fact_id}
    return replace(entry, occurred_at=verdict.at, why=replace(entry.why, facts=facts))
