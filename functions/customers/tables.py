"""The room's models. A customer's partition `<tenant>#customer#<id>` holds the profile and, beside it, identities,
contacts and the timeline; each identity is also an item of its own, which is what makes it unique. One item more holds
the key under which phone numbers are hashed, sealed."""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from hub.store.model import RoomModel


class ProfileItem(RoomModel):
    """`<t>#customer#<id>` / `profile`. facts: name → {value (sealed where `masked` is not ""), masked, source, at}.
    l_tenant, l_at: its place in the list of the whole tenant."""

    class Meta(RoomModel.Meta):
        pass

    customer_id = UnicodeAttribute()
    created_at = UnicodeAttribute()
    first_channel = UnicodeAttribute()
    facts: JSONAttribute = JSONAttribute(default=dict)


class IdentityItem(RoomModel):
    """`<t>#identity#<key>` / `identity`, the claim; and its copy `<t>#customer#<id>` / `identity#<key>`."""

    class Meta(RoomModel.Meta):
        pass

    customer_id = UnicodeAttribute()
    channel = UnicodeAttribute()
    account = UnicodeAttribute()
    external_id = UnicodeAttribute()
    linked_at = UnicodeAttribute()


class ContactItem(RoomModel):
    """`<t>#customer#<id>` / `contact#<connection>#<member>`."""

    class Meta(RoomModel.Meta):
        pass

    contact: JSONAttribute = JSONAttribute()


class TimelineItem(RoomModel):
    """`<t>#customer#<id>` / `timeline#<time>#<event id>`: the key makes a repeat the same item."""

    class Meta(RoomModel.Meta):
        pass

    entry: JSONAttribute = JSONAttribute()


class KeyItem(RoomModel):
    """`<t>#key` / `phone`: the key of the phones' hashes, sealed."""

    class Meta(RoomModel.Meta):
        pass

    sealed = UnicodeAttribute()


MODELS = (ProfileItem, IdentityItem, ContactItem, TimelineItem, KeyItem)
