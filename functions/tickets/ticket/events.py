"""What tickets say on the bus (工单事件), each made of the item that changed: whoever sees a repeat knows it. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.tickets.forms.submission import Submission
from functions.tickets.ticket.guests import Guest
from functions.tickets.ticket.ticket import Deed, Rung, Ticket, Visit
from hub.contracts import events
from hub.contracts.tickets import WorkReport
from hub.kernel.clock import rfc3339
from hub.kernel.ids import SYSTEM, hashed_id
from hub.kernel.money import Money

WATCHED = (
    *("state", "outcome", "type", "priority", "topic", "region", "store_id", "team", "assignee", "acknowledged_at"),
    *("accepted_at", "waits_for", "order_no", "amount_minor", "amount_currency", "fields", "run"),
)
"""What others hear of when it changes. The clock, the trail and what is only the room's own are not among it."""


def ticket_opened(tenant: str, ticket: Ticket) -> events.TicketOpened:
    """The ticket is there."""
    return events.TicketOpened(
        id=hashed_id("evt", "ticket.opened", ticket.id),
        tenant=tenant,
        at=ticket.opened_at,
        replay=ticket.replay,
        **_matter(ticket),
        priority=ticket.priority,
    )


def ticket_changed(tenant: str, new: Ticket, old: Ticket) -> events.TicketChanged | None:
    """What of WATCHED is another than before; None for nothing."""
    changed = tuple(name for name in WATCHED if getattr(new, name) != getattr(old, name))
    if not changed:
        return None
    values = (f"{name}={getattr(new, name)}" for name in changed)
    return events.TicketChanged(
        id=hashed_id("evt", "ticket.changed", new.id, str(new.trail_seq), str(new.changed_at), *values),
        tenant=tenant,
        at=new.changed_at or new.opened_at,
        replay=new.replay,
        **_matter(new),
        run=new.run,
        priority=new.priority,
        state=new.state,
        outcome=new.outcome,
        team=new.team,
        assignee=new.assignee,
        changed=changed,
    )


def ticket_assigned(tenant: str, ticket: Ticket) -> events.TicketAssigned:
    """Somebody is to hear that the ticket, or a visit of it, is theirs."""
    return events.TicketAssigned(
        id=hashed_id("evt", "ticket.assigned", ticket.id, str(ticket.notice)),
        tenant=tenant,
        at=ticket.noticed_at or ticket.opened_at,
        ticket_id=ticket.id,
        ticket_type=ticket.type,
        priority=ticket.priority,
        assignee=ticket.notice_to,
        visit_id=ticket.notice_visit,
    )


def signer_asked(tenant: str, visit: Visit, person: str) -> events.TicketAssigned:
    """Somebody is to hear that they are asked to sign."""
    return events.TicketAssigned(
        id=hashed_id("evt", "ticket.assigned", visit.id, person),
        tenant=tenant,
        at=visit.signatures[-1].at if visit.signatures else visit.entered_at,
        ticket_id=visit.ticket_id,
        ticket_type=visit.ticket_type,
        priority=visit.priority,
        assignee=person,
        visit_id=visit.id,
    )


def ticket_stranded(tenant: str, ticket: Ticket) -> events.TicketStranded:
    """There is nobody to give the work to."""
    return events.TicketStranded(
        id=hashed_id("evt", "ticket.stranded", ticket.id, str(ticket.stranded)),
        tenant=tenant,
        at=ticket.stranded_at or ticket.opened_at,
        replay=ticket.replay,
        ticket_id=ticket.id,
        ticket_type=ticket.type,
        priority=ticket.priority,
        region=ticket.region,
        recipients=ticket.stranded_with,
    )


def experts_mentioned(
    tenant: str, new: Ticket, old: Ticket | None
) -> list[events.ExpertMentioned | events.TicketNoticed]:
    """Who has become a guest of the ticket, each followed by that they hear of it."""
    known = old.guests if old else ()
    guests = (guest for guest in new.guests if guest not in known)
    return [event for guest in guests for event in (_asked_in(tenant, new, guest), _told(tenant, new, guest))]


def seen_through(tenant: str, ticket: Ticket, by: str, at: datetime) -> events.GlassBroken:
    """Somebody saw through the ticket (一键穿透), for one answer: it is over as soon as it is given."""
    name = (ticket.id, by, str(ticket.trail_seq))
    glass_id = hashed_id("gls", "ticket.penetrated", *name)
    event_id = hashed_id("evt", "ticket.penetrated", *name)
    return events.GlassBroken(
        id=event_id, tenant=tenant, at=at, glass_id=glass_id, thing=ticket.id, person_id=by, ends_at=at
    )


