"""Reconciliation: a bill is handed in, the report is read, what differs is decided about, and then it is closed."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from functions.settlement.desk import Desk
from functions.settlement.facts.facts import Fact
from functions.settlement.ledger.entries_table import SUMMARY_LIMIT, WHOLE
from functions.settlement.reconciliation.bills import BILL_FORMS, BillForm, Form, read_bill
from functions.settlement.reconciliation.matching import KINDS, Booked, Difference, Terms, match_bill
from functions.settlement.reconciliation.reconciliations_table import DIFFERENCES_LIMIT, Listed, Reconciliation
from functions.settlement.room import FINANCE, room
from functions.settlement.rules.figure import show_money
from hub.contracts.http import Page
from hub.contracts.settlement_reconcile import (
    DifferencesQuery,
    DifferenceView,
    NewReconciliation,
    ReconciliationView,
    Resolve,
)
from hub.edge import cursors
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, Invalid, Problem
from hub.kernel.ids import derived_id
from hub.kernel.regions import BASE
from hub.store.lists import Within

BILL_LIMIT_BYTES = 4_200_000
FACTS_LIMIT = 20_000
AROUND = timedelta(days=62)
"""So far around a bill's days orders are looked for that its rows may name."""


@room.http(
    "POST",
    "/settlement/reconciliations",
    body=NewReconciliation,
    answer=ReconciliationView,
    roles=FINANCE,
    scope="tenant",
    status=201,
    summary="导入平台账单对账 · Hold a platform's bill against orders and ledger",
    body_limit_bytes=BILL_LIMIT_BYTES,
)
def reconcile(desk: Desk, request: Request) -> ReconciliationView:
    """The report, with a work list of what differs; what a rule of the form settles is on it as `auto`. Invalid: /file
    for what can't be read, row by row; Conflict where the bill has more differences than somebody could look at."""
    body: NewReconciliation = request.body
    try:
        content = base64.b64decode(body.file, validate=True)
    except binascii.Error:
        raise Invalid("bill", problems=[Problem("/file", "must be base64")]) from None
    form = desk.documents.current(BILL_FORMS, body.form).value
    rows = read_bill(content, form.document, desk.zone)
    terms = _terms(desk, body, form.document)
    report = match_bill(rows, _booked(desk, request, terms, form.document, body.platform), terms)
    if len(report.differences) > DIFFERENCES_LIMIT:
        raise Conflict("the bill is of other days, or of another shop", differences=len(report.differences))
    counts = Counter(str(difference.kind) for difference in report.differences)
    name = derived_id("rcn", request.made_at or request.now, body.platform, body.file)
    made = Reconciliation(name, body.platform, len(rows), len(report.matches), counts, request.made_at or request.now)
    listed = [_listed(form, nth, difference) for nth, difference in enumerate(report.differences)]
    desk.reconciliations.make(made, listed)
    return _view(made, sum(row.resolution == "open" for row in listed))


@room.http(
    "GET",
    "/settlement/reconciliations/{reconciliation_id}",
    answer=ReconciliationView,
    roles=FINANCE,
    scope="tenant",
    summary="对账结果 · One reconciliation",
)
def show_reconciliation(desk: Desk, request: Request) -> ReconciliationView:
    """Counts by kind, and how many are open."""
    made = desk.reconciliations.get(request.path["reconciliation_id"])
    listed = desk.reconciliations.differences(made.id, -1, DIFFERENCES_LIMIT)
    return _view(made, sum(row.resolution == "open" for row in listed))


@room.http(
    "GET",
    "/settlement/reconciliations/{reconciliation_id}/differences",
    query=DifferencesQuery,
    answer=Page[DifferenceView],
    roles=FINANCE,
    scope="tenant",
    summary="对账差异 · What differs, as a work list",
)
def list_differences(desk: Desk, request: Request) -> Page[DifferenceView]:
    """In the order of the report."""
    made, limit = desk.reconciliations.get(request.path["reconciliation_id"]), request.query.limit
    position = cursors.decode(request.query.cursor)
    after = int(position["after"]) if position and str(position.get("after", "")).isdigit() else -1
    listed = desk.reconciliations.differences(made.id, after, limit + 1)
    more = {"after": str(listed[limit - 1].number)} if len(listed) > limit else None
    resolution = request.query.resolution
    rows = [_row(row) for row in listed[:limit] if resolution is None or row.resolution == resolution]
    return page(rows, more)


