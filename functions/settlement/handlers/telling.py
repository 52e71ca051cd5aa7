"""What a change of a statement, or of a pool, tells the other rooms: the stream of the table is the outbox. Pure."""

from __future__ import annotations

from datetime import datetime

from functions.settlement.runs.calendars import period_named
from functions.settlement.statements.disputes import dispute_from_document
from functions.settlement.statements.statements import Statement
from hub.contracts import events
from hub.edge.bus import Change
from hub.kernel.ids import derived_id
from hub.kernel.regions import is_region

POOL = "payable:pool:"


def statement_event(tenant: str, change: Change, now: datetime) -> events.StatementChanged | None:
    """The event of a head that was written, None where nothing is to be told: of a draft, of a note, of a head that is
    gone."""
    new, old = change.new or {}, change.old or {}
    head, before = new.get("head"), old.get("head", {})
    if not head or head["state"] == "draft":
        return None
    if (head["state"], head["disputes"]) == (before.get("state"), before.get("disputes")):
        return None
    return events.StatementChanged(
        id=derived_id("evt", now, head["id"], str(head["version"])),
        tenant=tenant,
        at=now,
        statement_id=head["id"],
        run_id=head["run_id"],
        party=head["party"],
        state=head["state"],
        disputes=head["disputes"],
    )


def dispute_event(tenant: str, change: Change, statement: Statement, now: datetime) -> events.LineDisputed:
    """The event of a line that was disputed or answered. statement: whose it is."""
    dispute = dispute_from_document((change.new or {})["dispute"])
    kind, _, name = statement.party.partition(":")
    return events.LineDisputed(
        id=derived_id("evt", dispute.at, statement.id, str(dispute.line), dispute.outcome),
        tenant=tenant,
        at=now,
        statement_id=statement.id,
        run_id=statement.run_id,
        party=statement.party,
        line=dispute.line,
        entry_id=dispute.entry_id,
        fact_id=dispute.fact_id,
        region=name if kind == "region" and is_region(name) else period_named(statement.run_id).scope,
        store_id=name if kind == "store" else "",
        disputed_at=dispute.at,
        outcome=dispute.outcome,
    )


def pool_event(tenant: str, change: Change, now: datetime) -> events.PoolExhausted | None:
    """The event of a pool that had something and has nothing left, None for any other change."""
    new, old = (change.new or {}).get("balance"), (change.old or {}).get("balance")
    if not new or not old or not new["account"].startswith(POOL) or new["parts"] or not old["parts"]:
        return None
    pool = new["account"].removeprefix(POOL)
    return events.PoolExhausted(id=derived_id("evt", now, pool, str(new["version"])), tenant=tenant, at=now, pool=pool)
