"""The ledger's table: what is stored, and under which keys. The files named …_table read and write it.

| item | pk | sk |
|---|---|---|
| entry | `<t>#entry#<fact id>` | `<policy>#<purpose>`: posting is one conditional put |
| line of a party | `<t>#party#<party>` | `line#<occurred at>#<entry id>`; `statement_id` once it is settled |
| statement | `<t>#party#<party>` | `statement#<id>` |
| due | `<t>#due#<party>` | `<booked at>#<entry id>`: a hint to a line that may be unsettled; the line decides |
| party | `<t>#parties#<shard>` | party |
| run | `<t>#run#<id>` | `run` |
| closing | `<t>#closing` | `closing`: how far the ledger is closed, and the one run that is open |

Lines are projected from entries by the table's stream; doing it again changes nothing.
"""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from hub.store.model import ByList, RoomModel


class EntryItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()


class LineItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()
    statement_id = UnicodeAttribute(null=True)


class DueItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    line_sk = UnicodeAttribute()


class PartyItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass


class StatementItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()
    by_list = ByList()


class RunItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    run_id = UnicodeAttribute()
    day = UnicodeAttribute()
    cut_off = UnicodeAttribute()
    opened_at = UnicodeAttribute()
    closed_at = UnicodeAttribute(null=True)
    by_list = ByList()


class ClosingItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    open_run = UnicodeAttribute(null=True)
    closed_run = UnicodeAttribute(null=True)
    closed_through = UnicodeAttribute(null=True)


MODELS = (EntryItem, LineItem, DueItem, PartyItem, StatementItem, RunItem, ClosingItem)
