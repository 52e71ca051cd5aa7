"""A walk through a flow: from a node through what doesn't wait to what does, each visit written once.

The machine asks `go`, with a node, or `joined`, behind a parallel's branches; each may be asked again and answers what
it answered before. What the walk stops at, it says: a person's node holds the token until its visit has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any

from functions.tickets.actions.registry import late_outcome, run_action
from functions.tickets.deadlines.deadlines import wait_seconds
from functions.tickets.desk import Desk
from functions.tickets.dispatch.dispatch import administrators
from functions.tickets.dispatch.selectors import QUEUE, Asker, select_person, select_signers
from functions.tickets.flows.asl import FAILED, FORKED, JOINED, OVER, RESUMED
from functions.tickets.flows.decisions import choose_edge
from functions.tickets.flows.flow import (
    ELAPSED,
    JOIN,
    ORDER_EVENTS,
    Action,
    AnyNode,
    Approval,
    Decision,
    End,
    Flow,
    Human,
    Parallel,
    Person,
    Wait,
    WaitFor,
)
from functions.tickets.flows.soundness import APPROVED
from functions.tickets.flows.ways import following, levels, may_be_skipped
from functions.tickets.handlers.undoing import with_undo
from functions.tickets.ticket.arrivals import Arrival, Awaited, begin_visit, enter_visit, pass_visit
from functions.tickets.ticket.passage import close_ticket, enter_branches, go_on, is_over, join_branch
from functions.tickets.ticket.signing import needed
from functions.tickets.ticket.ticket import Case, Move, Visit
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Broken
from hub.kernel.ids import SYSTEM

STEPS_LIMIT = 200
"""So many nodes one walk passes: a flow has no more, and no circle without somebody to wait for."""
Answer = dict[str, Any]
Payload = Mapping[str, Any]


@dataclass
class Walk:
    """One walk: the run that asks, the ticket as it was read last, and whether the run turned out to be over."""

    desk: Desk
    payload: Payload
    case: Case
    flow: Flow
    now: datetime
    is_over: bool = field(default=False)

    @property
    def run(self) -> int:
        return int(self.payload["run"])

    def write(self, decide: Callable[[Case], Move | None]) -> None:
        """Decide on the ticket as it is, unless the run is over."""

        def guarded(case: Case) -> Move | None:
            self.is_over = False
            return decide(case)

        self.case = self.desk.tickets.change(self.case.ticket.id, self.now, guarded, seen=self.case)

    def lapse(self, case: Case) -> None:
        """The run is over, the ticket is, or a parallel around has gone on: nothing is written any more."""
        self.is_over = case.ticket.run != self.run or not case.ticket.is_open or self.is_over


def go(desk: Desk, payload: Payload) -> Answer:
    """Walk on from the node that `payload` names."""
    walk = _begin(desk, payload)
    node, previous = str(payload["node"]), str(payload.get("previous") or "")
    if payload.get("resume_at", "") not in ("", node):
        return _say(walk, previous, RESUMED, "", resume_at=payload["resume_at"])
    return _from(walk, node, previous)


def joined(desk: Desk, payload: Payload) -> Answer:
    """The branches of a parallel have all ended: record what they came to, and walk on. Raises Broken where one that is
    needed failed."""
    walk = _begin(desk, payload)
    node = walk.flow.node(str(payload["node"]))
    if not isinstance(node, Parallel):
        raise Broken("not a parallel", node=node.id)
    visit_id = _join(walk, node)
    if walk.is_over:
        return _over(walk)
    if walk.case.visits[visit_id].edge == FAILED:
        raise Broken("a branch failed", ticket=walk.case.ticket.id, node=node.id)
    return _from(walk, node.next, visit_id)


def _begin(desk: Desk, payload: Payload) -> Walk:
    case = desk.tickets.case(payload["ticket"])
    return Walk(desk, payload, case, desk.catalogue.flow_of(case.ticket), desk.now())


def _join(walk: Walk, node: Parallel) -> str:
    """The parallel's own visit, ended; its id."""
    edges = list(walk.payload["edges"])
    arrival = Arrival(node, walk.run, str(walk.payload.get("previous") or ""))
    reached = {"id": ""}

    def decide(case: Case) -> Move | None:
        inside, opened = enter_branches(case, walk.flow, arrival, walk.now)
        reached["id"] = inside.visit_id(case.ticket)
        fork = case.visits.get(reached["id"])
        if fork is not None and fork.outcome and (fork.edge != FAILED or fork.run >= walk.run):
            return _joined_before(case, walk, fork, node)
        walk.lapse(case)
        if walk.is_over or is_over(case, inside.fork):
            walk.is_over = True
            return None
        count = len(case.visits) + len(opened) + 1
        fork = fork or begin_visit(case.ticket, inside, count, walk.now)
        failed = FAILED in edges and not (node.skips and len(fork.arrived) >= node.need)
        edge = FAILED if failed else JOINED
        ended = fork.but(outcome=edge, edge=edge, actor=SYSTEM, left_at=walk.now, run=walk.run)
        move = Move(case.ticket, (), (*opened, ended))
        return join_branch(case, move, walk.flow, ended, walk.now) if node.next == JOIN and not failed else move

    walk.write(decide)
    return reached["id"]


