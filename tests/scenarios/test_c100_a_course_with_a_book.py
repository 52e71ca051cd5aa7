"""C100: a course that comes with a book is split by what the book costs at each campus."""

from __future__ import annotations

from typing import Any

from tests.support.settlement_room import Till, handed, till

PRICES = {"a": "80.00", "b": "95.00"}


def bundle(room: Till) -> dict[str, Any]:
    """The bundle's template, once a campus: each with its own purchase price."""
    postings = []
    for nth, (campus, price) in enumerate(PRICES.items()):
        policy = room.fill_in("bundle_split", book=price)["policy"]
        postings += [{**p, "when": {"store": {"eq": campus}}, "priority": nth} for p in policy["postings"]]
    return {"facts": ["order"], "postings": postings}


def test_the_service_is_what_the_book_leaves() -> None:
    """3,000 with a book for 80 at campus A and 95 at B: the course is 2,920 and 2,905, and all sums up."""
    with till() as room:
        assert room.publish("bundle", bundle(room)).status == 200
        orders = [
            handed("order", n, amount="3000.00", parties={"store": campus, "region": "310101"})
            for n, campus in enumerate(PRICES)
        ]
        room.hand_in(*orders)
        made = {(e["fact_id"], e["purpose"]): e["lines"][0]["amount"] for e in room.entries()}
        assert made == {
            ("order:0", "book"): "80.00",
            ("order:0", "course"): "2920.00",
            ("order:1", "book"): "95.00",
            ("order:1", "course"): "2905.00",
        }
        assert room.accounts() == {"income:books": "-175.00", "income:bundle": "6000.00", "income:courses": "-5825.00"}
