"""The room's model: quotes (`<t>#quote#<id>` / `quote`). Documents, coupons and counters lie by hub.store.table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from hub.store.model import RoomModel


class QuoteItem(RoomModel):
    """document: the quote as JSON. made_by: whose it is. claims: what it takes of limits once it is redeemed. request:
    what was asked for in a store, by which it is listed (`<t>#quotes#<store>#<day>`, in order of time)."""

    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()
    made_by = UnicodeAttribute(default="")
    claims = UnicodeAttribute(default="[]")
    request = UnicodeAttribute(null=True)
    list_pk = UnicodeAttribute(null=True)
    list_sk = UnicodeAttribute(null=True)


MODELS = (QuoteItem,)
