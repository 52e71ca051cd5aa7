"""Reviews in the room's table, so that whoever hears of one can open it.

<tenant>#<rev_…> / review    where it came in and of what it is; what the buyer wrote lies in the content store
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hub.contracts import events
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import review_id
from hub.store.table import NEW, Lost, Put, Table

SORT = "review"
FACTS = ("connection_id", "channel", "shop_id", "review_no", "order_no", "item_no", "content_ref", "region", "store_id")


@dataclass(frozen=True, slots=True)
class Reviews:
    """The reviews of one tenant. All methods raise Retry."""

    table: Table
    tenant: str

    def keep(self, event: events.ReviewPosted) -> None:
        """Keep a review as it was told first; told again it is the same one, and stays where it was."""
        identity = review_id(self.tenant, event.channel, event.account, event.review_no)
        facts = {name: getattr(event, name) for name in FACTS}
        stars = {} if event.rating is None else {"rating": event.rating}
        item = {"pk": self._pk(identity), "sk": SORT, "schema": 1, "review_id": identity, **facts, **stars}
        with suppress(Lost):
            self.table.transact(Put({**item, "noted_at": rfc3339(event.at)}, NEW))

    def find(self, identity: str) -> dict[str, Any] | None:
        """The review with this id, None where there is none."""
        return self.table.get((self._pk(identity), SORT))

    def _pk(self, identity: str) -> str:
        return f"{self.tenant}#{identity}"
