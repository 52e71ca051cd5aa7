"""Goods outside their territory: each party reads its own half of a case, headquarters both."""

from __future__ import annotations

from functions.settlement.desk import Desk
from functions.settlement.room import FINANCE, room
from functions.settlement.territory.conflicts import Trace
from hub.contracts.http import Page, PageQuery
from hub.contracts.settlement_conflicts import TerritoryCase, TerritoryHalf
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request

READERS = (*FINANCE, "supervisor", "store_manager")


def named_case(desk: Desk, request: Request) -> Subject:
    """A case lies where it was sold, and where it was activated."""
    halves = desk.conflicts.halves(request.path["case_id"])
    return Subject(halves, tuple(map(_place, halves)))


@room.http(
    "GET",
    "/settlement/conflicts",
    query=PageQuery,
    answer=Page[TerritoryHalf],
    roles=READERS,
    scope="region",
    summary="窜货清单 · Serials that were activated outside the territory into which they were sold",
)
def list_conflicts(desk: Desk, request: Request) -> Page[TerritoryHalf]:
    """The halves within reach, the latest activation first; may be two seconds behind."""
    position = cursors.decode(request.query.cursor)
    rows, after = desk.conflicts.page(within(request.reach), request.now, request.query.limit, position)
    return page([_half(case_id, trace) for case_id, trace in rows], after)


@room.http(
    "GET",
    "/settlement/conflicts/{case_id}",
    answer=TerritoryCase,
    roles=READERS,
    scope="region",
    subject=named_case,
    summary="窜货个案 · One case, as far as it is within reach",
)
def show_conflict(desk: Desk, request: Request) -> TerritoryCase:
    """Of the other party's half there is nothing."""
    halves = [trace for trace in request.subject if request.reach.covers(_place(trace))]
    name = request.path["case_id"]
    return TerritoryCase(id=name, halves=tuple(_half(name, trace) for trace in halves))


def _place(trace: Trace) -> Place:
    return Place(trace.region, store=trace.dealer)


def _half(case_id: str, trace: Trace) -> TerritoryHalf:
    return TerritoryHalf(
        id=case_id,
        half=trace.side,
        serial=trace.serial,
        region=trace.region,
        dealer=trace.dealer,
        fact_id=trace.fact_id,
        at=trace.at,
    )
