"""C095: 10,000 orders of a 618, streamed as they finish, some twice, some refunded before we heard of their sale: each
accrual is there within 5 s (p95), and all together are what one recomputation of the whole batch comes to, to the cent.

The events go through the room's own handler, in batches as its queue delivers them, over a table in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from time import perf_counter
from typing import Any

import pytest

from functions.settlement import app
from functions.settlement.facts.of_events import fact_of
from functions.settlement.facts.refunds import linked
from functions.settlement.handlers.posting import policies_of
from functions.settlement.policies import entries_for, recompute
from hub.contracts.events import Event, OrderFinished, RefundPaid
from tests.support.ledger import ZONE
from tests.support.settlement import posting
from tests.support.settlement_room import Till, moment, till

ORDERS, REFUNDS, BATCH = 10_000, 500, 100
BEGIN = moment("2026-06-18T00:00:00+08:00")
GUIDES, STORES = 50, 20
TIERS = [{"above": "0", "up_to": "50000.00", "rate": "0.01"}, {"above": "50000.00", "rate": "0.02"}]
COMMISSION = posting(
    {"rule": "percent", "of": "amount", "rate": "0.05"}, purpose="commission", debit="expense:commission",
    credit="payable:person:{influencer}",
)  # fmt: skip
REBATE = posting(
    {"rule": "cumulative_tier", "of": "amount", "border": "upper", "reach": "slice", "tiers": TIERS},
    purpose="rebate", debit="expense:rebate", credit="payable:store:{store}",
    window={"party": "store", "period": "month"},
)  # fmt: skip


def order(number: int, minor: int) -> OrderFinished:
    """An order of a guide, in a store; 18 hours hold them all."""
    return OrderFinished(
        id=f"evt_{number}", tenant="demo", at=BEGIN + timedelta(seconds=6 * number), connection_id="con_1",
        channel="douyin", shop_id="shop", order_id=f"o{number}", order_no=f"o{number}", amount_minor=minor,
        currency="CNY", attribution={"influencer": f"kol{number % GUIDES}"}, region="310101",
        store_id=f"s{number % STORES}",
    )  # fmt: skip


def refund(sold: OrderFinished, minor: int) -> RefundPaid:
    return RefundPaid(
        id=f"evt_back_{sold.order_id}", tenant="demo", at=sold.at + timedelta(minutes=5), connection_id="con_1",
        channel="douyin", shop_id="shop", after_sale_id="as", after_sale_no="as", order_id=sold.order_id,
        order_no=sold.order_no, kind="refund_only", amount_minor=minor, refunded_minor=minor, currency="CNY",
        region=sold.region, store_id=sold.store_id,
    )  # fmt: skip


def fixture() -> tuple[list[OrderFinished], list[RefundPaid]]:
    """The day: amounts of 9.90 to 2,000.00; every twentieth order goes back, wholly or in part."""
    rows = Random(618)
    orders = [order(number, rows.randrange(990, 200_000)) for number in range(ORDERS)]
    back = [refund(sold, rows.choice((sold.amount_minor, sold.amount_minor // 3))) for sold in orders[::20]]
    return orders, back


def delivered(orders: list[OrderFinished], back: list[RefundPaid]) -> list[Event]:
    """As the bus delivers: out of order within a few minutes, every thirtieth twice."""
    events: list[Event] = [*orders, *back]
    events += events[::30]
    rows = Random(11)
    return sorted(events, key=lambda event: event.at + timedelta(seconds=rows.randrange(900)))


def commission(minor: int) -> Decimal:
    return (Decimal(minor) / 100 * Decimal("0.05")).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.fixture(scope="module")
def room() -> Iterator[Till]:
    with till("2026-06-01T00:00:00+08:00") as made:
        made.set_calendar({"every": "month"})
        made.publish("live", {"facts": ["order"], "postings": [COMMISSION, REBATE]})
        yield made


def earned(room: Till, guide: str) -> Any:
    return room.call("GET", f"/settlement/earnings/{guide}", query={"period": "2026-06"}).json["totals"]


@pytest.fixture(scope="module")
def keys(room: Till) -> dict[str, Counter[str]]:
    """How often each key of the table and of each index is written, from now on."""
    return room.watch()


def test_live_accruals_are_the_batchs_to_the_cent(room: Till, keys: dict[str, Counter[str]]) -> None:
    """Streamed and recomputed, commission by guide and rebate by store agree; so do both with a loop over Decimal."""
    orders, back = fixture()
    events, waits = delivered(orders, back), list[float]()
    for start in range(0, len(events), BATCH):
        batch = events[start : start + BATCH]
        room.clock.now = max(room.clock.now, batch[-1].at)
        began = perf_counter()
        room.hear(*batch)
        last = next((event for event in reversed(batch) if isinstance(event, OrderFinished)), None)
        assert last is None or app.room.desk.entries.of_fact(f"order:{last.order_id}")
        waits += [perf_counter() - began] * len(batch)
    assert sorted(waits)[int(len(waits) * 0.95)] <= 5
    shown = {f"person:kol{n}": Decimal(earned(room, f"kol{n}")[0]["pending"]) for n in range(GUIDES)}
    room.clock.now = moment("2026-07-01T06:00:00+08:00")
    room.close("base.2026-06")
    live = {head["party"]: Decimal(head["totals"][0]["total"]) for head in statements(room)}
    assert {party: total for party, total in live.items() if party.startswith("person:")} == shown
    assert live == recomputed(orders, back)
    assert {party: live[party] for party in shown} == by_hand(orders, back)
    assert room.call("GET", "/settlement/facts/parked").json["data"] == []
    assert nothing_is_hot(keys)


def nothing_is_hot(keys: dict[str, Counter[str]]) -> bool:
    """On the table and each index that the burst fills, 64 keys at least, and none that takes twice its share."""
    full = {name: counts for name, counts in keys.items() if counts.total() >= ORDERS}
    assert {"pk", "l_tenant", "l_district", "l_store"} <= {*full}
    for name, counts in full.items():
        assert len(counts) >= 64, name
        assert max(counts.values()) <= counts.total() / 64 * 2, name
    return True


def statements(room: Till) -> list[dict[str, Any]]:
    return room.statements(run="base.2026-06")


def recomputed(orders: list[OrderFinished], back: list[RefundPaid]) -> dict[str, Decimal]:
    """The whole day in one go, from its facts and the policy alone, by party."""
    (policy,) = (policy for policy in policies_of(app.room.desk, BEGIN) if policy.key == "live")
    facts = linked(fact_of(event, ZONE) for event in (*orders, *back))
    sums: Counter[str] = Counter()
    for entry in entries_for(facts, [policy], ZONE):
        for party, amount in entry.earned_by_party().items():
            sums[party] += amount.amount_minor
    for total in recompute(facts, policy, ZONE):
        for (_, account), minor in total.moved.items():
            sums[account.removeprefix("payable:")] += minor
    return {party: Decimal(minor) / 100 for party, minor in sums.items()}


def by_hand(orders: list[OrderFinished], back: list[RefundPaid]) -> dict[str, Decimal]:
    """5 % of each order, half up; of a refund its share of that, half up on what is left."""
    sums: dict[str, Decimal] = {}
    returned = {refund.order_id: refund.amount_minor for refund in back}
    for sold in orders:
        whole = commission(sold.amount_minor)
        share = Decimal(returned.get(sold.order_id, 0)) / sold.amount_minor
        gone = (whole * share).quantize(Decimal("0.01"), ROUND_HALF_UP)
        guide = f"person:{sold.attribution['influencer']}"
        sums[guide] = sums.get(guide, Decimal(0)) + whole - gone
    return sums
