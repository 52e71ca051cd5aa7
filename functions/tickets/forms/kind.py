"""Forms (表单) as documents: checked whole before anything is stored, laid over by regions and stores. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from functions.tickets.context import Context
from functions.tickets.forms.compiled import CompiledForm, class_of, compile_form
from functions.tickets.forms.document import FORM_LIMIT_BYTES, KINDS, Form
from functions.tickets.forms.shipped import shipped_forms
from functions.tickets.ticket.types import TICKET_TYPES
from hub.documents.kinds import Finding, Kind, Proposal

RESERVED = ("submissions",)
"""What stands in the paths of all forms."""
UNSEEN = ("cost", "earning", "contract", "technical", "secret")
"""What no customer is asked for."""


def lint_form(proposal: Proposal[CompiledForm], context: Context) -> Iterable[Finding]:
    """What of a form that can work would still be refused, or is hardly meant."""
    form = proposal.value.document
    if proposal.key in RESERVED:
        yield Finding("", f"'{proposal.key}' is no name of a form")
    yield from _tickets(form, context)
    yield from _sections(form)
    yield from _template(form, proposal.key)
    for i, field in enumerate(form.fields):
        if form.open_to == "public" and class_of(field) in UNSEEN:
            yield Finding(f"/fields/{i}/field_class", "is asked on a page that anybody may open", "warning")


def _tickets(form: Form, context: Context) -> Iterator[Finding]:
    rules = [(f"/on_submit/rules/{i}/then/type", rule.then) for i, rule in enumerate(form.on_submit.rules)]
    other = [("/on_submit/ticket/type", form.on_submit.ticket)] if form.on_submit.ticket else []
    types = context.in_force(TICKET_TYPES) if rules or other else ()
    for pointer, outcome in (*rules, *other):
        if outcome.type not in types:
            yield Finding(pointer, "no ticket type has this name")


def _sections(form: Form) -> Iterator[Finding]:
    """Each of the three is there, and something is asked in each section."""
    kinds = {section.kind for section in form.sections}
    for kind, (zh, _) in KINDS.items():
        if kind not in kinds:
            yield Finding("/sections", f"has no section of the kind {kind} ({zh})", "warning")
    used = {field.section for field in form.fields}
    for i, section in enumerate(form.sections):
        if section.id not in used:
            yield Finding(f"/sections/{i}", "asks for nothing", "warning")


def _template(form: Form, key: str) -> Iterator[Finding]:
    """A form that is made from a shipped one, or called so, asks for what that one requires."""
    base = shipped_forms().get(form.template or key)
    own = {field.id: (i, field) for i, field in enumerate(form.fields)}
    for question in base["fields"] if base else ():
        if not question.get("required"):
            continue
        if question["id"] not in own:
            yield Finding("/fields", f"does not ask for {question['id']}, as its template does", "warning")
        elif not own[question["id"]][1].required:
            place = f"/fields/{own[question['id']][0]}/required"
            yield Finding(place, f"{question['id']} is not required, as its template has it", "warning")


FORMS = Kind[CompiledForm](
    name="form",
    path="/forms",
    title="表单 · Form",
    schema=Form,
    read=compile_form,
    lint=lint_form,
    presets=shipped_forms,
    overlays=True,
    limit_bytes=FORM_LIMIT_BYTES,
    readers=("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator"),
    editors=("supervisor", "store_manager"),
)
