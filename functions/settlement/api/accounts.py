"""Accounts that may not be overdrawn: points, stored value, pools; and what is still to come."""

from __future__ import annotations

from functions.settlement.api.views import account_view, deferred_view
from functions.settlement.desk import Desk
from functions.settlement.ledger.accounts import account_of, earning, spending
from functions.settlement.ledger.balances import KINDS, Balance, accounts_of, after_entry
from functions.settlement.ledger.ledger import Entry
from functions.settlement.room import FINANCE, room
from hub.contracts.http import Page, PageQuery
from hub.contracts.settlement_accounts import AccountMove, AccountView, DeferredView
from hub.edge import cursors
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, NotFound, Problem, Retry
from hub.kernel.money import Money

CASHIERS = (*FINANCE, "integrator")
TURNS = 5
"""So often a spending is tried that others overtake."""


@room.http(
    "GET",
    "/settlement/accounts/{kind}/{owner}",
    answer=AccountView,
    roles=CASHIERS,
    scope="whole",
    summary="账户余额 · What stands on an account of points, stored value or a pool, and who issued it",
)
def show_account(desk: Desk, request: Request) -> AccountView:
    """Strongly consistent; an account that never had anything is empty."""
    return account_view(desk.balances.get(_account(request)))


@room.http(
    "POST",
    "/settlement/accounts/{kind}/{owner}/credit",
    body=AccountMove,
    answer=AccountView,
    roles=CASHIERS,
    scope="tenant",
    dry_run="rehearsed",
    summary="入账 · Put an amount onto an account, issued by a store",
)
def credit_account(desk: Desk, request: Request) -> AccountView:
    """Points earned, value stored, a pool funded. 422 for an amount that is not above 0."""
    account, now = _account(request), request.made_at or request.now
    before = desk.balances.get(account)
    entry = earning(
        request.path["kind"], request.path["owner"], _amount(request), request.body.store, request.new_id("fct"), now
    )
    desk.book.post(entry, now)
    return _view_after(desk, request, before, entry)


@room.http(
    "POST",
    "/settlement/accounts/{kind}/{owner}/debit",
    body=AccountMove,
    answer=AccountView,
    roles=CASHIERS,
    scope="tenant",
    dry_run="rehearsed",
    summary="消费 · Take an amount off an account; 409 with the balance where there is less",
)
def debit_account(desk: Desk, request: Request) -> AccountView:
    """The oldest goes first. What another store issued, that store owes to the one where it is spent."""
    account, now = _account(request), request.made_at or request.now
    amount, kind, owner = _amount(request), request.path["kind"], request.path["owner"]
    fact_id = request.new_id("fct")
    for _ in range(TURNS):
        balance = desk.balances.get(account)
        _, drawn = balance.debited(amount.amount_minor)
        entry = spending(kind, owner, drawn, amount.currency, request.body.store, fact_id, now)
        try:
            desk.book.post(entry, now, balance)
        except Retry:
            continue
        return _view_after(desk, request, balance, entry)
    raise Retry("the account is being changed", account=account)


@room.http(
    "GET",
    "/settlement/deferrals",
    query=PageQuery,
    answer=Page[DeferredView],
    roles=FINANCE,
    scope="region",
    summary="待摊与递延 · Entries that are still to come, within reach",
)
def list_deferrals(desk: Desk, request: Request) -> Page[DeferredView]:
    """The one that is due last first; may be two seconds behind."""
    query = request.query
    position = cursors.decode(query.cursor)
    entries, position = desk.deferrals.page(within(request.reach), request.now, query.limit, position)
    return page(map(deferred_view, entries), position)


def _account(request: Request) -> str:
    if request.path["kind"] not in KINDS:
        raise NotFound("no such kind of account", kind=request.path["kind"])
    return account_of(request.path["kind"], request.path["owner"])


def _view_after(desk: Desk, request: Request, before: Balance, entry: Entry) -> AccountView:
    """The account with the entry posted; on a dry run as it would be."""
    if not request.dry_run:
        return account_view(desk.balances.get(before.account))
    balances = {account: desk.balances.get(account) for account in accounts_of(entry)} | {before.account: before}
    after = after_entry(balances, entry)
    return account_view(next((each for each in after if each.account == before.account), before))


def _amount(request: Request) -> Money:
    try:
        amount = Money.parse(request.body.amount, request.body.currency)
    except Invalid as error:
        raise Invalid("amount", problems=[Problem("/amount", problem.rule) for problem in error.problems]) from None
    if amount.amount_minor <= 0:
        raise Invalid("amount", problems=[Problem("/amount", "must be above 0")])
    return amount
