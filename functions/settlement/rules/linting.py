"""What is wrong with a policy before it is published (规则检查): each finding with its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from string import Formatter

from functions.settlement.facts.facts import ROLES, TEXTS
from functions.settlement.facts.items import ITEMS
from functions.settlement.ledger.ledger import PARTY_KINDS
from functions.settlement.rules.catalogue import AnyStep
from functions.settlement.rules.figure import RUNNING
from functions.settlement.rules.fx import Fx
from functions.settlement.rules.policy import FACT_SCHEMA, Compiled, PolicyDocument, Posting, Rule
from functions.settlement.rules.step import Distribution
from hub.documents.kinds import Finding
from hub.kernel.errors import Invalid
from hub.rules.conditions import parse_condition
from hub.rules.linting import lint
from hub.rules.table import DecisionTable
from hub.rules.table import Rule as TableRule

_ACCOUNT = re.compile(r"(asset|expense|income|payable|receivable|equity)(:[A-Za-z0-9_.@-]{1,64}){1,2}")
_NAMES = {*ROLES, *TEXTS}
Knows = Callable[[str], bool]


def policy_findings(rule: Rule, knows: Knows) -> Iterator[Finding]:
    """Every finding. knows: whether a party that an account names outright (`payable:person:wang.wei`) exists."""
    document = rule.document
    for nth, posting in enumerate(document.postings):
        place = f"/postings/{nth}"
        yield from _pipeline_findings(posting, place, document)
        yield from _window_findings(posting, place)
        for field, account in _accounts(posting):
            yield from account_findings(account, f"{place}{field}", knows)
    yield from _condition_findings(rule)


def _pipeline_findings(posting: Posting, place: str, document: PolicyDocument) -> Iterator[Finding]:
    """What of the steps can't work, each by itself and in this order."""
    changed = False
    for nth, step in enumerate(posting.steps):
        here = f"{place}/steps/{nth}"
        yield from step.findings(here, document.currency)
        yield from _item_findings(step, here, nth)
        if isinstance(step, Distribution) and nth + 1 < len(posting.steps):
            yield Finding(here, "must be the last step: what comes after it can never be reached")
        if isinstance(step, Fx):
            changed = True
            if step.to != document.currency:
                yield Finding(f"{here}/to", f"must be the policy's currency, {document.currency}")
        elif not changed and _names_money(step) and any(isinstance(later, Fx) for later in posting.steps[nth:]):
            yield Finding(here, "names an amount of the policy's currency: must come behind the change of currency")
    distributed = isinstance(posting.steps[-1], Distribution)
    if distributed and posting.credit is not None:
        yield Finding(f"{place}/credit", "does not balance: the last step says already where it goes")
    if not distributed and posting.credit is None:
        yield Finding(f"{place}/credit", "does not balance: nothing says where it goes")


def _item_findings(step: AnyStep, place: str, nth: int) -> Iterator[Finding]:
    for name in step.reads:
        if name == RUNNING and nth == 0:
            yield Finding(place, "works on what runs, and nothing does yet: can never make anything")
        elif name != RUNNING and name not in ITEMS:
            yield Finding(place, f"no fact is known to say `{name}`", "warning")


def _names_money(step: AnyStep) -> bool:
    return any(
        getattr(step, field, None) is not None for field in ("amount", "price", "least", "most", "budget", "unit")
    )


def _window_findings(posting: Posting, place: str) -> Iterator[Finding]:
    by_window = [nth for nth, step in enumerate(posting.steps) if step.by_window]
    if by_window and posting.window is None:
        rule = f"is required: step {by_window[0]} works over a party's period"
        yield Finding(f"{place}/window", rule)
    if posting.window and not by_window:
        yield Finding(f"{place}/window", "no step works over a period: leave it out", "warning")
    if posting.window and posting.on_acceptance:
        rule = "a period is worked out over what has occurred: leave either it or the window out"
        yield Finding(f"{place}/on_acceptance", rule)
    if posting.window and posting.window.party not in (*ROLES, "all"):
        yield Finding(f"{place}/window/party", f"is an unknown party: must be all, or one of {', '.join(ROLES)}")


