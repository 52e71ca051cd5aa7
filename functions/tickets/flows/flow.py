"""A flow (流程): a versioned document of nodes and edges. Here is its form; soundness.py says what makes one sound.

A node has a kind: `human` waits for a person, `approval` for signers, `wait_for` for an event or a time, `call` for
another ticket, `action` does something by itself, `decision` chooses an edge by conditions, `parallel` runs branches
until they have joined, `wait` lets time pass, `end` closes the ticket. asl.py compiles a sound flow to Step Functions;
that machine is the only meaning it has.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from functions.tickets.actions.registry import action_names, is_awaited
from functions.tickets.dispatch.selectors import Selector
from functions.tickets.flows.facts import day_of
from hub.contracts.base import Contract, Slug, Words
from hub.kernel.errors import Invalid, Problem

JOIN = "join"
"""Where an edge inside a parallel branch leads when the branch is done."""

ORDER_EVENTS = ("logistics.changed", "after_sale.changed", "refund.paid")
"""Events of the hub that name an order, for which a ticket about it may wait."""
RECEIVED, ELAPSED = "received", "elapsed"
"""How a wait for something ends."""
Text = Annotated[str, Field(min_length=1, max_length=128)]


class Title(Words):
    """What something is called: neither is empty or long."""

    zh: Text
    en: Text


class NodeField(Contract):
    """One thing that the person at a node reports. money: a decimal string; lines: {sku, quantity, amount} each."""

    id: Slug
    title: Title
    type: Literal["text", "integer", "money", "lines"]
    required: bool = False


class Node(Contract):
    """What all nodes have. `milestone`: what the customer's progress page says once the node is done. `arrival`: what
    the customer is told when their matter first comes to the node, and sees on that page."""

    id: Slug
    title: Title
    milestone: Title | None = None
    arrival: Title | None = None


class Timeout(Contract):
    """What happens when nobody has ended the node after so many seconds: it takes the way of this outcome."""

    seconds: Annotated[int, Field(ge=1, le=366 * 86_400)]
    outcome: Slug


class Human(Node):
    """Waits for somebody, who ends it with one of `outcomes` (outcome → next node). `back`: they may also send it back
    (驳回) to any person's node that the ticket has passed."""

    kind: str
    assignee: Selector = "ticket.assignee"
    fields: tuple[NodeField, ...] = ()
    outcomes: Annotated[dict[Slug, Slug], Field(min_length=1)]
    back: bool = False
    timeout: Timeout | None = None


class Person(Human):
    """A person's node. `form`: a form (表单) that is filled in to end it, with whatever fields it has; `fields`: what
    the work took."""

    kind: Literal["human"]
    form: Slug | None = None


class Count(Contract):
    """So many signers have to approve."""

    count: Annotated[int, Field(ge=1, le=50)]


class Share(Contract):
    """So many in a hundred signers have to approve, rounded up."""

    percent: Annotated[int, Field(ge=1, le=100)]


Sign = Literal["all", "any", "sequence"] | Count | Share


class Approval(Human):
    """Waits for signers (会签 all, 或签 any, one after another, n of them, a share), named here or by a matrix
    (审批矩阵); its outcomes are then `approved` and `rejected`. With neither it is a person's node."""

    kind: Literal["approval"]
    signers: Annotated[tuple[Selector, ...], Field(max_length=50)] = ()
    sign: Sign = "all"
    matrix: Slug | None = None

    @property
    def is_signed(self) -> bool:
        return bool(self.signers or self.matrix)


class Undo(Contract):
    """What takes an action back (补偿)."""

    action: Annotated[Slug, Field(json_schema_extra={"enum": list(action_names())})]
    params: dict[str, Any] = Field(default_factory=dict)


class Action(Node):
    """Does something by itself, and goes on to `next`, or by the way of its outcome where `outcomes` has one. `undo`
    takes it back where the ticket is cancelled, or ends at an end that undoes."""

    kind: Literal["action"]
    action: Annotated[Slug, Field(json_schema_extra={"enum": list(action_names())})]
    params: dict[str, Any] = Field(default_factory=dict)
    outcomes: dict[Slug, Slug] = Field(default_factory=dict)
    undo: Undo | None = None
    next: Slug

    @property
    def is_awaited(self) -> bool:
        """Whether somebody else does it, and is waited for."""
        return is_awaited(self.action)


