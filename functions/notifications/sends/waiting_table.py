"""What waits, and what takes it back; all of it found by when it is due (hub.store.due).

<t>#slot#<recipient>#<release>    slot          one person's notices that leave at one moment, as one digest
                                  send#<id>     one of them
<t>#pending#<rule>#<event>#<n>    pending       an event that a rule tells of later, or tells of again
<t>#cancel#<rule>#<value>         cancel        when a rule's notices about this were last taken back
<t>#ack#<rule>#<event>            ack           somebody said that they heard
<t>#cap#<recipient>               cap           when they were told something lately
<t>#receipt#<channel>#<number>    receipt       which send a platform's number is
<t>#asked#<notification>          survey        the token of its survey
<t>#survey#<token>                survey        a customer's answer
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Retry
from hub.store.due import due_by, due_keys, next_due
from hub.store.table import NEW, Delete, Key, Lost, Put, Table, Update

WAIT = "wait"
DUE_LIMIT = 2000
"""Of each shard so many are known at once."""
MEMBERS_LIMIT = 1000
"""So many notices one digest tells of; the next ones wait for the next."""
KEPT_DAYS = 120
DAY_SECONDS = 86_400
RACES_LIMIT = 8
DELETES = 90
"""So many items go in one transaction."""


class WaitingTable:
    """Waiting rows of one tenant. wall_now: real time, by which the table forgets. Errors: Retry for what passes."""

    def __init__(self, tenant: str, table: Table, wall_now: Callable[[], datetime]) -> None:
        self._tenant, self._table, self._wall_now = tenant, table, wall_now

    # What is due.

    def due(self, now: datetime) -> list[Key]:
        """The keys of what has come due, up to two seconds behind."""
        return due_by(self._table, self._tenant, WAIT, now, DUE_LIMIT)

    def next_due(self) -> datetime:
        """When the next will be, UNTIL_CALLED where nothing waits."""
        return next_due(self._table, self._tenant, WAIT)

    def take(self, key: Key, now: datetime, until: datetime) -> dict[str, Any] | None:
        """Hold what is due until a moment; None where it is not due any more, or somebody holds it."""
        try:
            return self._table.update(
                key,
                "SET due_at = :until ADD #version :one",
                {":until": rfc3339(until), ":one": 1, ":now": f"{rfc3339(now)}~"},
                "attribute_exists(due_at) AND due_at < :now",
            )
        except Lost:
            return None

    def hold(self, key: Key, until: datetime) -> None:
        """Look at what is due no sooner than this."""
        self._table.update(key, "SET due_at = :until", {":until": rfc3339(until)}, "attribute_exists(due_at)")

    # Slots.

    def join_slot(self, recipient: str, send_id: str, release: datetime) -> None:
        """Let a notice wait for this moment. Doing it again changes nothing."""
        pk = f"{self._tenant}#slot#{recipient}#{rfc3339(release)}"
        keys = due_keys(self._tenant, WAIT, pk, release)
        change = "SET #schema = :schema, recipient = :who, due_pk = :pk, due_at = :at ADD #version :one"
        values = {":schema": 1, ":who": recipient, ":pk": keys["due_pk"], ":at": keys["due_at"], ":one": 1}
        member = {"pk": pk, "sk": f"send#{send_id}", "schema": 1, "send_id": send_id}
        self._table.transact(Update((pk, "slot"), change, values), Put(member))

    def members(self, key: Key) -> list[str]:
        """The ids of the notices that wait in a slot (strongly consistent)."""
        rows = self._table.query_all(key[0], sk_prefix="send#", limit=MEMBERS_LIMIT, consistent=True)
        return [str(row["send_id"]) for row in rows]

    def close_slot(self, key: Key, version: int, send_ids: Sequence[str]) -> bool:
        """Forget a slot whose notices are all settled. False where another joined meanwhile: it stays due."""
        for begin in range(0, len(send_ids), DELETES):
            some = send_ids[begin : begin + DELETES]
            self._table.transact(*(Delete((key[0], f"send#{send_id}")) for send_id in some))
        try:
            self._table.delete(key, "#version = :version", {":version": version})
        except Lost:
            return False
        return True

    # Events that wait.

    def put_pending(self, rule: str, event: Mapping[str, Any], at: datetime, round_number: int = 0) -> None:
        """Let a rule tell of an event at this moment. Doing it again changes nothing."""
        pk = f"{self._tenant}#pending#{rule}#{event['id']}#{round_number}"
        item = {"pk": pk, "sk": "pending", "schema": 1, "version": 1, "rule": rule, "event": dict(event)}
        try:
            self._table.put(
                {**item, "round": round_number, **due_keys(self._tenant, WAIT, pk, at)}, NEW, with_item=False
            )
        except Lost:
            return

    def drop_pending(self, key: Key) -> None:
        """It is told. The row stays for a while, so that the same event again does not wait anew."""
        change = "SET expires_at = :gone REMOVE due_pk, due_at"
        self._table.update(key, change, {":gone": self._forget_at()}, "attribute_exists(pk)")

    # Marks.

    def cancel(self, rule: str, value: str, at: datetime) -> None:
        """Take back what a rule has waiting about this value, made before `at`. The latest moment stays."""
        values = {":at": rfc3339(at), ":gone": self._forget_at()}
        key = (f"{self._tenant}#cancel#{rule}#{value}", "cancel")
        with suppress(Lost):
            self._table.update(
                key, "SET #at = :at, expires_at = :gone", values, "attribute_not_exists(#at) OR #at < :at"
            )

    def cancelled_after(self, marks: Sequence[str], since: datetime) -> bool:
        """Whether any of these (`<rule>#<value>`) was taken back later than `since` (strongly consistent)."""
        keys = [(f"{self._tenant}#cancel#{mark}", "cancel") for mark in marks]
        items = self._table.get_many(keys, consistent=True) if keys else []
        return any(parse_rfc3339(item["at"]) > since for item in items)

    def acknowledge(self, rule: str, event_id: str, by: str, at: datetime) -> None:
        """Somebody heard of it: nobody is told again. The first word stays."""
        item = {"pk": f"{self._tenant}#ack#{rule}#{event_id}", "sk": "ack", "schema": 1, "by": by, "at": rfc3339(at)}
        try:
            self._table.put({**item, "expires_at": self._forget_at()}, NEW, with_item=False)
        except Lost:
            return

    def is_acknowledged(self, rule: str, event_id: str) -> bool:
        """Whether somebody heard of it (strongly consistent)."""
        return self._table.get((f"{self._tenant}#ack#{rule}#{event_id}", "ack")) is not None

    def acknowledgements(self, rule: str, event_ids: Sequence[str]) -> dict[str, datetime]:
        """When somebody heard, of those of these events of which anybody did."""
        keys = {f"{self._tenant}#ack#{rule}#{event_id}": event_id for event_id in event_ids}
        rows = self._table.get_many([(pk, "ack") for pk in keys])
        return {keys[row["pk"]]: parse_rfc3339(row["at"]) for row in rows}

    # Caps.

    def claim_place(
        self, recipient: str, claimer: str, now: datetime, decide: Callable[[Sequence[datetime]], datetime]
    ) -> datetime:
        """When one more message may leave: `now`, and then its place is taken, or later. decide: from the moments at
        which they were told something. The same claimer has one place. Raises Retry while others keep taking them."""
        key = (f"{self._tenant}#cap#{recipient}", "cap")
        for _ in range(RACES_LIMIT):
            item = self._table.get(key) or {}
            places: dict[str, str] = dict(item.get("places") or {})
            if claimer in places:
                return now
            moments = {name: parse_rfc3339(text) for name, text in places.items()}
            release = decide(list(moments.values()))
            if release > now:
                return release
            if self._keep_place(key, item, {**moments, claimer: now}, now):
                return now
        raise Retry("too many messages to one person at once", recipient=recipient)

    def _keep_place(self, key: Key, item: Mapping[str, Any], places: Mapping[str, datetime], now: datetime) -> bool:
        recent = {name: rfc3339(at) for name, at in places.items() if (now - at).total_seconds() < DAY_SECONDS}
        version = int(item.get("version", 0))
        row = {"pk": key[0], "sk": key[1], "schema": 1, "version": version + 1, "places": recent}
        row["expires_at"] = int(self._wall_now().timestamp()) + 2 * DAY_SECONDS
        when = ("#version = :version", {":version": version}) if version else (NEW, {})
        try:
            self._table.put(row, *when, with_item=False)
        except Lost:
            return False
        return True

    # Receipts and answers.

    def note_receipt(self, channel: str, number: str, send_id: str) -> None:
        """Remember which send a platform's number is: its receipt comes later."""
        pk = f"{self._tenant}#receipt#{channel}#{number}"
        self._table.put({"pk": pk, "sk": "receipt", "schema": 1, "send_id": send_id, "expires_at": self._forget_at()})

    def send_of_receipt(self, channel: str, number: str) -> str:
        """The send that a platform's number is, "" for none of ours."""
        item = self._table.get((f"{self._tenant}#receipt#{channel}#{number}", "receipt")) or {}
        return str(item.get("send_id", ""))

    def survey_token(self, notification: str, fresh: str) -> str:
        """The token of a notice's survey: `fresh` where it has none yet."""
        key = (f"{self._tenant}#asked#{notification}", "survey")
        item = {"pk": key[0], "sk": key[1], "schema": 1, "token": fresh, "expires_at": self._forget_at()}
        try:
            self._table.put(item, NEW)
        except Lost as lost:
            return str((lost.item or {}).get("token", fresh))
        return fresh

    def survey(self, token: str) -> dict[str, Any] | None:
        """A survey as it stands (strongly consistent)."""
        return self._table.get((f"{self._tenant}#survey#{token}", "survey"))

    def ask(self, token: str, about: Mapping[str, Any]) -> None:
        """Let a survey be answered. Doing it again changes nothing."""
        item = {"pk": f"{self._tenant}#survey#{token}", "sk": "survey", "schema": 1, "version": 1, **about}
        try:
            self._table.put({**item, "expires_at": self._forget_at()}, NEW, with_item=False)
        except Lost:
            return

    def answer(self, token: str, score: int, content_ref: str, at: datetime) -> bool:
        """Keep a customer's answer, once; content_ref: where their words lie. False where there is one already."""
        try:
            self._table.update(
                (f"{self._tenant}#survey#{token}", "survey"),
                "SET score = :score, #comment = :comment, answered_at = :at",
                {":score": score, ":comment": content_ref, ":at": rfc3339(at)},
                "attribute_exists(pk) AND attribute_not_exists(score)",
            )
        except Lost:
            return False
        return True

    def _forget_at(self) -> int:
        return int(self._wall_now().timestamp()) + KEPT_DAYS * DAY_SECONDS
