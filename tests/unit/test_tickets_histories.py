"""The arbiter and the outbox, over random histories: whoever comes, in whatever order and however often, each visit has
one outcome, and everything that has to follow does, once.

A history is a list of attempts: steps of the flow's machine, people, cards, clocks, new runs, a close. Each is decided
on the ticket as it is, as the table's conditional write has it; one that is refused writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.tickets.actions.action import Sources
from functions.tickets.deadlines.clocks import Terms, due_of, pause_ticket, resume_ticket
from functions.tickets.deadlines.keeping import Rules, keep_time
from functions.tickets.deadlines.policies import POLICIES
from functions.tickets.deadlines.rungs import fire_rungs
from functions.tickets.deadlines.stuck import adopt_ticket
from functions.tickets.dispatch.assignment import acknowledge_ticket, reassign_ticket
from functions.tickets.dispatch.dispatch import Organisation, Person
from functions.tickets.dispatch.loads import load_changes
from functions.tickets.flows.flow import JOIN, AnyNode, Human
from functions.tickets.flows.soundness import parse_flow
from functions.tickets.flows.ways import edges
from functions.tickets.ticket.arrivals import Arrival, Awaited, enter_visit, pass_visit, require_run
from functions.tickets.ticket.clock import TicketClock
from functions.tickets.ticket.outbox import Effect, Emit, Signal, StartEscalation, StartFlow, answer_of, follow_change
from functions.tickets.ticket.passage import close_ticket
from functions.tickets.ticket.runs import resume_run
from functions.tickets.ticket.ticket import Case, Move, Ticket, Visit, apply_move
from functions.tickets.ticket.trail import append_notes
from functions.tickets.ticket.visits import Answer, complete_node, tap_card
from hub.documents.linting import propose
from hub.kernel.errors import Conflict, Forbidden, HubError, Invalid
from tests.support.presets import ladder

T0 = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TITLE = {"zh": "节点", "en": "Node"}
NODES: list[dict[str, Any]] = [
    {"id": "dispatch", "kind": "action", "action": "assign", "next": "accept"},
    {"id": "accept", "kind": "human", "outcomes": {"accepted": "fork", "declined": "dispatch"}},
    {"id": "fork", "kind": "parallel", "branches": ["left", "right"], "next": "approve"},
    {"id": "left", "kind": "human", "outcomes": {"done": "join"}},
    {"id": "right", "kind": "wait", "seconds": 60, "next": "join"},
    {"id": "approve", "kind": "approval", "assignee": "supervisor", "outcomes": {"yes": "closed", "no": "accept"}},
    {"id": "closed", "kind": "end", "outcome": "done"},
]
FLOW = parse_flow(
    {"key": "repair", "title": TITLE, "start": "dispatch", "nodes": [{"title": TITLE, **n} for n in NODES]}
)
STAFF = (
    Person(id="li", roles=("engineer",), region="310000", teams=("cold",), supervisor="chen"),
    Person(id="zhao", roles=("engineer",), region="310000", teams=("cold",)),
    Person(id="chen", roles=("supervisor",), region="base"),
)
ORGANISATION = Organisation(STAFF)
SOURCES = Sources(lambda: ORGANISATION, T0.date)
LADDER = ladder("repair")
NODE = ladder("node")
POLICY = propose(POLICIES, "standard", POLICIES.presets()["standard"]).value
NEVER = T0 + timedelta(days=900)


def terms_of(clock: TicketClock) -> Terms:
    steps = LADDER.steps if clock.measures == "handling" else NODE.steps
    return Terms(tuple(step.within(clock.budget_seconds) for step in steps))


RULES = Rules(POLICY, terms_of, LADDER.budget_seconds)
NEW = Ticket(
    id="tkt_1",
    type="repair",
    priority="urgent",
    customer_id="cus_1",
    region="310101",
    title_zh="维修",
    title_en="Repair",
    opened_at=T0,
    flow_key="repair",
    flow_version=1,
    ladder="repair",
    clock_since=T0,
)

Attempt = tuple[str, int, int, int]
"""What is tried, and three numbers that choose among what there is."""


FIRST = enter_visit(
    Case(NEW.but(assignee="li", assignment=1)), Arrival(FLOW.node("accept"), 1, "vis_0", "token-0", "000001#000"), T0
)


@dataclass
class Table:
    """The ticket, changed by what is decided on it, and its stream: (sort key, the item as it is, as it was). It begins
    dispatched to li, who is asked to accept it."""

    case: Case = field(default_factory=lambda: Case(NEW, version=1))
    at: datetime = T0
    stream: list[tuple[str, Any, Any]] = field(default_factory=lambda: [("ticket", NEW, None)])
    load: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.change(lambda _: FIRST)

    def change(self, decide: Callable[[Case], Move | None]) -> Case:
        """Write what is decided, all of it."""
        before, move = self.case, decide(self.case)
        if move is None:
            return before
        timed = keep_time(before, apply_move(before, move), RULES, self.at)
        ticket, _ = append_notes(timed.but(changed_at=self.at), move.notes, self.at)
        move = replace(move, ticket=ticket)
        self.stream.append(("ticket", move.ticket, before.ticket))
        for visit in move.visits:
            self.stream.append((f"visit#{visit.id}", visit, before.visits.get(visit.id)))
        self.stream += [(f"rung#{rung.name}", rung, None) for rung in move.rungs]
        for person, step in load_changes(before.ticket, move.ticket).items():
            self.load[person] = self.load.get(person, 0) + step
        self.case = replace(apply_move(before, move), version=before.version + 1)
        return self.case


def play(history: list[Attempt]) -> Table:
    """The table after all of these attempts; what is refused is passed over."""
    table = Table()
    for kind, *numbers in history:
        table.at += timedelta(minutes=numbers[2] * 7)
        try:
            ATTEMPTS[kind](table, *numbers)
        except (Conflict, Forbidden, Invalid):
            continue
    return table


def step(table: Table, a: int, b: int, c: int) -> None:
    """The machine of the ticket's run, or now and then of the one before, goes on behind an ended visit; small numbers
    make it the same passage again, with another token."""
    ended = [None, *(visit for visit in table.case.visits.values() if not visit.waits)]
    previous = ended[-1 - b % min(3, len(ended))]
    targets = [target for _, target in edges(FLOW.node(previous.node)) if target != JOIN] if previous else [FLOW.start]
    node = FLOW.node((targets or ["approve"])[a % len(targets or ["approve"])])
    run = max(1, table.case.ticket.run - (1 if c == 11 else 0))
    arrival = Arrival(
        node=node,
        run=run,
        previous=previous.id if previous else "",
        token=f"token-{run}-{node.id}-{c % 3}",
        rank=f"{run:06d}#{c % 3:03d}",
        awaits=Awaited(person="chen" if isinstance(node, Human) and node.assignee == "supervisor" else ""),
    )
    table.change(lambda case: passage(case, arrival, table.at))


def passage(case: Case, arrival: Arrival, at: datetime) -> Move | None:
    """As handlers/steps.py has it."""
    node: AnyNode = arrival.node
    if isinstance(node, Human):
        return enter_visit(case, arrival, at)
    if arrival.visit_id(case.ticket) in case.visits:
        return None
    require_run(case.ticket, arrival.run)
    visit = pass_visit(case, arrival, node.outcome if node.kind == "end" else "done", at)
    if node.kind == "end":
        return close_ticket(case, node.outcome, "system", at, (visit,))
    return Move(case.ticket, (), (visit,))


def complete(table: Table, a: int, b: int, c: int) -> None:
    """Somebody ends what waits at a node, or tries to: mostly who may, mostly with an outcome that there is."""
    humans = [node for node in FLOW.nodes if isinstance(node, Human)]
    node = [*(FLOW.node(visit.node) for visit in table.case.waiting()), *humans][a % 4 % len(humans)]
    outcome = [*getattr(node, "outcomes", ()), "dance"][b % 4 % 3 - 1]
    actor = STAFF[c % 3].id
    table.change(lambda case: complete_node(case, node.id, Answer(outcome), actor, table.at, leads=c % 4 > 0))


def tap(table: Table, a: int, b: int, c: int) -> None:
    """Somebody presses a button on the card of any visit there ever was: mostly whose card it is."""
    cards = [visit for visit in table.case.visits.values() if visit.outcomes]
    visit = cards[a % len(cards)]
    key = [*visit.outcomes, "accept", "dance"][b % 4 % (len(visit.outcomes) + 2)]
    actor = STAFF[c % 3].id if c % 4 == 0 else visit.assignee
    table.change(lambda case: tap_card(case, visit.id if b < 11 else "vis_unknown", actor, key, table.at))


def wake(table: Table, *_: int) -> None:
    """The escalation's machine wakes, once for every generation there may be."""
    ripe, _following = due_of(table.case, terms_of, table.at)
    if table.case.ticket.is_open:
        table.change(lambda case: fire_rungs(case, ripe, SOURCES, table.at))


