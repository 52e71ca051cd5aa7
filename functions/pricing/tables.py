"""The room's models: versions of books (`<t>#book#<key>` / `version#<number>`), appended by one conditional put each,
and quotes (`<t>#quote#<id>` / `quote`)."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from hub.store.model import RoomModel


class VersionItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()


class QuoteItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()


MODELS = (VersionItem, QuoteItem)
