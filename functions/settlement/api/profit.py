"""What settlement shows of profit: a ticket and an order while they are open, boards, and provisional earnings."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from functions.settlement.api.views import reason_view
from functions.settlement.desk import Desk
from functions.settlement.facts.facts import Fact
from functions.settlement.facts.items import ITEMS
from functions.settlement.handlers.folding import cube_cells
from functions.settlement.handlers.posting import policies_of
from functions.settlement.handlers.windows import missing_of
from functions.settlement.profit.cubes import totals_of_cube
from functions.settlement.profit.heat_page import cube_csv, cube_page
from functions.settlement.profit.profit import BOARDS, Board, Profit, profit_by, profit_of, wanted_dimension
from functions.settlement.room import room
from functions.settlement.rules.figure import show_money, show_number
from functions.settlement.rules.windows import Window, period_of, span_of
from hub.contracts.base import Words
from hub.contracts.settlement_profit import (
    CubeFileQuery,
    CubeQuery,
    CubeRow,
    CubeView,
    ProfitBoard,
    ProfitItem,
    ProfitQuery,
    ProfitRow,
    ProfitView,
    ProvisionalLine,
    ProvisionalView,
)
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import Raw
from hub.edge.requests import Request
from hub.kernel.errors import Forbidden, NotFound
from hub.kernel.regions import BASE

READERS = ("finance", "supervisor", "store_manager")
FACTS_LIMIT = 5000
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
PEOPLE = ("person", "teacher", "guide", "seller", "manager", "captain", "referrer")


def _facts_of(kind: str) -> Any:
    def find(desk: Desk, request: Request) -> Subject:
        facts = desk.facts.about(kind, request.path[f"{kind}_id"])
        if not facts:
            raise NotFound("nothing is known of it", **{kind: request.path[f"{kind}_id"]})
        first = facts[0]
        return Subject(facts, (Place(first.parties.get("region", BASE), first.parties.get("store", "")),))

    return find


@room.http(
    "GET",
    "/settlement/profit/tickets/{ticket_id}",
    answer=ProfitView,
    roles=READERS,
    scope="region",
    subject=_facts_of("ticket"),
    summary="工单损益 · A ticket's profit and loss, while it is open",
)
def show_ticket_profit(desk: Desk, request: Request) -> ProfitView:
    """Every item that is known by now, the margin, its colour, and a warning before it turns to loss."""
    return _view(request.path["ticket_id"], request.subject, _board(desk))


@room.http(
    "GET",
    "/settlement/profit/orders/{order_id}",
    answer=ProfitView,
    roles=READERS,
    scope="region",
    subject=_facts_of("order"),
    summary="单笔订单利润 · One order's profit",
)
def show_order_profit(desk: Desk, request: Request) -> ProfitView:
    """What the order brought, less what it took: parts, labour, discounts, the platform's fee."""
    return _view(request.path["order_id"], request.subject, _board(desk))


@room.http(
    "GET",
    "/settlement/profit",
    query=ProfitQuery,
    answer=ProfitBoard,
    roles=READERS,
    scope="region",
    summary="收益看板 · Profit of a period by one dimension, red and green",
)
def show_board(desk: Desk, request: Request) -> ProfitBoard:
    """Rows sum to the total; up to FACTS_LIMIT facts within reach."""
    by = wanted_dimension(request.query.by)
    since, until = span_of(request.query.period, request.now, desk.zone)
    facts, complete = desk.facts.between(within(request.reach), request.now, since, until, FACTS_LIMIT)
    board = _board(desk)
    groups = sorted(profit_by(facts, by).items())
    rows = tuple(_row(name, group, board, by) for name, group in groups)
    return ProfitBoard(
        by=by, period=request.query.period, rows=rows, total=_row("", facts, board, ""), complete=complete
    )


@room.http(
    "GET",
    "/settlement/cubes",
    query=CubeQuery,
    answer=CubeView,
    roles=("finance", "supervisor"),
    scope="whole",
    summary="收益热力图 · The ledger by one dimension; the cells of any sum to the ledger",
)
def show_cube(desk: Desk, request: Request) -> CubeView:
    """By the months in which entries were posted (UTC), all that there are unless stated. Days that are over are
    folded, so years are a few queries; `complete`: whether all of the rest, and of tickets and orders, was added up."""
    return _cube(desk, request)


@room.http(
    "GET",
    "/settlement/cubes/file",
    query=CubeFileQuery,
    roles=("finance", "supervisor"),
    scope="whole",
    summary="收益热力图文件 · The same as one HTML page that loads nothing, or as CSV",
)
def cube_file(desk: Desk, request: Request) -> Raw:
    """Forbidden for who does not see amounts."""
    if not request.sees("cost"):
        raise Forbidden("your role does not see amounts")
    view = _cube(desk, request)
    if request.query.format == "html":
        return Raw(200, cube_page(view), "text/html; charset=utf-8", {"Content-Security-Policy": PAGE_POLICY})
    name = {"Content-Disposition": f'attachment; filename="cube-{view.by}.csv"'}
    return Raw(200, cube_csv(view.rows), "text/csv; charset=utf-8", name)


def _cube(desk: Desk, request: Request) -> CubeView:
    by, query = wanted_dimension(request.query.by), request.query
    now = f"{request.now:%Y-%m}"
    begun = desk.entries.since()
    first = query.since or (f"{begun:%Y-%m}" if begun else now)
    cells, complete = cube_cells(desk, by, first, query.until or now, request.now)
    board = _board(desk)
    rows = tuple(_cube_row(name, heads, board, by) for name, heads in sorted(cells.items()))
    total = _cube_row("", totals_of_cube(cells.values()), board, "")
    return CubeView(by=by, rows=rows, total=total, complete=complete)