def _joined_before(case: Case, walk: Walk, fork: Visit, node: Parallel) -> Move | None:
    """One that went on before all branches had ended may be the end of the branch around it."""
    if node.next != JOIN or fork.edge == FAILED:
        return None
    move = join_branch(case, Move(case.ticket), walk.flow, fork, walk.now)
    return move if move.visits else None


def _from(walk: Walk, node_id: str, previous: str) -> Answer:
    """Pass what doesn't wait, and stop where something does."""
    edge = ""
    for _ in range(STEPS_LIMIT):
        if node_id == JOIN:
            return _say(walk, previous, edge, JOIN)
        node = walk.flow.node(node_id)
        if isinstance(node, Parallel):
            return _over(walk) if _lapsed(walk) else _say(walk, previous, FORKED, node.id)
        visit = _visit(walk, node, previous)
        if visit is None:
            return _over(walk)
        if visit.waits:
            return _say(walk, visit.id, "", node.id, parked=True)
        if not isinstance(node, Action | Decision) or (isinstance(node, Action) and node.is_awaited):
            return _say(walk, visit.id, visit.edge, node.id, until=visit.until)
        node_id, previous, edge = following(node, visit.edge), visit.id, visit.edge
    raise Broken("a walk without an end", ticket=walk.case.ticket.id, node=node_id)


def _lapsed(walk: Walk) -> bool:
    walk.is_over = False
    walk.lapse(walk.case)
    return walk.is_over


def _visit(walk: Walk, node: AnyNode, previous: str) -> Visit | None:
    """The visit of a node that is reached behind `previous`, as it is recorded, else as it is written now. None when
    the run is over."""
    reached: dict[str, str] = {}

    def decide(case: Case) -> Move | None:
        arrival, opened = enter_branches(case, walk.flow, _arrival(walk, node, previous), walk.now)
        reached["id"] = arrival.visit_id(case.ticket)
        recorded = case.visits.get(reached["id"])
        if recorded is not None:
            return enter_visit(case, arrival, walk.now) if recorded.waits else None
        if case.ticket.run != walk.run or not case.ticket.is_open or is_over(case, arrival.fork):
            walk.is_over = True
            return None
        inside = replace(case, visits={**case.visits, **{visit.id: visit for visit in opened}})
        move = _reach(walk, inside, arrival)
        return go_on(case, replace(move, visits=(*opened, *move.visits)), walk.flow, walk.now)

    walk.write(decide)
    return None if walk.is_over else walk.case.visits[reached["id"]]


def _arrival(walk: Walk, node: AnyNode, previous: str) -> Arrival:
    payload = walk.payload
    rank = f"{walk.run:06d}#{payload.get('entered', '')}#{int(payload.get('retry', 0)):06d}"
    return Arrival(node, walk.run, previous, str(payload.get("token", "")), rank)


def _reach(walk: Walk, case: Case, arrival: Arrival) -> Move:
    """What a node does when it is reached for the first time."""
    node, now = arrival.node, walk.now
    bare = replace(arrival, token="", rank="")
    if isinstance(node, Action):
        return _act(walk, case, arrival, node)
    if isinstance(node, Decision):
        edge = choose_edge(node, case.ticket, walk.desk.today())
        return Move(case.ticket, (), (pass_visit(case, bare, edge, now),))
    if isinstance(node, End):
        closed = close_ticket(case, node.outcome, SYSTEM, now, (pass_visit(case, bare, node.outcome, now),))
        return with_undo(walk.desk, case, walk.flow, closed, now) if node.undo else closed
    if isinstance(node, Wait) and not may_be_skipped(walk.flow, levels(walk.flow)[node.id]):
        return Move(case.ticket, (), (pass_visit(case, bare, ELAPSED, now, node.ends_at(now, case.ticket.fields)),))
    return _ask(walk, case, arrival)


