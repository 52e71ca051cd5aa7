"""HTTP bodies of accounts that may not be overdrawn, of what is still to come, and of books."""

from typing import Annotated

from pydantic import Field

from hub.contracts.base import Amount, Contract, Moment, Total
from hub.contracts.classes import Located
from hub.contracts.settlement import Currency, Explained, LedgerLine


class AccountMove(Contract):
    """An amount onto an account, or off it. store: which issues it, or where it is spent; "" headquarters."""

    amount: Amount
    currency: Currency = "CNY"
    store: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$")


class IssuedPart(Contract):
    store: str
    amount: Total


class AccountView(Contract):
    """What stands on an account, and by whom it was issued, the oldest first."""

    account: str
    currency: str
    balance: Total
    issued: tuple[IssuedPart, ...]


class DeferredView(Contract):
    """An entry that is still to come (递延): it is posted when it occurs."""

    id: str
    fact_id: str
    purpose: str
    occurred_at: Moment
    currency: str
    lines: tuple[LedgerLine, ...]
    reason: Explained


class BookQuery(Contract):
    month: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]


class AccountSum(Contract):
    account: str
    currency: str
    amount: Total


class BookView(Contract):
    """A book of a month: its accounts. Of headquarters' table, `eliminated` is what stood between books, which cancels
    out. complete: False where there are more entries than one request adds up."""

    book: Annotated[str, Located("store")]
    month: str
    entries: int
    accounts: tuple[AccountSum, ...]
    eliminated: tuple[AccountSum, ...] = ()
    complete: bool