def _accounts(posting: Posting) -> Iterator[tuple[str, str]]:
    yield "/debit", posting.debit
    if posting.credit is not None:
        yield "/credit", posting.credit
    last = len(posting.steps) - 1
    step = posting.steps[-1]
    for nth, share in enumerate(getattr(step, "shares", ())):
        yield f"/steps/{last}/shares/{nth}/to", share.to
    for field in ("to", "otherwise"):
        if isinstance(step, Distribution) and hasattr(step, field):
            yield f"/steps/{last}/{field}", getattr(step, field)


def account_findings(account: str, place: str, knows: Knows) -> Iterator[Finding]:
    """An account that could not be filled in, is none, or names somebody whom nobody knows."""
    try:
        names = [name for _, name, spec, how in Formatter().parse(account) if name is not None or spec or how]
    except ValueError:
        names = [""]
    if unknown := [name for name in names if name not in _NAMES]:
        yield Finding(place, f"names an unknown party {{{unknown[0]}}}: must be one of {', '.join(sorted(_NAMES))}")
        return
    if not _ACCOUNT.fullmatch(account.format_map(dict.fromkeys(_NAMES, "x"))):
        yield Finding(place, "is no account: e.g. expense:commission, payable:person:{person}")
        return
    head, _, party = account.partition(":")
    kind, _, _ = party.partition(":")
    if head == "payable" and kind not in PARTY_KINDS:
        yield Finding(place, f"nobody is owed by it: payable: is followed by one of {', '.join(PARTY_KINDS)}")
    elif head == "payable" and not names and not knows(party):
        yield Finding(place, f"names an unknown party, {party}")


def _condition_findings(rule: Rule) -> Iterator[Finding]:
    """Postings that can never be reached, and such of one purpose between which nothing decides."""
    for nth, compiled in enumerate(rule.postings):
        if not _possible([compiled]):
            yield Finding(f"/postings/{nth}/when", "can never be reached: no fact is so")
    numbered = list(enumerate(rule.postings))
    undecided: set[int] = set()
    for (first, upper), (second, lower) in combinations(numbered, 2):
        same = upper.posting.purpose == lower.posting.purpose
        if same and upper.posting.priority == lower.posting.priority and _possible([upper, lower]):
            text = f"overlaps /postings/{first} of the same purpose: one of them needs a higher priority"
            yield Finding(f"/postings/{second}/priority", text)
            undecided.add(second)
    yield from _shadowed([pair for pair in numbered if pair[0] not in undecided])


def _shadowed(numbered: list[tuple[int, Compiled]]) -> Iterator[Finding]:
    """Postings whose facts all go to others of their purpose with a higher priority."""
    for purpose in dict.fromkeys(compiled.posting.purpose for _, compiled in numbered):
        group = [pair for pair in numbered if pair[1].posting.purpose == purpose]
        group.sort(key=lambda pair: -pair[1].posting.priority)
        rules = [TableRule(str(nth), compiled.when, str(nth)) for nth, compiled in group]
        for finding in lint(_table(rules)).shadowed if len(rules) > 1 else ():
            if finding.kind == "shadowed":
                text = "can never be reached: a higher priority takes all"
                yield Finding(f"/postings/{finding.rule_ids[0]}/when", text)


def _possible(postings: list[Compiled]) -> bool:
    """Whether a fact can be as all of these ask."""
    try:
        both = parse_condition({"all": [compiled.posting.when for compiled in postings]}, FACT_SCHEMA)
    except Invalid:
        return True
    return not any(finding.kind == "impossible" for finding in lint(_table([TableRule("all", both, "1")])).shadowed)


def _table(rules: list[TableRule]) -> DecisionTable:
    return DecisionTable("postings", 1, FACT_SCHEMA, "first", tuple(rules), None, True)
