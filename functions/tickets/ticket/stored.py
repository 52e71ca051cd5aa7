"""What every item's body is."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Stored(BaseModel):
    """An item's body."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    def body(self) -> dict[str, Any]:
        """As DynamoDB holds it: numbers, text, booleans, lists and maps."""
        return self.model_dump(mode="json")

    def but(self, **changes: Any) -> Self:
        """This, with other values."""
        return self.model_copy(update=changes)
