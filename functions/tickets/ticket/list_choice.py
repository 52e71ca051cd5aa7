"""Which list answers a question (哪个列表): the one whose key holds the fewest of what is not asked for. Pure.

What is open is bounded, and so is what changed since: within those the other filters are looked at after reading. What
would have to be looked for in all that ever was is refused with what is allowed. A customer's tickets are few: theirs
can be asked for by anything.
"""

from __future__ import annotations

from typing import Literal

from hub.contracts.tickets import TicketQuery
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

By = Literal["message", "customer", "all", "state", "type", "team", "due", "changed"]
NARROWED = ("state", "type", "team", "entry", "updated_since", "due_after", "due_before")
"""What a list is chosen by; region and assignee narrow any of them."""
ALLOWED: dict[By, frozenset[str]] = {
    "all": frozenset(),
    "state": frozenset({"state"}),
    "type": frozenset({"type", "state"}),
    "team": frozenset({"team", "type", "state"}),
    "due": frozenset({"due_after", "due_before", "type", "team", "state"}),
    "changed": frozenset({"updated_since", "state", "type", "team"}),
    "customer": frozenset({"state", "type", "team", "entry", "updated_since"}),
}
SORTS: dict[By, str] = {"due": "due_at", "changed": "-updated_at"}
OPENED = "-opened_at"
OF_WHAT_IS_OPEN = ("type", "team", "due")
RULE = (
    "does not go with the rest; lists are: by state; of what is open by any of type, team and due_at (due_after, "
    "due_before); by updated_since, with any of state, type, team; of a customer, with any of state, type, team, "
    "entry, updated_since; each of them by region and assignee too"
)


@dataclass(frozen=True)
class Choice:
    """by: which list; its order is `sort`. query: what is asked of it: of a type and of a team it is what is open."""

    by: By
    sort: str
    query: TicketQuery

    @property
    def looks(self) -> bool:
        """Whether some of what the list's key holds is not asked for."""
        query, by = self.query, self.by
        held = {"team": ("team", "state"), "type": ("type", "state"), "due": ("state",), "state": ("state",)}
        return any(getattr(query, name) for name in ("type", "team", "state") if name not in held.get(by, ()))


def choose_list(query: TicketQuery) -> Choice:
    """The list that answers it. Raises Invalid with the place of each parameter that no list goes with."""
    names = {name for name in NARROWED if getattr(query, name) not in (None, "")}
    by = _by(query, names)
    wrong = sorted(names - ALLOWED.get(by, frozenset()))
    if by in OF_WHAT_IS_OPEN and query.state not in (None, "open"):
        wrong.append("state")
    sort = SORTS.get(by, OPENED)
    if query.sort not in (None, sort):
        wrong.append("sort")
    if wrong:
        raise Invalid("no list has such a key", problems=[Problem(f"query:{name}", RULE) for name in wrong])
    return Choice(by, sort, query.model_copy(update={"state": "open"}) if by in OF_WHAT_IS_OPEN else query)


def _by(query: TicketQuery, names: set[str]) -> By:
    if query.message:
        return "message"
    if query.customer:
        return "customer"
    if query.sort == "due_at" or names & {"due_after", "due_before"}:
        return "due"
    if query.sort == "-updated_at" or "updated_since" in names:
        return "changed"
    return "team" if "team" in names else "type" if "type" in names else "state" if "state" in names else "all"
