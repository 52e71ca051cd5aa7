"""The ticket that a path names: changed and shown, the same way by every route."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from functions.tickets.api.views import Texts, show_explanation, show_layers, show_ticket
from functions.tickets.deadlines.views import show_clocks
from functions.tickets.desk import Desk
from functions.tickets.dispatch.dispatch import Need, choose_person
from functions.tickets.forms.fields import from_text
from functions.tickets.handlers.orders import order_of
from functions.tickets.handlers.patrols import issues_of
from functions.tickets.handlers.supplies import supplies_of
from functions.tickets.intake.intake import intake_facts, is_of_rules
from functions.tickets.intake.levels_table import find_level
from functions.tickets.intake.occasion_kind import PRESETS
from functions.tickets.ticket.ticket import Case, Move, require_open
from hub.contracts.dispatch import ExplainView
from hub.contracts.tickets import TicketView
from hub.edge.requests import Request
from hub.rules import explain as explain_table


def change_case(desk: Desk, request: Request, decide: Callable[[Case], Move | None]) -> TicketView:
    """Decide on the ticket of the path, write what was decided, and show it as it is then; on a dry run, as it would
    be."""
    case: Case = request.subject

    def decided(now: Case) -> Move | None:
        if request.seen_version not in (None, now.version):
            require_open(now, request.seen_version)
        return decide(now)

    if request.dry_run:
        move = decided(case)
        foreseen = desk.tickets.foresee(case, move, request.now) if move else case
        return show_case(desk, foreseen, explain=request.explain)
    changed = desk.tickets.change(case.ticket.id, request.now, decided, seen=case)
    return show_case(desk, changed, explain=request.explain)


def show_case(desk: Desk, case: Case, *, explain: bool = False) -> TicketView:
    """The ticket whole, with why it is so where that is asked for; the edge leaves out what its viewer may not see."""
    level = find_level(desk.items, case.ticket.customer_id)
    shown = _shown(desk, case).model_copy(update={"level_now": level.level})
    return shown.model_copy(update={"explain": explain_case(desk, case)}) if explain else shown


def explain_case(desk: Desk, case: Case) -> ExplainView:
    """The rule that classified it, who would get it now and why the others not, its clock and its ladder."""
    ticket, now = case.ticket, desk.now()
    subject = desk.unseal_text(ticket.id, ticket.subject_sealed)
    facts = intake_facts(subject, ticket.channel, ticket.entry, ticket.region)
    traces = explain_table(desk.catalogue.intake_rules(), facts).rules if is_of_rules(ticket, PRESETS()) else ()
    dispatch = choose_person(Need.of(ticket), desk.organisation(), now)
    override = ticket.layers.get("override", "")
    layers = show_layers(ticket, traces, desk.catalogue.overrides().note(override) if override else "")
    return show_explanation(case, desk.catalogue.ladder_of(ticket), traces, layers, dispatch, now)


def _shown(desk: Desk, case: Case) -> TicketView:
    subject = desk.unseal_text(case.ticket.id, case.ticket.subject_sealed)
    sealed = case.ticket.fields_sealed
    texts = from_text(desk.unseal_text(case.ticket.id, sealed)) if sealed else {}
    known = desk.catalogue.text_classes(case.ticket) if texts else {}
    classes = {name: known[name] for name in texts}
    order, filled_in = order_of(desk, case.ticket), _filled_in(desk, case)
    articles = (line.item_no for line in order.lines if line.item_no) if order else ()
    supplies = supplies_of(desk, dict.fromkeys((*case.ticket.waits_for, *articles)))
    clocks = show_clocks(case, desk.catalogue.terms_of(case.ticket), desk.now())
    shown = show_ticket(
        case,
        subject,
        supplies,
        texts=texts,
        text_classes=classes,
        filled_in=filled_in,
        clocks=clocks,
        order=order,
        board=desk.catalogue.board(),
    )
    issues = issues_of(desk, case.ticket)
    return shown.model_copy(update={"issues": issues}) if issues else shown


def show_row(desk: Desk) -> Callable[[Case], TicketView]:
    """Tickets as a list shows them."""
    return partial(show_ticket, board=desk.catalogue.board())


def _filled_in(desk: Desk, case: Case) -> dict[str, Texts]:
    """By visit, what was written on its form."""
    filled_in: dict[str, Texts] = {}
    for visit in case.visits.values():
        if visit.answers_sealed:
            texts = from_text(desk.unseal_text(case.ticket.id, visit.answers_sealed))
            known = desk.catalogue.form_classes(visit.form_key, visit.form_pin)
            filled_in[visit.id] = texts, {name: known[name] for name in texts}
    return filled_in
