"""Acceptance (验收): what awaits it is held, and is posted or made void by the job's verdict, whichever came first."""

from __future__ import annotations

from datetime import datetime

from functions.settlement.desk import Desk
from functions.settlement.facts.facts import Fact
from functions.settlement.ledger.holds import Verdict, accepted, job_of, verdict_of
from functions.settlement.ledger.ledger import Booking, Entry
from functions.settlement.ledger.lines import region_of


def hold_entry(desk: Desk, entry: Entry, about: Fact, now: datetime) -> None:
    """Hold an entry until its job is accepted; where the verdict is there already, it is followed at once. about: the
    fact that it was worked out from."""
    job = job_of(about)
    period, _ = desk.book.period_of(region_of(entry), entry.occurred_at)
    desk.holds.put(entry, job, Booking(period.run_id, now))
    if verdict := desk.holds.verdict(job):
        _follow(desk, job, verdict, now)


def hear_verdict(desk: Desk, fact: Fact, now: datetime) -> None:
    """What a fact says of a job is kept, and followed for what is pending."""
    if pair := verdict_of(fact):
        job, verdict = pair
        desk.holds.say(job, verdict)
        _follow(desk, job, verdict, now)


def _follow(desk: Desk, job: str, verdict: Verdict, now: datetime) -> None:
    """Post first, then end the hold: a repeat posts the same entry, which changes nothing."""
    for entry in desk.holds.pending(job):
        if entry.occurred_at > verdict.at:
            continue  # what is done after a rejection awaits a verdict of its own
        if verdict.accepted:
            desk.book.post(accepted(entry, verdict), now)
        desk.holds.end(entry, job, "posted" if verdict.accepted else "void")
