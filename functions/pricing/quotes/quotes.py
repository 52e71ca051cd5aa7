"""Quotes (报价): prices with their reasons, fixed until they expire whatever books and campaigns do meanwhile.
Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from functions.pricing.books.books import Book, Case, FactorStep, PriceTable, Resolution, Step, resolve_price
from functions.pricing.places.places import LEVELS, NO_PLACES, Chain, Places, Spot, chain_of
from functions.pricing.quotes.rules import gifts_of, show_rule
from functions.pricing.strategies.cart import Cart, HeldCoupon, Line, PriceOffer, Usage
from functions.pricing.strategies.engine import apply_plan
from functions.pricing.strategies.plan import NO_PLAN, Plan, Trace
from hub.contracts.base import Words
from hub.contracts.pricing import FactorView, PathStep, QuoteLineView, QuoteRequest, QuoteView
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import EXPONENTS, Money
from hub.kernel.places import is_known_region

VALID_FOR = timedelta(minutes=15)
SHANGHAI = ZoneInfo("Asia/Shanghai")
COPIED = ("service", "service_name", "price", "quantity", "path")
"""Of a quote of one line, what stands above as well."""


@dataclass(frozen=True)
class Ground:
    """What a quote stands on, all of it read. tables: the prices of the services that are asked for; usage: how far
    strategies with limits are used up; zone: the tenant's."""

    book: Book
    version: int
    spot: Spot
    tables: Mapping[str, PriceTable]
    places: Places = NO_PLACES
    plan: Plan = NO_PLAN
    usage: Mapping[str, Usage] = field(default_factory=dict)
    offers: Mapping[tuple[str, str], PriceOffer] = field(default_factory=dict)
    coupons: tuple[HeldCoupon, ...] = ()
    zone: ZoneInfo = SHANGHAI

    @property
    def chain(self) -> Chain:
        """The places whose prices may hold."""
        return chain_of(self.spot, self.places, self.book.tiers)


@dataclass(frozen=True, slots=True)
class SaleMoment:
    """A moment in UTC, and its local day, weekday (1 is Monday) and minute of the day."""

    at: datetime
    day: date
    weekday: int
    minute: int


def moment_of(at: datetime, zone: ZoneInfo) -> SaleMoment:
    """A moment as strategies and rows ask for it."""
    local = at.astimezone(zone)
    return SaleMoment(at.astimezone(UTC), local.date(), local.isoweekday(), local.hour * 60 + local.minute)


@dataclass(frozen=True)
class Made:
    """A quote, and what came of each strategy."""

    quote: QuoteView
    traces: tuple[Trace, ...]


def make_quote(quote_id: str, request: QuoteRequest, ground: Ground, now: datetime) -> Made:
    """The quote for a request, valid for 15 minutes from `now`. One for another moment than `now`, or as was known at
    another, is a rehearsal (试算): it shows a price that was, will be or was believed, and is never honoured. Raises
    Invalid for an unknown service, or where there is no price."""
    at, chain = request.at or now, ground.chain
    resolutions = _resolve(request, ground, chain, at)
    cart = cart_of(request, resolutions, ground, chain, at)
    is_guided = request.channel in ground.book.guide_channels
    traces = apply_plan(NO_PLAN if is_guided else ground.plan, cart)
    lines = tuple(_show_line(line, resolution) for line, resolution in zip(cart.lines, resolutions, strict=True))
    total = sum(line.amount_minor for line in cart.lines)
    before = sum(line.unit_minor * line.quantity for line in cart.lines)
    currency = ground.book.currency
    alone = {name: getattr(lines[0], name) for name in COPIED} if len(lines) == 1 else {}
    quote = QuoteView(
        id=quote_id,
        region=ground.spot.region,
        store=ground.spot.store,
        channel=request.channel,
        customer_id=request.customer_id,
        total=str(Money(total, currency)),
        discount=str(Money(before - total, currency)),
        currency=currency,
        book=request.book,
        book_version=ground.version,
        lines=lines,
        rules=tuple(show_rule(trace, currency) for trace in sorted(traces, key=lambda trace: bool(trace.reason))),
        gifts=gifts_of(traces),
        at=at,
        created_at=now,
        valid_until=now + VALID_FOR if request.known_at is None else now,
        state="valid",
        **alone,
    )
    return Made(quote_at(quote, now), tuple(traces))


