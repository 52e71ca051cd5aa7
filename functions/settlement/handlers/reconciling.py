"""Reconciling (对账): a bill's rows are divided by their numbers into shards, which go on side by side, a slice of a
job at a time. A shard reads its platform's orders and refunds of the bill's days, looks up by key what its rows name
besides, and matches them; then come the rows without a number, with what is left.

What a slice found lies in a file; one that is done again writes the same. Nothing is on the work list before all is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

from functions.settlement.desk import Desk
from functions.settlement.facts.exchange import RATE
from functions.settlement.facts.facts import Fact
from functions.settlement.facts.facts_table import WIDE, number_of, number_shard
from functions.settlement.facts.refunds import stated_minor
from functions.settlement.reconciliation.bills import BILL_FORMS, BillForm, Form, read_bill
from functions.settlement.reconciliation.matching import (
    BillRow,
    Booked,
    Difference,
    Part,
    Terms,
    match_numbers,
    match_rest,
)
from functions.settlement.reconciliation.reconciliations_table import DIFFERENCES_LIMIT, OPEN, Listed
from functions.settlement.rules.figure import rounded
from hub.edge.auth import Principal
from hub.jobs.desk import JobDesk
from hub.jobs.jobs import Job, Shard
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import EXPONENTS

RECONCILIATION = "reconciliation"
NUMBERS_A_SLICE = ORDERS_A_SLICE = 500
SHARDS = 16
"""A bill is matched in so many, each with the numbers of every sixteenth shard of its platform's orders."""
ALONE = -1
"""In place of a shard: rows without a number."""
NAMED, MATCH, REPORT = "named", "match", "report"


def reconcile_slice(jobs: JobDesk, job: Job, _principal: Principal) -> Job:
    """The job one slice further. Raises Invalid for a bill that is of other days or of another shop, NotFound when its
    files' week is over."""
    slices = {"": _divide, MATCH: _match_rest, REPORT: _report}
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


def _divide(jobs: JobDesk, job: Job) -> Job:
    """The bill's rows by the shards of their numbers, one file each; those without a number wait for the end."""
    desk: Desk = jobs.room.desk
    content = jobs.files.get(upload_of(job.spec["about"]))
    rows = read_bill(content, _form(desk, job).document, desk.zone)
    by_shard: dict[int, list[BillRow]] = {shard: [] for shard in (ALONE, *range(SHARDS))}
    for row in rows:
        by_shard[number_shard(row.number) % SHARDS if row.number else ALONE].append(row)
    for shard, mine in by_shard.items():
        _write(jobs, _rows_name(job, shard), [row.document() for row in mine])
    return job.move(state="running", phase=MATCH, shards=SHARDS, finished=(), total=len(rows))


def reconcile_shard(jobs: JobDesk, job: Job, shard: Shard) -> Shard:
    """One shard a slice further: the platform's orders and refunds of its numbers, partition by partition; then what
    the rows name that lies elsewhere; then both are matched."""
    return (_look_up if shard.phase == NAMED else _read_orders)(jobs, job, shard)


def _read_orders(jobs: JobDesk, job: Job, shard: Shard) -> Shard:
    """So many orders and refunds of the bill's days, of this shard's numbers alone."""
    desk: Desk = jobs.room.desk
    form = _form(desk, job)
    terms, facts = _terms(desk, job, form), list[Fact]()
    partitions = _partitions(shard.number, terms)
    place, _, after = shard.cursor.partition(" ")
    nth = int(place or 0)
    while nth < len(partitions) and len(facts) < ORDERS_A_SLICE:
        read = partial(desk.facts.orders_of, job.spec["platform"], *partitions[nth], terms.since, terms.until)
        page, after = read(after, ORDERS_A_SLICE)
        facts, nth = facts + page, nth if after else nth + 1
    _write(jobs, _part_name(job, shard), [booked.document() for booked in _booked(desk, facts, form.document)])
    is_last = nth == len(partitions)
    phase, cursor = (NAMED, "") if is_last else ("", f"{nth} {after}")
    return shard.move(parts=shard.parts + 1, phase=phase, cursor=cursor)


