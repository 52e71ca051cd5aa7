"""What the room's kinds of documents are linted by, and published with: the other kinds, and the flows' machines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from functions.tickets.flows.flow import Flow
from hub.documents.kinds import Kind, Legacy
from hub.kernel.frozen import dataclass


@dataclass(frozen=True)
class Context:
    """keys: of what is in force of a kind. make_machine: the machine of a flow, made if need be; answers what the
    version remembers of it. form_keys: of the forms that are in force. old_flows, old_rules: what was published before
    they were documents."""

    keys: Callable[[Kind[Any]], Collection[str]]
    make_machine: Callable[[Flow], Mapping[str, str]]
    old_flows: Legacy
    old_rules: Legacy
    form_keys: Callable[[], Collection[str]]
