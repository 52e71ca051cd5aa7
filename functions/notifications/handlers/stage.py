"""What stands in for the room's tables on a stage (模拟环境): sends and what waits, in memory. Pure but for whom the
room knows, which is read once each, and nobody is told anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from functions.notifications.gateways.carrier import Carrier, Posted
from functions.notifications.gateways.message import Address, Message
from functions.notifications.people.people_table import PeopleTable
from functions.notifications.sends.delivery import Send
from functions.notifications.sends.sends_table import SendTable
from functions.notifications.sends.waiting_table import WaitingTable
from hub.contracts import events
from hub.kernel.clock import UNTIL_CALLED, rfc3339
from hub.store.table import Key

Value = TypeVar("Value")
KNOWN_LIMIT = 20_000
"""So many people, and what reaches them, one rehearsal remembers."""


class StagedSends(SendTable):
    """Sends by their ids."""

    def __init__(self) -> None:
        self.known: dict[str, Send] = {}

    def read(self, send_id: str) -> Send | None:
        return self.known.get(send_id)

    def read_many(self, send_ids: Sequence[str]) -> list[Send]:
        return [self.known[send_id] for send_id in send_ids if send_id in self.known]

    def write(self, send: Send) -> Send | None:
        before = self.known.get(send.notice.id)
        if (before.version if before else 0) != send.version:
            return None
        self.known[send.notice.id] = replace(send, version=send.version + 1)
        return self.known[send.notice.id]


class StagedWaiting(WaitingTable):
    """What waits, by when it is due; nothing is forgotten, and nobody holds anything against anybody."""

    def __init__(self) -> None:
        self.rows: dict[Key, dict[str, Any]] = {}
        self.slots: dict[str, dict[str, None]] = {}
        self.told: set[str] = set()
        self.cancels: dict[str, datetime] = {}
        self.acks: set[tuple[str, str]] = set()
        self.places: dict[str, dict[str, datetime]] = {}

    def due(self, now: datetime) -> list[Key]:
        return sorted(key for key, row in self.rows.items() if row["due"] <= now)

    def next_due(self) -> datetime:
        return min((row["due"] for row in self.rows.values()), default=UNTIL_CALLED)

    def take(self, key: Key, now: datetime, until: datetime) -> dict[str, Any] | None:
        row = self.rows.get(key)
        if row is None or row["due"] > now:
            return None
        row |= {"due": until, "version": row["version"] + 1}
        return dict(row)

    def hold(self, key: Key, until: datetime) -> None:
        if key in self.rows:
            self.rows[key]["due"] = until

    def join_slot(self, recipient: str, send_id: str, release: datetime) -> None:
        pk = f"slot#{recipient}#{rfc3339(release)}"
        row = self.rows.setdefault((pk, "slot"), {"recipient": recipient, "version": 0})
        row |= {"due": release, "version": row["version"] + 1}
        self.slots.setdefault(pk, {})[send_id] = None

    def members(self, key: Key) -> list[str]:
        return list(self.slots.get(key[0], {}))

    def close_slot(self, key: Key, version: int, send_ids: Sequence[str]) -> bool:
        for send_id in send_ids:
            self.slots[key[0]].pop(send_id, None)
        if self.rows[key]["version"] != version:
            return False
        del self.rows[key]
        return True

    def put_pending(self, rule: str, event: Mapping[str, Any], at: datetime, round_number: int = 0) -> None:
        pk = f"pending#{rule}#{event['id']}#{round_number}"
        if pk not in self.told:
            self.told.add(pk)
            facts = {"rule": rule, "event": dict(event), "round": round_number}
            self.rows[pk, "pending"] = {"due": at, "version": 1, **facts}

    def drop_pending(self, key: Key) -> None:
        self.rows.pop(key, None)

    def cancel(self, rule: str, value: str, at: datetime) -> None:
        mark = f"{rule}#{value}"
        self.cancels[mark] = max(at, self.cancels.get(mark, at))

    def cancelled_after(self, marks: Sequence[str], since: datetime) -> bool:
        return any(self.cancels[mark] > since for mark in marks if mark in self.cancels)

    def acknowledge(self, rule: str, event_id: str, by: str, at: datetime) -> None:  # noqa: ARG002 - as it is called
        self.acks.add((rule, event_id))

    def is_acknowledged(self, rule: str, event_id: str) -> bool:
        return (rule, event_id) in self.acks

    def claim_place(
        self, recipient: str, claimer: str, now: datetime, decide: Callable[[Sequence[datetime]], datetime]
    ) -> datetime:
        places = self.places.setdefault(recipient, {})
        if claimer in places:
            return now
        release = decide(list(places.values()))
        if release <= now:
            places[claimer] = now
        return release

    def note_receipt(self, channel: str, number: str, send_id: str) -> None:
        """Nobody sends one."""

    def survey_token(self, notification: str, fresh: str) -> str:  # noqa: ARG002 - as it is called
        return notification

    def ask(self, token: str, about: Mapping[str, Any]) -> None:
        """Nobody answers."""


class StagedPeople(PeopleTable):
    """Whom the room knows today, each read once."""

    def __init__(self, people: PeopleTable) -> None:
        self.people = people
        self.read: dict[tuple[str, ...], Any] = {}

    def _once(self, key: tuple[str, ...], read: Callable[[], Value]) -> Value:
        if key not in self.read and len(self.read) < KNOWN_LIMIT:
            self.read[key] = read()
        return self.read[key] if key in self.read else read()

    def address(self, person_id: str) -> Address:
        return self._once(("person", person_id), lambda: self.people.address(person_id))

    def customer(self, record_id: str) -> tuple[str, Address] | None:
        return self._once(("customer", record_id), lambda: self.people.customer(record_id))

    def operators(self) -> tuple[str, ...]:
        return self._once(("operators",), self.people.operators)

    def roster(self, team: str) -> events.RosterChanged | None:
        return self._once(("roster", team), lambda: self.people.roster(team))

    def is_on_duty(self, person_id: str, at: datetime) -> bool:
        return self.people.is_on_duty(person_id, at)


class StagedCarrier:
    """Which channels there are is asked of the real one; every message arrives, and goes nowhere."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.known: dict[tuple[tuple[str, ...], str], tuple[str, ...]] = {}

    def usable(self, channels: Sequence[str], address: Address) -> tuple[str, ...]:
        key = (tuple(channels), repr(sorted(address.names.items())) + repr(sorted(address.refuses)))
        if key not in self.known and len(self.known) < KNOWN_LIMIT:
            self.known[key] = self.carrier.usable(channels, address)
        return self.known[key] if key in self.known else self.carrier.usable(channels, address)

    def send(self, channel: str, address: Address, message: Message, send_id: str, claim: Callable[[], None]) -> Posted:
        del channel, address, message, send_id
        claim()
        return Posted()


class Bare:
    """What is sealed in life lies open in memory, and is gone with it."""

    def seal(self, text: str, _context: str) -> str:
        return text

    def unseal(self, sealed: str, _context: str) -> str:
        return sealed