def new_run(table: Table, *_: int) -> None:
    """The run's execution has died, whoever was waited for: the next goes on with it."""

    def decide(case: Case) -> Move:
        require_run(case.ticket, case.ticket.run)
        return resume_run(case, FLOW, table.at)

    table.change(decide)


def jump(table: Table, a: int, *_: int) -> None:
    """Somebody gives the run up, whatever waits in it, and the next one begins at another node."""

    def decide(case: Case) -> Move:
        require_run(case.ticket, case.ticket.run)
        node = FLOW.nodes[a % len(FLOW.nodes)].id
        return Move(case.ticket.but(run=case.ticket.run + 1, first_run=0, run_at=table.at, resume_at=node))

    table.change(decide)


def cancel(table: Table, *_: int) -> None:
    """The matter is off."""

    def decide(case: Case) -> Move:
        require_run(case.ticket, case.ticket.run)
        return Move(case.ticket.but(state="cancelled"))

    table.change(decide)


def close(table: Table, *_: int) -> None:
    """The end node of the flow, whatever still waits."""

    def decide(case: Case) -> Move:
        require_run(case.ticket, case.ticket.run)
        return close_ticket(case, "done", "system", table.at)

    table.change(decide)


ATTEMPTS: dict[str, Callable[..., None]] = {
    "step": step,
    "complete": complete,
    "tap": tap,
    "assign": lambda t, a, *_: t.change(lambda case: reassign_ticket(case, STAFF[a % 3], "amy", t.at, None)),
    "acknowledge": lambda t, a, *_: t.change(lambda case: acknowledge_ticket(case, STAFF[a % 3].id, t.at)),
    "pause": lambda t, *_: t.change(lambda case: pause_ticket(case, (), "amy")),
    "resume": lambda t, *_: t.change(lambda case: resume_ticket(case, "amy")),
    "wake": wake,
    "run": new_run,
    "adopt": lambda t, *_: (
        t.change(lambda case: adopt_ticket(case, ORGANISATION, t.at)) if t.case.ticket.is_open else None
    ),
    "jump": jump,
    "cancel": cancel,
    "close": close,
}


