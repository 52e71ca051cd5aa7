"""The tenant's field policy (字段策略) as a document: who sees, masks and writes which classes of fields.

Every room's edge reads what is in force from `<t>#principal#field_policy` of the directory's table, beside the
principals; the table's stream puts it there after each publication.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub.documents.kinds import Finding, Kind, Proposal
from hub.edge.access.policy import FieldPolicy, Policy, lint_policy, packaged_document

KEY = "fields"


def lint(proposal: Proposal[Policy], _context: Any) -> Iterable[Finding]:
    """Every rule that contradicts itself or another."""
    return [Finding(finding.pointer, finding.rule) for finding in lint_policy(proposal.value.document)]


def presets() -> Mapping[str, dict[str, Any]]:
    """The policy that ships with the hub."""
    return {KEY: packaged_document().model_dump(mode="json")}


FIELD_POLICY = Kind[Policy](
    name="field_policy",
    path="/directory/field-policy",
    title="字段策略 · Field policy",
    schema=FieldPolicy,
    read=Policy.of,
    lint=lint,
    presets=presets,
    only=KEY,
    readers=("supervisor",),
    editors=("administrator",),
)
