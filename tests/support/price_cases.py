"""Random carts and campaigns of every kind of strategy, as documents write them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from functions.pricing.strategies.cart import HeldCoupon, PriceOffer, Usage
from tests.support.carts import strategy
from tests.support.price_oracle import ORDER

PLACES = ("store:s1", "area:near", "310101", "310100", "tier:1", "310000", "base")
SERVICES = ("tea", "cake", "pie")
LEVELS, CHANNELS = ("", "gold", "silver"), ("", "app", "shop")
KINDS = tuple(kind for kinds in ORDER.values() for kind in kinds)
CLOCKS = ("00:00", "06:00", "09:30", "10:00", "14:00", "22:00")


def a_cart(rng: random.Random) -> list[tuple[str, int, int, int]]:
    """Lines: service, list price, pieces, floor; a service may stand twice, with one price and one floor."""
    prices = {service: (rng.randrange(0, 5000), rng.choice([0, 0, rng.randrange(2500)])) for service in SERVICES}
    names = [rng.choice(SERVICES) for _ in range(rng.randrange(1, 5))]
    return [(name, prices[name][0], rng.randrange(1, 12), prices[name][1]) for name in names]


def some_facts(rng: random.Random) -> dict[str, Any]:
    """Who buys, where and when; what offers hold there."""
    day = date(2026, rng.choice([1, 2, 6, 11, 12]), rng.randrange(1, 29))
    minute = rng.randrange(24 * 60)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute - 8 * 60)
    offers = {(service, kind): rng.randrange(0, 4000) for service in SERVICES for kind in ("moat", "clearance")
              if rng.random() < 0.4}  # fmt: skip
    born = day + timedelta(days=rng.randrange(-4, 5))
    limits, used = _limits(rng) if rng.random() < 0.2 else (None, {})
    return {
        "places": PLACES[rng.randrange(0, 6) :],
        "level": rng.choice(LEVELS),
        "channel": rng.choice(CHANNELS),
        "customer": rng.choice(["", "c1"]),
        "store": rng.choice(["", "s1", "s1"]),
        "day": day,
        "minute": minute,
        "weekday": day.isoweekday(),
        "at": at,
        "is_new": rng.random() < 0.6,
        "birthday": rng.choice([None, date(1990, born.month, min(born.day, 28)), date(1988, 2, 29)]),
        "offers": offers,
        "limits": limits,
        "usage": {"": used} if limits else {},
        "coupons": [],
        "period": _period(rng, day, at),
    }


def a_rule(rng: random.Random, number: int, facts: dict[str, Any], kind: str = "") -> dict[str, Any]:
    """One of any kind, with some conditions; what its limits and coupons stand at is added to the facts."""
    kind = kind or rng.choice(KINDS)
    rule = strategy(kind, _TERMS[kind](rng), id=f"r{number}", priority=rng.randrange(3))
    rule |= {"group": rng.choice(["", "", "g", "h"]), "stacking": rng.choice(["stack", "best", "exclusive"])}
    conditions = {"places": PLACES, "services": SERVICES, "channels": CHANNELS[1:], "levels": LEVELS[1:],
                  "weekdays": range(1, 8)}  # fmt: skip
    rule |= {name: rng.sample(list(values), 2) for name, values in conditions.items() if rng.random() < 0.12}
    if rng.random() < 0.1:
        rule["hours"] = _hours(rng)
    if rng.random() < 0.2:
        rule["limits"], facts["usage"][rule["id"]] = _limits(rng)
    for _ in range(rng.randrange(3) if kind in ORDER[3] else 0):
        until = rng.choice([None, None, facts["at"], facts["at"] + timedelta(seconds=1)])
        facts["coupons"].append({"rule": rule["id"], "used": rng.random() < 0.2, "place": rng.choice(["", *PLACES]),
                                 "customer": rng.choice(["", "", "c1", "c2"]), "until": until})  # fmt: skip
    return rule


def for_the_room(facts: dict[str, Any]) -> dict[str, Any]:
    """The same facts as a cart of the room's takes them."""
    usage = {
        (f"c/{key}" if key else "c"): Usage(used["uses"], used["spent"], used["by_customer"], used["in_store"])
        for key, used in facts["usage"].items()
    }
    coupons = tuple(
        HeldCoupon(f"cpn_{nth}", f"c/{held['rule']}", held["place"], held["customer"], valid_until=held["until"],
                   used=held["used"])
        for nth, held in enumerate(facts["coupons"])
    )  # fmt: skip
    offers = {place: PriceOffer("ofr_1", place[1], price) for place, price in facts["offers"].items()}
    own = {name: value for name, value in facts.items() if name not in ("period", "limits")}
    return {**own, "usage": usage, "coupons": coupons, "offers": offers}


