"""Reconciling (对账), a slice of a job at a time: what each row names is looked up by its key, then the period's orders
that no row names are read, then all of it is matched.

What a slice found lies in a file; one that is done again writes the same. Nothing is on the work list before all is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from functions.settlement.desk import Desk
from functions.settlement.facts.facts import Fact
from functions.settlement.facts.facts_table import is_order_of
from functions.settlement.ledger.entries_table import WHOLE
from functions.settlement.reconciliation.bills import BILL_FORMS, BillForm, Form, read_bill
from functions.settlement.reconciliation.matching import BillRow, Booked, Difference, Terms, match_bill
from functions.settlement.reconciliation.reconciliations_table import DIFFERENCES_LIMIT, OPEN, Listed
from hub.edge import cursors
from hub.edge.auth import Principal
from hub.jobs.desk import JobDesk
from hub.jobs.jobs import Job
from hub.kernel.errors import Invalid, Problem

RECONCILIATION = "reconciliation"
NUMBERS_A_SLICE = 500
PAGES_A_SLICE = 2
"""Of facts, 500 each."""
ORDERS, MATCH, REPORT = "orders", "match", "report"


def reconcile_slice(jobs: JobDesk, job: Job, _principal: Principal) -> Job:
    """The job one slice further. Raises Invalid for a bill that is of other days or of another shop, NotFound when its
    files' week is over."""
    slices = {"": _look_up, ORDERS: _read_orders, MATCH: _match, REPORT: _report}
    return slices[job.phase](jobs, job)


def upload_of(name: str) -> str:
    """Where the bill of a reconciliation lies."""
    return f"{name}/bill"


def terms_of(desk: Desk, from_day: date, until_day: date, form: BillForm) -> Terms:
    """A bill's days in the tenant's zone, and what may differ. Raises Invalid for days that end before they begin."""
    if until_day <= from_day:
        raise Invalid("days", problems=[Problem("/until_day", "must lie behind from_day")])
    since, until = (datetime.combine(day, time(), desk.zone).astimezone(UTC) for day in (from_day, until_day))
    nearest = timedelta(seconds=form.nearest_seconds)
    return Terms(since, until, form.tolerance_minor, form.fee_tolerance_minor, nearest)


def _look_up(jobs: JobDesk, job: Job) -> Job:
    """The orders that the bill's rows name, wherever in time they lie."""
    desk: Desk = jobs.room.desk
    rows, form = _bill(jobs, job)
    numbers = list(dict.fromkeys(row.number for row in rows if row.number))
    due = numbers[job.done : job.done + NUMBERS_A_SLICE]
    facts = (fact for number in due for fact in desk.facts.of_number(job.spec["platform"], number))
    _write_part(jobs, job, _booked(desk, facts, form.document))
    done = job.done + len(due)
    phase = ORDERS if done >= len(numbers) else ""
    return job.move(state="running", phase=phase, parts=job.parts + 1, done=done, total=len(rows))


def _read_orders(jobs: JobDesk, job: Job) -> Job:
    """The platform's orders of the bill's days that no row names."""
    desk: Desk = jobs.room.desk
    rows, form = _bill(jobs, job)
    terms, named = _terms(desk, job, form), {row.number for row in rows}
    position, facts = cursors.decode(job.cursor), list[Fact]()
    for _ in range(PAGES_A_SLICE):
        page, position = desk.facts.page(WHOLE, desk.now(), terms.since, terms.until, position)
        orders = (fact for fact in page if is_order_of(fact, job.spec["platform"]))
        facts += [fact for fact in orders if _number(fact) not in named]
        if position is None:
            break
    _write_part(jobs, job, _booked(desk, facts, form.document))
    cursor = cursors.encode(position) if position else ""
    return job.move(phase=MATCH if position is None else ORDERS, cursor=cursor, parts=job.parts + 1)


def _match(jobs: JobDesk, job: Job) -> Job:
    """All of it matched, into a file: what is put on the work list is then the same however often."""
    rows, form = _bill(jobs, job)
    bookings = {booked.id: booked for booked in _parts(jobs, job)}
    report = match_bill(rows, bookings.values(), _terms(jobs.room.desk, job, form))
    if len(report.differences) > DIFFERENCES_LIMIT:
        rule = f"is of other days, or of another shop: it differs in {len(report.differences)} places"
        raise Invalid("bill", problems=[Problem("/file", rule)])
    listed = [[*difference.document(), form.rule_for(difference)] for difference in report.differences]
    jobs.files.put(_report_name(job), json.dumps(listed, ensure_ascii=False).encode())
    return job.move(phase=REPORT, counts={"matched": len(report.matches)})


def _report(jobs: JobDesk, job: Job) -> Job:
    desk: Desk = jobs.room.desk
    listed = [
        Listed(number, Difference.of(raw[:-1]), "auto" if raw[-1] else OPEN, raw[-1])
        for number, raw in enumerate(json.loads(jobs.files.get(_report_name(job))))
    ]
    counts = Counter(str(row.difference.kind) for row in listed)
    still_open = sum(row.resolution == OPEN for row in listed)
    begun = desk.reconciliations.get(job.spec["about"])
    made = replace(begun, matched=job.counts["matched"], counts=counts, open=still_open)
    desk.reconciliations.report(made, listed)
    return job.move(state="done", done=job.total or 0, counts={"matched": made.matched, **counts})


def _bill(jobs: JobDesk, job: Job) -> tuple[list[BillRow], Form]:
    desk: Desk = jobs.room.desk
    form = desk.documents.version(BILL_FORMS, job.spec["form"], job.spec["version"]).value
    return read_bill(jobs.files.get(upload_of(job.spec["about"])), form.document, desk.zone), form


def _terms(desk: Desk, job: Job, form: Form) -> Terms:
    first, until = (date.fromisoformat(job.spec[name]) for name in ("from_day", "until_day"))
    return terms_of(desk, first, until, form.document)


def _booked(desk: Desk, facts: Iterable[Fact], form: BillForm) -> list[Booked]:
    """Orders, each with what the ledger says of it: the lines of its own entries on the form's account."""
    return [_booking(fact, _in_ledger(desk, fact, form.ledger_account)) for fact in facts]


def _in_ledger(desk: Desk, fact: Fact, account: str) -> int | None:
    lines = (line for entry, _ in desk.entries.of_fact(fact.id) for line in entry.lines if line.account == account)
    amounts = [-line.amount.amount_minor for line in lines]
    return sum(amounts) if amounts else None


def _booking(fact: Fact, ledger_minor: int | None) -> Booked:
    order_minor = fact.amounts.get("amount", fact.amounts.get("list_price"))
    fee_minor = fact.amounts.get("platform_fee")
    return Booked(fact.id, _number(fact), fact.occurred_at, order_minor, ledger_minor, fee_minor, fact.currency)


def _number(fact: Fact) -> str:
    return fact.about.get("order_no") or fact.about.get("order", fact.id)


def _write_part(jobs: JobDesk, job: Job, bookings: Iterable[Booked]) -> None:
    rows = [booked.document() for booked in bookings]
    jobs.files.put(_part(job, job.parts), json.dumps(rows, ensure_ascii=False).encode())


def _parts(jobs: JobDesk, job: Job) -> Iterator[Booked]:
    for number in range(job.parts):
        yield from map(Booked.of, json.loads(jobs.files.get(_part(job, number))))


def _report_name(job: Job) -> str:
    return f"{job.spec['about']}/report.json"


def _part(job: Job, number: int) -> str:
    return f"{job.spec['about']}/part-{number:05d}.json"
