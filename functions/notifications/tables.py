"""The room's table: sends, what is due, and what this room knows of people and rosters."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from functions.notifications.delivery import Send
from functions.notifications.notices import Notice
from hub.contracts.events import PersonChanged, RosterChanged, Shift
from hub.kernel.clock import UNTIL_CALLED, parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict, NotFound
from hub.store.model import RoomModel, bind, saving
from hub.store.paging import Position, read_page

DUE_LIMIT = 1000
"""So many delayed sends are looked at in one sweep; the next minute takes the next."""
FILTER_PAGES = 5
FILTER_PAGE_SIZE = 200
"""A filtered list looks through so many sends at most, then hands back a cursor."""
TEAMS_LIMIT = 50

Item = TypeVar("Item", bound=RoomModel)


class SendItem(RoomModel):
    """`<t>#send#<id>` / `send`: a notice, and how far it got."""

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


OPERATORS = frozenset({"administrator", "integrator"})
OPERATORS_LIMIT = 50
"""So many of those who run the hub hear of a platform's notice."""


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


class NotificationTable:
    """Sends, due rows, people and duty of one tenant. Errors: Conflict for a lost race, Retry for what passes."""

    def __init__(self, tenant: str, table: str) -> None:
        self._tenant = tenant
        bind(table, SendItem, DueItem, PersonItem, RosterItem, DutyItem)

    # Sends.

    def read(self, send_id: str) -> Send | None:
        """A send as it is now (strongly consistent)."""
        item = _find(SendItem, self._pk("send", send_id), "send")
        return _to_send(item) if item else None

    def write(self, send: Send) -> Send | None:
        """Store a send on the condition that nobody wrote since it was read; None when somebody did."""
        item = self._send_item(send)
        try:
            with saving(send=send.notice.id):
                item.save()
        except Conflict:
            return None
        return _to_send(item)

    def newest(
        self, limit: int, start: Position | None, recipient: str, ticket: str
    ) -> tuple[list[Send], Position | None]:
        """Sends, newest first, up to two seconds behind; only those of a recipient or a ticket where one is named."""
        if not recipient and not ticket:
            items, position = self._read_newest(limit, start)
            return [_to_send(item) for item in items], position
        found: list[SendItem] = []
        for _ in range(FILTER_PAGES):
            items, start = self._read_newest(FILTER_PAGE_SIZE, start)
            found += [i for i in items if _is_of(i.notice, recipient, ticket)]
            if len(found) > limit:
                return [_to_send(item) for item in found[:limit]], _position(found[limit - 1])
            if start is None:
                break
        return [_to_send(item) for item in found], start

    def _read_newest(self, limit: int, start: Position | None) -> tuple[list[SendItem], Position | None]:
        listed = f"{self._tenant}#sends"
        return read_page(SendItem.by_list.query, listed, limit=limit, start=start, scan_index_forward=False)

    # What is due.

    def put_due(self, send: Send) -> None:
        """Have a delayed send swept when its time has come. Doing it again changes nothing."""
        DueItem(f"{self._tenant}#due", _due_key(send), send_id=send.notice.id).create_if_absent()

    def due(self, now: datetime) -> list[Send]:
        """Delayed sends whose time has come, oldest first, at most DUE_LIMIT."""
        after = rfc3339(now + timedelta(microseconds=1))
        pk = f"{self._tenant}#due"
        rows, _ = read_page(DueItem.query, pk, DueItem.sk < after, limit=DUE_LIMIT, consistent_read=True)
        found = [self.read(row.send_id) for row in rows]
        return [send for send in found if send is not None]

    def next_due(self) -> datetime:
        """When the first delayed send is due, UNTIL_CALLED when none is delayed."""
        rows, _ = read_page(DueItem.query, f"{self._tenant}#due", limit=1, consistent_read=True)
        return parse_rfc3339(rows[0].sk.partition("#")[0]) if rows else UNTIL_CALLED

    def drop_due(self, send: Send) -> None:
        """This send needs no sweep any more."""
        with saving(send=send.notice.id):
            DueItem(f"{self._tenant}#due", _due_key(send)).delete(add_version_condition=False)

    # People and duty.

    def person(self, person_id: str) -> tuple[bool, str]:
        """(active, WeCom userid) of one of us; somebody unheard of counts as active and is called by their id."""
        item = _find(PersonItem, self._pk("person", person_id), "person")
        return (item.active, item.wecom_userid or person_id) if item else (True, person_id)

    def save_person(self, event: PersonChanged) -> None:
        """What the directory said, unless it said something later. Raises Conflict for a concurrent change."""
        pk = self._pk("person", event.person_id)
        item = _find(PersonItem, pk, "person") or PersonItem(pk, "person")
        if item.revision >= event.version:
            return
        item.revision, item.active, item.wecom_userid = event.version, event.active, event.wecom_userid
        runs_it = event.active and bool(OPERATORS & set(event.roles))
        item.list_pk, item.list_sk = (f"{self._tenant}#operators", event.person_id) if runs_it else (None, None)
        with saving(person=event.person_id):
            item.save()

    def operators(self) -> tuple[str, ...]:
        """Those who run the hub (administrators, integrators), up to two seconds behind."""
        found, _ = read_page(PersonItem.by_list.query, f"{self._tenant}#operators", limit=OPERATORS_LIMIT)
        return tuple(str(item.list_sk) for item in found)

    def shifts(self, person_id: str) -> list[Shift]:
        """A person's shifts in all teams (strongly consistent)."""
        pk = self._pk("duty", person_id)
        items, _ = read_page(DutyItem.query, pk, limit=TEAMS_LIMIT, consistent_read=True)
        return [Shift.model_validate(shift) for item in items for shift in item.shifts]

    def save_roster(self, event: RosterChanged) -> None:
        """A team's roster, split by person: those it names no more have no shifts in it. The roster's own item is
        written last, so a repeat after a crash does all of it again. Raises Conflict for a concurrent change."""
        pk = self._pk("roster", event.team)
        item = _find(RosterItem, pk, "roster") or RosterItem(pk, "roster")
        if item.revision >= event.version:
            return
        named = list(dict.fromkeys(shift.person_id for shift in event.shifts))
        for person_id in dict.fromkeys([*item.people, *named]):
            self._save_duty(person_id, event)
        item.revision, item.people = event.version, named
        with saving(team=event.team):
            item.save()

    def _save_duty(self, person_id: str, event: RosterChanged) -> None:
        pk = self._pk("duty", person_id)
        item = _find(DutyItem, pk, event.team) or DutyItem(pk, event.team)
        if item.revision >= event.version:
            return
        own = [shift for shift in event.shifts if shift.person_id == person_id]
        item.revision, item.shifts = event.version, [shift.model_dump(mode="json") for shift in own]
        with saving(person=person_id, team=event.team):
            item.save()

    def _send_item(self, send: Send) -> SendItem:
        item = SendItem(
            self._pk("send", send.notice.id),
            "send",
            list_pk=f"{self._tenant}#sends",
            list_sk=f"{rfc3339(send.created_at)}#{send.notice.id}",
            notice=asdict(send.notice),
            state=send.state,
            attempt=send.attempt,
            reason=send.reason,
            created_at=rfc3339(send.created_at),
            release_at=rfc3339(send.release_at) if send.release_at else None,
            sent_at=rfc3339(send.sent_at) if send.sent_at else None,
            digest_id=send.digest_id,
            platform_id=send.platform_id,
        )
        if send.version:
            item.version = send.version
        return item

    def _pk(self, kind: str, name: str) -> str:
        return f"{self._tenant}#{kind}#{name}"


