"""The page of a public form, for customers: whoever has the link fills it in, and hears where to follow what comes."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.forms.compiled import CompiledForm
from functions.tickets.handlers.submitting import HandIn, form_in, hand_in
from functions.tickets.room import room
from hub.contracts.forms import Answers, PlaceQuery, Received
from hub.documents.readings import Reading
from hub.edge.answers import Raw
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, NotFound

PUBLIC = "public"
"""Whoever handed it in, for one who never signed in."""
BODY_BYTES = 64 * 1024


@room.http("GET", "/f/{key}", query=PlaceQuery, scope="public", summary="客户表单页 · A form's page for customers")
def read_page(desk: Desk, request: Request) -> Raw:
    """The form as a region or store has it, as one page that loads nothing. Only forms that are open to the public."""
    from functions.tickets.forms.page.render import content_security_policy, render_page  # only the page needs it

    reading, _, _ = _public_form(desk, request)
    headers = {"Content-Security-Policy": content_security_policy(), "X-Content-Type-Options": "nosniff"}
    return Raw(200, render_page(reading.value).encode(), "text/html; charset=utf-8", headers)


def _replay(desk: Desk, request: Request, _made: str) -> Received:
    submission, _ = desk.submissions.find(request.new_id("sub"))
    return _received(desk, submission.id, submission.ticket_id)


@room.http("POST", "/f/{key}", body=Answers, query=PlaceQuery, answer=Received, scope="public", status=201,
           replay=_replay, body_limit_bytes=BODY_BYTES,
           summary="客户提交表单 · A customer hands in a form")  # fmt: skip
def hand_in_page(desk: Desk, request: Request) -> Received:
    """The same as for staff, by whoever has the page; nothing of what was handed in comes back."""
    reading, region, store_id = _public_form(desk, request)
    handed = HandIn(
        submission_id=request.new_id("sub"),
        ticket_id=request.new_id("tkt"),
        raw=request.body.root,
        actor=PUBLIC,
        now=request.made_at or request.now,
        region=region,
        store_id=store_id,
    )
    try:
        submission = hand_in(desk, reading, handed)
    except Conflict:
        submission, _ = desk.submissions.find(handed.submission_id)
    return _received(desk, submission.id, submission.ticket_id)


def _public_form(desk: Desk, request: Request) -> tuple[Reading[CompiledForm], str, str]:
    """The form of the path, the region and the store that it is filled in for. Raises NotFound for one that is not open
    to the public, and for a store that there is not."""
    query = request.query
    region = desk.stores.region_of(query.store) if query.store else query.region
    if region is None:
        raise NotFound("no such store")
    reading = form_in(desk, request.path["key"], region, query.store)
    if reading.value.document.open_to != PUBLIC:
        raise NotFound("no such document")
    return reading, region if region != "base" else desk.default_region, query.store


def _received(desk: Desk, submission_id: str, ticket_id: str) -> Received:
    link = desk.tickets.case(ticket_id).ticket.link if ticket_id else ""
    return Received(id=submission_id, link=f"/t/{link}" if link else "")