USUAL = ("step", "complete", "tap") * 4 + ("assign", "acknowledge", "pause", "resume", "wake") * 2


def attempts_of(chances: bytes) -> list[Attempt]:
    """Four bytes are one attempt."""
    kinds = (*USUAL, *ATTEMPTS)
    quarters = (chances[i : i + 4] for i in range(0, len(chances) - 3, 4))
    return [(kinds[kind % len(kinds)], a % 12, b % 12, c % 12) for kind, a, b, c in quarters]


HISTORIES = st.binary(min_size=48, max_size=144).map(attempts_of)


def effects(table: Table) -> Iterator[Effect]:
    """All that the stream makes follow, change by change."""
    for sk, new, old in table.stream:
        yield from follow_change("demo", sk, new.body(), old.body() if old else None)


def name_of(effect: Effect) -> str:
    """By what whoever sees an effect again knows it."""
    match effect:
        case StartFlow() | StartEscalation():
            return effect.name
        case Signal(token, output):
            return f"{token}/{output['visit']}"
        case Emit(event):
            return event.id


def emitted(table: Table, kind: str) -> list[Any]:
    """The events of a type, each fact once."""
    events = {effect.event.id: effect.event for effect in effects(table) if isinstance(effect, Emit)}
    return [event for event in events.values() if event.type == kind]  # type: ignore[attr-defined]


@given(HISTORIES)
def test_a_visit_has_one_outcome(history: list[Attempt]) -> None:
    """Once a visit has ended, nobody changes its outcome, its edge, who ended it, when, and with what report."""
    ended: dict[str, tuple[Any, ...]] = {}
    for sk, new, _ in play(history).stream:
        if sk.startswith("visit#") and new.outcome:
            facts = (new.outcome, new.edge, new.actor, new.left_at, new.report)
            assert ended.setdefault(sk, facts) == facts


@given(HISTORIES)
def test_a_run_that_is_over_changes_nothing(history: list[Attempt]) -> None:
    """No visit of a run that was given up begins or ends, and nothing happens to a closed ticket, whoever comes
    late."""
    present, is_open = NEW, True
    for sk, new, old in play(history).stream:
        if sk == "ticket":
            assert is_open or (new.state, new.run, new.assignee) == (old.state, old.run, old.assignee)
            present, is_open = new, new.is_open
        elif sk.startswith("visit#") and (old is None or old.outcome != new.outcome):
            assert present.goes_on_with(new.run)


@given(HISTORIES)
def test_visits_are_counted_without_gaps(history: list[Attempt]) -> None:
    """Each visit has its own number, from 1, in the order in which they began."""
    visits = play(history).case.visits.values()
    assert [visit.number for visit in visits] == list(range(1, len(visits) + 1))


@given(HISTORIES)
def test_an_effect_that_is_seen_again_is_the_same(history: list[Attempt]) -> None:
    """Whatever has one name is one thing: an execution has one input, a token one answer, an event one text."""
    by_name: dict[str, Effect] = {}
    for effect in effects(play(history)):
        assert by_name.setdefault(name_of(effect), effect) == effect


