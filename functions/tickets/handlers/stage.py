"""A stage (模拟环境): the room's own steps at work on tickets in memory, by a clock that jumps to what is due next.

What walks, dispatches, times and escalates here is what does on the real tickets: the desk's table, machines, people
and clock are others, and nothing of what follows leaves it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import field, replace
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from typing import Any

from pydantic import ValidationError

from functions.tickets.deadlines.deadlines import Ladder
from functions.tickets.deadlines.keeping import keep_time
from functions.tickets.desk import Desk
from functions.tickets.dispatch.dispatch import Organisation, Person
from functions.tickets.dispatch.loads import Load, load_changes
from functions.tickets.dispatch.matrices import MATRICES, Matrix
from functions.tickets.dispatch.organisation_table import OrganisationTable
from functions.tickets.flows.asl import compile_flow
from functions.tickets.flows.flow import RECEIVED, Flow
from functions.tickets.flows.machines import ABSENT
from functions.tickets.handlers.effects import perform as do
from functions.tickets.handlers.steps import run_step
from functions.tickets.rehearsal.history import PEOPLES, History, Passage, as_opened
from functions.tickets.rehearsal.interpreter import Execution, Outside
from functions.tickets.rehearsal.performance import Performed, Play, Script
from functions.tickets.ticket.catalogue_table import Catalogue, Value
from functions.tickets.ticket.outbox import Effect, Emit, Signal, StartEscalation, StartFlow, StartTimer, follow_move
from functions.tickets.ticket.passage import SKIPPED
from functions.tickets.ticket.ticket import Case, Claims, Move, Ticket, Visit, apply_move
from functions.tickets.ticket.tickets_table import Decide, TicketTable
from functions.tickets.ticket.visits import Answer, Filled, complete_visit, end_by_itself
from hub.contracts.tickets import WorkReport
from hub.documents.kinds import Kind
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Broken, HubError
from hub.kernel.ids import SYSTEM
from hub.store.table import Write

STEPS_LIMIT = 200_000
FOLLOWED = (Emit, Signal, StartEscalation, StartFlow, StartTimer)
"""What follows on the stage; tickets that a flow opens are not: what they came to is known."""
NOTICES = ("ticket.assigned", "ticket.noticed", "ticket.stranded", "rung.fired")
SAID, BREACHED = "flow.told", "sla.breached"


@dataclass
class Stage:
    """One play, on its way. compiled: the machine of each flow in it, by key and version."""

    desk: Desk
    play: Play
    histories: Mapping[str, History]
    usual: timedelta
    now: datetime
    compiled: dict[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    machines: dict[str, Execution] = field(default_factory=dict)
    sent: dict[str, Counter[str]] = field(default_factory=dict)
    breached: dict[str, set[str]] = field(default_factory=dict)
    assumed: Counter[str] = field(default_factory=Counter)
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: set[str] = field(default_factory=set)
    cases: dict[str, Case] = field(default_factory=dict)
    loads: Counter[str] = field(default_factory=Counter)
    effects: list[Effect] = field(default_factory=list)
    numbers: int = 0

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Have something done at a moment; of two at one moment the first that was put there."""
        self.numbers += 1
        heappush(self.due, (max(moment, self.now), self.numbers, act))

    def open(self, ticket: Ticket) -> None:
        """It comes in as it did, and its clocks begin."""
        nothing = Case(ticket.but(state="cancelled", assignee=""))
        case = replace(self.desk.tickets.foresee(nothing, Move(ticket), ticket.opened_at), version=1)
        self.follow(None, case, Move(case.ticket))

    def follow(self, old: Case | None, new: Case, move: Move) -> None:
        """A ticket has changed: what follows is done once the step is over, as the stream would."""
        self.cases[new.ticket.id] = new
        before = old.ticket if old else new.ticket.but(state="cancelled", assignee="")
        self.loads.update(load_changes(before, new.ticket))
        self.effects += follow_move(self.desk.tenant, old, move)
        for visit in move.visits:
            known = old.visits.get(visit.id) if old else None
            if visit.waits and known is None:
                self._expect(visit)

    def settle(self) -> None:
        """Do all that follows."""
        while self.effects:
            effect = self.effects.pop(0)
            if isinstance(effect, Emit):
                self._count(effect)
            elif isinstance(effect, FOLLOWED):
                do(self.desk, effect)

    def _count(self, effect: Emit) -> None:
        event: Any = effect.event
        if event.type == BREACHED:
            self.breached.setdefault(event.ticket_id, set()).add(event.clock)
        name = event.type if event.type in NOTICES else f"{SAID}:{event.name}" if event.type == SAID else ""
        if name:
            self.sent.setdefault(event.ticket_id, Counter())[name] += 1

    def _expect(self, visit: Visit) -> None:
        """When a visit will be ended by somebody or something, as it really was."""
        passage = self._passage(visit)
        if passage is not None:
            self.at(visit.entered_at + passage.after, lambda: self._end(visit.ticket_id, visit.id, passage))

    def _passage(self, visit: Visit) -> Passage | None:
        """How it ends, None where only its time ends it, or nobody has yet."""
        history, key = self.histories[visit.ticket_id], (visit.ticket_id, visit.node)
        number, self.passed[key] = self.passed[key], self.passed[key] + 1
        if visit.node in history.passages:
            passage = history.passage(visit.node, number)
            late = passage is not None and visit.until is not None and passage.outcome == visit.late
            if passage is None or late or passage.outcome == SKIPPED:
                return None
            if visit.kind not in PEOPLES or passage.actor != SYSTEM:
                return passage
        if visit.kind in PEOPLES:  # nobody has ever been asked here
            return Passage(self.usual, visit.outcomes[0], {}, assumed=True)
        if visit.kind in ("action", "call"):
            return Passage(timedelta(0), "done", {}, assumed=True)
        return None

    def _end(self, ticket_id: str, visit_id: str, passage: Passage) -> None:
        def decide(case: Case) -> Move | None:
            visit = case.visits[visit_id]
            if not visit.waits or not case.ticket.is_open:
                return None
            self.assumed[ticket_id] += passage.assumed
            return _ended(case, visit, passage, self.now, self.play.scripts[ticket_id].flow)

        self.desk.tickets.change(ticket_id, self.now, decide)

    # What is asked of Step Functions.

    def create(self, name: str, definition: str) -> str:
        """No machine is made on a stage."""
        raise Broken("a rehearsal makes no machine", machine=name, length=len(definition))

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> None:
        """A flow's execution begins, or something sleeps until it is due."""
        if machine_arn == self.desk.escalation_arn:
            state = dict(payload)
            self.at(self.now + timedelta(seconds=state["wait_seconds"]), lambda: self._wake(state))
            return
        outside = Outside(
            lambda payload: run_step(self.desk, payload), lambda leaf, seconds: self._sleep(name, leaf, seconds)
        )
        machine = self._machine(self.play.scripts[_ticket_of(name)])
        self.machines[name] = Execution(machine, dict(payload), outside, name)
        self._go_on(name, self.machines[name].run)

    def succeed(self, token: str, output: Mapping[str, Any]) -> None:
        """Whoever holds the token goes on."""
        name = token.partition("#")[0].partition(".")[0]
        for leaf in self.machines[name].leaves():
            if leaf.token == token:
                self._go_on(name, partial(leaf.answer, dict(output)))
                return

    def status(self, machine_arn: str, name: str) -> str:  # noqa: ARG002 - the signature of Machines
        """What became of an execution."""
        execution = self.machines.get(name)
        return ABSENT if execution is None else execution.ended or "RUNNING"

    def _machine(self, script: Script) -> Mapping[str, Any]:
        key = (script.flow.key, script.version)
        if key not in self.compiled:
            self.compiled[key] = json.loads(compile_flow(script.flow).asl)
        return self.compiled[key]

    def _sleep(self, name: str, leaf: Execution, seconds: int) -> None:
        self.at(self.now + timedelta(seconds=seconds), lambda: self._go_on(name, leaf.wake))

    def _go_on(self, name: str, go: Callable[[], None]) -> None:
        """A step that can't be done fails the execution, as it would for good."""
        execution, ticket_id = self.machines[name], _ticket_of(name)
        try:
            go()
            execution.join()
        except HubError:
            self.failed.add(ticket_id)
        if execution.ended not in ("", "SUCCEEDED"):
            self.failed.add(ticket_id)

    def _wake(self, state: dict[str, Any]) -> None:
        answer = run_step(self.desk, {**state, "op": "wake"})
        if answer["next"] == "again":
            self.at(self.now + timedelta(seconds=answer["wait_seconds"]), lambda: self._wake({**state, **answer}))


