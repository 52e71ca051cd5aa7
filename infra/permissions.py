"""A permission, as data: it can't be made with a wildcard unless it says why."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Grant:
    """What a role may do to which resources; `reason` is required where an action or a resource has a `*`.

    Raises ValueError on a wildcard without a reason, and on a reason where nothing needs one.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    reason: str = ""
    conditions: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wild = [name for name in (*self.actions, *self.resources) if "*" in name]
        if wild and not self.reason:
            raise ValueError(f"a wildcard without a reason: {wild[0]}")
        if self.reason and not wild:
            raise ValueError(f"a reason without a wildcard: {self.reason}")