def _look_up(jobs: JobDesk, job: Job, shard: Shard) -> Shard:
    """What is booked under the numbers whose orders and refunds of these days are not what the rows come to, wherever
    in time it lies: an order of another month, or of nobody. When there is none left, the match."""
    desk: Desk = jobs.room.desk
    form = _form(desk, job)
    rows, tolerance = _rows(jobs, job, shard.number), form.document.tolerance_minor
    numbers = _unexplained(rows, _bookings(jobs, job, shard), tolerance)
    due = [number for number in numbers if number > shard.cursor][:NUMBERS_A_SLICE]
    if not due:
        return _match_shard(jobs, job, shard)
    facts = (fact for number in due for fact in desk.facts.of_number(job.spec["platform"], number))
    _write(jobs, _part_name(job, shard), [booked.document() for booked in _booked(desk, facts, form.document)])
    return shard.move(parts=shard.parts + 1, cursor=due[-1])


def _match_shard(jobs: JobDesk, job: Job, shard: Shard) -> Shard:
    rows = _rows(jobs, job, shard.number)
    part = match_numbers(rows, _bookings(jobs, job, shard), _terms(jobs.room.desk, job, _form(jobs.room.desk, job)))
    _require_ours(len(part.differences) + max(0, len(part.free) - len(_rows(jobs, job, ALONE))))
    _write(jobs, _matched_name(job, shard.number), part.document())
    return shard.move(done=len(rows), is_over=True)


def _match_rest(jobs: JobDesk, job: Job) -> Job:
    """The shards together, and the rows without a number, into a file: what is put on the work list is then the same
    however often."""
    desk: Desk = jobs.room.desk
    form, rows = _form(desk, job), _rows(jobs, job, ALONE)
    parts = [Part.of(json.loads(jobs.files.get(_matched_name(job, shard)))) for shard in range(SHARDS)]
    _require_ours(sum(len(part.differences) + len(part.free) for part in parts) - len(rows))
    report = match_rest(parts, rows, _terms(desk, job, form))
    _require_ours(len(report.differences))
    _write(jobs, _report_name(job), [[*each.document(), form.rule_for(each)] for each in report.differences])
    return job.move(phase=REPORT, shards=0, finished=(), counts={"matched": len(report.matches)})


def _require_ours(differences: int) -> None:
    """Raises Invalid where so much differs that somebody has to look at the bill itself first."""
    if differences > DIFFERENCES_LIMIT:
        rule = f"is of other days, or of another shop: it differs in {differences} places"
        raise Invalid("bill", problems=[Problem("/file", rule)])


def _unexplained(rows: Iterable[BillRow], bookings: Iterable[Booked], tolerance_minor: int) -> list[str]:
    """The numbers whose rows are not in sum what is booked under them, in order."""
    billed, booked = Counter[tuple[str, str, bool]](), Counter[tuple[str, str, bool]]()
    for row in rows:
        billed[row.number, row.currency, row.is_refund] += row.amount_minor
    for booking in bookings:
        booked[booking.number, booking.currency, booking.is_refund] += booking.amount_minor
    return sorted({key[0] for key in billed if key not in booked or abs(billed[key] - booked[key]) > tolerance_minor})


def _partitions(shard: int, terms: Terms) -> list[tuple[str, int]]:
    """The months (UTC) and shards of numbers that a bill's shard reads."""
    last = terms.until - timedelta(microseconds=1)
    count = (last.year - terms.since.year) * 12 + last.month - terms.since.month + 1
    first = terms.since.year * 12 + terms.since.month - 1
    months = [f"{month // 12}-{month % 12 + 1:02}" for month in range(first, first + count)]
    return [(month, numbers) for month in months for numbers in range(shard, WIDE, SHARDS)]


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


def _form(desk: Desk, job: Job) -> Form:
    return desk.documents.version(BILL_FORMS, job.spec["form"], job.spec["version"]).value


def _terms(desk: Desk, job: Job, form: Form) -> Terms:
    first, until = (date.fromisoformat(job.spec[name]) for name in ("from_day", "until_day"))
    return terms_of(desk, first, until, form.document)


