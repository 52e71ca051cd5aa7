"""A price with 20 strategies in force and three regions on its way, beside a bare look-up in SQLite.

The table has 200 services with 2,000 places each. SQLite answers one prepared query from its file, all of it in the
cache: the price of a service at the nearest of three places. The base look-up is the same by our table; the full
resolution makes a cart and takes it through every stage of 20 strategies, of which four hold, with what came of each.
"""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.harness import Ratio, best_seconds
from functions.pricing.books.books import Case, PriceTable, Row
from functions.pricing.places.places import Chain
from functions.pricing.strategies.cart import Cart, Line
from functions.pricing.strategies.engine import apply_plan
from functions.pricing.strategies.plan import Plan
from tests.support.carts import MONDAY_10, cart, plan, strategy

SERVICES, PLACES = 200, 2000
CALLS, TURNS = 500, 60
"""Short turns and many, so that the best of each falls into a quiet moment of a busy machine."""
QUERY = """SELECT price FROM prices JOIN (SELECT ? AS place, 0 AS rank UNION ALL SELECT ?, 1 UNION ALL SELECT ?, 2)
    USING (place) WHERE service = ? ORDER BY rank LIMIT 1"""
RNG = random.Random(7)


def run() -> list[Ratio]:
    """Ask the same questions of all three."""
    with TemporaryDirectory() as folder:
        return _compare(Path(folder))


def _compare(folder: Path) -> list[Ratio]:
    tables, database = _tables(folder)
    questions = [_question() for _ in range(CALLS)]
    assert [_base(tables, question) for question in questions] == [
        _lookup(database, question) for question in questions
    ]
    strategies = _strategies()
    best = best_seconds(
        TURNS,
        sqlite=lambda: [_lookup(database, question) for question in questions],
        base=lambda: [_base(tables, question) for question in questions],
        full=lambda: [_full(tables, strategies, question) for question in questions],
    )
    database.close()
    micros = {name: 1e6 * seconds / CALLS for name, seconds in best.items()}
    print("      " + ", ".join(f"{name} {value:.2f} µs" for name, value in micros.items()))
    return [
        Ratio("base price, look-ups in SQLite in the same time", best["sqlite"] / best["base"], 5.0, True),
        Ratio("full price with 20 strategies, look-ups in SQLite", best["sqlite"] / best["full"], 1.0, True),
    ]


def _tables(folder: Path) -> tuple[dict[str, PriceTable], sqlite3.Connection]:
    places = [str(110101 + nth) for nth in range(PLACES - 1)] + ["base"]
    rows = [(f"s{nth}", place, RNG.randrange(100, 99_999)) for nth in range(SERVICES) for place in places]
    database = sqlite3.connect(folder / "prices.db")
    database.execute("CREATE TABLE prices (service TEXT, place TEXT, price INTEGER, PRIMARY KEY (service, place))")
    database.executemany("INSERT INTO prices VALUES (?, ?, ?)", rows)
    database.commit()
    by_service: dict[str, list[Row]] = {}
    for service, place, price in rows:
        by_service.setdefault(service, []).append(Row(place, price))
    return {service: PriceTable.of(own) for service, own in by_service.items()}, database


def _question() -> tuple[str, Chain]:
    """A service, and three places of which the last always has a price."""
    code = str(110101 + RNG.randrange(2 * PLACES))
    return f"s{RNG.randrange(SERVICES)}", ((code, "district"), (f"{code[:4]}99", "city"), ("base", "base"))


def _lookup(database: sqlite3.Connection, question: tuple[str, Chain]) -> int:
    service, chain = question
    row = database.execute(QUERY, (*(place for place, _ in chain), service)).fetchone()
    return int(row[0])


def _base(tables: dict[str, PriceTable], question: tuple[str, Chain]) -> int:
    service, chain = question
    row = tables[service].nearest(chain, CASE)
    assert row is not None
    return row.price_minor


CASE = Case()
TEMPLATE = cart(("s0", 1, 1))


def _full(tables: dict[str, PriceTable], plan: Plan, question: tuple[str, Chain]) -> int:
    service, chain = question
    price = _base(tables, question)
    line = Line(0, service, 1, price, price, price, 0, price)
    own = Cart([line], chain, MONDAY_10, TEMPLATE.day, 1, 600, level="gold")
    apply_plan(plan, own)
    return line.amount_minor


def _strategies() -> Plan:
    """Twenty, of which four hold for the questions."""
    cut = {"percent": "5"}
    held: list[dict[str, Any]] = [
        strategy("member_percent", {"by": {"gold": "5"}}),
        strategy("weekday", {"days": [1], "cut": cut}),
        strategy("threshold_step", {"base": "after_items", "steps": [{"at": "100.00", "off": "5.00"}]}),
        strategy("region_tier", {"by": {"base": cut}}),
    ]
    rest = [
        strategy("weekday", {"days": [1], "cut": cut}, id=f"other{nth}", services=[f"x{nth}"], places=["440000"])
        for nth in range(16)
    ]
    return plan(*held, *rest)
