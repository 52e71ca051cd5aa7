"""One quote, one coupon and one offer, for a store in the sample's region."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from functions.pricing import app
from functions.pricing.promotions.promotions import promotion_of
from hub.contracts.events import PromotionChanged
from tests.support.access import PERSON, REGION, STORE, Ids, Sample
from tests.support.aws import TENANT
from tests.support.carts import NAME, campaign, strategy
from tests.support.pricing import NOW, Room, pricing_room

QUOTE = {"service": "fruit_tea", "region": REGION}
AT = (31.2304, 121.4737)
RIVAL = {"competitor_id": "rival", "service": "fruit_tea", "price": "21.00",
         "position": {"latitude": 31.2304, "longitude": 121.4737, "datum": "wgs84"}}  # fmt: skip
PULSE = {"store": STORE, "service": "fruit_tea", "turnover_days": 60}
CAMPAIGN = campaign(
    strategy("coupon"),
    strategy("decoy_coupon", {"amount": "1.00", "areas": [REGION]}),
    strategy("moat", {"above": "0.50"}),
    strategy("clearance", {"limit_days": 45, "cut_percent": "5"}),
)


def _document(path: str, key: str, whole: object) -> dict[tuple[str, str], object]:
    """What the routes of a kind of document take."""
    return {
        ("PUT", f"{path}{key}/draft"): {"document": whole},
        ("POST", f"{path}{key}/lint"): {"document": whole},
        ("POST", f"{path}{key}/compare"): {"document": whole},
        ("POST", f"{path}{key}/publish"): {"document": whole},
        ("POST", f"{path}{key}/revert"): {"version": 0},
        ("POST", f"{path}{key}/withdraw"): {"version": 1},
    }


BODIES = {
    ("POST", "/pricing/quotes"): QUOTE,
    ("POST", "/pricing/quotes/{quote_id}/redeem"): {"order_id": "o1"},
    ("POST", "/pricing/quotes/{quote_id}/release"): {"order_id": "o1"},
    ("POST", "/pricing/selections"): {"regions": [REGION]},
    ("POST", "/pricing/coupons"): {"campaign": "standard", "strategy": "coupon", "customers": ["c1"]},
    ("POST", "/pricing/coupons/{code}/redeem"): {"store": STORE, "order_id": "o1"},
    ("POST", "/pricing/scans"): {
        "campaign": "standard", "strategy": "decoy_coupon", "customer_id": "c1", "region": REGION,
    },
    ("POST", "/pricing/competitors"): RIVAL,
    ("POST", "/pricing/pulse"): PULSE,
    ("POST", "/pricing/stock"): {"store": STORE, "service": "fruit_tea", "units": 40},
    ("POST", "/pricing/purchases"): {"order_id": "o2", "store": STORE, "service": "fruit_tea", "pieces": 2},
    ("POST", "/pricing/sheets"): {"prices": {"base": "1.00"}},
    ("POST", "/pricing/books/{key}/bulk"): {
        "id": "less", "name": NAME, "value": "-5", "stores": [STORE],
    },
    ("POST", "/pricing/books/{key}/table"): {"content_base64": "AA=="},
    **_document("/pricing/guards", "", {}),
    ("POST", "/pricing/offers/{offer_id}/decide"): {"decision": "approve"},
    ("POST", "/pricing/offers/{offer_id}/rehearse"): {"days": 7},
    **_document("/pricing/books", "/{key}", {}),
    **_document("/pricing/places", "", {}),
    **_document("/pricing/campaigns", "/{key}", {}),
    ("POST", "/pricing/campaigns/{key}/revert"): {"version": 1},
    ("POST", "/pricing/campaigns/{key}/copy"): {"targets": [STORE]},
}  # fmt: skip
QUERIES = {
    ("GET", "/pricing/coupons"): {"customer": "c1"},
    ("GET", "/pricing/chain"): {"store": STORE},
    ("GET", "/pricing/promotions"): {"platform": "jd"},
}
PROMOTION = PromotionChanged(
    id="evt_promotion",
    tenant=TENANT,
    at=NOW,
    connection_id="con_1",
    channel="open",
    platform="jd",
    shop_id="shop-1",
    promotion_id="JD1",
    threshold_minor=19900,
    reduction_minor=5000,
    starts_at=NOW,
    ends_at=NOW + timedelta(days=7),
)


@contextmanager
def stage() -> Iterator[Ids]:
    """A quote by the book that ships with the hub, a coupon, and an offer against a competitor."""
    with pricing_room() as room:
        room.store(STORE, REGION, AT)
        room.guide(PERSON, STORE)
        room.publish("/pricing/campaigns/standard", CAMPAIGN)
        room.hear(PROMOTION)
        room.made("POST", "/pricing/stock", BODIES["POST", "/pricing/stock"])
        (told,) = room.published("/pricing/campaigns/standard")[:1]
        known = {"key": "standard", "store_id": STORE, "publication_id": told["publication_id"]}
        yield {**_things(room), **known}


def _things(room: Room) -> dict[str, str]:
    quote = room.made("POST", "/pricing/quotes", QUOTE)
    coupons = room.made("POST", "/pricing/coupons", BODIES["POST", "/pricing/coupons"])
    offers = room.made("POST", "/pricing/competitors", RIVAL)
    return {
        "quote_id": quote["id"],
        "code": coupons["data"][0]["code"],
        "promotion_id": promotion_of(PROMOTION).id,
        "offer_id": offers["results"][0]["offer"]["id"],
    }


NOWHERE = ("the tenant", "the province")
FOUND_BY = {"/pricing/quotes/{quote_id}": NOWHERE, "/pricing/campaigns/{key}": NOWHERE}
NO_LIST = {"/pricing/stores/{store_id}/redemptions": "nothing is redeemed yet"}
SAMPLE = Sample(app.room, stage, BODIES, QUERIES, NO_LIST, ("/pricing/campaigns/{key}/copy",), FOUND_BY)
"""The pricing room over HTTP: quotes by region, books that switch to the second, one call back."""
