"""Quotes (报价): prices with their reasons, fixed until they expire; and the one order that takes each."""

from __future__ import annotations

from functions.pricing.desk import Desk
from functions.pricing.handlers.grounds import ground_of
from functions.pricing.quotes.claims import CLAIMS_LIMIT, claims_of
from functions.pricing.quotes.quotes import make_quote, quote_at
from functions.pricing.quotes.quotes_table import StoredQuote
from functions.pricing.quotes.redemptions_table import Redemption
from functions.pricing.room import room
from hub.contracts.pricing import QuoteRequest, QuoteView, RedeemQuote, RedemptionView
from hub.edge.access import Place, Subject
from hub.edge.requests import Request
from hub.kernel.errors import Conflict


def asked_place(desk: Desk, request: Request) -> Place:
    """Where the price is asked for."""
    body: QuoteRequest = request.body
    region = desk.stores.region_of(body.store) if body.store else body.region
    return Place(region or body.region or "base", body.store)


def stored_quote(desk: Desk, request: Request) -> Subject:
    """The quote of the path: it lies where its price holds, and is its maker's."""
    stored = desk.quotes.get(request.path["quote_id"])
    people = (stored.made_by,) if stored.made_by else ()
    return Subject(stored, (Place(stored.quote.region, stored.quote.store, people=people),))


@room.http(
    "POST",
    "/pricing/quotes",
    explain="always",
    body=QuoteRequest,
    answer=QuoteView,
    status=201,
    scope="region",
    subject=asked_place,
    dry_run="rehearsed",
    summary="报价 · Quote one service or a cart, with every place and every strategy looked at",
)
def quote(desk: Desk, request: Request) -> QuoteView:
    """Made and stored at one moment: the same Idempotency-Key gives the same quote, whatever the book says by then."""
    body, now = request.body, request.made_at or request.now
    made = make_quote(request.new_id("quo"), body, ground_of(desk, body, now), now)
    claims = claims_of(made.traces, body.customer_id, made.quote.store)
    if len(claims) > CLAIMS_LIMIT:
        raise Conflict("more strategies with limits than one quote may use", claims=len(claims))
    stored = desk.quotes.store(StoredQuote(made.quote, request.principal.sub, claims), body, desk.wall_now())
    return quote_at(stored, request.now)


@room.http(
    "GET",
    "/pricing/quotes/{quote_id}",
    explain="always",
    answer=QuoteView,
    scope="region",
    subject=stored_quote,
    summary="查询报价 · A quote as it was made, and whether it still holds",
)
def show_quote(desk: Desk, request: Request) -> QuoteView:
    """The stored quote; whether it still holds is told as of now. NotFound once it is gone."""
    stored: StoredQuote = request.subject
    return quote_at(stored.quote, request.now)


@room.http(
    "POST",
    "/pricing/quotes/{quote_id}/redeem",
    body=RedeemQuote,
    answer=RedemptionView,
    scope="region",
    subject=stored_quote,
    dry_run="rehearsed",
    summary="核销报价 · An order takes the quote, at its price, once",
)
def redeem_quote(desk: Desk, request: Request) -> RedemptionView:
    """Honoured until it expires, whatever books and campaigns say by now. What its strategies count, and its coupons,
    are used with it, or nothing is: 409 says which was used up meanwhile. The same order again uses nothing more."""
    stored: StoredQuote = request.subject
    quote, order_id = quote_at(stored.quote, request.now), request.body.order_id
    known = desk.redemptions.find(quote.id)
    if (known is None or known.state == "released") and quote.state != "valid":
        raise Conflict("the quote does not hold", state=quote.state, valid_until=quote.valid_until.isoformat())
    coupons = tuple(rule.coupon for rule in quote.rules if rule.applied and rule.coupon)
    redemption = Redemption(quote.id, order_id, "redeemed", request.now, stored.claims, coupons)
    return _view(stored, desk.redemptions.redeem(redemption, quote.store, quote.region))


@room.http(
    "POST",
    "/pricing/quotes/{quote_id}/release",
    body=RedeemQuote,
    answer=RedemptionView,
    scope="region",
    subject=stored_quote,
    dry_run="rehearsed",
    summary="释放报价 · The order was not paid: give back what it used",
)
def release_quote(desk: Desk, request: Request) -> RedemptionView:
    """Uses, budgets and coupons come back, once, however often the failure is told."""
    stored: StoredQuote = request.subject
    return _view(stored, desk.redemptions.release(stored.quote.id, request.body.order_id, request.now))


def _view(stored: StoredQuote, redemption: Redemption) -> RedemptionView:
    return RedemptionView(
        quote_id=redemption.quote_id,
        order_id=redemption.order_id,
        state="redeemed" if redemption.state == "redeemed" else "released",
        total=stored.quote.total,
        currency=stored.quote.currency,
        redeemed_at=redemption.redeemed_at,
        coupons=redemption.coupons,
    )
