"""What policies are written from: primitives, items, and templates to be tried with numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

from pydantic import Field

from functions.settlement.api.views import reason_view
from functions.settlement.desk import Desk
from functions.settlement.facts.bodies import fact_of_body
from functions.settlement.facts.exchange import EXCHANGE, converted
from functions.settlement.facts.facts import Fact
from functions.settlement.facts.items import ITEMS
from functions.settlement.handlers.posting import policies_of
from functions.settlement.policies import Policy
from functions.settlement.room import room
from functions.settlement.rules.catalogue import PRIMITIVES, name_of
from functions.settlement.rules.figure import show_money
from functions.settlement.rules.linting import policy_findings
from functions.settlement.rules.policy import PolicyDocument, rule_of
from functions.settlement.rules.windows import span_of
from functions.settlement.templates import TEMPLATES, fill_in, try_policy
from hub.contracts.base import Contract, Slug, Words
from hub.contracts.settlement import EarnedTotal, Period
from hub.contracts.settlement_facts import (
    ItemView,
    RulesView,
    RuleView,
    SettlementFact,
    TriedEntry,
    TriedLine,
)
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, Problem
from hub.kernel.regions import BASE
from hub.store.lists import Within

READERS = ("finance", "supervisor")
WHAT_IF_LIMIT = 5000
"""Facts of one what-if."""


class TryBody(Contract):
    """The form, filled in, and facts with numbers. Nothing is kept."""

    parameters: dict[Slug, Any] = Field(default={}, max_length=20)
    facts: tuple[SettlementFact, ...] = Field(default=(), max_length=50)


class TryView(Contract):
    """The policy that the form makes, ready to be put into `/settlement/policies/{key}/draft`, and what these facts
    would come to by it."""

    policy: PolicyDocument
    entries: tuple[TriedEntry, ...]


@room.http(
    "GET",
    "/settlement/rules",
    answer=RulesView,
    roles=READERS,
    scope="tenant",
    summary="规则原语目录 · The primitives and items that policies are written from",
)
def list_rules(desk: Desk, request: Request) -> RulesView:
    """In the order of the manual."""
    rules = (
        RuleView(
            rule=name_of(primitive),
            title=Words(zh=primitive.about.zh, en=primitive.about.en),
            units=primitive.about.units,
            rounding=primitive.about.rounding,
            remainder=primitive.about.remainder,
            monotone=primitive.about.monotone,
            by_window=primitive.about.by_window,
            reference={name: str(field.annotation) for name, field in primitive.model_fields.items() if name != "rule"},
        )
        for primitive in PRIMITIVES
    )
    items = (ItemView(item=i.key, title=Words(zh=i.zh, en=i.en), unit=i.unit, side=i.side) for i in ITEMS.values())
    return RulesView(rules=tuple(rules), items=tuple(items))


@room.http(
    "POST",
    "/settlement/templates/{key}/try",
    body=TryBody,
    answer=TryView,
    roles=READERS,
    scope="tenant",
    summary="试算模板 · Fill a template's form in and try it with numbers; nothing is saved",
    dry_run=True,
)
def try_template(desk: Desk, request: Request) -> TryView:
    """Raises NotFound, and Invalid: /parameters/<name>, /policy/… for what the form can't make, /facts/<n>/… for
    amounts, /parties/<role> for somebody whom a fact lacks."""
    template = desk.documents.current(TEMPLATES, request.path["key"]).value.document
    document = fill_in(template, request.body.parameters)
    policy = Policy(request.path["key"], 0, rule_of(document))
    facts = [fact_of_body(body, desk.zone, f"/facts/{nth}") for nth, body in enumerate(request.body.facts)]
    tried = try_policy(policy, facts) if facts else []
    return TryView(policy=document, entries=tuple(_tried(entry, provisional) for entry, provisional in tried))


def _tried(entry: Any, provisional: bool) -> TriedEntry:
    return TriedEntry(
        fact_id=entry.fact_id,
        purpose=entry.purpose,
        occurred_at=entry.occurred_at,
        provisional=provisional,
        lines=tuple(
            TriedLine(account=line.account, amount=str(line.amount), currency=entry.currency) for line in entry.lines
        ),
        reason=reason_view(entry.why),
    )


class WhatIfBody(Contract):
    """A draft policy, and the period whose facts it is held against. against: the key of the policy that it would
    replace, "" for none."""

    policy: PolicyDocument
    against: Slug | Literal[""] = ""
    period: Period = "now"


class WhatIfRow(Contract):
    """An account: what stands on it by the draft, by the policy that it would replace, and the difference."""

    account: str
    draft: EarnedTotal
    today: EarnedTotal
    difference: EarnedTotal


class WhatIfView(Contract):
    """facts: how many were worked out. complete: False where the period has more than one request takes."""

    facts: int
    rows: tuple[WhatIfRow, ...]
    complete: bool


@room.http(
    "POST",
    "/settlement/what-if",
    body=WhatIfBody,
    answer=WhatIfView,
    roles=("finance",),
    scope="tenant",
    summary="提成试算 · What a draft policy would have made of a period's facts; nothing is posted",
    dry_run=True,
)
def show_what_if(desk: Desk, request: Request) -> WhatIfView:
    """By account, debits positive. Invalid for a policy that can't work, each pointer behind /policy."""
    rule = rule_of(request.body.policy)
    wrong = [f for f in policy_findings(rule, desk.facts.knows) if f.severity == "error"]
    if wrong:
        problems = [Problem(f"/policy{finding.pointer}", finding.rule) for finding in wrong]
        raise Invalid("the policy cannot work", problems=problems)
    span = span_of(request.body.period, request.now, desk.zone)
    facts, complete = desk.facts.between(Within(BASE), request.now, *span, WHAT_IF_LIMIT)
    facts = [_with_rate(desk, fact, rule.document.currency) for fact in facts]
    today = {policy.key: policy for policy in policies_of(desk, request.now)}.get(request.body.against)
    draft_sums = _sums(Policy("draft", 0, rule), facts)
    today_sums = _sums(today, facts) if today else {}
    accounts = sorted({*draft_sums, *today_sums})
    rows = tuple(_what_if_row(account, draft_sums.get(account, 0), today_sums.get(account, 0)) for account in accounts)
    return WhatIfView(facts=len(facts), rows=rows, complete=complete)


def _with_rate(desk: Desk, fact: Fact, currency: str) -> Fact:
    """A fact in another currency than the draft's, with its day's rate: no policy may have asked for that yet."""
    if fact.currency == currency:
        return fact
    return converted(fact, desk.documents.current(EXCHANGE, EXCHANGE.only, at=fact.occurred_at).value)


def _sums(policy: Policy, facts: list[Fact]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry, _ in try_policy(policy, facts) if facts else ():
        for line in entry.lines:
            sums[line.account] = sums.get(line.account, 0) + line.amount.amount_minor
    return sums


def _what_if_row(account: str, draft: int, today: int) -> WhatIfRow:
    shown = [show_money(Fraction(minor), "CNY") for minor in (draft, today, draft - today)]
    return WhatIfRow(account=account, draft=shown[0], today=shown[1], difference=shown[2])