def _limits(rng: random.Random) -> tuple[dict[str, Any], dict[str, int]]:
    """Limits, and how far they are used up."""
    names = rng.sample(["uses", "per_customer", "per_store"], rng.randrange(3))
    limits = {name: rng.randrange(1, 3) for name in names} | {"budget": _money(rng, 60)}
    used = {name: rng.randrange(3) for name in ("uses", "by_customer", "in_store")}
    return limits, {**used, "spent": rng.randrange(4000)}


def _period(rng: random.Random, day: date, at: datetime) -> dict[str, str] | None:
    days = {"first_day": (day - timedelta(days=rng.randrange(3))).isoformat(),
            "last_day": (day + timedelta(days=rng.randrange(-1, 3))).isoformat()}  # fmt: skip
    moments = {"starts_at": (at - timedelta(seconds=rng.randrange(3))).isoformat(),
               "ends_at": (at + timedelta(seconds=rng.randrange(3))).isoformat()}  # fmt: skip
    if days["first_day"] > days["last_day"] or moments["starts_at"] >= moments["ends_at"]:
        return None
    return rng.choice([None, None, None, days, moments])


def _money(rng: random.Random, most: int) -> str:
    return f"{rng.randrange(most)}.{rng.choice(['00', '50', '37'])}"


def _percent(rng: random.Random) -> str:
    return rng.choice(["100", f"{rng.randrange(0, 10000) / 100:.2f}", f"{rng.randrange(100)}"])


def _cut(rng: random.Random) -> dict[str, str]:
    return rng.choice([{"percent": _percent(rng)}, {"price": _money(rng, 50)}, {"amount": _money(rng, 9)}])


def _off(rng: random.Random, most: int = 60) -> dict[str, str]:
    return rng.choice([{"percent": _percent(rng)}, {"amount": _money(rng, most)}])


def _hours(rng: random.Random) -> dict[str, str]:
    begins, ends = rng.sample(CLOCKS, 2)
    return {"begins": begins, "ends": ends}


def _by(rng: random.Random, names: Any, make: Any) -> dict[str, Any]:
    return {name: make(rng) for name in rng.sample(list(names), rng.randrange(1, 3))}


def _steps(rng: random.Random) -> list[dict[str, str]]:
    ats = sorted(rng.sample(range(1, 300), rng.randrange(1, 4)))
    offs = sorted(rng.randrange(at + 1) for at in [ats[0]] * len(ats))
    return [{"at": str(at), "off": str(off)} for at, off in zip(ats, offs, strict=True)]


def _threshold(rng: random.Random) -> dict[str, Any]:
    steps = _steps(rng)
    repeat = len(steps) == 1 and rng.random() < 0.5
    apart = rng.sample(SERVICES, rng.choice([0, 0, 1]))
    return {"base": rng.choice(["list", "after_items"]), "steps": steps, "repeat": repeat, "except_services": apart}


def _breaks(rng: random.Random) -> list[dict[str, Any]]:
    quantities = sorted(rng.sample(range(2, 12), rng.randrange(1, 4)))
    return [{"min_quantity": quantity, "cut": _cut(rng)} for quantity in quantities]


