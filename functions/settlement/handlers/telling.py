"""What a change of a statement tells the other rooms: the stream of the table is the outbox. Pure."""

from __future__ import annotations

from datetime import datetime

from hub.contracts.events import StatementChanged
from hub.edge.bus import Change
from hub.kernel.ids import derived_id


def statement_event(tenant: str, change: Change, now: datetime) -> StatementChanged | None:
    """The event of a head that was written, None where nothing is to be told: of a draft, of a note, of a head that is
    gone."""
    new, old = change.new or {}, change.old or {}
    head, before = new.get("head"), old.get("head", {})
    if not head or head["state"] == "draft":
        return None
    if (head["state"], head["disputes"]) == (before.get("state"), before.get("disputes")):
        return None
    return StatementChanged(
        id=derived_id("evt", now, head["id"], str(head["version"])),
        tenant=tenant,
        at=now,
        statement_id=head["id"],
        run_id=head["run_id"],
        party=head["party"],
        state=head["state"],
        disputes=head["disputes"],
    )