def _act(walk: Walk, case: Case, arrival: Arrival, node: Action) -> Move:
    """An action is done, or what it wants of others is waited for."""
    now, bare = walk.now, replace(arrival, token="", rank="")
    visit_id, sources = arrival.visit_id(case.ticket), walk.desk.sources()
    result = run_action(node.action, node.params, case, visit_id=visit_id, at=now, sources=sources)
    if result.outcome:
        visit = pass_visit(case, bare, result.outcome, now)
    else:
        awaits = Awaited(until=result.until, late=late_outcome(node.action))
        visit = begin_visit(case.ticket, replace(arrival, awaits=awaits), len(case.visits) + 1, now)
    visit = visit.but(report=result.report, deed=result.deed)
    return replace(result.move, visits=(*result.move.visits, visit))


def _ask(walk: Walk, case: Case, arrival: Arrival) -> Move:
    """A node that waits begins to; an approval that nobody has to give passes."""
    awaits = _asked(walk, case, arrival.node)
    if awaits is None:
        bare = replace(arrival, token="", rank="")
        return Move(case.ticket, (), (pass_visit(case, bare, APPROVED, walk.now),))
    move = enter_visit(case, replace(arrival, awaits=awaits), walk.now)
    if move is None:
        raise Broken("a visit that was there before it began", ticket=case.ticket.id, node=arrival.node.id)
    return move


def _asked(walk: Walk, case: Case, node: AnyNode) -> Awaited | None:
    """Who or what the node waits for, None where nobody has to be asked."""
    if isinstance(node, WaitFor):
        until = walk.now + timedelta(seconds=node.seconds)
        return Awaited(event=event_key(node.event, case), until=until, late=ELAPSED)
    if isinstance(node, Wait):
        return Awaited(until=node.ends_at(walk.now, case.ticket.fields), late=ELAPSED)
    if isinstance(node, Human):
        return _people(walk, case, node)
    return Awaited()


def _people(walk: Walk, case: Case, node: Human) -> Awaited | None:
    organisation = walk.desk.organisation()
    asker = Asker(case.ticket, _last_actor(case), organisation, walk.now)
    base = Awaited(administrators=administrators(organisation.people))
    timeout = node.timeout
    if isinstance(node, Approval) and node.is_signed:
        matrix = walk.desk.catalogue.matrix(node.matrix, case.ticket) if node.matrix else None
        row = matrix.row_for(case.ticket) if matrix else None
        if row is not None and not row.signers:
            return None
        timeout = timeout or (matrix.timeout if matrix else None)
        rule, signers = row.sign if row else node.sign, select_signers(row.signers if row else node.signers, asker)
        base = replace(base, signers=signers, need=needed(rule, len(signers)), in_turn=rule == "sequence")
    else:
        queue = node.assignee.removeprefix(QUEUE) if node.assignee.startswith(QUEUE) else ""
        base = replace(base, person=select_person(node.assignee, asker), queue=queue)
    if isinstance(node, Person) and node.form:
        base = replace(base, form_key=node.form, form_pin=walk.desk.catalogue.form_pin(node.form, case.ticket))
    if timeout is None:
        return base
    return replace(base, until=walk.now + timedelta(seconds=timeout.seconds), late=timeout.outcome)


def _last_actor(case: Case) -> str:
    """Who ended the last visit that a person ended, "" for nobody."""
    ended = [visit for visit in case.visits.values() if visit.actor not in ("", SYSTEM)]
    return max(ended, key=lambda visit: visit.number).actor if ended else ""


def event_key(event: str, case: Case) -> str:
    """What is waited for: an event of the ticket's order, or of the ticket itself."""
    whose = case.ticket.order_no if event in ORDER_EVENTS else case.ticket.id
    return f"{event}#{whose}"


def _over(walk: Walk) -> Answer:
    return _say(walk, str(walk.payload.get("previous") or ""), OVER, "")


def _say(
    walk: Walk,
    visit: str,
    edge: str,
    at: str,
    *,
    resume_at: str = "",
    parked: bool = False,
    until: datetime | None = None,
) -> Answer:
    """What the machine hears. A token that nothing holds is answered at once."""
    answer = {"ticket": walk.case.ticket.id, "run": walk.run, "visit": visit, "at": at, "edge": edge}
    pause = wait_seconds(walk.now, until) if until else 1
    answer |= {"resume_at": resume_at, "wait_seconds": pause}
    token = str(walk.payload.get("token", ""))
    if token and not parked:
        walk.desk.machines.succeed(token, answer)
    return answer