def _falling(rng: random.Random) -> dict[str, Any]:
    """Of one sort, the larger quantity never dearer."""
    quantities = sorted(rng.sample(range(2, 12), rng.randrange(1, 4)))
    sort, values = rng.choice(["percent", "amount", "price"]), sorted(rng.randrange(50) for _ in quantities)
    ordered = reversed(values) if sort == "price" else values
    cuts = [{sort: str(value)} for value in ordered]
    return {
        "falling": True,
        "breaks": [{"min_quantity": q, "cut": cut} for q, cut in zip(quantities, cuts, strict=True)],
    }


def _limited_time(rng: random.Random) -> dict[str, Any]:
    months = sorted(rng.sample(range(1, 13), 2))
    moments = [f"2026-{month:02}-15T00:00:00+08:00" for month in months]
    return {"starts_at": moments[0], "ends_at": moments[1], "cut": _cut(rng)}


def _month_day(rng: random.Random) -> str:
    return f"{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"


_TERMS: dict[str, Any] = {
    "base_table": lambda rng: {"prices": _by(rng, SERVICES, lambda rng: _money(rng, 50))},
    "region_tier": lambda rng: {"by": _by(rng, PLACES, _cut)},
    "channel": lambda rng: {"by": _by(rng, CHANNELS[1:], _cut)},
    "level_price": lambda rng: {"by": _by(rng, LEVELS[1:], _cut)},
    "time_slot": lambda rng: {
        "slots": [{"hours": _hours(rng), "cut": _cut(rng)} for _ in range(rng.randrange(1, 3))]
    },
    "weekday": lambda rng: {"days": rng.sample(range(1, 8), 4), "cut": _cut(rng)},
    "season_book": lambda rng: {
        "first_day": _month_day(rng), "last_day": _month_day(rng), "by": _by(rng, SERVICES, _cut)
    },
    "quantity_break": lambda rng: rng.choice([{"falling": False, "breaks": _breaks(rng)}, _falling(rng)]),
    "logistic_surcharge": lambda rng: {"by": _by(rng, PLACES, lambda rng: _money(rng, 9))},
    "moat": lambda _rng: {"above": "0.50"},
    "clearance": lambda _rng: {"limit_days": 45, "cut_percent": "5"},
    "member_percent": lambda rng: {"by": _by(rng, LEVELS[1:], _percent)},
    "member_price": lambda rng: {
        "levels": rng.sample(LEVELS[1:], rng.randrange(1, 3)), "prices": _by(rng, SERVICES, lambda rng: _money(rng, 50))
    },
    "limited_time": _limited_time,
    "limited_quantity": lambda rng: {"pieces": rng.randrange(1, 15), "cut": _cut(rng)},
    "every_n": lambda rng: {"n": rng.randrange(2, 6), "cut": _cut(rng)},
    "second_half": lambda rng: {"percent": _percent(rng)},
    "bundle": lambda rng: {"items": _by(rng, SERVICES, lambda rng: rng.randrange(1, 4)), "price": _money(rng, 90)},
    "gift": lambda rng: {
        "min_quantity": rng.randrange(1, 9), "min_amount": _money(rng, 90), "gift": "cup",
        "pieces": rng.randrange(1, 3), "repeat": rng.random() < 0.5,
    },
    "threshold_step": _threshold,
    "new_customer": lambda rng: {**_off(rng), "min_amount": _money(rng, 90)},
    "birthday": lambda rng: {**_off(rng), "days_before": rng.randrange(4), "days_after": rng.randrange(4)},
    "coupon": lambda rng: {
        **_off(rng), "min_amount": _money(rng, 90), "base": rng.choice(["list", "after_items", "after_order"])
    },
    "decoy_coupon": lambda rng: {**_off(rng), "areas": ["area:near"]},
}  # fmt: skip
