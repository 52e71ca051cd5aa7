"""Forms over HTTP: what they ask, what is handed in on them, and what came of that. The forms themselves are documents
(functions.tickets.forms.kind)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from functions.tickets.api.subjects import OPENERS, READERS, WORKERS
from functions.tickets.desk import Desk
from functions.tickets.forms.document import Form
from functions.tickets.forms.export import table_of, to_csv
from functions.tickets.forms.submission import PUBLIC, Submission
from functions.tickets.forms.value_schema import json_schema
from functions.tickets.handlers.submitting import (
    HandIn,
    answers_of,
    change_answers,
    form_in,
    form_of,
    hand_in_once,
    save_draft,
    submit_draft,
)
from functions.tickets.room import room
from hub.contracts.forms import (
    Answers,
    ExportQuery,
    FormFigure,
    FormFigures,
    FormSchema,
    PlaceQuery,
    SubmissionQuery,
    SubmissionView,
    SubmitQuery,
)
from hub.contracts.http import Page
from hub.contracts.tickets import Nothing
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.access.projector import project
from hub.edge.answers import Raw, page
from hub.edge.requests import Request
from hub.kernel.errors import Forbidden
from hub.kernel.regions import BASE

ROWS_LIMIT = 1000
"""So many submissions are in one export; the rest behind its cursor."""
BODY_BYTES = 128 * 1024


def place_of_query(desk: Desk, request: Request) -> Place:
    """Where what is handed in belongs: where the caller says, else their own region and store."""
    query, person = request.query, request.principal
    if query.store:
        region = desk.stores.region_of(query.store) or query.region
        return Place(region=region, store=query.store)
    if query.region != BASE:
        return Place(region=query.region)
    return Place(region=person.region, store=person.stores[0] if len(person.stores) == 1 else "")


def submission_of(desk: Desk, request: Request) -> Subject:
    """The submission that the path names. Raises NotFound."""
    submission, version = desk.submissions.find(request.path["submission_id"])
    return Subject((submission, version), (_place(submission),))


@room.http("GET", "/forms/{key}/schema", query=PlaceQuery, answer=FormSchema, roles=READERS, scope="tenant",
           summary="表单的 JSON Schema · A form as JSON Schema")  # fmt: skip
def read_schema(desk: Desk, request: Request) -> FormSchema:
    """JSON Schema 2020-12 of the form as a region or store has it."""
    query = request.query
    region = (desk.stores.region_of(query.store) if query.store else None) or query.region
    reading = form_in(desk, request.path["key"], region, query.store)
    return FormSchema(json_schema=json_schema(reading.value.document, reading.key, reading.version))


@room.http("GET", "/forms/{key}/figures", answer=FormFigures, roles=READERS, scope="whole",
           summary="表单的无效率 · How often answers are refused")  # fmt: skip
def read_figures(desk: Desk, request: Request) -> FormFigures:
    """By day and version of the form, so that a change shows what it did."""
    rows = desk.submissions.figures(request.path["key"])
    rates = (_rate(row["invalid"], row["submitted"]) for row in rows)
    return FormFigures(data=tuple(FormFigure(**row, invalid_rate=rate) for row, rate in zip(rows, rates, strict=True)))


def _replay_hand_in(desk: Desk, request: Request, _made: str) -> SubmissionView:
    return _show(desk, *desk.submissions.find(request.new_id("sub")))


@room.http("POST", "/forms/{key}/submissions", body=Answers, query=SubmitQuery, answer=SubmissionView, roles=OPENERS,
           scope="region", subject=place_of_query, status=201, replay=_replay_hand_in, body_limit_bytes=BODY_BYTES,
           dry_run="rehearsed",
           summary="提交表单 · Hand in a form")  # fmt: skip
def create_submission(desk: Desk, request: Request) -> SubmissionView:
    """The body is the answers by their fields. 422 with the place of each that is wrong or missing; what is not asked
    is left out. With `draft=1` it is kept as it is, with the form's version of now."""
    place, query = place_of_query(desk, request), request.query
    reading = form_in(desk, request.path["key"], place.region, place.store)
    _require_writable(reading.value.classes, request)
    handed = HandIn(
        submission_id=request.new_id("sub"),
        ticket_id=request.new_id("tkt"),
        raw=request.body.root,
        actor=request.principal.sub,
        now=request.made_at or request.now,
        region=place.region,
        store_id=place.store,
        customer_id=query.customer,
    )
    if query.draft:
        return _show(desk, save_draft(desk, reading, handed), 1)
    return _show(desk, *hand_in_once(desk, reading, handed))


@room.http("GET", "/forms/submissions", query=SubmissionQuery, answer=Page[SubmissionView], roles=READERS,
           scope="region", summary="填写记录列表 · List submissions")  # fmt: skip
