"""Facts from outside: handed in, what waits of them, and who may be named in them."""

from __future__ import annotations

from dataclasses import replace

from functions.settlement.desk import Desk
from functions.settlement.facts.bodies import fact_of_body
from functions.settlement.facts.facts import Fact
from functions.settlement.handlers.intake import Taken, park, retry_parked, take_in
from functions.settlement.room import FINANCE, room
from hub.contracts.http import Page
from hub.contracts.settlement_facts import (
    FactResult,
    FactsAnswer,
    FactsBody,
    ParkedFact,
    ParkedQuery,
    PartiesAnswer,
    PartiesBody,
    SettlementFact,
)
from hub.edge import cursors
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import Conflict, Invalid, Problem

SENDERS = ("finance", "integrator")


def _settle_all(desk: Desk, request: Request) -> FactsAnswer:
    """Every amount is read before anything is kept, so a batch with one that can't be read leaves nothing behind."""
    ready: list[Fact | Invalid] = []
    problems: list[Problem] = []
    for nth, body in enumerate(request.body.facts):
        try:
            ready.append(fact_of_body(body, desk.zone, f"/facts/{nth}"))
        except Invalid as error:
            ready.append(error)
            problems += () if error.detail == "currency" else error.problems
    if problems:
        raise Invalid("facts", problems=problems)
    pairs = zip(request.body.facts, ready, strict=True)
    return FactsAnswer(results=tuple(_result(desk, request, body, fact) for body, fact in pairs))


def _result(desk: Desk, request: Request, body: SettlementFact, fact: Fact | Invalid) -> FactResult:
    if isinstance(fact, Invalid):
        raw = {**body.model_dump(mode="json"), "wire": True}
        unknown = Invalid(fact.detail, problems=[Problem("/currency", fact.problems[0].rule)])
        return _view(park(desk, raw, unknown, request.now))
    try:
        return _view(take_in(desk, fact, request.now, strict=True))
    except Conflict:
        return FactResult(id=body.id, state="refused", pointer="/id", known=True)


def _view(result: Taken) -> FactResult:
    return FactResult(
        id=result.id,
        state="parked" if result.reason else "settled",
        park_reason=result.reason,
        pointer=result.pointer,
        entries=result.entries,
        provisional=result.provisional,
        known=result.known,
    )


@room.http(
    "POST",
    "/settlement/facts",
    body=FactsBody,
    answer=FactsAnswer,
    roles=SENDERS,
    scope="tenant",
    dry_run="rehearsed",
    summary="导入业务事实 · Hand in facts, 200 at most; each is settled once, or parked with its reason",
    replay=lambda desk, request, _made: _settle_all(desk, request),
)
def post_facts(desk: Desk, request: Request) -> FactsAnswer:
    """One result a fact, in their order. Said again, a fact is known and changes nothing; with other figures it is
    refused. Invalid, before anything is kept, for amounts that their currency cannot express."""
    return _settle_all(desk, request)


@room.http(
    "GET",
    "/settlement/facts/parked",
    query=ParkedQuery,
    answer=Page[ParkedFact],
    roles=SENDERS,
    scope="region",
    summary="待处理事实 · Facts that wait to be mended, the latest first",
)
def list_parked(desk: Desk, request: Request) -> Page[ParkedFact]:
    """With the reason and the place of each; may be two seconds behind."""
    position = cursors.decode(request.query.cursor)
    facts, after = desk.facts.parked(within(request.reach), request.now, request.query.limit, position)
    rows = [
        ParkedFact(
            id=stored.raw["id"],
            kind=stored.raw["kind"],
            occurred_at=parse_rfc3339(stored.raw["occurred_at"]),
            park_reason=stored.reason,
            pointer=stored.pointer,
        )
        for stored in facts
    ]
    return page(rows, after)


@room.http(
    "POST",
    "/settlement/parties",
    body=PartiesBody,
    answer=PartiesAnswer,
    roles=FINANCE,
    scope="tenant",
    dry_run="rehearsed",
    summary="登记结算对象 · Make parties known that the directory does not have; what waited for them is settled",
    replay=lambda desk, request, _made: _make_known(desk, request),
)
def post_parties(desk: Desk, request: Request) -> PartiesAnswer:
    """Teachers, dealers, stores of others: from now on facts and policies may name them."""
    return _make_known(desk, request)


def _make_known(desk: Desk, request: Request) -> PartiesAnswer:
    if request.dry_run:  # who is known only in a rehearsal is known to nobody else
        desk = replace(desk, facts=desk.facts.apart())
    for party in request.body.parties:
        desk.facts.make_known(party)
    return PartiesAnswer(parties=request.body.parties, retried=retry_parked(desk, request.now))