@given(HISTORIES)
def test_every_fact_is_told_once(history: list[Attempt]) -> None:
    """The opening, each notice, each rung and the close are events, one each, and nothing else is told."""
    table = play(history)
    ticket = table.case.ticket
    assert len(emitted(table, "ticket.opened")) == 1
    assert len(emitted(table, "ticket.assigned")) == ticket.notice
    assert sorted(event.rung for event in emitted(table, "rung.fired")) == sorted(
        rung.name for rung in table.case.rungs.values()
    )
    assert len(emitted(table, "ticket.closed")) == (ticket.state == "closed")


@given(HISTORIES)
def test_every_run_is_started(history: list[Attempt]) -> None:
    """Each run of the ticket has its execution, and there is none beside them."""
    table = play(history)
    started = {effect.name for effect in effects(table) if isinstance(effect, StartFlow)}
    assert started == {f"tkt_1-{run}" for run in range(1, table.case.ticket.run + 1)}


@given(HISTORIES)
def test_a_running_clock_has_its_escalation(history: list[Attempt]) -> None:
    """While the clock of an open ticket runs, its live generation has been started; no other will ever act."""
    table = play(history)
    ticket = table.case.ticket
    started = {(e.run, e.generation) for e in effects(table) if isinstance(e, StartEscalation)}
    if ticket.is_open and due_of(table.case, terms_of, NEVER)[0]:
        assert (ticket.run, ticket.generation) in started
    assert max(started) <= (ticket.run, ticket.generation)


@given(HISTORIES)
def test_an_escalation_that_may_have_gone_to_rest_is_followed_by_the_next(history: list[Attempt]) -> None:
    """A matter that is put down again is the next generation's, which begins at once."""
    for sk, new, old in play(history).stream:
        if sk == "ticket" and old is not None and new.is_open:
            put_down = old.acknowledged_at is not None and new.acknowledged_at is None
            assert not put_down or new.generation > old.generation


@given(HISTORIES)
def test_an_assignee_hears_of_an_assignment_once(history: list[Attempt]) -> None:
    """However many visits wait for them, and however often the steps are called."""
    assignments = [
        new.assignment
        for sk, new, old in play(history).stream
        if sk == "ticket" and old is not None and new.notice > old.notice and new.notice_to == new.assignee
    ]
    assert len(assignments) == len(set(assignments))


@given(HISTORIES)
def test_an_older_token_never_takes_the_place_of_a_newer_one(history: list[Attempt]) -> None:
    """A step that was slow, or is told again, does not have the answer sent to a task that nobody waits for."""
    ranks: dict[str, str] = {}
    for sk, new, _ in play(history).stream:
        if sk.startswith("visit#"):
            assert new.token_rank >= ranks.get(sk, "")
            ranks[sk] = new.token_rank


@given(HISTORIES)
def test_the_latest_token_of_an_ended_visit_is_answered(history: list[Attempt]) -> None:
    """However the end and the tokens cross, the token that counts gets the recorded edge; who waits gets no answer."""
    table = play(history)
    signals = [effect for effect in effects(table) if isinstance(effect, Signal)]
    for visit in table.case.visits.values():
        outputs = [signal.output for signal in signals if signal.output["visit"] == visit.id]
        if visit.waits or not visit.token:
            assert outputs == [] or not visit.token
        else:
            assert Signal(visit.token, answer_of(visit)) in signals
            assert all(output | {"run": visit.run} == answer_of(visit) for output in outputs)


@given(HISTORIES)
def test_a_persons_load_is_what_they_have(history: list[Attempt]) -> None:
    """The number of open tickets of each person is right after any history."""
    table = play(history)
    ticket = table.case.ticket
    assert {who: n for who, n in table.load.items() if n} == (
        {ticket.assignee: 1} if ticket.is_open and ticket.assignee else {}
    )


@given(HISTORIES, st.sampled_from(["li", "zhao", "chen"]), st.sampled_from(["li", "zhao", "chen"]))
def test_of_two_who_complete_one_visit_one_wins(history: list[Attempt], first: str, second: str) -> None:
    """Both saw it wait; the second is told who was first, or that it waits no more, and writes nothing."""
    table = play(history)
    waiting = [visit for visit in table.case.waiting() if table.case.ticket.is_open]
    if not waiting:
        return
    visit: Visit = waiting[-1]
    outcome = visit.outcomes[0]
    table.change(lambda case: complete_node(case, visit.node, Answer(outcome), first, table.at, leads=True))
    others = [other for other in table.case.waiting() if other.node == visit.node]
    if not others:
        version = table.case.version
        with pytest.raises(HubError):
            table.change(lambda case: complete_node(case, visit.node, Answer(outcome), second, table.at, leads=True))
        assert table.case.version == version
