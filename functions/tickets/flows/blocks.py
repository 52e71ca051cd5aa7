"""Blocks (流程积木): chains of nodes with a name, as documents: whoever puts one into a flow gets all of it. Pure."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from functions.tickets.flows.flow import Title
from functions.tickets.flows.insertion import chain_of, filled
from functions.tickets.flows.soundness import parse_flow
from hub.contracts.base import Contract, Slug
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.errors import Invalid, Problem

PRESETS = Path(__file__).parents[1] / "presets" / "blocks"


class Block(Contract):
    """Nodes as a flow has them, one after the other: what names no next node leads to the next one, and "@next" means
    whatever stands behind the block. parameters: what has to be given by whoever puts it in, by name, each with an
    example: {"endpoint": "ep_…"}; it stands in the nodes as "@endpoint"."""

    title: Title
    parameters: Annotated[dict[Slug, Annotated[str, Field(max_length=200)]], Field(max_length=10)] = Field(default={})
    nodes: Annotated[tuple[dict[str, Any], ...], Field(min_length=1, max_length=20)]


def block_nodes(block: Block, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The block's nodes, with what is given in them. Raises Invalid, naming what it asks for and was not given, and
    what it does not ask for."""
    lacking = [
        Problem(f"/parameters/{name}", f"must be given, e.g. {example}")
        for name, example in block.parameters.items()
        if name not in values
    ]
    foreign = [
        Problem(f"/parameters/{name}", "is not a known field") for name in values if name not in block.parameters
    ]
    if lacking or foreign:
        raise Invalid("what the block asks for", problems=[*lacking, *foreign])
    return [filled(node, values) for node in block.nodes]


def lint_block(proposal: Proposal[Block], _context: Any) -> Iterable[Finding]:
    """A block works if a flow of nothing else does."""
    title = proposal.value.title.model_dump()
    end = {"id": "block_end", "kind": "end", "title": title, "outcome": "done"}
    try:
        nodes = chain_of(block_nodes(proposal.value, proposal.value.parameters), "block_end", frozenset())
        start = str(nodes[0].get("id"))
        parse_flow({"key": "block", "title": title, "start": start, "nodes": [*nodes, end]})
    except Invalid as error:
        for problem in error.problems:
            yield Finding(problem.pointer, problem.rule)


BLOCKS = Kind[Block](
    name="flow_block",
    path="/tickets/blocks",
    title="流程积木 · Block of a flow",
    schema=Block,
    lint=lint_block,
    presets=preset_files(PRESETS),
    readers=("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator"),
    editors=("administrator",),
)
