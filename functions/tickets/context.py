"""What the room's kinds of documents are linted by, and published with: the other kinds, and the flows' machines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from functions.tickets.flows.flow import Flow
from functions.tickets.flows.review import Known
from hub.documents.kinds import Kind, Legacy
from hub.kernel.dataclass import dataclass


@dataclass(frozen=True)
class Context:
    """in_force: what is in force of a kind, by key. known: what a flow of this key may name. make_machine: a flow's
    machine, made if need be; it answers what the version remembers. form_keys: of the forms that are in force.
    watch_plan: a plan is looked after from now on. old_flows, old_rules: what was published before they were
    documents."""

    in_force: Callable[[Kind[Any]], Mapping[str, Any]]
    known: Callable[[str], Known]
    make_machine: Callable[[Flow], Mapping[str, str]]
    old_flows: Legacy
    old_rules: Legacy
    form_keys: Callable[[], Collection[str]]
    watch_plan: Callable[[str], None]