@room.http(
    "POST",
    "/settlement/reconciliations/{reconciliation_id}/differences/{number}/resolve",
    body=Resolve,
    answer=DifferenceView,
    roles=FINANCE,
    scope="tenant",
    dry_run="rehearsed",
    summary="处理差异 · Decide about one difference",
    replay=lambda desk, request, _made: _resolve(desk, request),
)
def resolve_difference(desk: Desk, request: Request) -> DifferenceView:
    """Conflict once the reconciliation is approved."""
    return _resolve(desk, request)


def _resolve(desk: Desk, request: Request) -> DifferenceView:
    number = request.path["number"]
    place = int(number) if number.isdigit() else -1
    return _row(desk.reconciliations.resolve(request.path["reconciliation_id"], place, request.body.resolution))


@room.http(
    "POST",
    "/settlement/reconciliations/{reconciliation_id}/approve",
    answer=ReconciliationView,
    roles=FINANCE,
    scope="tenant",
    dry_run="rehearsed",
    summary="确认对账 · Close a reconciliation; nothing of it changes any more",
)
def approve_reconciliation(desk: Desk, request: Request) -> ReconciliationView:
    """Conflict while a difference is open."""
    return _view(desk.reconciliations.approve(request.path["reconciliation_id"], request.now), 0)


def _terms(desk: Desk, body: NewReconciliation, form: BillForm) -> Terms:
    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), desk.zone).astimezone(UTC)

    if body.until_day <= body.from_day:
        raise Invalid("days", problems=[Problem("/until_day", "must lie behind from_day")])
    return Terms(
        midnight(body.from_day),
        midnight(body.until_day),
        form.tolerance_minor,
        form.fee_tolerance_minor,
        timedelta(seconds=form.nearest_seconds),
    )


def _booked(desk: Desk, request: Request, terms: Terms, form: BillForm, platform: str) -> list[Booked]:
    """Orders of the platform around the bill's days, each with what the ledger says of it."""
    span = (terms.since - AROUND, terms.until + AROUND)
    facts, complete = desk.facts.between(Within(BASE), request.now, *span, FACTS_LIMIT)
    entries = list(desk.entries.every(request.now, WHOLE, span[0]))
    if not complete or len(entries) > SUMMARY_LIMIT:
        raise Conflict("there are more orders than one request matches: take fewer days")
    ledger: dict[str, int] = {}
    for entry in entries:
        for line in entry.lines:
            if line.account == form.ledger_account and line.dims.get("order"):
                ledger[line.dims["order"]] = ledger.get(line.dims["order"], 0) - line.amount.amount_minor
    orders = [fact for fact in facts if fact.kind == "order" and fact.parties.get("platform", platform) == platform]
    return [_booking(fact, ledger.get(fact.about.get("order", ""))) for fact in orders]


def _booking(fact: Fact, ledger_minor: int | None) -> Booked:
    order_minor = fact.amounts.get("amount", fact.amounts.get("list_price"))
    number = fact.about.get("order_no") or fact.about.get("order", fact.id)
    return Booked(
        fact.id, number, fact.occurred_at, order_minor, ledger_minor, fact.amounts.get("platform_fee"), fact.currency
    )


def _listed(form: Form, number: int, difference: Difference) -> Listed:
    rule = form.rule_for(difference)
    return Listed(number, difference, "auto" if rule else "open", rule)


def _view(made: Reconciliation, still_open: int) -> ReconciliationView:
    return ReconciliationView(
        id=made.id,
        platform=made.platform,
        rows=made.rows,
        matched=made.matched,
        counts={kind: made.counts[kind] for kind in KINDS if kind in made.counts},
        open=still_open,
        state="approved" if made.approved else "open",
        made_at=made.made_at,
    )


def _row(row: Listed) -> DifferenceView:
    difference = row.difference
    return DifferenceView(
        number=row.number,
        kind=difference.kind,
        order_no=difference.number,
        bill_row=difference.bill_id,
        booked=difference.booked_ids,
        lacking=difference.side if difference.kind == "missing" else "",
        expected=show_money(Fraction(difference.expected_minor), "CNY"),
        actual=show_money(Fraction(difference.actual_minor), "CNY"),
        resolution=row.resolution,
        by_rule=row.rule,
    )