def _asked_in(tenant: str, ticket: Ticket, guest: Guest) -> events.ExpertMentioned:
    return events.ExpertMentioned(
        id=hashed_id("evt", "expert.mentioned", ticket.id, guest.person, rfc3339(guest.at), rfc3339(guest.ends_at)),
        tenant=tenant,
        at=guest.at,
        ticket_id=ticket.id,
        person_id=guest.person,
        by=guest.by,
        ends_at=guest.ends_at,
    )


def _told(tenant: str, ticket: Ticket, guest: Guest) -> events.TicketNoticed:
    return events.TicketNoticed(
        id=hashed_id("evt", "ticket.noticed", ticket.id, guest.person, rfc3339(guest.at)),
        tenant=tenant,
        at=guest.at,
        ticket_id=ticket.id,
        ticket_type=ticket.type,
        priority=ticket.priority,
        notice="mentioned",
        recipients=(guest.person,),
        visit_id="",
    )


def ticket_closed(tenant: str, ticket: Ticket) -> events.TicketClosed:
    """The work is done, and its cost is known."""
    return events.TicketClosed(
        id=hashed_id("evt", "ticket.closed", ticket.id, str(ticket.run)),
        tenant=tenant,
        at=ticket.closed_at or ticket.opened_at,
        **_matter(ticket),
        run=ticket.run,
        assignee=ticket.assignee or SYSTEM,
        outcome=ticket.outcome,
        currency=ticket.currency,
        labour_minor=ticket.labour_minor,
        parts_minor=ticket.parts_minor,
        travel_minor=ticket.travel_minor,
    )


def rung_fired(tenant: str, rung: Rung) -> events.RungFired:
    """A rung of the ticket's ladder fired."""
    return events.RungFired(
        id=hashed_id("evt", "rung.fired", rung.ticket_id, rung.key),
        tenant=tenant,
        at=rung.fired_at,
        ticket_id=rung.ticket_id,
        ticket_type=rung.ticket_type,
        priority=rung.priority,
        rung=rung.name,
        due_at=rung.due_at,
        recipients=rung.recipients,
        fallback=rung.fallback,
        clock=rung.clock,
        channel=rung.channel,
    )


def clocks_breached(tenant: str, new: Ticket, old: Ticket | None) -> list[events.SlaBreached]:
    """The clocks of the ticket that have used up what they had, and had not before."""
    known = {clock.id for clock in old.clocks if clock.breached_at} if old else set()
    return [
        events.SlaBreached(
            id=hashed_id("evt", "sla.breached", new.id, clock.id),
            tenant=tenant,
            at=new.changed_at or clock.breached_at,
            ticket_id=new.id,
            ticket_type=new.type,
            priority=new.priority,
            region=new.region,
            store_id=new.store_id,
            clock=clock.id,
            measures=clock.measures,
            team=clock.team,
            visit_id=clock.visit,
            budget_seconds=clock.budget_seconds,
            due_at=clock.breached_at,
        )
        for clock in new.clocks
        if clock.breached_at and clock.id not in known
    ]


def form_submitted(tenant: str, submission: Submission) -> events.FormSubmitted:
    """A form was handed in, or handed in anew."""
    names = ("form", "form_version", "ticket_id", "customer_id", "region", "store_id", "content_ref")
    return events.FormSubmitted(
        id=hashed_id("evt", "form.submitted", submission.id, str(submission.revision)),
        tenant=tenant,
        at=submission.saved_at,
        submission_id=submission.id,
        **{name: getattr(submission, name) for name in names},
    )


def visit_entered(tenant: str, visit: Visit) -> events.VisitEntered:
    """The ticket has come to a node."""
    return events.VisitEntered(
        id=hashed_id("evt", "visit.entered", visit.id),
        tenant=tenant,
        at=visit.entered_at,
        **_passage(visit),
        assignee=visit.assignee,
        news_zh=visit.news_zh,
        news_en=visit.news_en,
    )


def visit_left(tenant: str, visit: Visit) -> events.VisitLeft:
    """The ticket has left a node, by whom and by which way."""
    return events.VisitLeft(
        id=hashed_id("evt", "visit.left", visit.id, str(visit.run), visit.outcome),
        tenant=tenant,
        at=visit.left_at or visit.entered_at,
        **_passage(visit),
        entered_at=visit.entered_at,
        outcome=visit.outcome,
        actor=visit.actor,
    )


