"""Ticket types (工单类型) as documents: what a ticket is called, which flow it takes, what its work needs. Pure."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from functions.tickets.context import Context
from functions.tickets.deadlines.ladders import LADDERS
from functions.tickets.deadlines.policies import POLICIES
from functions.tickets.flows.flow import Title
from functions.tickets.flows.kind import FLOWS
from hub.contracts.base import Contract, Slug
from hub.documents.kinds import Finding, Kind, Proposal, preset_files

PRESETS = Path(__file__).parents[1] / "presets" / "types"
URGENT = "urgent"


class TypeField(Contract):
    """One thing that tickets of the type say beside what all do. date: "2026-12-24"; choice: one of `choices`, which
    are words of the tenant's own; text: what people write, kept sealed and told to nobody."""

    id: Slug
    title: Title
    type: Literal["text", "integer", "money", "choice", "date"]
    choices: Annotated[tuple[Slug, ...], Field(max_length=100)] = ()


class TicketType(Contract):
    """Its names, the flow it takes, the skill its work needs ("": none), the fields that it has beside what all have.

    ladder: which one runs while its flow is not published; a published flow names its own. policy: which other clocks
    run, "" for none. form: what whoever opens one
    by hand is asked, and what it says beside what all do, in place of `fields`; "" where the type has those itself.
    """

    title: Title
    urgent_title: Title
    flow: Slug
    ladder: Slug
    policy: Slug | Literal[""] = ""
    skill: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,63})?$")] = ""
    fields: Annotated[tuple[TypeField, ...], Field(max_length=50)] = ()
    form: Slug | Literal[""] = ""

    def title_at(self, priority: str) -> Title:
        """Its name as people read it at this priority."""
        return self.urgent_title if priority == URGENT else self.title


def lint_type(proposal: Proposal[TicketType], context: Context) -> Iterable[Finding]:
    """A type whose ladder there is not would never escalate; one whose flow there is not has none until there is."""
    if proposal.value.ladder not in context.in_force(LADDERS):
        yield Finding("/ladder", "no ladder has this name")
    if proposal.value.policy and proposal.value.policy not in context.in_force(POLICIES):
        yield Finding("/policy", "no policy has this name")
    if proposal.value.flow not in context.in_force(FLOWS):
        yield Finding("/flow", "no flow has this name yet: tickets are worked by hand", "warning")
    if proposal.value.form and proposal.value.form not in context.form_keys():
        yield Finding("/form", "no form has this name")
    if proposal.value.form and proposal.value.fields:
        yield Finding("/fields", "must be empty where there is a form, which says it all")
    ids = [field.id for field in proposal.value.fields]
    for i, field in enumerate(proposal.value.fields):
        if ids.index(field.id) != i:
            yield Finding(f"/fields/{i}/id", "stands twice")
        if (field.type == "choice") != bool(field.choices):
            yield Finding(f"/fields/{i}/choices", "must be given for a choice, and for nothing else")


TICKET_TYPES = Kind[TicketType](
    name="ticket_type",
    path="/tickets/types",
    title="工单类型 · Ticket type",
    schema=TicketType,
    lint=lint_type,
    presets=preset_files(PRESETS),
    overlays=True,
    readers=("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator"),
    editors=("administrator",),
)