def _booked(desk: Desk, facts: Iterable[Fact], form: BillForm) -> list[Booked]:
    """Orders and refunds, each with what the ledger says of it: the lines of its own entries on the form's account."""
    made = ((fact, _fact_minor(desk, fact)) for fact in facts)
    return [_booking(fact, minor, _in_ledger(desk, fact, minor, form.ledger_account)) for fact, minor in made]


def _in_ledger(desk: Desk, fact: Fact, fact_minor: int | None, account: str) -> int | None:
    """What the ledger says of a fact, in the fact's own currency; None where it says nothing."""
    lines = [line for entry, _ in desk.entries.of_fact(fact.id) for line in entry.lines if line.account == account]
    sums = Counter[str]()
    for line in lines:
        sums[line.amount.currency] -= line.amount.amount_minor
    rated = fact if sums.keys() <= {fact.currency} or RATE in fact.quantities else _sale(desk, fact) or fact
    rate = rated.quantities.get(RATE)
    booked = (_in_money_of(fact, fact_minor or 0, minor, currency, rate) for currency, minor in sums.items())
    return sum(booked) if lines else None


def _in_money_of(fact: Fact, fact_minor: int, minor: int, currency: str, rate: Fraction | None) -> int:
    """What was booked in another currency, at the rate of the order: the fact itself, where that is what it was made
    of. What goes back in parts sums to what was sold, so a part of it may be a minor unit off."""
    if rate is None or currency == fact.currency:
        return minor
    scaled = rate * Fraction(10) ** (EXPONENTS[currency] - EXPONENTS[fact.currency])
    off = abs(rounded(fact_minor * scaled, "HALF_UP") - minor)
    return fact_minor if off <= (1 if fact.back else 0) else rounded(minor / scaled, "HALF_UP")


def _fact_minor(desk: Desk, fact: Fact) -> int | None:
    """What a fact moves on its platform's bill: a refund less than nothing, one that is taken back more. None where an
    order says no amount."""
    if fact.back is None:
        return _order_minor(fact)
    share = fact.back.before - fact.back.after
    if stated := stated_minor(fact):
        return stated if share > 0 else -stated
    sale = _sale(desk, fact)
    return rounded(share * ((_order_minor(sale) if sale else None) or 0), "HALF_UP")


def _sale(desk: Desk, fact: Fact) -> Fact | None:
    """What a refund takes back; of one that is taken back, too."""
    stored = desk.facts.find(fact.reverses) if fact.back else None
    return stored.fact if stored else None


def _order_minor(fact: Fact) -> int | None:
    return fact.amounts.get("amount", fact.amounts.get("list_price"))


def _booking(fact: Fact, fact_minor: int | None, ledger_minor: int | None) -> Booked:
    fee_minor = None if fact.back else fact.amounts.get("platform_fee")
    return Booked(fact.id, number_of(fact), fact.occurred_at, fact_minor, ledger_minor, fee_minor, fact.currency)


def _rows(jobs: JobDesk, job: Job, shard: int) -> list[BillRow]:
    return [BillRow.of(raw) for raw in json.loads(jobs.files.get(_rows_name(job, shard)))]


def _bookings(jobs: JobDesk, job: Job, shard: Shard) -> list[Booked]:
    """What the shard's slices have found so far, each once."""
    names = (_part_name(job, replace(shard, parts=number)) for number in range(shard.parts))
    bookings = (Booked.of(raw) for name in names for raw in json.loads(jobs.files.get(name)))
    return list({booked.id: booked for booked in bookings}.values())


def _write(jobs: JobDesk, name: str, content: Any) -> None:
    jobs.files.put(name, json.dumps(content, ensure_ascii=False).encode())


def _folder(job: Job) -> str:
    """What a job lays down for itself is gone after a week; the bill stays."""
    return f"job_bills/{job.spec['about']}"


def _rows_name(job: Job, shard: int) -> str:
    return f"{_folder(job)}/rows-{shard}.json"


def _part_name(job: Job, shard: Shard) -> str:
    return f"{_folder(job)}/part-{shard.number}-{shard.parts:05d}.json"


def _matched_name(job: Job, shard: int) -> str:
    return f"{_folder(job)}/matched-{shard}.json"


def _report_name(job: Job) -> str:
    return f"{_folder(job)}/report.json"
