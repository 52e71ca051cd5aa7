"""Handing in a form (提交): the answers are read by the form's version, and the ticket, the submission and the mark of
the request are written in one transaction. What follows, follows from the stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from functions.tickets.desk import Desk
from functions.tickets.forms.answers import NO_SUCH_FIELD, read_answers
from functions.tickets.forms.compiled import CompiledForm
from functions.tickets.forms.fields import to_text
from functions.tickets.forms.kind import FORMS
from functions.tickets.forms.submission import (
    Submission,
    outcome_of,
    subject_of,
    ticket_fields,
    to_json,
    told_of_customer,
)
from functions.tickets.handlers.reception import open_case
from functions.tickets.intake.intake import Classification, Opening
from functions.tickets.ticket.ticket import Case, Move, Note, require_open
from hub.documents.readings import Reading
from hub.documents.scopes import Scope
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Invalid, NotFound, Problem

CHANNEL = "form"
FACT_LIMIT = 500


@dataclass(frozen=True)
class HandIn:
    """What somebody hands in. ids: the same again for a repeat. now: business time."""

    submission_id: str
    ticket_id: str
    raw: Mapping[str, Any]
    actor: str
    now: datetime
    region: str
    store_id: str = ""
    customer_id: str = ""


def form_in(desk: Desk, key: str, region: str, store_id: str) -> Reading[CompiledForm]:
    """The form as this place has it. Raises NotFound."""
    return desk.documents.current(FORMS, key, Scope(region, store_id))


def form_of(desk: Desk, submission: Submission) -> CompiledForm:
    """The form that a submission is held against for ever."""
    return desk.documents.pinned(FORMS, submission.form, submission.form_pin).value


def read_type_fields(
    desk: Desk, key: str, place: Scope, raw: Mapping[str, Any], ticket_id: str, now: datetime
) -> dict[str, Any]:
    """What an Opening says of the answers to the form of a ticket's type, `key`. Raises Invalid, pointing at each of
    `/fields` that is missing or wrong."""
    reading = desk.documents.current(FORMS, key, place)
    try:
        answers = read_answers(reading.value, raw, day_of(desk, now))
    except Invalid as wrong:
        places = [Problem(f"/fields{problem.pointer}", problem.rule) for problem in wrong.problems]
        raise Invalid(wrong.detail, problems=places) from None
    plain, texts = ticket_fields(reading.value, answers)
    sealed = desk.seal_text(ticket_id, to_text(texts)) if texts else ""
    return {"fields": plain, "fields_sealed": sealed, "form": key, "form_pin": reading.pin}


def save_draft(desk: Desk, reading: Reading[CompiledForm], handed: HandIn) -> Submission:
    """Keep what was typed, as it was, with the version that it was typed for."""
    _require_known(reading.value, handed.raw)
    draft = _submission(reading, handed, "draft", handed.raw, desk)
    desk.submissions.count(reading.key, day_of(desk, handed.now).isoformat(), reading.version, "drafts")
    desk.items.write(desk.submissions.save(draft, 0))
    return draft


def hand_in_once(desk: Desk, reading: Reading[CompiledForm], handed: HandIn) -> tuple[Submission, int]:
    """Hand it in, or what was handed in by the same request before; with its version."""
    try:
        return hand_in(desk, reading, handed), 1
    except Conflict:
        with suppress(NotFound):
            return desk.submissions.find(handed.submission_id)
        raise


def hand_in(desk: Desk, reading: Reading[CompiledForm], handed: HandIn) -> Submission:
    """Read the answers, and write what they set off. Raises Invalid with each that is wrong, Conflict where it has been
    handed in before."""
    answers = _read(desk, reading.key, reading.version, reading.value, handed.raw, handed.now)
    submission = _submission(reading, handed, "submitted", answers, desk)
    return _set_off(desk, reading.value, submission.but(revision=1), answers, 0)


def submit_draft(desk: Desk, draft: Submission, version: int, ticket_id: str, now: datetime) -> Submission:
    """Hand in a draft, by the version that it was made for. Raises Conflict for what is handed in already."""
    if draft.state != "draft":
        raise Conflict("it has been handed in already", submission=draft.id, state=draft.state)
    form = form_of(desk, draft)
    answers = _read(desk, draft.form, draft.form_version, form, answers_of(desk, draft), now)
    handed = draft.but(state="submitted", submitted_at=now, saved_at=now, revision=1)
    sealed = handed.but(answers_sealed=_seal(desk, draft.id, answers))
    return _set_off(desk, form, sealed, answers, version, ticket_id)


def change_answers(
    desk: Desk, submission: Submission, version: int, raw: Mapping[str, Any], actor: str, now: datetime
) -> Submission:
    """Other answers in place of some, by the version that the submission has; its ticket follows while it is open.
    Raises Conflict when the ticket is over or somebody was faster."""
    form, merged = form_of(desk, submission), {**answers_of(desk, submission), **raw}
    if submission.state == "draft":
        _require_known(form, merged)
        kept = submission.but(saved_at=now, answers_sealed=_seal(desk, submission.id, merged))
        desk.items.write(desk.submissions.save(kept, version))
        return kept
    answers = _read(desk, submission.form, submission.form_version, form, merged, now)
    sealed = _seal(desk, submission.id, answers)
    changed = submission.but(saved_at=now, revision=submission.revision + 1, answers_sealed=sealed)
    changed = _with_content(desk, form, changed, answers)
    write = desk.submissions.save(changed, version)
    if not submission.ticket_id:
        desk.items.write(write)
        return changed
    plain, texts = ticket_fields(form, answers)
    sealed_texts = desk.seal_text(submission.ticket_id, to_text(texts)) if texts else ""

    def decide(case: Case) -> Move:
        require_open(case)
        ticket = case.ticket.but(fields=plain, fields_sealed=sealed_texts)
        return Move(ticket, (Note("answers", actor, {"fields": _told(plain)}),))

    desk.tickets.change(submission.ticket_id, now, decide, extra=(write,))
    return changed


def answers_of(desk: Desk, submission: Submission) -> dict[str, Any]:
    """What was handed in, or typed so far."""
    return dict(json.loads(desk.sealer.unseal(submission.answers_sealed, _context(submission.id))))


def day_of(desk: Desk, moment: datetime) -> date:
    """The day of a moment where the tenant is."""
    return moment.astimezone(desk.zone).date()


def _set_off(
    desk: Desk,
    form: CompiledForm,
    submission: Submission,
    answers: Mapping[str, Any],
    version: int,
    ticket_id: str = "",
) -> Submission:
    """Write the submission, with the ticket that it opens, if any, in one transaction."""
    rule, outcome = outcome_of(form, answers)
    opens = outcome is not None
    settled = submission.but(ticket_id=(ticket_id or submission.ticket_id) if opens else "")
    settled = _with_content(desk, form, settled, answers)
    day = day_of(desk, submission.saved_at).isoformat()
    desk.submissions.count(submission.form, day, submission.form_version, "submitted")
    write = desk.submissions.save(settled, version)
    if outcome is None:
        desk.items.write(write)
    else:
        rule_id = f"{CHANNEL}:{submission.form}/{rule}"
        classification = Classification(outcome.type, outcome.priority, rule_id, outcome.skill, outcome.topic)
        opening = replace(_opening(desk, form, settled, answers), tags=outcome.tags)
        open_case(desk, classification, opening, settled.made_by, settled.id, write)
    return settled


def _opening(desk: Desk, form: CompiledForm, submission: Submission, answers: Mapping[str, Any]) -> Opening:
    plain, texts = ticket_fields(form, answers)
    ticket_id = submission.ticket_id
    return Opening(
        ticket_id=ticket_id,
        customer_id=submission.customer_id,
        region=submission.region,
        link="",
        at=submission.saved_at,
        store_id=submission.store_id,
        placed_by="named",
        channel=CHANNEL,
        entry=CHANNEL,
        sealed=desk.seal_text(ticket_id, subject_of(form, answers)),
        fields=plain,
        fields_sealed=desk.seal_text(ticket_id, to_text(texts)) if texts else "",
        form=submission.form,
        form_pin=submission.form_pin,
        submission_id=submission.id,
    )


def _submission(
    reading: Reading[CompiledForm], handed: HandIn, state: Any, answers: Mapping[str, Any], desk: Desk
) -> Submission:
    return Submission(
        id=handed.submission_id,
        form=reading.key,
        form_pin=reading.pin,
        form_version=reading.version,
        state=state,
        region=handed.region,
        store_id=handed.store_id,
        made_by=handed.actor,
        customer_id=handed.customer_id,
        ticket_id=handed.ticket_id,
        made_at=handed.now,
        saved_at=handed.now,
        submitted_at=handed.now if state == "submitted" else None,
        answers_sealed=_seal(desk, handed.submission_id, answers),
    )


def _with_content(desk: Desk, form: CompiledForm, submission: Submission, answers: Mapping[str, Any]) -> Submission:
    """What it says of the customer, laid where those who keep customers find it, before anybody hears of it."""
    facts = {fact: text[:FACT_LIMIT] for fact, text in told_of_customer(form, answers).items()}
    if not facts:
        return submission.but(content_ref="")
    ref = f"{submission.id}-{submission.revision}"
    desk.contents.put(ref, {"schema": 1, "kind": "form", "person": facts}, int(desk.wall_now().timestamp()))
    return submission.but(content_ref=ref)


def _read(
    desk: Desk, key: str, version: int, form: CompiledForm, raw: Mapping[str, Any], now: datetime
) -> Mapping[str, Any]:
    try:
        return read_answers(form, raw, day_of(desk, now))
    except Invalid:
        desk.submissions.count(key, day_of(desk, now).isoformat(), version, "invalid")
        raise


def _require_known(form: CompiledForm, raw: Mapping[str, Any]) -> None:
    strangers = [Problem(f"/{name[:100]}", NO_SUCH_FIELD) for name in raw if name not in form.fields]
    if strangers:
        raise Invalid("some answers are wrong", problems=strangers)


def _seal(desk: Desk, submission_id: str, answers: Mapping[str, Any]) -> str:
    return desk.sealer.seal(to_json(answers), _context(submission_id))


def _context(submission_id: str) -> str:
    return f"{submission_id}/answers"


def _told(plain: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in plain.items())
