"""Rails (护栏): what of a change in force needs somebody else's yes, however it comes into force: published, gone back
to, or left over when a version is taken back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from hub.documents.kinds import Finding
from hub.documents.linting import Checked
from hub.kernel.effective import Switch, planned
from hub.kernel.errors import Forbidden

Step = tuple[int | None, int | None]
"""From the version in force before to the one after; None: nothing is in force."""


def require_within(above: Iterable[Finding], may_approve: bool, prefix: str = "") -> tuple[Finding, ...]:
    """What needs approval, if whoever asks may give it. Raises Invalid for what nobody may, each pointer behind
    `prefix`; Forbidden for what needs another."""
    findings = tuple(above)
    errors = tuple(finding for finding in findings if finding.severity == "error")
    if errors:
        Checked(None, errors).require(prefix)
    if findings and not may_approve:
        first = findings[0]
        raise Forbidden("above the approval limit: an administrator has to", where=first.pointer, why=first.rule)
    return findings


def new_steps(before: Sequence[Switch], after: Sequence[Switch], now: datetime) -> list[Step]:
    """The steps from version to version that one plan has and another had not, in their order."""
    known = set(_steps(before, now, before))
    return [step for step in dict.fromkeys(_steps(after, now, before)) if step not in known]


def _steps(plan: Sequence[Switch], now: datetime, held: Sequence[Switch]) -> Iterable[Step]:
    """The steps of a plan from now on, the first one from what is `held` to be in force now."""
    numbers = [planned(held, now), planned(plan, now), *(switch.number for switch in plan if switch.start > now)]
    return (pair for pair in pairwise(numbers) if pair[0] != pair[1])
