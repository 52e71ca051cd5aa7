"""The room's model: quotes (`<t>#quote#<id>` / `quote`). Price books lie as documents do (hub.documents)."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from hub.store.model import RoomModel


class QuoteItem(RoomModel):
    """document: the quote as JSON. made_by: whose it is."""

    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()
    made_by = UnicodeAttribute(default="")


MODELS = (QuoteItem,)
