"""The customer's progress page over HTTP, and the page behind a card where no front end is named."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.room import room
from functions.tickets.ticket.progress import progress_of
from functions.tickets.ticket.progress_page import content_policy, render_elsewhere, render_gone, render_progress
from hub.contracts.tickets import ProgressView
from hub.edge.answers import Raw
from hub.edge.negotiation import prefers_html
from hub.edge.requests import Request
from hub.kernel.errors import NotFound


@room.http(
    "GET",
    "/t/{link}",
    answer=ProgressView,
    scope="public",
    any_origin=True,
    summary="客户进度 · The customer's progress page",
)
def read_progress(desk: Desk, request: Request) -> ProgressView | Raw:
    """How far the matter has come. Whoever holds the link may look; looking changes nothing. A browser gets a page,
    whoever asks for JSON gets JSON."""
    is_page = prefers_html(request.headers.get("accept", ""))
    try:
        case = desk.tickets.case(desk.tickets.link_ticket(request.path["link"]))
    except NotFound:
        if is_page:
            return _page(404, render_gone())
        raise
    flow = desk.catalogue.flow_of(case.ticket) if case.ticket.flow_version else None
    view = progress_of(case, flow)
    if not is_page:
        return view
    return _page(200, render_progress(view, case.ticket.state, request.now, desk.zone))


@room.http("GET", "/t/for/{thing}", scope="public", summary="卡片打开的页面 · The page behind a card")
def read_elsewhere(desk: Desk, request: Request) -> Raw:
    """Says where to look for what a card is about, and shows nothing of it: cards lead here while the tenant's settings
    name no front end."""
    return _page(200, render_elsewhere(request.path["thing"]))


def _page(status: int, html: str) -> Raw:
    """A page that may load nothing, is framed by nobody, and hands its address to nobody: the link is the key."""
    headers = {
        "Content-Security-Policy": content_policy(),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Vary": "Accept",
    }
    return Raw(status, html.encode(), "text/html; charset=utf-8", headers)
