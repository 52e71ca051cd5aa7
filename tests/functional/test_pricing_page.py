"""docs/pricing.md: a market manager's campaign, each request as the page has it, in its order."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from hub.contracts.events import Event, PromotionChanged, ShopperMoved
from tests.support.aws import TENANT
from tests.support.pricing import NOW, pricing_room

PAGE = Path(__file__).parents[2] / "docs" / "pricing.md"
BLOCK = re.compile(r"```http\n(GET|POST) (\S+)\n(.*?)```(?:\s*```json\n(.*?)```)?", re.DOTALL)


def test_the_campaign_of_the_page_goes_as_it_says() -> None:
    """Every request is answered with success, and what the page shows of an answer is in it."""
    page = PAGE.read_text("utf-8")
    requests = BLOCK.findall(page)
    with pricing_room() as room:
        room.store("s1", "310101", (31.2304, 121.4737))
        room.store("s2", "310115", (31.2304, 121.5700))
        room.hear(*market_of_jd())
        for method, path, body, expected in requests:
            bare, _, query = path.partition("?")
            parameters = dict(part.split("=") for part in query.split("&")) if query else None
            answer = room.made(method, bare, json.loads(body) if body.strip() else None, query=parameters)
            assert missing(json.loads(expected or "{}"), answer) == [], path
    assert len(requests) == page.count("```http") > 10


def market_of_jd() -> list[Event]:
    """满199减50, and two customers who have reached it, one of whom has used the coupon."""
    here = {"tenant": TENANT, "at": NOW, "connection_id": "con_1", "channel": "open", "shop_id": "shop-1"}
    terms = {"title": "满199减50", "coupon_id": "C1", "threshold_minor": 19900, "reduction_minor": 5000}
    period = {"starts_at": NOW, "ends_at": NOW + timedelta(days=7)}
    events: list[Event] = [
        PromotionChanged.model_validate(
            {"id": "evt_p", "platform": "jd", "promotion_id": "JD1", **here, **terms, **period}
        )
    ]
    for who, change in (("a", "claimed"), ("b", "used")):
        person = {**here, "customer_id": f"cus_{who}", "identity_id": f"cus_{who}"}
        cart = {"id": f"evt_cart_{who}", "kind": "cart", "amount_minor": 21000}
        coupon = {"id": f"evt_coupon_{who}", "kind": "coupon", "coupon_id": "C1", "change": change}
        events += [ShopperMoved.model_validate({**person, **facts}) for facts in (cart, coupon)]
    return events


def missing(expected: Any, answer: Any, place: str = "") -> list[str]:
    """Where an answer does not hold what the page shows of it; of a list, the page shows the first."""
    if isinstance(expected, dict):
        return [
            each
            for name, value in expected.items()
            for each in (missing(value, answer.get(name), f"{place}/{name}") if isinstance(answer, dict) else [place])
        ]
    if isinstance(expected, list) and isinstance(answer, list) and len(expected) <= len(answer):
        own = expected if expected or not answer else [None]
        return [each for nth, value in enumerate(own) for each in missing(value, answer[nth], f"{place}/{nth}")]
    return [] if expected == answer else [f"{place}: {answer}"]
