"""Promotions and their places in a lane in the room's table, in it.

    <tenant>#promotions#<connection> / promotion#<id>           a promotion, in its latest wording, and how far it got
    <tenant>#promotions#<connection> / due#<time>#<place>#<id>  its place in the lane, put with it, there while it waits

All that decides is read consistently, or written on the condition that it still is so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from functions.webhooks.promotions.items_table import Partition
from functions.webhooks.promotions.lanes import Due, Outcome, due_key
from functions.webhooks.promotions.promotions import Promotion, Stored, digest_of
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.positions import no_such_cursor
from hub.store.table import Lost, Put, Update

KEPT = timedelta(days=90)
"""After its end, a promotion is shown for so long."""
_MINE = "digest = :digest AND #state = :sending"
_FAILED = "SET #state = :failed, reason = :reason"
_SENT = "SET #state = :sent, reason = :none, sent_at = :now, platform_id = :id"


@dataclass(frozen=True, slots=True)
class Promotions:
    """The promotions of one tenant. All methods raise Retry."""

    items: Partition

    def find(self, connection_id: str, promotion_id: str) -> Stored | None:
        """A promotion as it is now."""
        item = self.items.table.get(self.items.key(connection_id, f"promotion#{promotion_id}"))
        return _stored(item) if item else None

    def enqueue(self, connection_id: str, promotion: Promotion, place: int, now: datetime) -> None:
        """Queue a promotion that is new, or failed, or waits with another wording. place: in this call."""
        digest = digest_of(promotion)
        pk, sk = self.items.key(connection_id, due_key(now, place, promotion.id))
        due = {"pk": pk, "sk": sk, "promotion_id": promotion.id, "digest": digest, "schema": 1}
        try:
            self.items.table.transact(self._queued(connection_id, promotion, digest, now), Put(due))
        except Lost:  # there is nothing to send
            return

    def page(
        self, connection_id: str, limit: int, start: Mapping[str, Any] | None
    ) -> tuple[list[Stored], dict[str, Any] | None]:
        """Promotions by their ids, and where the next page starts. Raises Invalid for a start that is none of these."""
        if start and not self._is_start(connection_id, start):
            raise no_such_cursor()
        page = self.items.query(connection_id, "promotion#", limit, start)
        return list(map(_stored, page.items)), page.start

    def next_due(self, connection_id: str) -> Due | None:
        """The first place in the lane, None when it is empty."""
        items = self.items.query(connection_id, "due#", limit=1).items
        return Due(items[0]["sk"], items[0]["promotion_id"], items[0]["digest"]) if items else None

    def begin(self, connection_id: str, due: Due) -> Stored | None:
        """Note that it is being sent; as it was before. None when it was settled, or worded anew, since it took this
        place."""
        values = {":sending": "sending", ":queued": "queued", ":digest": due.digest}
        mine = "digest = :digest AND #state IN (:queued, :sending)"
        item = self._set_state(connection_id, due, "SET state_before = #state, #state = :sending", values, mine)
        return _stored({**item, "state": item["state_before"]}) if item else None

    def put_back(self, connection_id: str, due: Due) -> None:
        """It was not sent, and waits on."""
        values = {":sending": "sending", ":queued": "queued", ":digest": due.digest}
        self._set_state(connection_id, due, "SET #state = :queued", values, _MINE)

    def settle(self, connection_id: str, due: Due, outcome: Outcome, now: datetime) -> None:
        """Note what came of it, and clear its place."""
        values = {":digest": due.digest, ":sending": "sending"}
        if outcome.reason:
            change, values = _FAILED, {**values, ":failed": "failed", ":reason": outcome.reason}
        else:
            change = _SENT
            values |= {":sent": "sent", ":none": "", ":now": rfc3339(now), ":id": outcome.platform_id}
        self._set_state(connection_id, due, change, values, _MINE)
        self.drop(connection_id, due)

    def drop(self, connection_id: str, due: Due) -> None:
        """Clear a place."""
        self.items.table.delete(self.items.key(connection_id, due.key))

    def _is_start(self, connection_id: str, start: Mapping[str, Any]) -> bool:
        sort = str(start.get("sk", ""))
        pk, sk = self.items.key(connection_id, sort)
        return sort.startswith("promotion#") and dict(start) == {"pk": pk, "sk": sk}

    def _set_state(
        self, connection_id: str, due: Due, change: str, values: Mapping[str, Any], when: str
    ) -> dict[str, Any] | None:
        return self.items.update(connection_id, f"promotion#{due.promotion_id}", change, values, when)

    def _queued(self, connection_id: str, promotion: Promotion, digest: str, now: datetime) -> Update:
        """The update that queues it, on the condition that there is something to send."""
        item = {
            **asdict(promotion),
            "starts_at": rfc3339(promotion.starts_at),
            "ends_at": rfc3339(promotion.ends_at),
            "goods": list(promotion.goods),
            "connection_id": connection_id,
            "digest": digest,
            "state": "queued",
            "reason": "",
            "platform_id": "",
            "queued_at": rfc3339(now),
            "schema": 1,
            "expires_at": int((max(promotion.ends_at, now) + KEPT).timestamp()),
        }
        sets = ", ".join(f"#{name} = :{name}" for name in item)
        values = {f":{name}": value for name, value in item.items()}
        return Update(
            self.items.key(connection_id, f"promotion#{promotion.id}"),
            f"SET {sets} REMOVE sent_at ADD version :one",
            values | {":one": 1, ":failed": "failed", ":waits": "queued"},
            "attribute_not_exists(pk) OR #state = :failed OR (#state = :waits AND #digest <> :digest)",
        )


def _stored(item: Mapping[str, Any]) -> Stored:
    promotion = Promotion(
        id=item["id"],
        title=item["title"],
        threshold_minor=int(item["threshold_minor"]),
        reduction_minor=int(item["reduction_minor"]),
        currency=item["currency"],
        starts_at=parse_rfc3339(item["starts_at"]),
        ends_at=parse_rfc3339(item["ends_at"]),
        goods=tuple(item["goods"]),
        quantity=int(item["quantity"]),
        per_buyer=int(item["per_buyer"]),
    )
    return Stored(
        promotion=promotion,
        state=item["state"],
        reason=item["reason"],
        queued_at=parse_rfc3339(item["queued_at"]),
        sent_at=parse_rfc3339(item["sent_at"]) if item.get("sent_at") else None,
        platform_id=item["platform_id"],
        version=int(item["version"]),
    )
