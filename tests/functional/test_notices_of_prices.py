"""What is published of prices reaches those who sell: a message leaves for each store's guides, once."""

from __future__ import annotations

from hub.contracts.events import PricesPublished
from tests.support.carts import campaign, strategy
from tests.support.notices import notice_hub
from tests.support.pricing import NOW, pricing_room

SPRING = "/pricing/campaigns/spring"


def published() -> list[PricesPublished]:
    """What the pricing room says of a campaign in two stores, one with two guides, one with its manager alone."""
    with pricing_room() as room:
        room.store("s1", "310101", manager="wang")
        room.store("s2", "310101", manager="zhao")
        room.guide("li", "s1")
        room.publish(SPRING, campaign(strategy("weekday")))
        return [PricesPublished.model_validate(event) for event in room.published(SPRING)]


def test_each_guide_gets_one_message_that_names_their_store() -> None:
    """Told twice by the stream, and heard twice from the bus: three guides, three messages, each about the store that
    its reader sells in."""
    events = published()
    with notice_hub("wecom", now=NOW) as hub:
        for person, store in (("li", "s1"), ("wang", "s1"), ("zhao", "s2"), ("qian", "s2")):
            hub.hire(person, store_id=store)
        for _ in range(2):
            hub.hear(*events)
            hub.later(minutes=10)
        sent = [(row["recipient"], row["rule"]) for row in hub.sends() if row["state"] == "sent"]
        assert (sorted(sent), hub.arrived()["wecom"]) == (
            [("li", "prices_published"), ("wang", "prices_published"), ("zhao", "prices_published")], 3,
        )  # fmt: skip
