"""What every item's body is."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Stored(BaseModel):
    """An item's body."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    def body(self) -> dict[str, Any]:
        """As DynamoDB holds it: numbers, text, booleans, lists and maps."""
        return self.model_dump(mode="json")

    def kept(self) -> dict[str, Any]:
        """The same without what is as it is by default, most of a new ticket: a default, once kept by, never changes
        its meaning."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def but(self, **changes: Any) -> Self:
        """This, with other values."""
        return self.model_copy(update=changes)
