"""The pricing room's paths as a caller goes them: an order takes a quote with all that it claims, and gives it back;
what it took is counted; a look in the morning and a competitor become an offer; a promotion is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from functions.pricing import app
from hub.contracts.events import PersonChanged
from hub.kernel.clock import StepClock
from hub.kernel.errors import Retry
from tests.support.aws import TENANT, account
from tests.support.carts import NAME, campaign, strategy
from tests.support.http import Context, bus_batch, call, sqs_batch
from tests.support.mirrored import promotion_said
from tests.support.pricing import MAY_1, NOW, Room
from tests.support.swept import AGAIN, NO_RETRIES, OK, Outcome, Path, Snapshot, http_outcome, queue_outcome, shared_host

LIMITS = {"uses": 5, "per_customer": 1, "per_store": 3, "budget": "100.00"}
RIVAL = {"competitor_id": "rival", "service": "tea", "price": "15.00",
         "position": {"latitude": 31.2304, "longitude": 121.4837, "datum": "wgs84"}}  # fmt: skip
CAMPAIGN = campaign(
    strategy("new_customer", {"amount": "2.00"}, limits=LIMITS),
    strategy("coupon", {"amount": "1.00", "base": "after_items"}),
    strategy("moat", {"above": "0.50", "apply": "auto"}),
    strategy("clearance", {"limit_days": 45, "cut_percent": "5"}),
    limits={"budget": "50.00"},
)


@contextmanager
def pricing_paths() -> Iterator[list[Path]]:
    """Each from the same tables: a quote with a coupon and limits, and one that an order has taken."""
    clock = StepClock(NOW)
    with account("pricing", **NO_RETRIES) as session:
        host = shared_host(app.room, session, clock)
        app.room.install(host)
        room = Room(session, clock)
        quote, held, moved = _opened(room)
        before = Snapshot()
        before.take()

        def path(name: str, deliver: Callable[[], Outcome]) -> Path:
            return Path(name, start, deliver, ignore=("redeemed_at",))

        def start() -> None:
            before.restore()
            clock.now = NOW + timedelta(minutes=2)
            app.room.install(host)

        def posted(path: str, body: Any, *shown: str) -> Callable[[], Outcome]:
            return lambda: http_outcome(call(app.room, "POST", path, body, key="k1"), *shown)

        def looked() -> Outcome:
            clock.now = NOW + timedelta(days=9)
            try:
                app.look({}, Context())
            except Retry:
                return Outcome(AGAIN)
            return Outcome(OK)

        yield [
            path("redeem a quote", posted(f"/pricing/quotes/{quote}/redeem", {"order_id": "o1"}, "state", "total")),
            path("release a quote", posted(f"/pricing/quotes/{held}/release", {"order_id": "o0"}, "state")),
            path("count what an order took", lambda: queue_outcome(app.on_change(_redeemed(held), Context()))),
            path("answer a competitor", posted("/pricing/competitors", RIVAL, "results")),
            path("look in the morning", looked),
            path(
                "keep a promotion", lambda: queue_outcome(app.on_event(bus_batch(promotion_said(NOW, 3000)), Context()))
            ),
            path("somebody sells elsewhere", lambda: queue_outcome(app.on_event(bus_batch(moved), Context()))),
        ]


def _opened(room: Room) -> tuple[str, str, PersonChanged]:
    """Two stores, a book, a campaign, stock; a quote, and another one that an order took."""
    room.store("s1", at=(31.2304, 121.4737))
    room.store("s2")
    room.guide("li", "s1")
    tea = {"name": NAME, "prices": {"base": "20.00"}, "floors": {"base": "10.00"}}
    room.publish("/pricing/books/standard", {"services": {"tea": tea}})
    room.publish("/pricing/campaigns/spring", CAMPAIGN)
    room.made("POST", "/pricing/stock", {"store": "s1", "service": "tea", "units": 60})
    room.hear(promotion_said(NOW - timedelta(days=1), 5000))
    quotes = []
    for customer in ("c1", "c2"):
        issue = {"campaign": "spring", "strategy": "coupon", "customers": [customer]}
        code = room.made("POST", "/pricing/coupons", issue)["data"][0]["code"]
        asked = {"service": "tea", "store": "s1", "is_new": True, "customer_id": customer, "coupons": [code]}
        quotes.append(room.made("POST", "/pricing/quotes", asked)["id"])
    room.clock.advance(minutes=1)
    room.made("POST", f"/pricing/quotes/{quotes[1]}/redeem", {"order_id": "o0"})
    facts = {"person_id": "li", "version": 2, "active": True, "roles": ("agent",), "skills": (), "teams": ()}
    moved = {"id": "evt_li", "tenant": TENANT, "at": MAY_1, "region": "310101", "store_id": "s2", **facts}
    return quotes[0], quotes[1], PersonChanged.model_validate(moved)


def _redeemed(quote_id: str) -> Any:
    change = {"table": "pricing", "kind": "INSERT", "pk": f"{TENANT}#quote#{quote_id}", "sk": "redemption",
              "new": None, "old": None}  # fmt: skip
    return sqs_batch(change)