def ticket_noticed(tenant: str, visit: Visit, deed: Deed) -> events.TicketNoticed:
    """A flow lets people know."""
    return events.TicketNoticed(
        id=hashed_id("evt", "ticket.noticed", visit.id),
        tenant=tenant,
        at=visit.entered_at,
        ticket_id=visit.ticket_id,
        ticket_type=visit.ticket_type,
        priority=visit.priority,
        notice=deed.name,
        recipients=deed.recipients,
        visit_id=visit.id,
    )


def rung_noticed(tenant: str, rung: Rung, deed: Deed) -> events.TicketNoticed:
    """A rung lets people know, beside those whom it tells by itself."""
    return events.TicketNoticed(
        id=hashed_id("evt", "ticket.noticed", rung.ticket_id, rung.key),
        tenant=tenant,
        at=rung.fired_at,
        ticket_id=rung.ticket_id,
        ticket_type=rung.ticket_type,
        priority=rung.priority,
        notice=deed.name,
        recipients=deed.recipients,
        visit_id="",
    )


def flow_told(tenant: str, visit: Visit, deed: Deed) -> events.FlowTold:
    """A flow says something on the bus."""
    return events.FlowTold(
        id=hashed_id("evt", "flow.told", visit.id),
        tenant=tenant,
        at=visit.entered_at,
        **_passage(visit),
        name=deed.name,
        amount_minor=deed.amount_minor,
        currency=deed.currency,
    )


def endpoint_called(tenant: str, visit: Visit, deed: Deed) -> events.EndpointCalled:
    """A flow calls a system of the tenant's own."""
    return events.EndpointCalled(
        id=hashed_id("evt", "endpoint.called", visit.id),
        tenant=tenant,
        at=visit.entered_at,
        **_wanted(visit),
        endpoint_id=deed.target,
        name=deed.name,
        until=visit.until or visit.entered_at,
        order_no=deed.order_no,
        fields=deed.about,
    )


def coupon_wanted(tenant: str, visit: Visit, deed: Deed) -> events.CouponWanted:
    """A flow gives its customer a coupon."""
    return events.CouponWanted(
        id=hashed_id("evt", "coupon.wanted", visit.id),
        tenant=tenant,
        at=visit.entered_at,
        **_wanted(visit),
        campaign=deed.target,
        strategy=deed.name,
    )


def work_reported(tenant: str, visit: Visit) -> events.WorkReported:
    """What whoever ended the visit says that it took."""

    from hub.contracts.visit_events import WorkPart  # a start loads no event's module

    report = WorkReport.model_validate(visit.report)
    parts = [(part.sku, part.quantity, _minor(part.amount, visit.currency)) for part in report.parts]
    return events.WorkReported(
        id=hashed_id("evt", "work.reported", visit.id),
        tenant=tenant,
        at=visit.left_at or visit.entered_at,
        **_passage(visit),
        person_id=visit.actor,
        outcome=visit.outcome,
        labour_minutes=report.labour_minutes,
        travel_km=report.travel_km,
        parts=tuple(WorkPart(sku=sku, quantity=quantity, amount_minor=amount) for sku, quantity, amount in parts),
        currency=visit.currency,
        labour_minor=_minor(report.labour_amount, visit.currency),
        parts_minor=sum(amount for _, _, amount in parts),
        travel_minor=_minor(report.travel_amount, visit.currency),
    )


def _matter(ticket: Ticket) -> dict[str, Any]:
    """Which ticket it is, where its work is, and what it is about: the order, the amount, the fields that its type
    declares."""
    names = ("customer_id", "identity_id", "region", "store_id", "home_region", "home_store", "order_id", "order_no")
    matter = {name: getattr(ticket, name) for name in (*names, "amount_minor", "amount_currency", "fields")}
    return {"ticket_id": ticket.id, "ticket_type": ticket.type, **matter}


def _passage(visit: Visit) -> dict[str, Any]:
    names = ("ticket_id", "run", "node", "kind", "customer_id", "ticket_type", "region", "store_id")
    return {"visit_id": visit.id, **{name: getattr(visit, name) for name in names}}


def _wanted(visit: Visit) -> dict[str, Any]:
    names = ("ticket_id", "node", "customer_id", "ticket_type", "region", "store_id")
    return {"visit_id": visit.id, **{name: getattr(visit, name) for name in names}}


def _minor(text: str, currency: str) -> int:
    return Money.parse(text, currency).amount_minor
