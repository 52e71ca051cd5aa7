"""What a change of an order or after-sale says: finished once, and each refund by what it paid."""

from __future__ import annotations

from typing import Any

from functions.webhooks.orders.orders import events_of, order_id
from hub.contracts.events import OrderFinished, RefundPaid
from hub.edge.bus import change_of
from hub.store.items import raw_item

AT = "2026-01-01T04:00:00Z"
COMMON: dict[str, Any] = {
    "tenant": "demo",
    "connection_id": "con_1",
    "channel": "taobao",
    "shop_id": "4321",
    "order_no": "11",
    "buyer_id": "b1",
    "currency": "CNY",
    "source_time": AT,
    "changed_at": AT,
    "region": "310000",
    "store_id": "s_1",
}
LINE = {"item_no": "9", "sku": "BX-3", "category": "", "quantity": 2, "amount_minor": 24_000, "kind": "goods"}
TERMS = {"lines": [LINE], "shipping_minor": 800}


def order(**changes: Any) -> dict[str, Any]:
    """An order's image, paid and noted so."""
    return {**COMMON, "order_id": "ord_1", "amount_minor": 24_800, "paid_noted_at": AT, "terms": TERMS, **changes}


def refund(**changes: Any) -> dict[str, Any]:
    """An after-sale's image, its money back."""
    told = {"after_sale_id": "afs_1", "after_sale_no": "R1", "type": "refund_only", "state": "refunded"}
    money = {"money": "succeeded", "requested_minor": 12_000, "refunded_minor": 12_000, "reason": "quality"}
    return {**COMMON, **told, **money, "lines": [LINE], **changes}


def said(sort: str, new: dict[str, Any], old: dict[str, Any] | None, kind: str) -> list[Any]:
    return [event for event in events_of(sort, new, old) if event.model_dump()["type"] == kind]


def test_a_finished_order_says_so_once_with_its_terms() -> None:
    """`order.finished` carries what was paid, lines and freight, whichever state came before."""
    (event,) = said("order", order(state="completed"), order(state="shipped"), "order.finished")
    assert isinstance(event, OrderFinished)
    assert (event.order_id, event.amount_minor, event.store_id, event.shipping_minor) == ("ord_1", 24_800, "s_1", 800)
    assert [line.model_dump() for line in event.lines] == [LINE]
    (again,) = said("order", order(state="completed"), None, "order.finished")
    assert again.id == event.id
    assert not said("order", order(state="completed"), order(state="completed"), "order.finished")
    assert not said("order", order(state="shipped"), order(state="paid"), "order.finished")


def test_a_paid_order_carries_its_terms() -> None:
    """`order.paid` has the lines that were bought; an order from before has none."""
    (event,) = said("order", order(state="paid"), None, "order.paid")
    assert (event.shipping_minor, len(event.lines)) == (800, 1)
    bare = {name: value for name, value in order(state="paid").items() if name != "terms"}
    (event,) = said("order", bare, None, "order.paid")
    assert (event.shipping_minor, event.lines) == (None, ())


def test_each_refund_says_what_it_paid_back() -> None:
    """50.00 and then 70.00 of one after-sale are two refunds, 120.00 in all; the same truth told again is none."""
    first = refund(refunded_minor=5_000)
    pending = refund(money="pending", refunded_minor=0)
    amounts = []
    for new, old in ((first, pending), (refund(), first), (refund(tracking_no="SF1"), refund())):
        amounts += [(event.amount_minor, event.refunded_minor) for event in said("after_sale", new, old, "refund.paid")]
    assert amounts == [(5_000, 5_000), (7_000, 12_000)]
    (event,) = said("after_sale", refund(), None, "refund.paid")
    assert isinstance(event, RefundPaid)
    assert (event.order_id, event.reason) == (order_id("demo", "taobao", "4321", "11"), "quality")
    assert not said("after_sale", refund(money="failed"), pending, "refund.paid")


def test_a_refund_of_many_lines_says_what_it_paid_back_this_time() -> None:
    """What it was before is known for items too large for a queue, too: 50.00, then 70.00, and not 120.00."""
    many = [{**LINE, "item_no": f"{number:040}"} for number in range(500)]
    before, after = refund(refunded_minor=5_000, lines=many), refund(lines=many)
    keys = raw_item({"pk": "demo#afs_1", "sk": "after_sale"})
    images = {"NewImage": raw_item(after), "OldImage": raw_item(before)}
    arn = "arn:aws:dynamodb:cn-north-1:1:table/hub-demo-webhooks/stream/1"
    change = change_of({"eventName": "MODIFY", "eventSourceARN": arn, "dynamodb": {"Keys": keys, **images}})
    assert change.new is None
    (event,) = events_of("after_sale", after, change.old)
    assert isinstance(event, RefundPaid)
    assert (event.amount_minor, event.refunded_minor) == (7_000, 12_000)


def test_a_parcels_number_with_other_blanks_is_no_news() -> None:
    """Numbers are compared without blanks."""
    old, new = refund(tracking_no="9400 1000"), refund(tracking_no="94001000")
    assert list(events_of("after_sale", new, old)) == []