def cart_of(
    request: QuoteRequest, resolutions: Sequence[Resolution], ground: Ground, chain: Chain, at: datetime
) -> Cart:
    """The cart as it enters the strategies."""
    moment = moment_of(at, ground.zone)
    lines = []
    for number, (item, resolution) in enumerate(zip(request.items, resolutions, strict=True)):
        unit = resolution.price.amount_minor
        amount = unit * item.quantity
        lines.append(Line(number, item.service, item.quantity, unit, unit, amount, resolution.floor_minor, amount))
    return Cart(
        lines=lines,
        chain=chain,
        at=moment.at,
        day=moment.day,
        weekday=moment.weekday,
        minute=moment.minute,
        currency=ground.book.currency,
        store=ground.spot.store,
        channel=request.channel,
        level=request.customer_level,
        customer=request.customer_id,
        is_new=request.is_new,
        birthday=request.birthday,
        coupons=ground.coupons,
        usage=ground.usage,
        offers=ground.offers,
    )


def quote_at(quote: QuoteView, now: datetime) -> QuoteView:
    """The quote as it stands now: valid before `valid_until`, expired from then on, a rehearsal for ever; its price
    never changes."""
    lasting = "valid" if now < quote.valid_until else "expired"
    honoured = quote.at == quote.created_at < quote.valid_until
    return quote.model_copy(update={"state": lasting if honoured else "rehearsal"})


def explain(resolution: Resolution) -> tuple[PathStep, ...]:
    """Each place that was looked at, nearest first, and in words why its price is or is not the one."""
    steps, decided = [], False
    for step in resolution.steps:
        why = _why(step, decided)
        decided = decided or step.used
        price = None if step.price is None else str(step.price)
        steps.append(PathStep(region=step.place, level=step.level, price=price, used=step.used, why=why))
    return tuple(steps)


def _resolve(request: QuoteRequest, ground: Ground, chain: Chain, at: datetime) -> list[Resolution]:
    """The book's price of each line. Raises Invalid with every line that has none."""
    moment = moment_of(at, ground.zone)
    resolutions: list[Resolution] = []
    problems: list[Problem] = []
    for number, item in enumerate(request.items):
        pointer = f"/lines/{number}" if request.service is None else ""
        case = Case(item.quantity, request.channel, request.customer_level, moment.weekday, moment.minute)
        try:
            service = ground.book.service(item.service, f"{pointer}/service")
            resolution = resolve_price(ground.book, service, ground.tables[item.service], chain, case, pointer)
            resolutions.append(_guided(resolution, request, ground.book))
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid("quote", problems=problems)
    return resolutions


def _guided(resolution: Resolution, request: QuoteRequest, book: Book) -> Resolution:
    """In a channel that shows guide prices, the guide price (指导价), whatever else holds."""
    guide = resolution.service.guide_minor
    if guide is None or request.channel not in book.guide_channels:
        return resolution
    return Resolution(Money(guide, book.currency), resolution.service, resolution.steps, (), resolution.row)


def _show_line(line: Line, resolution: Resolution) -> QuoteLineView:
    currency = resolution.price.currency
    return QuoteLineView(
        line=line.number,
        service=line.service,
        service_name=Words(zh=resolution.service.name_zh, en=resolution.service.name_en),
        quantity=line.quantity,
        list_price=str(resolution.price),
        price=str(Money(line.unit_minor, currency)),
        discount=str(Money(line.unit_minor * line.quantity - line.amount_minor, currency)),
        total=str(Money(line.amount_minor, currency)),
        path=explain(resolution),
        factors=tuple(_show_factor(step, currency) for step in resolution.factors),
        at_floor=resolution.lifted,
    )


def _show_factor(step: FactorStep, currency: str) -> FactorView:
    factor, scale = step.factor, 10 ** EXPONENTS[currency]
    value = step.value if factor.mode == "times" else step.value / scale
    return FactorView(
        id=factor.id,
        input=factor.input,
        name=Words(zh=factor.name_zh, en=factor.name_en),
        mode=factor.mode,
        place=step.place,
        value=f"{value.normalize():f}",
        price=f"{(step.price_minor / scale).normalize():f}",
    )


def _why(step: Step, decided: bool) -> Words:
    zh, en = LEVELS[step.level]
    if step.used:
        return Words(zh=f"采用{zh}价格", en=f"the price of the {en} holds")
    if step.price is None:
        return Words(zh=f"{zh}未单独定价", en=f"the {en} has no price of its own")
    assert decided  # noqa: S101 - a price that is not used has a nearer one before it
    return Words(zh=f"已有更近的价格，{zh}价格不适用", en=f"a nearer price holds, not that of the {en}")


def require_place(request: QuoteRequest) -> None:
    """Raises Invalid for a request that says nowhere where it is, or somewhere that there is not."""
    if not (request.region or request.store):
        raise Invalid("place", problems=[Problem("/region", "must name a region or a store")])
    if request.region and not is_known_region(request.region):
        raise Invalid("place", problems=[Problem("/region", "must be a region's code that there is")])
