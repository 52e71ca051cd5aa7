"""The room's models: people with their rights beside them, stores, rosters and API keys.

`<t>#principal#<sub>` and `<t>#apikey#<fingerprint>` are what every room's front reads on each request, so they are
written in one transaction with what they follow from.
"""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from hub.store.model import RoomModel


class PersonItem(RoomModel):
    """`<t>#person#<id>` / `person`. `name` and `contacts` (JSON: phone, email, feishu_open_id) are sealed."""

    class Meta(RoomModel.Meta):
        pass

    person_id = UnicodeAttribute()
    name = UnicodeAttribute(default="")
    roles: ListAttribute[Any] = ListAttribute(default=list)
    skills: ListAttribute[Any] = ListAttribute(default=list)
    teams: ListAttribute[Any] = ListAttribute(default=list)
    region = UnicodeAttribute()
    store_id = UnicodeAttribute(default="")
    stores: ListAttribute[Any] = ListAttribute(default=list)
    level = UnicodeAttribute(null=True)
    supervisor = UnicodeAttribute(default="")
    capacity = NumberAttribute(null=True)
    wecom_userid = UnicodeAttribute(default="")
    contacts = UnicodeAttribute(default="")
    timezone = UnicodeAttribute(default="")
    active = BooleanAttribute(default=True)
    frozen = BooleanAttribute(default=False)
    grants: JSONAttribute = JSONAttribute(default=list)
    updated_at = UnicodeAttribute()


class PrincipalItem(RoomModel):
    """`<t>#principal#<sub>` / `principal`: rights as they are now. Tokens of an epoch below `epoch` are refused."""

    class Meta(RoomModel.Meta):
        pass

    roles: ListAttribute[Any] = ListAttribute(default=list)
    region = UnicodeAttribute()
    stores: ListAttribute[Any] = ListAttribute(default=list)
    teams: ListAttribute[Any] = ListAttribute(default=list)
    level = UnicodeAttribute(null=True)
    frozen = BooleanAttribute(default=False)
    epoch = NumberAttribute(default=0)
    grants: ListAttribute[Any] = ListAttribute(default=list)


class StoreItem(RoomModel):
    """`<t>#store#<id>` / `store`."""

    class Meta(RoomModel.Meta):
        pass

    store_id = UnicodeAttribute()
    name = UnicodeAttribute()
    region = UnicodeAttribute()
    manager = UnicodeAttribute(default="")
    position: JSONAttribute = JSONAttribute(null=True)
    updated_at = UnicodeAttribute(null=True)


class TeamItem(RoomModel):
    """`<t>#team#<key>` / `team`: where a team belongs."""

    class Meta(RoomModel.Meta):
        pass

    team = UnicodeAttribute()
    name = UnicodeAttribute()
    region = UnicodeAttribute()
    stores: ListAttribute[Any] = ListAttribute(default=list)


class GlassItem(RoomModel):
    """`<t>#glass#<thing>` / `glass#<rfc3339>#<person>`: who broke the glass of a thing; `reason` is sealed."""

    class Meta(RoomModel.Meta):
        pass

    glass_id = UnicodeAttribute()
    thing = UnicodeAttribute()
    person_id = UnicodeAttribute()
    reason = UnicodeAttribute()
    starts_at = UnicodeAttribute()
    ends_at = UnicodeAttribute()


class FieldPolicyItem(RoomModel):
    """`<t>#principal#field_policy` / `field_policy`: the field policy in force, where every room's edge may read."""

    class Meta(RoomModel.Meta):
        pass

    number = NumberAttribute()
    document = UnicodeAttribute()


class RosterItem(RoomModel):
    """`<t>#roster#<team>` / `roster`."""

    class Meta(RoomModel.Meta):
        pass

    team = UnicodeAttribute()
    shifts: JSONAttribute = JSONAttribute(default=list)
    recurring: JSONAttribute = JSONAttribute(default=list)
    swaps: JSONAttribute = JSONAttribute(default=list)
    hand_over = BooleanAttribute(default=False)
    updated_at = UnicodeAttribute()


class KeyItem(RoomModel):
    """`<t>#key#<id>` / `key`: what is shown of an API key."""

    class Meta(RoomModel.Meta):
        pass

    key_id = UnicodeAttribute()
    name = UnicodeAttribute()
    roles: ListAttribute[Any] = ListAttribute(default=list)
    region = UnicodeAttribute()
    revoked = BooleanAttribute(default=False)
    created_at = UnicodeAttribute()


class SecretItem(RoomModel):
    """`<t>#key#<id>` / `secret`: an API key itself, sealed, as long as the Idempotency-Key that it was made with may be
    repeated; then the table forgets it."""

    class Meta(RoomModel.Meta):
        pass

    sealed = UnicodeAttribute()


class ApiKeyItem(RoomModel):
    """`<t>#apikey#<fingerprint>` / `apikey`: from a presented key to its machine."""

    class Meta(RoomModel.Meta):
        pass

    sub = UnicodeAttribute()
    roles: ListAttribute[Any] = ListAttribute(default=list)
    region = UnicodeAttribute()


MODELS = (
    PersonItem,
    PrincipalItem,
    StoreItem,
    TeamItem,
    GlassItem,
    FieldPolicyItem,
    RosterItem,
    KeyItem,
    SecretItem,
    ApiKeyItem,
)
