"""Which list answers a question (哪个列表): each by a key, so that nothing is read and then left out. Pure.

What no key allows is refused with what is allowed. A customer's tickets are few: theirs can be asked for by anything.
"""

from __future__ import annotations

from typing import Literal

from hub.contracts.tickets import TicketQuery
from hub.kernel.errors import Invalid, Problem
from hub.kernel.frozen import dataclass

By = Literal["message", "customer", "all", "state", "type", "team", "due", "changed"]
NARROWED = ("state", "type", "team", "entry", "updated_since", "due_after", "due_before")
"""What a list is chosen by; region and assignee narrow any of them."""
ALLOWED: dict[By, frozenset[str]] = {
    "all": frozenset(),
    "state": frozenset({"state"}),
    "type": frozenset({"type", "state"}),
    "team": frozenset({"team", "state"}),
    "due": frozenset({"due_after", "due_before", "state"}),
    "changed": frozenset({"updated_since"}),
    "customer": frozenset({"state", "type", "team", "entry", "updated_since"}),
}
SORTS: dict[By, str] = {"due": "due_at", "changed": "-updated_at"}
OPENED = "-opened_at"
RULE = (
    "does not go with the rest; lists are: by state; by type or team with state=open; by due_at (due_after, "
    "due_before) of what is open; by updated_since; of a customer, with any of state, type, team, entry, "
    "updated_since; each of them by region and assignee too"
)


@dataclass(frozen=True)
class Choice:
    """by: which list; its order is `sort`."""

    by: By
    sort: str


def choose_list(query: TicketQuery) -> Choice:
    """The list that answers it. Raises Invalid with the place of each parameter that no list goes with."""
    names = {name for name in NARROWED if getattr(query, name) not in (None, "")}
    by = _by(query, names)
    wrong = sorted(names - ALLOWED.get(by, frozenset()))
    if by in ("type", "team", "due") and query.state != "open" and (by != "due" or query.state):
        wrong.append("state" if query.state else by)
    sort = SORTS.get(by, OPENED)
    if query.sort not in (None, sort):
        wrong.append("sort")
    if wrong:
        raise Invalid("no list has such a key", problems=[Problem(f"query:{name}", RULE) for name in wrong])
    return Choice(by, sort)


def _by(query: TicketQuery, names: set[str]) -> By:
    if query.message:
        return "message"
    if query.customer:
        return "customer"
    if query.sort == "due_at" or names & {"due_after", "due_before"}:
        return "due"
    if query.sort == "-updated_at" or "updated_since" in names:
        return "changed"
    return "type" if "type" in names else "team" if "team" in names else "state" if "state" in names else "all"
