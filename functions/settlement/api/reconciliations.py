"""Reconciliation: a bill is handed in, the report is read, what differs is decided about, and then it is closed."""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from fractions import Fraction

from functions.settlement.desk import Desk
from functions.settlement.handlers.reconciling import RECONCILIATION, terms_of, upload_of
from functions.settlement.reconciliation.bills import BILL_FORMS, lacking_of, read_bill
from functions.settlement.reconciliation.matching import KINDS
from functions.settlement.reconciliation.reconciliations_table import Listed, Reconciliation
from functions.settlement.room import FINANCE, room
from functions.settlement.rules.figure import show_money
from hub.contracts.http import Page
from hub.contracts.jobs import JobView
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
from hub.jobs.routes import find_job, put_file, start_job
from hub.kernel.errors import Invalid, NotFound, Problem

BILL_LIMIT_BYTES = 4_200_000


@room.http(
    "POST",
    "/settlement/reconciliations",
    body=NewReconciliation,
    answer=ReconciliationView,
    roles=FINANCE,
    scope="tenant",
    status=202,
    dry_run="rehearsed",
    summary="导入平台账单对账 · Hold a platform's bill against orders and ledger",
    body_limit_bytes=BILL_LIMIT_BYTES,
    replay=lambda desk, _request, made: _view(desk.reconciliations.get(made)),
)
def reconcile(desk: Desk, request: Request) -> ReconciliationView:
    """A job: the bill is `matching` until every row is looked up, then `open`, with a work list of what differs; what
    a rule of the form settles is on it as `auto`. Invalid: /file for what can't be read, row by row, before anything
    is begun."""
    body: NewReconciliation = request.body
    try:
        content = base64.b64decode(body.file, validate=True)
    except binascii.Error:
        raise Invalid("bill", problems=[Problem("/file", "must be base64")]) from None
    form = desk.documents.current(BILL_FORMS, body.form)
    terms_of(desk, body.from_day, body.until_day, form.value.document)
    rows = read_bill(content, form.value.document, desk.zone)
    at, name = request.made_at or request.now, request.new_id("rcn")
    put_file(room, upload_of(name), content)
    begun = Reconciliation(name, body.platform, len(rows), request.new_id("job"), at)
    desk.reconciliations.begin(begun)
    spec = body.model_dump(mode="json", exclude={"file"}) | {"about": name, "version": form.version}
    start_job(room, request, RECONCILIATION, spec)
    return _view(begun if request.dry_run else desk.reconciliations.get(name))


@room.http(
    "GET",
    "/settlement/reconciliations/{reconciliation_id}",
    answer=ReconciliationView,
    roles=FINANCE,
    scope="whole",
    summary="对账结果 · One reconciliation",
)
def show_reconciliation(desk: Desk, request: Request) -> ReconciliationView:
    """Counts by kind, and how many are open; how far its job is while it is matching says the job itself."""
    return _view(desk.reconciliations.get(request.path["reconciliation_id"]))


@room.http(
    "GET",
    "/settlement/reconciliations/{reconciliation_id}/differences",
    query=DifferencesQuery,
    answer=Page[DifferenceView],
    roles=FINANCE,
    scope="whole",
    summary="对账差异 · What differs, as a work list",
)
def list_differences(desk: Desk, request: Request) -> Page[DifferenceView]:
    """In the order of the report, of one `resolution` or of all."""
    made, limit = desk.reconciliations.get(request.path["reconciliation_id"]), request.query.limit
    position = cursors.decode(request.query.cursor)
    after = int(position["after"]) if position and str(position.get("after", "")).isdigit() else -1
    listed = desk.reconciliations.differences(made.id, after, limit + 1, request.query.resolution or "")
    more = {"after": str(listed[limit - 1].number)} if len(listed) > limit else None
    return page(map(_row, listed[:limit]), more)


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
    return _view(desk.reconciliations.approve(request.path["reconciliation_id"], request.now))


def _job_of(made: Reconciliation) -> JobView | None:
    """The job that matches it; None once that is done, and where the request that begins it died in between."""
    if made.state != "matching":
        return None
    with suppress(NotFound):
        return find_job(room, made.job_id)
    return None


def _view(made: Reconciliation) -> ReconciliationView:
    job = _job_of(made)
    failed = job is not None and job.state in ("failed", "cancelled")
    return ReconciliationView(
        id=made.id,
        platform=made.platform,
        rows=made.rows,
        matched=made.matched,
        counts={kind: made.counts[kind] for kind in KINDS if kind in made.counts},
        open=made.open,
        state="failed" if failed else made.state,
        job_id=made.job_id,
        why=job.why if job else "",
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
        lacking=lacking_of(difference),
        expected=show_money(Fraction(difference.expected_minor), difference.currency),
        actual=show_money(Fraction(difference.actual_minor), difference.bill_currency),
        currency=difference.currency,
        bill_currency=difference.bill_currency,
        resolution=row.resolution,
        by_rule=row.rule,
    )
