"""The room's models: sends, and what this room knows of people, rosters and customers. What waits lies beside them
(sends/waiting_table.py)."""

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
    delivered_at = UnicodeAttribute(null=True)
    acknowledged_at = UnicodeAttribute(null=True)
    cost = UnicodeAttribute(default="0")


class PersonItem(RoomModel):
    """`<t>#person#<id>` / `person`: how to reach one of us. `revision` is the directory's version; contacts: sealed."""

    class Meta(RoomModel.Meta):
        pass

    revision = NumberAttribute(default=0)
    active = BooleanAttribute(default=True)
    wecom_userid = UnicodeAttribute(default="")
    region = UnicodeAttribute(default="base")
    store_id = UnicodeAttribute(default="")
    roles: JSONAttribute = JSONAttribute(default=list)
    contacts = UnicodeAttribute(default="")
    timezone = UnicodeAttribute(default="")


class RosterItem(RoomModel):
    """`<t>#roster#<team>` / `roster`: a team's roster, in the directory's version `revision`. people: whom it names.
    due_pk, due_at: when its next shift begins (hub.store.due)."""

    class Meta(RoomModel.Meta):
        pass

    revision = NumberAttribute(default=0)
    team = UnicodeAttribute(default="")
    people: JSONAttribute = JSONAttribute(default=list)
    shifts: JSONAttribute = JSONAttribute(default=list)
    recurring: JSONAttribute = JSONAttribute(default=list)
    swaps: JSONAttribute = JSONAttribute(default=list)
    hand_over = BooleanAttribute(default=False)
    due_pk = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class DutyItem(RoomModel):
    """`<t>#duty#<person>` / `<team>`: that a team's roster names one person. shifts: written before rosters had shifts
    that come again, and good until their team's roster is told anew."""

    class Meta(RoomModel.Meta):
        pass

    revision = NumberAttribute(default=0)
    shifts: JSONAttribute = JSONAttribute(default=list)


class CustomerItem(RoomModel):
    """`<t>#customer#<record>` / `customer`: how to reach a customer, on each of their records. `revision` is when the
    customers room said so; contacts: sealed for customer_id."""

    class Meta(RoomModel.Meta):
        pass

    revision = UnicodeAttribute(default="")
    customer_id = UnicodeAttribute()
    contacts = UnicodeAttribute(default="")
    refuses: JSONAttribute = JSONAttribute(default=list)
    timezone = UnicodeAttribute(default="")


MODELS = (SendItem, PersonItem, RosterItem, DutyItem, CustomerItem)
