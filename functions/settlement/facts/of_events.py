"""Events as facts (事实): what other rooms say, in settlement's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from functions.settlement.facts.facts import Component, Fact
from functions.settlement.facts.items import ITEMS
from functions.settlement.facts.refunds import WHOLE
from hub.contracts import events
from hub.contracts.events import Event
from hub.contracts.orders import OrderLine
from hub.kernel.regions import BASE

COMPENSATION = "compensation"
"""What flows say when they grant a customer an amount."""
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


def fact_of(event: Event, zone: ZoneInfo) -> Fact | None:
    """What an event of ours says; None where no money is in it. Raises TypeError for one that settlement does not
    hear."""
    match event:
        case events.TicketClosed():
            return _of_ticket(event, zone)
        case events.WorkReported():
            return _of_work(event, zone)
        case events.OrderFinished():
            return _of_order(event, zone)
        case events.RefundPaid():
            return _of_refund(event, zone)
        case events.FlowTold():
            return _of_compensation(event, zone) if event.name == COMPENSATION and event.amount_minor else None
    raise TypeError(type(event).__name__)


def hour_of(at: datetime, zone: ZoneInfo) -> str:
    """The hour of the day by the tenant's wall: "00" to "23"."""
    return f"{at.astimezone(zone).hour:02}"


def _of_ticket(event: events.TicketClosed, zone: ZoneInfo) -> Fact:
    amounts = {"labour": event.labour_minor, "parts": event.parts_minor, "travel": event.travel_minor}
    about = {
        "ticket": event.ticket_id,
        "order": event.order_id,
        "ticket_type": event.ticket_type,
        "outcome": event.outcome,
        "hour": hour_of(event.at, zone),
    }
    parties = {
        "assignee": event.assignee,
        "person": event.assignee,
        "region": event.region,
        "store": event.store_id,
        "home_region": event.home_region if event.home_region != BASE else "",
        "home_store": event.home_store,
    }
    counts = {"orders": Fraction(1), **_numbers(event.fields)}
    return Fact(event.id, "ticket", event.at, event.currency, amounts, counts, _said(parties), _said(about))


def _of_work(event: events.WorkReported, zone: ZoneInfo) -> Fact:
    """Who did it is paid. What people type of labour and travel is what they say it cost; rates price the minutes."""
    amounts = {"labour": event.labour_minor, "parts": event.parts_minor, "travel": event.travel_minor}
    counts = {
        "labour_minutes": Fraction(event.labour_minutes),
        "travel_km": Fraction(event.travel_km),
        "parts_qty": Fraction(sum(part.quantity for part in event.parts)),
        "visits": Fraction(1),
    }
    about = {
        "ticket": event.ticket_id,
        "node": event.node,
        "ticket_type": event.ticket_type,
        "outcome": event.outcome,
        "hour": hour_of(event.at, zone),
    }
    parties = {"person": event.person_id, "region": event.region, "store": event.store_id}
    components = tuple(
        Component(part.sku, {"parts": part.amount_minor}, {"parts_qty": Fraction(part.quantity)})
        for part in event.parts
    )
    return Fact(event.id, "work", event.at, event.currency, amounts, counts, _said(parties), _said(about), components)


def _of_order(event: events.OrderFinished, zone: ZoneInfo) -> Fact:
    amounts = {
        "amount": event.amount_minor,
        "discount": sum(discount.amount_minor for discount in event.discounts),
        "platform_fee": event.platform_fee_minor or 0,
    }
    about = {"order": event.order_id, "order_no": event.order_no, "channel": event.channel}
    about |= {"hour": hour_of(event.at, zone)}
    parties = {
        "region": event.region,
        "store": event.store_id,
        "platform": event.channel,
        "influencer": event.attribution.get("influencer", ""),
    }
    counts = {"orders": Fraction(1), "pieces": Fraction(sum(line.quantity for line in event.lines))}
    components = tuple(map(_component, event.lines))
    return Fact(
        order_fact_id(event.order_id),
        "order",
        event.at,
        event.currency,
        amounts,
        counts,
        _said(parties),
        _said(about),
        components,
    )


def _of_refund(event: events.RefundPaid, zone: ZoneInfo) -> Fact:
    about = {"order": event.order_id, "channel": event.channel, "hour": hour_of(event.at, zone)}
    parties = {"region": event.region, "store": event.store_id, "platform": event.channel}
    return Fact(
        event.id,
        "refund",
        event.at,
        event.currency,
        {WHOLE: event.amount_minor},
        {},
        _said(parties),
        _said(about),
        tuple(map(_component, event.lines)),
        reverses=order_fact_id(event.order_id),
    )


def _of_compensation(event: events.FlowTold, zone: ZoneInfo) -> Fact:
    about = {"ticket": event.ticket_id, "node": event.node, "ticket_type": event.ticket_type}
    about |= {"hour": hour_of(event.at, zone)}
    parties = {"region": event.region, "store": event.store_id}
    amounts = {"compensation": event.amount_minor}
    return Fact(event.id, "compensation", event.at, event.currency, amounts, {}, _said(parties), _said(about))


def order_fact_id(order_id: str) -> str:
    """The fact that an order is: there is one, whichever event tells of it."""
    return f"order:{order_id}"


def _component(line: OrderLine) -> Component:
    counts = {"pieces": Fraction(line.quantity)}
    return Component(line.sku or line.item_no, {"amount": line.amount_minor}, counts)


def _numbers(fields: Mapping[str, str]) -> dict[str, Fraction]:
    """What a ticket's type declares of numbers that settlement measures: a milestone's share, lessons."""
    return {name: Fraction(text) for name, text in fields.items() if name in ITEMS and _NUMBER.fullmatch(text)}


def _said(names: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in names.items() if text}