def _to_send(item: SendItem) -> Send:
    return Send(
        notice=Notice(**{**item.notice, "members": tuple(item.notice["members"])}),
        state=item.state,  # type: ignore[arg-type] # only states are ever written
        created_at=parse_rfc3339(item.created_at),
        attempt=int(item.attempt),
        reason=item.reason,
        release_at=parse_rfc3339(item.release_at) if item.release_at else None,
        sent_at=parse_rfc3339(item.sent_at) if item.sent_at else None,
        digest_id=item.digest_id,
        platform_id=item.platform_id,
        version=int(item.version),
    )


def _is_of(notice: dict[str, Any], recipient: str, ticket: str) -> bool:
    return recipient in ("", notice["recipient"]) and ticket in ("", notice["ticket_id"])


def _position(item: SendItem) -> Position:
    """Where a list goes on after this item."""
    names = ("pk", "sk", "list_pk", "list_sk")
    return {name: {"S": getattr(item, name)} for name in names}


def _due_key(send: Send) -> str:
    return f"{rfc3339(send.release_at or send.created_at)}#{send.notice.id}"


def _find(model: type[Item], pk: str, sk: str) -> Item | None:
    try:
        with saving():
            return model.get(pk, sk, consistent_read=True)
    except NotFound:
        return None
