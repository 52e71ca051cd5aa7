"""Settlement templates (结算模板): a policy with a form in front of it, and golden cases that prove it. Data, not code.

`"$rate"` in a template's policy stands for the parameter `rate`; filling the form in makes a policy like any other.
Each case says which facts come to which sums on which accounts, worked out by hand: a template whose cases do not come
out is refused at the draft. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError

from functions.settlement.facts.bodies import fact_of_body
from functions.settlement.facts.facts import Fact
from functions.settlement.facts.refunds import linked
from functions.settlement.ledger.ledger import Entry
from functions.settlement.policies import Policy, difference, entries_for, recompute
from functions.settlement.rules.linting import policy_findings
from functions.settlement.rules.policy import PolicyDocument, rule_of
from hub.contracts.base import Contract, Label, Slug
from hub.contracts.settlement_facts import SettlementFact
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money

ZONE = ZoneInfo("Asia/Shanghai")
"""Cases are worked out by Shanghai's days."""
RUN_AT = datetime(2030, 1, 1, tzinfo=UTC)
"""When a case's windows are posted: after all of its facts."""
CASES = ("typical", "boundary", "refund")


class Parameter(Contract):
    """A field of the form. type: how it is asked for. default: what it is unless said."""

    name: Slug
    title: Label
    type: Literal["amount", "rate", "number", "count", "account", "text", "tiers", "bands", "shares"]
    default: Any


class Case(Contract):
    """Facts, and what they come to: sums by account, debits positive, accounts that come to nothing left out."""

    name: Literal["typical", "boundary", "refund"]
    title: Label
    parameters: dict[Slug, Any] = Field(default={})
    facts: tuple[SettlementFact, ...] = Field(min_length=1, max_length=50)
    accounts: dict[str, str]


class TemplateDocument(Contract):
    """A named template. about: what it is for, in words. policy: a policy document, with `$name` for parameters."""

    title: Label
    about: Label
    parameters: tuple[Parameter, ...] = Field(default=(), max_length=20)
    policy: dict[str, Any]
    cases: tuple[Case, ...] = Field(default=(), max_length=20)


@dataclass(frozen=True)
class Template:
    """A template whose form, filled in with what stands there, makes a policy."""

    document: TemplateDocument
    policy: PolicyDocument


def template_of(document: TemplateDocument) -> Template:
    """What a document says. Raises Invalid, each pointer behind /policy, where it makes no policy."""
    return Template(document, fill_in(document, {}))


def fill_in(document: TemplateDocument, values: Mapping[str, Any]) -> PolicyDocument:
    """The policy that a filled form makes. Raises Invalid: /parameters/<name> for one that there is not, /policy/… for
    what the policy can't take."""
    known = {parameter.name: parameter.default for parameter in document.parameters}
    if strangers := [name for name in values if name not in known]:
        rule = "must be one of: " + ", ".join(known)
        raise Invalid("parameters", problems=[Problem(f"/parameters/{name}", rule) for name in strangers])
    try:
        return PolicyDocument.model_validate(_filled(document.policy, {**known, **values}))
    except ValidationError as error:
        places = ["/policy/" + "/".join(str(part) for part in item["loc"]) for item in error.errors(include_url=False)]
        messages = [item["msg"] for item in error.errors(include_url=False)]
        problems = [Problem(place, message) for place, message in zip(places, messages, strict=True)]
        raise Invalid("the form makes no policy", problems=problems) from None


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, dict):
        return {name: _filled(inner, values) for name, inner in part.items()}
    if isinstance(part, list):
        return [_filled(inner, values) for inner in part]
    if isinstance(part, str) and part.startswith("$") and part[1:] in values:
        return values[part[1:]]
    return part


def try_policy(policy: Policy, facts: Iterable[Fact]) -> list[tuple[Entry, bool]]:
    """The entries that a policy would make of these facts alone, and whether each is provisional. Nothing is kept."""
    known = linked(facts)
    made = [(entry, False) for entry in entries_for(known, [policy], ZONE)]
    for total in recompute(known, policy, ZONE):
        made += [(entry, True) for entry in difference(total, {}, 1, max(fact.occurred_at for fact in known))]
    return made


def outcome_of(template: TemplateDocument, case: Case) -> dict[str, str]:
    """What a case really comes to, by account."""
    policy = Policy("case", 1, rule_of(fill_in(template, case.parameters)))
    facts = [fact_of_body(body, ZONE, f"/facts/{nth}") for nth, body in enumerate(case.facts)]
    sums: dict[str, Money] = {}
    for entry, _ in try_policy(policy, facts):
        for line in entry.lines:
            sums[line.account] = sums.get(line.account, Money(0, entry.currency)) + line.amount
    return {account: str(amount) for account, amount in sorted(sums.items()) if amount.amount_minor}


def lint_template(proposal: Proposal[Template], _context: Any) -> Iterable[Finding]:
    """What is wrong with the policy that it makes, parameters that nothing uses, and cases that do not come out."""
    document, policy = proposal.value.document, proposal.value.policy
    for finding in policy_findings(rule_of(policy), lambda _party: True):
        yield Finding(f"/policy{finding.pointer}", finding.rule, finding.severity)
    text = str(document.policy)
    for nth, parameter in enumerate(document.parameters):
        if f"'${parameter.name}'" not in text:
            yield Finding(f"/parameters/{nth}", "is used by nothing in the policy", "warning")
    yield from _case_findings(document)


def _case_findings(document: TemplateDocument) -> Iterator[Finding]:
    for nth, case in enumerate(document.cases):
        try:
            outcome = outcome_of(document, case)
        except Invalid as error:
            yield from (Finding(f"/cases/{nth}{problem.pointer}", problem.rule) for problem in error.problems)
            continue
        if outcome != dict(sorted(case.accounts.items())):
            yield Finding(f"/cases/{nth}/accounts", f"it comes to {outcome}")
    if missing := [name for name in CASES if name not in {case.name for case in document.cases}]:
        yield Finding("/cases", f"has no case: {', '.join(missing)}", "warning")


TEMPLATES = Kind[Template](
    name="settlement_template",
    path="/settlement/templates",
    title="结算模板 · Settlement template",
    schema=TemplateDocument,
    read=template_of,
    lint=lint_template,
    presets=preset_files(Path(__file__).parent / "presets" / "templates"),
    readers=("finance", "supervisor"),
    editors=("finance",),
)
