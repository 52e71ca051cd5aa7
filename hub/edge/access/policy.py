"""The tenant's field policy (字段可见范围): which role sees, masks or writes which classes of fields, at which node of
a flow and on which terminal. Pure, and a document like any other: schema and lint stand here.

A rule speaks of one role. Of the rules that fit (role, node, terminal) the most exact one holds: a node beats a
terminal, both beat one. Who has several roles has the best of each. What no rule names is hidden, and not writable.
Three roles are nobody's job: `own` for one's own things, `guest` for a thing that one was asked to help with (it holds
alone: the guest's other roles show nothing more there), `break_glass` for a thing whose glass one broke.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from hub.contracts.base import Role, Slug, Terminal
from hub.contracts.classes import CLASSES, FieldClass
from hub.kernel.dataclass import dataclass

TERMINALS: tuple[Terminal, ...] = get_args(Terminal)
PolicyRole = Role | Literal["own", "guest", "break_glass"]
Verdict = Literal["full", "masked", "hidden"]
Verdicts = Mapping[FieldClass, Verdict]
FULL: Verdict = "full"
NEVER_SHOWN: FieldClass = "secret"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class FieldRule(_Part):
    """What one role may do with the classes; `node` "" is every node, `terminal` "" every terminal."""

    role: PolicyRole
    node: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,63})?$")] = ""
    terminal: Terminal | Literal[""] = ""
    sees: tuple[FieldClass, ...] = ()
    masks: tuple[FieldClass, ...] = ()
    writes: tuple[FieldClass, ...] = ()

    @property
    def where(self) -> tuple[str, str, str]:
        return (self.role, self.node, self.terminal)


class BreakGlassRule(_Part):
    """Who may break the glass, and for how long it stays broken."""

    roles: tuple[Role, ...] = ()
    minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 60


class FieldPolicy(_Part):
    """The whole document. plain_facts: facts about a customer that are not personal; any other is treated as `identity`
    or as what it is well known to be."""

    rules: Annotated[tuple[FieldRule, ...], Field(max_length=500)]
    plain_facts: Annotated[tuple[Slug, ...], Field(max_length=500)] = ()
    break_glass: BreakGlassRule = Field(default_factory=BreakGlassRule)


@dataclass(frozen=True)
class Finding:
    """What is wrong with a document: where (a JSON pointer), and what would be right."""

    pointer: str
    rule: str


def lint_policy(document: FieldPolicy) -> list[Finding]:
    """Every rule that contradicts itself or another. A document with findings cannot be published."""
    findings: list[Finding] = []
    seen: dict[tuple[str, str, str], int] = {}
    for i, rule in enumerate(document.rules):
        if rule.where in seen:
            findings.append(Finding(f"/rules/{i}", f"says again what /rules/{seen[rule.where]} is about"))
        seen.setdefault(rule.where, i)
        findings += [
            Finding(f"/rules/{i}/masks", f"{name} stands in sees too") for name in rule.masks if name in rule.sees
        ]
        if NEVER_SHOWN in (*rule.sees, *rule.masks):
            findings.append(Finding(f"/rules/{i}/sees", "a secret is never shown, to nobody"))
    if not any(rule.where == ("administrator", "", "") for rule in document.rules):
        findings.append(Finding("/rules", "must have a rule for the administrator, or nobody can mend it"))
    return findings


@dataclass(frozen=True)
class Policy:
    """A field policy, ready to be asked."""

    document: FieldPolicy
    _rules: Mapping[tuple[str, str, str], FieldRule] = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: FieldPolicy) -> "Policy":
        return cls(document, {rule.where: rule for rule in document.rules})

    @cached_property
    def plain_facts(self) -> frozenset[str]:
        return frozenset(self.document.plain_facts)

    @cached_property
    def _memory(self) -> dict[tuple[Any, ...], Verdicts]:
        return {}

    def verdicts(self, roles: tuple[str, ...], node: str = "", terminal: str = "") -> Verdicts:
        """For each class whether the roles together see it in full, masked, or not at all."""
        key = (roles, node, terminal)
        if key not in self._memory:
            if len(self._memory) >= MEMORY_LIMIT:
                self._memory.clear()
            self._memory[key] = self._decide(self._fitting(roles, node, terminal))
        return self._memory[key]

    def writable(self, roles: tuple[str, ...], node: str = "", terminal: str = "") -> frozenset[FieldClass]:
        """The classes that one of the roles may write."""
        return frozenset(name for rule in self._fitting(roles, node, terminal) for name in rule.writes)

    def _fitting(self, roles: Iterable[str], node: str, terminal: str) -> list[FieldRule]:
        rules = (self._rule(role, node, terminal) for role in roles)
        return [rule for rule in rules if rule is not None]

    def _rule(self, role: str, node: str, terminal: str) -> FieldRule | None:
        """The most exact rule for a role, None when none speaks of it."""
        for where in ((role, node, terminal), (role, node, ""), (role, "", terminal), (role, "", "")):
            if where in self._rules:
                return self._rules[where]
        return None

    @staticmethod
    def _decide(rules: Iterable[FieldRule]) -> Verdicts:
        verdicts: dict[FieldClass, Verdict] = dict.fromkeys(CLASSES, "hidden")
        for rule in rules:
            verdicts.update({name: "masked" for name in rule.masks if verdicts[name] == "hidden"})
            verdicts.update(dict.fromkeys(rule.sees, FULL))
        verdicts[NEVER_SHOWN] = "hidden"
        return verdicts


MEMORY_LIMIT = 10_000


@lru_cache(maxsize=1)
def packaged_policy() -> Policy:
    """The policy that ships with the hub: what holds where a tenant published none."""
    return Policy.of(packaged_document())


def packaged_document() -> FieldPolicy:
    """The same as a document."""
    text = (Path(__file__).parent / "field_policy.json").read_text(encoding="utf-8")
    return FieldPolicy.model_validate(json.loads(text))