class StagedTickets(TicketTable):
    """The tickets of a stage."""

    def __init__(self, stage: Stage) -> None:
        def on_time(before: Case, after: Case, at: datetime) -> Ticket:
            return keep_time(before, after, stage.desk.catalogue.rules_of(after.ticket), at)

        super().__init__(stage.desk.items, lambda _case: None, on_time)
        self.stage = stage

    def case(self, ticket_id: str) -> Case:
        return self.stage.cases[ticket_id]

    def claims(self, customer_id: str, kind: str) -> Claims:
        return Claims(customer_id=customer_id, kind=kind)

    def change(
        self, ticket_id: str, at: datetime, decide: Decide, *, extra: Iterable[Write] = (), seen: Case | None = None
    ) -> Case:
        """Decide on the ticket as it is; nobody is faster, and nothing else is written."""
        del extra, seen
        case = self.stage.cases[ticket_id]
        move = decide(case)
        if move is None:
            return case
        after = self.foresee(case, move, at)
        after = replace(after, ticket=after.ticket.but(changed_at=at), version=case.version + 1)
        self.stage.follow(case, after, move)
        return after


class StagedStaff(OrganisationTable):
    """The people of today, with the work that they have on the stage."""

    def __init__(self, stage: Stage, organisation: Organisation) -> None:
        self.known = replace(organisation, loads=lambda people: {each: Load(stage.loads[each]) for each in people})

    def people(self) -> tuple[Person, ...]:
        return tuple(self.known.people)

    def organisation(self) -> Organisation:
        return self.known

    def teams_of(self, person_id: str) -> tuple[str, ...]:
        person = self.known.find(person_id)
        return person.teams if person else ()


