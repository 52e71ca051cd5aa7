"""HTTP bodies of /flows, and of what people do with a ticket on its way beside working on it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.contracts.base import Contract, Day, Moment, PersonId, Slug, Words
from hub.contracts.classes import Located
from hub.contracts.clocks import TicketClockView
from hub.contracts.tickets import REPORT


class DelegateNode(Contract):
    """Who is to answer the node in one's place (转交). person: whose part it is, where a supervisor hands it over."""

    to: PersonId
    person: Annotated[str, Field(max_length=64)] = ""


class AddSigners(Contract):
    """Who is asked to sign, too (加签)."""

    people: Annotated[tuple[PersonId, ...], Field(min_length=1, max_length=50)]


class TellEvent(Contract):
    """What has happened, by the name that a flow waits for."""

    event: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$", examples=["parts_arrived"])]


class OpenChild(Contract):
    """A ticket that hangs on another. depends: it begins when that one is over."""

    type: Slug
    depends: bool = False


class LinkTickets(Contract):
    """Which tickets hang on this one from now on."""

    tickets: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]


class CancelTicket(Contract):
    """Why nothing more is to be done about it, in a word of the tenant's own. What its flow's actions did is taken back
    where the flow says how."""

    reason: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,63})?$")] = ""


class MoveTicket(Contract):
    """At which node it goes on; "" for where its flow begins."""

    node: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,63})?$")] = ""
    reason: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,63})?$")] = ""


class MigrateAll(Contract):
    """To which version all open tickets of a flow go over, and how, as `MigrateFlow` says."""

    version: Annotated[int, Field(ge=0)] = 0
    deadlines: Literal["keep", "re_evaluate"] = "keep"


class MigrateFlow(Contract):
    """Which open tickets go over to which version. version: 0 for the one in force. deadlines: `keep` those that a
    ticket was opened with, or `re_evaluate` by the new version's ladder, from when its clock began."""

    version: Annotated[int, Field(ge=0)] = 0
    deadlines: Literal["keep", "re_evaluate"] = "keep"
    tickets: Annotated[tuple[str, ...], Field(max_length=200)] = Field(default=(), description="these alone; else all")
    cursor: str = ""


class RehearseFlow(Contract):
    """What is rehearsed: a version of the flow, or its draft (0), over the tickets of the last days, beside what is in
    force. ladder: with the draft of its ladder; policy, calendar: with the draft of these, for the tickets whose clocks
    go by them; matrix: with the draft of this approval matrix; rules: with the draft of the intake rules: a ticket that
    a message opened has the priority that it would be given, and is played as the type that it would be of."""

    version: Annotated[int, Field(ge=0)] = 0
    days: Annotated[int, Field(ge=1, le=90)] = 30
    tickets: Annotated[int, Field(ge=1, le=5000)] = Field(default=1000, description="so many at most, the newest first")
    ladder: bool = False
    policy: Slug | Annotated[str, Field(pattern="^$")] = ""
    calendar: Slug | Annotated[str, Field(pattern="^$")] = ""
    matrix: Slug | Annotated[str, Field(pattern="^$")] = ""
    rules: bool = False


class RehearseRules(Contract):
    """What is rehearsed: a version of the intake rules, or their draft (0), over the tickets of the last days that
    messages opened, beside what is in force."""

    version: Annotated[int, Field(ge=0)] = 0
    days: Annotated[int, Field(ge=1, le=90)] = 30
    tickets: Annotated[int, Field(ge=1, le=5000)] = Field(default=1000, description="so many at most, the newest first")


class PlannedRung(Contract):
    """A rung: when it is due (null: the clock stands), and whether it has fired."""

    rung: str
    due_at: Moment | None
    fired: bool


class PlanView(Contract):
    """What migration does to one ticket. state: migrated, planned (a dry run), or refused, and then why. node: where it
    stands now, node_after: then; changes: what of it is another then, by name; its clocks as they are, and as they will
    be."""

    ticket_id: Annotated[str, Located("thing")]
    state: Literal["migrated", "planned", "refused"]
    reason: str
    from_version: int
    to_version: int
    node: str
    node_after: str = ""
    changes: tuple[str, ...] = ()
    rungs_before: tuple[PlannedRung, ...]
    rungs_after: tuple[PlannedRung, ...]
    clocks_before: tuple[TicketClockView, ...] = ()
    clocks_after: tuple[TicketClockView, ...] = ()