def _persons(desk: Desk, request: Request) -> Subject:
    return Subject(None, (Place(BASE, people=(request.path["person"],)),))


@room.http(
    "GET",
    "/settlement/earnings/{person}/provisional",
    answer=ProvisionalView,
    scope="own",
    overseers=("finance",),
    subject=_persons,
    summary="暂估收益 · What a person's period would bring by now, beyond what is posted",
)
def show_provisional(desk: Desk, request: Request) -> ProvisionalView:
    """Live figures of tiers, guarantees and caps: provisional until the period's run posts them."""
    person, lines = request.path["person"], list[ProvisionalLine]()
    for window in _windows_of(desk, person, request):
        for entry in missing_of(desk, window, desk.facts.head(window), request.now):
            amount = entry.earned_by_party().get(f"person:{person}")
            if amount is not None:
                lines.append(
                    ProvisionalLine(
                        rule=window.policy,
                        purpose=window.purpose,
                        period=window.period,
                        count=int(entry.why.facts["facts"]),
                        amount=str(amount),
                        currency=window.currency,
                        reason=reason_view(entry.why),
                    )
                )
    return ProvisionalView(person_id=person, lines=tuple(lines))


def _windows_of(desk: Desk, person: str, request: Request) -> list[Window]:
    windows = []
    for policy in policies_of(desk, request.now):
        for compiled in policy.rule.postings:
            spec, currency = compiled.posting.window, policy.rule.document.currency
            if spec and spec.party in PEOPLE:
                period = period_of(request.now, spec.period, desk.zone)
                windows.append(Window(policy.key, compiled.posting.purpose, f"{spec.party}:{person}", period, currency))
    return windows


def _board(desk: Desk) -> Board:
    return desk.documents.current(BOARDS, BOARDS.only).value


def _figures(profit: Profit) -> dict[str, Any]:
    rates = {"margin_rate": _rate(profit), "estimate_rate": profit.estimate_rate}
    money = {name: getattr(profit, f"{name}_minor") for name in ("benefit", "cost", "margin")}
    return {
        **{name: show_money(Fraction(minor), profit.currency) for name, minor in money.items()},
        **{name: f"{float(rate):.6f}" for name, rate in rates.items() if rate is not None},
    }


def _rate(profit: Profit) -> Fraction | None:
    return Fraction(profit.margin_minor, profit.benefit_minor) if profit.benefit_minor else None


def _shown(rate: Fraction | None) -> str:
    return "" if rate is None else f"{show_number(rate * 100)}%"


def _view(subject: str, facts: Sequence[Fact], board: Board) -> ProfitView:
    profit = profit_of(facts, facts[0].currency)
    about = {name: text for fact in facts for name, text in fact.about.items()}
    known: dict[str, Any] = {name: about[name] for name in ("item", "ticket_type", "channel") if name in about}
    colour = board.colour_of({**_figures(profit), **known})
    money = [_item(name, show_money(Fraction(minor), profit.currency)) for name, minor in profit.items.items()]
    measures = [_item(name, show_number(number)) for name, number in profit.measures.items() if name in ITEMS]
    return ProfitView(
        id=subject,
        currency=profit.currency,
        items=(*money, *measures),
        benefit=show_money(Fraction(profit.benefit_minor), profit.currency),
        cost=show_money(Fraction(profit.cost_minor), profit.currency),
        margin=show_money(Fraction(profit.margin_minor), profit.currency),
        margin_rate=_shown(_rate(profit)),
        estimate_rate=_shown(profit.estimate_rate),
        colour=colour,
        warning=_warning(profit, colour),
    )


def _warning(profit: Profit, colour: str) -> Words | None:
    if profit.margin_minor < 0:
        return Words(zh="本单已亏损", en="it makes a loss")
    if colour != "green":
        return Words(zh="本单即将亏损", en="it is about to make a loss")
    return None


def _item(name: str, value: str) -> ProfitItem:
    item = ITEMS[name]
    return ProfitItem(item=name, title=Words(zh=item.zh, en=item.en), unit=item.unit, side=item.side, value=value)


def _row(name: str, facts: Sequence[Fact], board: Board, by: str) -> ProfitRow:
    profit = profit_of(facts)
    about = {by: name} if by in ("item", "region", "store", "channel") and name else {}
    figures = _figures(profit)
    return ProfitRow(
        name=name,
        count=len(facts),
        benefit=figures["benefit"],
        cost=figures["cost"],
        margin=figures["margin"],
        margin_rate=_shown(_rate(profit)),
        estimate_rate=_shown(profit.estimate_rate),
        colour=board.colour_of({**figures, **about}),
    )


def _cube_row(name: str, heads: dict[str, int], board: Board, by: str) -> CubeRow:
    shown = {head: show_money(Fraction(minor), "CNY") for head, minor in heads.items()}
    other = sum(heads[head] for head in ("asset", "receivable", "equity"))
    figures = {"cost": shown["expense"], "benefit": show_money(Fraction(-heads["income"]), "CNY")}
    about = {by: name} if by in ("item", "region", "store", "channel") and name else {}
    return CubeRow(
        name=name,
        expense=shown["expense"],
        income=shown["income"],
        payable=shown["payable"],
        other=show_money(Fraction(other), "CNY"),
        colour=board.colour_of({**figures, **about}),
    )
