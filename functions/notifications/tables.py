"""The room's models: sends, what is due, and what this room knows of people and rosters."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from hub.store.model import RoomModel


class SendItem(RoomModel):
    """`<t>#send#<id>` / `send`: a notice, and how far it got. l_…: its places in the lists (hub.store.lists); list_pk:
    in the list of its ticket."""

    class Meta(RoomModel.Meta):
        pass

    notice: JSONAttribute = JSONAttribute()
    state = UnicodeAttribute()
    attempt = NumberAttribute(default=0)
    reason = UnicodeAttribute(default="")
    created_at = UnicodeAttribute()
    release_at = UnicodeAttribute(null=True)
    sent_at = UnicodeAttribute(null=True)
    digest_id = UnicodeAttribute(default="")
    platform_id = UnicodeAttribute(default="")
    owner = UnicodeAttribute(default="")
    claimed_at = UnicodeAttribute(null=True)


class DueItem(RoomModel):
    """`<t>#due` / `<rfc3339>#<send id>`: a delayed send, swept when its time has come."""

    class Meta(RoomModel.Meta):
        pass

    send_id = UnicodeAttribute()


class PersonItem(RoomModel):
    """`<t>#person#<id>` / `person`: how to reach one of us. `revision` is the directory's version."""

    class Meta(RoomModel.Meta):
        pass

    revision = NumberAttribute(default=0)
    active = BooleanAttribute(default=True)
    wecom_userid = UnicodeAttribute(default="")
    region = UnicodeAttribute(default="base")
    store_id = UnicodeAttribute(default="")


class RosterItem(RoomModel):
    """`<t>#roster#<team>` / `roster`: whom a team's roster names, in the directory's version `revision`."""

    class Meta(RoomModel.Meta):
        pass

    revision = NumberAttribute(default=0)
    people: JSONAttribute = JSONAttribute(default=list)


class DutyItem(RoomModel):
    """`<t>#duty#<person>` / `<team>`: one person's shifts in one team's roster."""

    class Meta(RoomModel.Meta):
        pass

    revision = NumberAttribute(default=0)
    shifts: JSONAttribute = JSONAttribute(default=list)


MODELS = (SendItem, DueItem, PersonItem, RosterItem, DutyItem)
