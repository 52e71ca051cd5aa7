"""What policies are written from: primitives, items, and templates to be tried with numbers."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from functions.settlement.api.views import reason_view
from functions.settlement.desk import Desk
from functions.settlement.facts.bodies import fact_of_body
from functions.settlement.facts.items import ITEMS
from functions.settlement.policies import Policy
from functions.settlement.room import room
from functions.settlement.rules.catalogue import PRIMITIVES, name_of
from functions.settlement.rules.policy import PolicyDocument, rule_of
from functions.settlement.templates import TEMPLATES, fill_in, try_policy
from hub.contracts.base import Contract, Slug, Words
from hub.contracts.settlement_facts import (
    ItemView,
    RulesView,
    RuleView,
    SettlementFact,
    TriedEntry,
    TriedLine,
)
from hub.edge.requests import Request

READERS = ("finance", "supervisor")


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
