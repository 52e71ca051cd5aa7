"""What feeds the pulse, and the rules that look at it: what orders take is counted, and each morning each service of
each store is held against the strategies on turnover and repurchase that are in force there."""

from __future__ import annotations

from datetime import datetime

from functions.pricing.desk import Desk
from functions.pricing.handlers.answers import answer_pulse
from functions.pricing.pulse.pulse import Figures, Pulse, Sale, figures_of
from functions.pricing.quotes.redemptions_table import REDEMPTION, Redemption
from hub.contracts.pricing import QuoteView
from hub.contracts.pricing_offers import MarketPulse
from hub.edge.bus import Change
from hub.kernel.errors import Refuse

LOOKS_LIMIT = 50
"""Of each of the four shards so many are looked at in one run; the next run goes on."""
OFFERS_LIMIT = 20
"""So many new offers one run makes: each is rehearsed."""


def look(desk: Desk, now: datetime) -> datetime:
    """Look at what is due, the oldest first. Answers when the next is due."""
    offers = 0
    for pulse in desk.pulses.due(now, LOOKS_LIMIT):
        if pulse.due_at is None or pulse.due_at > now:
            continue
        figures = figures_of(pulse, desk.pulses.sales(pulse.store, pulse.service, now), now, desk.zone)
        outcome, offer = _outcome(desk, pulse, figures, now)
        desk.pulses.looked(pulse, outcome, offer, figures, now)
        offers += bool(offer)
        if offers >= OFFERS_LIMIT:
            break
    return desk.pulses.next_due()


def _outcome(desk: Desk, pulse: Pulse, figures: Figures, now: datetime) -> tuple[str, str]:
    """What a look comes to: why nothing is proposed, or `proposed` and the offer."""
    store = desk.stores.find(pulse.store)
    if store is None:
        return "no_store", ""
    if figures.turnover_days is None and figures.repurchase_days is None:
        return "too_early", ""
    facts = MarketPulse(
        store=pulse.store,
        service=pulse.service,
        turnover_days=figures.turnover_days or 0,
        repurchase_days=figures.repurchase_days,
        units=figures.units,
    )
    try:
        result = answer_pulse(desk, facts, store, now)
    except Refuse as error:
        return f"refused: {error.detail}"[:200], ""
    if result is None:
        return "no_rule", ""
    return result.reason or "proposed", result.offer.id if result.offer else ""


def count_sales(desk: Desk, change: Change) -> bool:
    """An order took a quote in a store, or gave it back: count what it took, once, or no more. False for a change of
    anything else."""
    if change.sk != REDEMPTION:
        return False
    quote_id = change.pk.rpartition("#")[2]
    redemption, quote = desk.redemptions.find(quote_id), desk.quotes.get(quote_id).quote
    if redemption is None or not quote.store:
        return True
    holder = redemption.order_id if redemption.state == "redeemed" else ""
    for order_id in {str((change.old or {}).get("order_id", "")), redemption.order_id} - {"", holder}:
        for service in {line.service for line in quote.lines}:
            desk.pulses.forget(order_id, quote.store, service)
    for sale in _sales_of(quote, redemption) if holder else ():
        desk.pulses.sell(sale, desk.wall_now())
    return True


def _sales_of(quote: QuoteView, redemption: Redemption) -> list[Sale]:
    """What an order took of each service."""
    pieces: dict[str, int] = {}
    for line in quote.lines:
        pieces[line.service] = pieces.get(line.service, 0) + line.quantity
    order, at = redemption.order_id, redemption.redeemed_at
    return [Sale(order, quote.store, service, count, at, quote.customer_id) for service, count in pieces.items()]