class Edge(Contract):
    """A decision's edge: taken when `when` holds (hub.rules conditions on the ticket's facts)."""

    id: Slug
    when: dict[str, Any]
    next: Slug


class Decision(Node):
    """Takes the first edge whose condition holds, else `otherwise`."""

    kind: Literal["decision"]
    edges: Annotated[tuple[Edge, ...], Field(min_length=1)]
    otherwise: Slug


class Parallel(Node):
    """Runs branches side by side, each from its start node until an edge to "join"; goes on when all have joined, or
    any one, or so many: then what others still wait for is ended as `skipped`."""

    kind: Literal["parallel"]
    branches: Annotated[tuple[Slug, ...], Field(min_length=2, max_length=10)]
    join: Literal["all", "any"] | Annotated[int, Field(ge=1, le=10)] = "all"
    next: Slug

    @property
    def need(self) -> int:
        """So many branches have to join."""
        return {"all": len(self.branches), "any": 1}.get(str(self.join)) or int(self.join)

    @property
    def skips(self) -> bool:
        """Whether it may go on before all branches have ended."""
        return self.need < len(self.branches)


class Wait(Node):
    """Lets `seconds` of business time pass; or waits until a time of the day (`until`, "08:00", in `timezone`), of the
    next day that has it, or of the day that a field of the ticket names, `days_before` it. What is past is no wait."""

    kind: Literal["wait"]
    seconds: Annotated[int, Field(ge=1, le=366 * 86_400)] | None = None
    until: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["08:00"])] | None = None
    field: Slug | None = None
    days_before: Annotated[int, Field(ge=-366, le=366)] = 0
    timezone: str = "Asia/Shanghai"
    next: Slug

    def ends_at(self, at: datetime, fields: Mapping[str, str]) -> datetime:
        """When a wait that begins now is over: of a time of the day, the next one, today or tomorrow; of a field's day
        at once where it has none."""
        if self.until is None:
            return at + timedelta(seconds=self.seconds or 0)
        here, clock = at.astimezone(ZoneInfo(self.timezone)), time.fromisoformat(self.until)
        if self.field is None:
            moment = datetime.combine(here.date(), clock, here.tzinfo)
            return (moment if moment > here else moment + timedelta(days=1)).astimezone(UTC)
        day = day_of(fields.get(self.field, ""))
        if day is None:
            return at
        moment = datetime.combine(day - timedelta(days=self.days_before), clock, here.tzinfo)
        return max(moment.astimezone(UTC), at)


class WaitFor(Node):
    """Waits for an event, or until `seconds` have passed, whichever is first: to `next`, or to `otherwise`. event: one
    of the hub's that names the ticket's order (`logistics.changed`), `message.resolved` (the customer wrote), or a name
    that a system tells by POST /tickets/{id}/tell."""

    kind: Literal["wait_for"]
    event: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}(\.[a-z][a-z0-9_]{0,40})?$")]
    seconds: Annotated[int, Field(ge=1, le=366 * 86_400)]
    next: Slug
    otherwise: Slug


class Call(Node):
    """Opens a ticket of another type (子工单) and waits until it is closed; its outcome is the way."""

    kind: Literal["call"]
    type: Slug
    outcomes: dict[Slug, Slug] = Field(default_factory=dict)
    next: Slug


class End(Node):
    """Closes the ticket with `outcome`. undo: what its actions did is taken back first, the last one first."""

    kind: Literal["end"]
    outcome: Slug
    undo: bool = False


AnyNode = Annotated[
    Person | Approval | Action | Decision | Parallel | Wait | WaitFor | Call | End, Field(discriminator="kind")
]


class Flow(Contract):
    """A flow document, `schema_version` 1. `ladder` names the escalation ladder whose clock runs while it is open."""

    schema_version: Literal[1] = 1
    key: Slug
    title: Title
    ladder: Slug | None = None
    start: Slug
    nodes: Annotated[tuple[AnyNode, ...], Field(min_length=1, max_length=200)]

    def node(self, node_id: str) -> AnyNode:
        """The node with this id. Raises Invalid when there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise Invalid("no such node", problems=[Problem("/node", "must be one of: " + ", ".join(self.ids()))])

    def ids(self) -> list[str]:
        """All node ids, in the document's order."""
        return [node.id for node in self.nodes]
