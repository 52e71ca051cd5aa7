"""Customer levels (客户等级): what somebody is to us by what they have spent. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from functions.customers.levels.spend import Spend
from hub.contracts.base import Priority
from hub.kernel.dataclass import dataclass

PATH = "/customers/levels"


@dataclass(frozen=True)
class Level:
    """Who has spent `from_minor` has it. priority: at least this is what their tickets have, None: they are as any."""

    id: str
    from_minor: int
    priority: Priority | None = None


NO_LEVEL = Level("", 0)


def level_of(levels: Sequence[Level], spend: Spend) -> Level:
    """The highest that they have reached."""
    reached = [level for level in levels if level.from_minor <= spend.minor]
    return max(reached, key=lambda level: level.from_minor, default=NO_LEVEL)
