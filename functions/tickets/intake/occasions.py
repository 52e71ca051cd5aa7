"""Occasions (事由): an after-sale, a review or a lead opens a ticket by its rules; what becomes of it afterwards joins
the ticket while that is open. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.tickets.intake.intake import Classification
from functions.tickets.intake.occasion_kind import NO_TICKET
from functions.tickets.ticket.ticket import Case, Move, Note
from hub.contracts import events
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import SYSTEM, digest
from hub.kernel.money import Money
from hub.rules import DecisionTable, decide

FIELDS_LIMIT = 50


@dataclass(frozen=True)
class Occasion:
    """The event, what somebody wrote with it, and where its work would be."""

    event: events.OccasionResolved
    text: str
    region: str

    def facts(self) -> dict[str, object]:
        """What the rules of its kind may ask for."""
        event = self.event
        common = {"text": self.text, "channel": event.channel, "region": self.region}
        facts: dict[str, object] = {**common, "customer_known": bool(event.customer_id)}
        if event.kind == "after_sale":
            amount = str(Money(event.amount_minor, event.currency))
            facts |= {"kind": event.after_sale_type, "state": event.state, "money": event.money, "amount": amount}
            facts |= self._goods()
        if event.kind == "order":
            services = sum(line.quantity for line in event.lines if line.kind == "service")
            facts |= {"amount": str(Money(event.amount_minor, event.currency)), "services": services}
            facts |= self._goods()
        return facts | ({"rating": event.rating} if event.rating is not None else {})

    def _goods(self) -> dict[str, object]:
        """What its lines are of: the articles, by the platform's number and the shop's code, and their categories."""
        lines = self.event.lines
        articles = (name for line in lines for name in (line.item_no, line.sku))
        categories = (line.category for line in lines)
        return {"articles": sorted({*filter(None, articles)}), "categories": sorted({*filter(None, categories)})}


def classify_occasion(table: DecisionTable, occasion: Occasion) -> Classification | None:
    """The ticket that it would open; None where the rules open none."""
    decision = decide(table, occasion.facts())
    outcome = decision.outcome
    if outcome["type"] == NO_TICKET:
        return None
    skill, topic = outcome.get("skill", ""), outcome.get("topic", "")
    return Classification(outcome["type"], outcome["priority"], decision.rule_id or "default", skill, topic)


def occasion_key(event: events.OccasionResolved) -> str:
    """The same for all that is ever told of one after-sale, review or lead."""
    return digest(event.kind, event.channel, event.account, event.subject_id).hex()


def words_of(content: Mapping[str, Any]) -> str:
    """What somebody wrote: their text, then the fields of the form, a line each."""
    fields = content.get("fields")
    rows = list(fields.items())[:FIELDS_LIMIT] if isinstance(fields, Mapping) else ()
    lines = (str(content.get("text", "")), *(f"{name}: {value}" for name, value in rows))
    return "\n".join(line for line in lines if line.strip())


def join_occasion(case: Case, event: events.OccasionResolved) -> Move:
    """The same ticket, with what has become of its occasion."""
    detail = {"kind": event.kind, "state": event.state, "money": event.money, "order": event.order_no}
    ticket = case.ticket
    if event.kind == "after_sale":
        ticket = ticket.but(amount_minor=event.amount_minor, amount_currency=event.currency)
        detail |= {"amount": str(Money(event.amount_minor, event.currency)), "currency": event.currency}
    return Move(ticket, (Note("occasion", SYSTEM, {name: value for name, value in detail.items() if value}),))
