"""What an action is: parameters in a flow's document, what it does to a ticket, and how it may come out. Pure.

An action decides and writes nothing: it answers a Move, which is written together with its visit, once however often
the step is called. So trying one without doing it is to run it and leave the Move unwritten. What it wants of others
goes into the Move too and follows from the table's stream. One that is `awaited` may answer no outcome yet: its visit
waits until whoever did it answers (`flow.answered`), or until its time is up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from functions.tickets.dispatch.dispatch import Organisation
from functions.tickets.ticket.ticket import Case, Claims, Deed, Move
from hub.contracts.base import Contract
from hub.kernel.dataclass import dataclass

Params = TypeVar("Params", bound=Contract)


@dataclass(frozen=True)
class Sources:
    """What actions may look up while they decide; each is asked only by the actions that need it. today: the tenant's.
    claims: of a customer, of a kind."""

    organisation: Callable[[], Organisation]
    today: Callable[[], date]
    claims: Callable[[str, str], Claims] = lambda customer_id, kind: Claims(customer_id=customer_id, kind=kind)


@dataclass(frozen=True)
class Work(Generic[Params]):
    """One time that an action is done. visit_id: of its visit, the same whenever the step is called again, so ids of
    what the action makes derive from it."""

    case: Case
    params: Params
    visit_id: str
    at: datetime
    sources: Sources


@dataclass(frozen=True)
class Result:
    """outcome: one of the action's; "" where it is waited for, `until` then. move: what is to be written, the visit
    apart. report: what the visit remembers of it: ids and numbers, nothing personal. deed: what it wants of others."""

    outcome: str
    move: Move
    report: dict[str, Any] = field(default_factory=dict)
    deed: Deed | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """One way in which an action may come out: a name that edges go by, and what it means."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True)
class ActionType(Generic[Params]):
    """One action. params: the model of its parameters. outcomes: all of them; the first is the usual one. run: does
    it; raises nothing but errors of the tree, and fails the step by them. late: how it comes out that nobody answered
    in time, "" for one that is never waited for. open_outcomes: whoever answers may name others, too."""

    name: str
    zh: str
    en: str
    params: type[Params]
    outcomes: tuple[Outcome, ...]
    run: Callable[[Work[Params]], Result]
    late: str = ""
    open_outcomes: bool = False
