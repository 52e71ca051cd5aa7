"""Who may see which of a person's earnings. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from functions.settlement.ledger.lines import PartyLine
from hub.kernel.errors import Forbidden
from hub.kernel.regions import covers


class Asker(Protocol):
    """Who asks: a principal."""

    @property
    def sub(self) -> str: ...

    @property
    def region(self) -> str: ...

    def has(self, *roles: str) -> bool: ...


def visible_lines(asker: Asker, person: str) -> Callable[[PartyLine], bool]:
    """Which lines the asker sees: all of one's own, all for finance and administrators, and for a supervisor those of
    tickets in the supervisor's region. Raises Forbidden for anybody else."""
    if asker.sub == person or asker.has("finance"):
        return lambda _: True
    if asker.has("supervisor"):
        return lambda line: covers(asker.region, line.why.facts.get("region", "base"))
    raise Forbidden("only one's own earnings", person=person)
