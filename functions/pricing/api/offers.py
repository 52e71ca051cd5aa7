"""Competitors' prices and pulses come in; offers go out: proposed, approved or refused (应对价)."""

from __future__ import annotations

from functions.pricing.books.book_kind import BOOKS
from functions.pricing.desk import Desk
from functions.pricing.handlers.answers import answer_pulse, answer_rival, decide, rehearsal_of, require_approvable
from functions.pricing.handlers.grounds import read_book
from functions.pricing.offers.offers import Offer, Rival
from functions.pricing.offers.views import show_offer
from functions.pricing.room import room
from hub.contracts.http import Page, PageQuery
from hub.contracts.pricing_offers import (
    CompetitorPrice,
    MarketPulse,
    OfferDecision,
    OffersView,
    OfferView,
    RehearsalView,
    Rehearse,
)
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.datum import Point
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money

STANDARD = "standard"
DECIDERS = ("finance", "supervisor", "store_manager")


@room.http("POST", "/pricing/competitors", summary="竞品价格 · A competitor's price", body=CompetitorPrice,
           answer=OffersView, roles=("integrator", "finance"), scope="tenant", dry_run="rehearsed",
           explain="always")  # fmt: skip
def hear_competitor(desk: Desk, request: Request) -> OffersView:
    """Our stores near it answer at once, where a moat is in force: with an offer that holds, or one that waits for a
    word. The same price again changes nothing while an offer holds or cools down."""
    body: CompetitorPrice = request.body
    currency = read_book(desk, STANDARD).value.currency
    point = Point(body.position.latitude, body.position.longitude, body.position.datum)
    price = Money.parse(body.price, currency).amount_minor
    rival = Rival(body.competitor_id, body.brand, body.service, price, point)
    return OffersView(results=tuple(answer_rival(desk, rival, request.made_at or request.now)))


def pulsing_store(desk: Desk, request: Request) -> Place:
    """The store that a pulse is of. Raises Invalid."""
    store = desk.stores.find(request.body.store)
    if store is None:
        raise Invalid("store", problems=[Problem("/store", "must be a store that there is")])
    return Place(store.region, store.id)


@room.http("POST", "/pricing/pulse", summary="市场脉搏 · How a service turns over in a store", body=MarketPulse,
           answer=OffersView, roles=("integrator", *DECIDERS), scope="store", subject=pulsing_store,
           dry_run="rehearsed", explain="always")  # fmt: skip
def hear_pulse(desk: Desk, request: Request) -> OffersView:
    """What stays longer than its strategy's limit is proposed to cost less, within the guard rails; it holds by itself
    only up to the percentage that was set."""
    body: MarketPulse = request.body
    store = desk.stores.get(body.store)
    result = answer_pulse(desk, body, store, request.made_at or request.now)
    return OffersView(results=(result,) if result else ())


@room.http("GET", "/pricing/offers", summary="应对价列表 · List offers", query=PageQuery, answer=Page[OfferView],
           scope="region")  # fmt: skip
def list_offers(desk: Desk, request: Request) -> Page[OfferView]:
    """All that was ever proposed within reach, the newest first, whatever came of it."""
    query, scope = request.query, within(request.reach)
    offers, position = desk.offers.page(scope, request.now, query.limit, cursors.decode(query.cursor))
    return page((show_offer(offer, request.now) for offer in offers), position)


def stored_offer(desk: Desk, request: Request) -> Subject:
    """The offer of the path: its store's."""
    offer = desk.offers.get(request.path["offer_id"])
    return Subject(offer, (Place(offer.region, offer.store),))


@room.http("GET", "/pricing/offers/{offer_id}", summary="应对价 · Show an offer", answer=OfferView, scope="region",
           subject=stored_offer, explain="always")  # fmt: skip
def read_offer(desk: Desk, request: Request) -> OfferView:
    """One of them, as it stands now."""
    return show_offer(request.subject, request.now)


@room.http("POST", "/pricing/offers/{offer_id}/rehearse", summary="应对价回放 · Rehearse an offer on past quotes",
           body=Rehearse, answer=RehearsalView, roles=DECIDERS, scope="region", subject=stored_offer)  # fmt: skip
def rehearse_offer(desk: Desk, request: Request) -> RehearsalView:
    """What the store's past quotes would have come to with it; nothing is changed. Before it is decided."""
    return rehearsal_of(desk, request.subject, request.now, request.body.days)


@room.http("POST", "/pricing/offers/{offer_id}/decide", summary="审批应对价 · Approve or refuse an offer",
           body=OfferDecision, answer=OfferView, roles=DECIDERS, scope="region", subject=stored_offer,
           ability="adjust", dry_run="rehearsed")  # fmt: skip
def decide_offer(desk: Desk, request: Request) -> OfferView:
    """Once: 409 says how it was decided before. A yes rehearses it first on the quotes of the last seven days, and the
    offer keeps what that said; above the approval limit it is an administrator's."""
    offer: Offer = request.subject
    if request.body.decision == "approve" and not request.principal.has(*BOOKS.approvers):
        require_approvable(desk, offer)
    decided = decide(desk, offer, request.body.decision, request.principal.sub, request.now)
    return show_offer(decided, request.now)
