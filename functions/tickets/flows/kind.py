"""Flows (流程) as documents: linted whole, and compiled to a machine before a version is in force. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import GetJsonSchemaHandler, RootModel
from pydantic_core import CoreSchema

from functions.tickets.context import Context
from functions.tickets.flows.decisions import condition_problems
from functions.tickets.flows.flow import Flow
from functions.tickets.flows.preset_flows import preset_flows
from functions.tickets.flows.review import review
from functions.tickets.flows.soundness import parse_flow
from functions.tickets.forms.work import form_problems
from hub.documents.kinds import Finding, Kind, Proposal


class FlowDocument(RootModel[dict[str, Any]]):
    """A flow's document: shown by the form that flow.py gives it, and read by its parser, which knows each place."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Any:
        return handler(Flow.__pydantic_core_schema__)


def lint_flow(proposal: Proposal[Flow], context: Context) -> Iterable[Finding]:
    """What of a sound flow tickets could not follow to its end."""
    flow = proposal.value
    for problem in (*condition_problems(flow), *form_problems(flow)):
        yield Finding(problem.pointer, problem.rule)
    if flow.key != proposal.key:
        yield Finding("/key", f"must be '{proposal.key}'")
    yield from review(flow, context.known(proposal.key))


def make_machine(proposal: Proposal[Flow], context: Context) -> Mapping[str, str]:
    """The machine is made first, so a version that is in force always has one."""
    return context.make_machine(proposal.value)


FLOWS = Kind[Flow](
    name="flow",
    path="/flows",
    title="流程 · Flow",
    schema=FlowDocument,
    read=lambda document: parse_flow(document.root),
    lint=lint_flow,
    published=make_machine,
    presets=preset_flows,
    legacy=lambda context: context.old_flows,
    readers=("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator"),
    editors=("administrator",),
)
