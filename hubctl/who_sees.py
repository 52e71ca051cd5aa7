"""`hubctl who-sees FIELD`: the table of roles for a field, from the code that every answer goes through."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from hub.edge.access.matrix import ROLES, FieldSight, who_sees
from hub.edge.access.policy import TERMINALS, packaged_policy
from hubctl.failures import OperatorError

SIGNS = {"full": "看 sees", "masked": "打码 masked", "hidden": "· hidden"}


def sights(field: str, node: str, terminal: str) -> list[FieldSight]:
    """What the packaged policy says of a field, `Contract.field`, key of a fact, or class. Raises OperatorError."""
    if terminal not in TERMINALS:
        raise OperatorError(f"no terminal {terminal!r}: choose from {', '.join(TERMINALS)}")
    sights = who_sees(field, packaged_policy(), node, terminal)
    if not sights:
        raise OperatorError(f"no contract has a field {field!r}")
    return sights


def matrix(sights: Sequence[FieldSight]) -> Table:
    """A row a field, a column a role."""
    table = Table("字段 Field", "分级 Class", *ROLES)
    for sight in sights:
        table.add_row(escape(sight.field), sight.field_class, *(SIGNS[sight.roles[role]] for role in ROLES))
    return table
