"""Sessions and used links in the room's table. Times are real time: they are kept by clocks outside of the hub."""

from __future__ import annotations

from datetime import datetime

from functions.directory.sign_in.sessions import WHOLE, Session, facts_of, session_of
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Unauthenticated
from hub.kernel.ids import digest
from hub.store.table import NEW, Key, Lost, Table


@dataclass(frozen=True)
class SessionTable:
    """`<t>#session#<id>` / `session`, and `<t>#spent#<digest>` / `spent` for links that were used. Raises Retry."""

    tenant: str
    table: Table

    def start(self, session: Session) -> None:
        """Put a new session. A repeat of the request that made it changes nothing."""
        try:
            self.table.put({**self._item(session)}, NEW)
        except Lost:
            return

    def find(self, session_id: str) -> Session:
        """A session (strongly consistent). Raises Unauthenticated when there is none."""
        item = self.table.get(self._key(session_id))
        if item is None:
            raise Unauthenticated("signed out: sign in again")
        return session_of(item)

    def move(self, session: Session, seen_number: int) -> bool:
        """Keep a renewed session, unless somebody renewed it since `seen_number`: says whether it was kept."""
        try:
            self.table.put(self._item(session), "#number = :seen", {":seen": seen_number})
        except Lost:
            return False
        return True

    def end(self, session_id: str) -> None:
        """The session is no more."""
        self.table.delete(self._key(session_id))

    def spend(self, link: str, until: datetime) -> None:
        """Use a link up. Raises Unauthenticated when it was used before."""
        pk = f"{self.tenant}#spent#{digest(link).hex()}"
        item = {"pk": pk, "sk": "spent", "schema": 1, "expires_at": int(until.timestamp()) + 1}
        try:
            self.table.put(item, NEW)
        except Lost:
            raise Unauthenticated("this link was used before: ask for a new one") from None

    def _item(self, session: Session) -> dict[str, object]:
        pk, sk = self._key(session.id)
        forgotten_at = int((session.started_at + WHOLE).timestamp())
        return {"pk": pk, "sk": sk, "schema": 1, "expires_at": forgotten_at, **facts_of(session)}

    def _key(self, session_id: str) -> Key:
        return f"{self.tenant}#session#{session_id}", "session"