class Checkup(Contract):
    """fix: what is found is mended. cursor: where an earlier answer said that the next one goes on."""

    fix: bool = False
    cursor: Annotated[str, Field(max_length=2000)] = ""


class IllView(Contract):
    """What an open ticket lacks: its flow's execution, the escalation by which something is due, or a clock. status:
    what Step Functions says of the execution; nodes: where the ticket waits; fixed: whether that was mended now."""

    ticket_id: Annotated[str, Located("thing")]
    lacks: Literal["flow", "escalation", "clock"]
    status: str = ""
    words: Words
    nodes: tuple[str, ...] = ()
    run: int
    fixed: bool


class CheckupView(Contract):
    """looked_at: so many open tickets. cursor: where the next request goes on, "" at the end."""

    looked_at: int
    findings: tuple[IllView, ...]
    assumed: int = Field(default=0, description="so many have a deadline on a day of which the calendar says nothing")
    cursor: str = ""


class InsertNode(Contract):
    """Where a node goes, and which: the name of an action or of a block (a chain of nodes), or a whole node. among:
    what is called so, where both are; without it the block. parameters: what the block or the action asks for. edge:
    the way out of `after` on which it goes, where there are several. publish: as the next
    version, at once; else as a draft."""

    after: Slug
    edge: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,63})?$")] = ""
    node: Slug | dict[str, Any]
    among: Literal["blocks", "actions"] | None = None
    parameters: Annotated[dict[Slug, Annotated[str, Field(max_length=200)]], Field(max_length=10)] = Field(default={})
    publish: bool = True
    seen_version: int | None = None


class InsertedView(Contract):
    """The flow with the node in it; `version` 0 where it is a draft. order: its nodes along the usual way."""

    document: dict[str, Any]
    version: int
    order: tuple[str, ...]
    findings: tuple[dict[str, str], ...] = ()


class DiagramQuery(Contract):
    """format: an SVG picture, or Mermaid's words. version: 0 for the one in force. counts: how many open tickets wait
    at each node, of the newest thousand within your reach."""

    format: Literal["svg", "mermaid"] = "svg"
    version: Annotated[int, Field(ge=0)] = 0
    counts: bool = False


class DiagramView(Contract):
    """A picture of a flow. counted: of so many open tickets; more: whether there are more than were counted."""

    format: str
    text: str
    counts: dict[str, int] = Field(default={})
    counted: int = 0
    more: bool = False


class TryAction(Contract):
    """Which action, with which parameters."""

    action: Slug
    params: dict[str, Any] = Field(default={})


class TriedView(Contract):
    """What it would come to: nothing is written."""

    outcome: str
    report: Annotated[dict[str, Any], REPORT]
    changes: dict[str, Any] = Field(description="what of the ticket would be another, by name")
    recipients: tuple[str, ...] = ()


class MonthQuery(Contract):
    """Which month."""

    month: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-12"])]


class PlannedVisit(Contract):
    """One device on one day. person: "" where nobody covers its region."""

    device: str
    person: str
    day: Day


class MonthView(Contract):
    """A plan's month. workdays: how many there are; loads: how many devices each has."""

    month: str
    workdays: int
    visits: tuple[PlannedVisit, ...]
    loads: dict[str, int]
    assumed: bool = Field(
        default=False, description="no public calendar knows the month's work days yet: Monday to Friday are taken"
    )


class FunnelQuery(Contract):
    """tickets: of how many, the newest first. state: closed ones, or those that are still open."""

    tickets: Annotated[int, Field(ge=1, le=100)] = 100
    state: Literal["open", "closed"] = "closed"


class StageView(Contract):
    """One node: how many tickets reached it, how often, and what it took. share: of the whole time of these tickets."""

    node: str
    title: Words
    tickets: int
    visits: int
    seconds: int
    median_seconds: int
    share: str


class FunnelView(Contract):
    """Where the time of tickets went, the largest share first. counted: of how many tickets; those of any version."""

    flow: str
    counted: int
    stages: tuple[StageView, ...]