@dataclass(frozen=True)
class StagedCatalogue(Catalogue):
    """The scripts and drafts, in place of what is in force; the rest is the tenant's."""

    play: Play

    def flow_of(self, ticket: Ticket) -> Flow:
        return self.play.scripts[ticket.id].flow

    def ladder_of(self, ticket: Ticket) -> Ladder:
        return self.play.scripts[ticket.id].ladder

    def matrix(self, key: str, ticket: Ticket) -> Matrix:
        drafted: Matrix | None = self.play.drafts.get((MATRICES.name, key))
        return drafted if drafted is not None else super().matrix(key, ticket)

    def _pinned(self, kind: Kind[Value], key: str, pin: str) -> Value | None:
        drafted: Value | None = self.play.drafts.get((kind.name, key)) if pin else None
        return drafted if drafted is not None else super()._pinned(kind, key, pin)

    def machine_arn(self, key: str, version: int) -> str:
        return f"{key}:{version}"


def perform(
    desk: Desk, play: Play, histories: Mapping[str, History], usual: timedelta, until: datetime
) -> dict[str, Performed]:
    """What would have become of these tickets by `until`, by ticket. Raises Broken for a draft that goes round for
    ever."""
    stage = _set_up(desk, play, histories, usual, until)
    for ticket_id, history in histories.items():
        ticket = as_opened(history.ticket, play.scripts[ticket_id], play.pins)
        stage.at(ticket.opened_at, partial(stage.open, ticket))
    for _ in range(STEPS_LIMIT):
        if not stage.due or stage.due[0][0] > until:
            return {ticket_id: _performed(stage, case) for ticket_id, case in stage.cases.items()}
        stage.now, _number, act = heappop(stage.due)
        act()
        stage.settle()
    raise Broken("a rehearsal that does not come to an end", tickets=len(histories))


def _set_up(desk: Desk, play: Play, histories: Mapping[str, History], usual: timedelta, until: datetime) -> Stage:
    first = min((history.ticket.opened_at for history in histories.values()), default=until)
    stage = Stage(desk, play, histories, usual, first)
    staff = StagedStaff(stage, desk.staff.organisation())
    catalogue = StagedCatalogue(desk.catalogue.documents, play)
    at_work = replace(desk, machines=stage, catalogue=catalogue, staff=staff, now=lambda: stage.now)
    stage.desk = replace(at_work, tickets=StagedTickets(stage))
    return stage


def _ticket_of(execution: str) -> str:
    """Whose an execution is, by its name."""
    return execution.rpartition("-")[0]


def _performed(stage: Stage, case: Case) -> Performed:
    ticket = case.ticket
    return Performed(
        ticket=ticket,
        rungs=tuple(sorted(case.rungs)),
        breached=tuple(sorted(stage.breached.get(ticket.id, ()))),
        sent=dict(stage.sent.get(ticket.id, {})),
        assumed=stage.assumed[ticket.id],
        failed=ticket.id in stage.failed,
    )


def _ended(case: Case, visit: Visit, passage: Passage, at: datetime, flow: Flow) -> Move | None:
    """The visit's end as it was: where the draft has no such outcome, its first one."""
    if visit.kind not in PEOPLES:
        outcome = RECEIVED if visit.event else passage.outcome
        return end_by_itself(case, visit, outcome, at, flow)
    bare, outcome = visit.but(required=(), form=None, form_key=""), passage.outcome
    if passage.to:
        with suppress(HubError):
            return complete_visit(case, bare, Answer(outcome, to=passage.to), _actor(visit, passage), at, flow)
    outcome = outcome if outcome in visit.outcomes else visit.outcomes[0]
    answer = Answer(outcome, _report(passage), filled=Filled(passage.answers) if passage.answers else None)
    return _completed(case, bare, answer, passage, at, flow)


def _completed(case: Case, visit: Visit, answer: Answer, passage: Passage, at: datetime, flow: Flow) -> Move:
    """Whoever is asked says it; signers one after the other, until it is decided."""
    move, now = complete_visit(case, visit, answer, _actor(visit, passage), at, flow), case
    for _ in visit.signers:
        now = apply_move(now, move)
        signed = now.visits[visit.id]
        if not signed.waits or not now.ticket.is_open:
            break
        following = complete_visit(now, signed, Answer(answer.outcome), signed.awaits[0], at, flow)
        visits = {each.id: each for each in (*move.visits, *following.visits)}
        move = replace(following, notes=(*move.notes, *following.notes), visits=tuple(visits.values()))
    return move


def _actor(visit: Visit, passage: Passage) -> str:
    return visit.awaits[0] if visit.awaits else passage.actor or SYSTEM


def _report(passage: Passage) -> WorkReport | None:
    try:
        return WorkReport.model_validate(passage.report) if passage.report else None
    except ValidationError:
        return None
