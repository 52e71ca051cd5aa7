"""Patrols by reviews (评价巡检): a review is counted when it comes, and in the morning its store gets one inspection
that lists what was complained about."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from functions.tickets.desk import Desk
from functions.tickets.handlers.reception import open_case, read_content
from functions.tickets.intake.intake import BY_PATROL, Classification, Opening
from functions.tickets.intake.occasions import Occasion, words_of
from functions.tickets.plans.patrol_kind import PATROLS, Issue, ReadPatrol
from functions.tickets.plans.patrols_table import (
    PATROL,
    REVIEWS_LIMIT,
    Heard,
    Ranked,
    look_again,
    note_review,
    place_key,
    put_ranking,
    ranking_of,
    take_off,
    waiting_at,
)
from functions.tickets.ticket.ticket import Ticket
from hub.contracts import events
from hub.contracts.base import Words
from hub.contracts.ticket_orders import TicketIssueView
from hub.kernel.errors import Conflict
from hub.kernel.ids import SYSTEM, hashed_id, review_id

LINKS_LIMIT = 50
"""So many reviews are linked for each issue; the count is of all."""
FIELD = "issues"


def count_review(desk: Desk, event: events.OccasionResolved) -> None:
    """Have a review wait for its store's next inspection, by each patrol that finds an issue in it. Raises Retry."""
    patrols = {key: reading.value for key, reading in desk.documents.all(PATROLS).items() if event.store_id}
    at_work = {key: patrol for key, patrol in patrols.items() if patrol.document.enabled}
    if not at_work:
        return
    text = words_of(read_content(desk, event.content_ref)) if event.content_ref else ""
    facts, now = Occasion(event, text, event.region).facts(), desk.now()
    name = review_id(event.tenant, event.channel, event.account, event.subject_id)
    for key, patrol in at_work.items():
        if issues := patrol.issues_of(facts):
            review = Heard(review_id=name, at=now, region=event.region, issues=issues)
            note_review(desk.items, key, event.store_id, review, patrol.next_opening(now, desk.zone))


def open_patrol(desk: Desk, key: str, store_id: str, now: datetime) -> None:
    """Open the store's inspection for what was said of it before the morning; then look again where more waits."""
    seen, reading = desk.items.find(place_key(key, store_id), PATROL), desk.documents.find(PATROLS, key)
    if seen is None:
        return
    waiting = waiting_at(desk.items, key, store_id)
    if reading is None or not reading.value.document.enabled:
        take_off(desk.items, key, store_id, waiting)
        look_again(desk.items, key, store_id, seen, None)
        return
    morning = reading.value.last_opening(now, desk.zone)
    counted = [review for review in waiting if review.at < morning]
    if counted:
        _open(desk, key, store_id, reading.value, counted, morning)
        take_off(desk.items, key, store_id, counted)
    more = len(waiting) > len(counted) or len(waiting) == REVIEWS_LIMIT
    look_again(desk.items, key, store_id, seen, reading.value.next_opening(now, desk.zone) if more else None)


def issues_of(desk: Desk, ticket: Ticket) -> tuple[TicketIssueView, ...]:
    """What the ticket lists, with links to the reviews; nothing where no patrol opened it."""
    ranking = ranking_of(desk.items, ticket.id).issues if ticket.rule_id == BY_PATROL else ()
    return tuple(
        TicketIssueView(
            issue=each.issue,
            title=Words(zh=each.title_zh, en=each.title_en),
            count=each.count,
            reviews=tuple(f"/webhooks/reviews/{name}" for name in each.reviews),
        )
        for each in ranking
    )


def _open(desk: Desk, key: str, store_id: str, patrol: ReadPatrol, counted: list[Heard], morning: datetime) -> None:
    ranked = patrol.ranked(review.issues for review in counted)
    if not ranked:
        return
    ticket_id = hashed_id("tkt", key, store_id, morning.isoformat())
    opening = Opening(
        ticket_id=ticket_id,
        customer_id="",
        region=max(counted, key=lambda review: review.at).region,
        link="",
        at=desk.now(),
        store_id=store_id,
        placed_by="named",
        fields={FIELD: ", ".join(f"{issue.title.zh}({count})" for issue, count in ranked)},
    )
    issues = [_ranked(issue, count, counted) for issue, count in ranked]
    kind = Classification(patrol.document.type, patrol.document.priority, BY_PATROL)
    with suppress(Conflict):  # opened by a sweep that did not get to say so
        open_case(desk, kind, opening, SYSTEM, "", put_ranking(desk.items, ticket_id, issues))


def _ranked(issue: Issue, count: int, counted: list[Heard]) -> Ranked:
    named = sorted((review.at, review.review_id) for review in counted if issue.id in review.issues)
    reviews = tuple(name for _, name in named[:LINKS_LIMIT])
    title = issue.title
    return Ranked(issue=issue.id, title_zh=title.zh, title_en=title.en, count=count, reviews=reviews)
