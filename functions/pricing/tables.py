"""The room's model: quotes (`<t>#quote#<id>` / `quote`). Documents, coupons and counters lie by hub.store.table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from hub.store.model import RoomModel


class QuoteItem(RoomModel):
    """document: the quote as JSON. made_by: whose it is. claims: what it takes of limits once it is redeemed."""

    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()
    made_by = UnicodeAttribute(default="")
    claims = UnicodeAttribute(default="[]")


MODELS = (QuoteItem,)