def list_submissions(desk: Desk, request: Request) -> Page[SubmissionView]:
    """Those within your reach, newest first, without their answers; may be two seconds behind."""
    query, now = request.query, request.now
    position = cursors.decode(query.cursor)
    rows, rest = desk.submissions.page(query.form, within(request.reach), now, query.limit, position=position)
    chosen = (row for row in rows if query.state in (None, row[0].state))
    return page((_view(submission, version) for submission, version in chosen), rest)


@room.http("GET", "/forms/submissions/{submission_id}", answer=SubmissionView, roles=READERS, scope="region",
           subject=submission_of, summary="填写记录 · Show a submission")  # fmt: skip
def read_submission(desk: Desk, request: Request) -> SubmissionView:
    """As it was handed in, each answer by what its field is to the field policy."""
    return _show(desk, *request.subject)


@room.http("PATCH", "/forms/submissions/{submission_id}", body=Answers, answer=SubmissionView, roles=OPENERS,
           scope="region", subject=submission_of, body_limit_bytes=BODY_BYTES,
           dry_run="rehearsed", summary="修改填写 · Change answers")  # fmt: skip
def change_submission(desk: Desk, request: Request) -> SubmissionView:
    """Other answers in place of some, held against the version that it was handed in by; null takes one away. Its
    ticket follows; once that is over, 409."""
    submission, version = request.subject
    _require_writable(form_of(desk, submission).classes, request)
    changed = change_answers(desk, submission, version, request.body.root, request.principal.sub, request.now)
    return _show(desk, changed, version + 1)


@room.http("POST", "/forms/submissions/{submission_id}/submit", body=Nothing, answer=SubmissionView,
           roles=OPENERS, scope="region", subject=submission_of, dry_run="rehearsed",
           summary="提交草稿 · Hand in a draft")  # fmt: skip
def submit(desk: Desk, request: Request) -> SubmissionView:
    """Held against the form's version of when it was saved, whatever has been published since. What is handed in
    already is a 409."""
    submission, version = request.subject
    return _show(desk, submit_draft(desk, submission, version, request.new_id("tkt"), request.now), version + 1)


@room.http("GET", "/forms/submissions/export", query=ExportQuery, roles=(*WORKERS, "finance"), scope="region",
           summary="导出填写记录 · Export submissions as CSV")  # fmt: skip
def export_submissions(desk: Desk, request: Request) -> Raw:
    """What was handed in within your reach, a column for each field of any version that you may see."""
    query, key = request.query, request.query.form
    rows, rest = desk.submissions.page(
        key, within(request.reach), request.now, ROWS_LIMIT, since=query.since, until=query.until,
        position=cursors.decode(query.cursor),
    )  # fmt: skip
    shown, forms = [], dict[int, Form]()
    for submission, version in rows:
        if submission.state == "submitted":
            forms.setdefault(submission.form_version, form_of(desk, submission).document)
            shown.append(project(_show(desk, submission, version), request.viewer, request.policy, _place(submission)))
    text = to_csv(table_of(shown, [forms[number] for number in sorted(forms, reverse=True)]))
    headers = {"Content-Disposition": f'attachment; filename="{key}.csv"'}
    more = {"X-Next-Cursor": cursors.encode(rest)} if rest else {}
    return Raw(200, text.encode(), "text/csv; charset=utf-8", {**headers, **more})


def _show(desk: Desk, submission: Submission, version: int) -> SubmissionView:
    answers, known = answers_of(desk, submission), form_of(desk, submission).classes
    classes = {name: known.get(name, "identity") for name in answers}
    return _view(submission, version).model_copy(update={"answers": answers, "classes": classes})


def _view(submission: Submission, version: int) -> SubmissionView:
    return SubmissionView(
        id=submission.id,
        version=version,
        form=submission.form,
        form_version=submission.form_version,
        form_pin=submission.form_pin,
        state=submission.state,
        region=submission.region,
        store_id=submission.store_id,
        made_by=submission.made_by,
        customer_id=submission.customer_id,
        ticket_id=submission.ticket_id if submission.state == "submitted" else "",
        saved_at=submission.saved_at,
        submitted_at=submission.submitted_at,
    )


def _place(submission: Submission) -> Place:
    own = () if submission.made_by == PUBLIC else (submission.made_by,)
    return Place(submission.region, submission.store_id, people=own, thing=submission.id)


def _require_writable(classes: Mapping[str, str], request: Request) -> None:
    """Raises Forbidden for an answer that is not the caller's to write."""
    roles = request.viewer.roles_at(request.place or Place())
    writable = request.policy.writable(roles, terminal=request.viewer.terminal)
    refused = [name for name in request.body.root if classes.get(name) and classes[name] not in writable]
    if refused:
        raise Forbidden("some fields are not yours to write", fields=" ".join(f"/{name}" for name in refused))


def _rate(invalid: int, submitted: int) -> str:
    share = Decimal(invalid) / (invalid + submitted) if invalid + submitted else Decimal(0)
    return str(share.quantize(Decimal("0.0001"), ROUND_HALF_UP))
