"""Status mappings as documents: each marketplace has the one that ships with it, until a tenant publishes its own.

The context is what was stored of them before (functions.webhooks.mappings.legacy_table). Pure.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import RootModel

from functions.webhooks.mappings.mappings import check_mapping
from hub.channels.mapping import StatusTable, packaged_table
from hub.channels.registry import CHANNELS
from hub.documents.kinds import Finding, Kind, Proposal

Json = dict[str, Any]


class MappingDocument(RootModel[Json]):
    """A mapping as a channel's `status.json` has it (hub.channels.mapping)."""


@cache
def packaged_mappings() -> Mapping[str, Json]:
    """What ships with the marketplaces, by channel."""
    return {name: dict(packaged_table(name).document) for name, channel in CHANNELS.items() if channel.market}


def lint_mapping(proposal: Proposal[StatusTable], context: Any) -> Iterable[Finding]:  # noqa: ARG001 - lint's signature
    """What would lose an order: each code that the platform documents must still find a state."""
    if proposal.key not in packaged_mappings():
        return [Finding("", "must be of a marketplace: " + ", ".join(packaged_mappings()))]
    problems = check_mapping(proposal.content.root, packaged_table(proposal.key))
    return [Finding(problem.pointer, problem.rule) for problem in problems]


STATUS_MAPPINGS = Kind[StatusTable](
    name="status_mapping",
    path="/webhooks/mappings",
    title="状态映射 · Status mapping",
    schema=MappingDocument,
    read=lambda model: StatusTable(model.root),
    lint=lint_mapping,
    presets=packaged_mappings,
    legacy=lambda old_mappings: old_mappings,
    readers=("integrator", "supervisor"),
    editors=("integrator",),
)
