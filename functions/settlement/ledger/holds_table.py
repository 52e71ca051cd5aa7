"""Amounts that await acceptance, in the table: under their job, and listed with each of their parties.

| item | pk | sk |
|---|---|---|
| held entry | `<t>#held#<job>` | `entry#<fact>#<policy>#<purpose>`: its document, its state |
| verdict | `<t>#held#<job>` | `verdict` |
| held, by party | `<t>#party#<party>` | `held#<occurred at>#<fact>#<policy>#<purpose>`, while it is pending |
"""

from __future__ import annotations

from collections.abc import Iterator

from functions.settlement.ledger.holds import HoldState, Verdict
from functions.settlement.ledger.ledger import Booking, Entry, entry_document, entry_from_document
from functions.settlement.ledger.lines import PartyLine, party_lines
from functions.settlement.tables import party_pk
from hub.kernel.clock import rfc3339
from hub.kernel.frozen import dataclass
from hub.store.table import NEW, Delete, Lost, Put, Table, Update

HELD_LIMIT = 500
"""Entries that await one job's acceptance, and those of one party."""
PENDING, PENDING_IS = "#state = :pending", {":pending": "pending"}


@dataclass
class Holds:
    """What of a tenant awaits acceptance."""

    tenant: str
    table: Table

    def put(self, entry: Entry, job: str, booking: Booking) -> None:
        """Hold an entry, once; one that was posted or made void stays so. booking: as it would be now."""
        document = entry_document(entry, booking)
        held = {"pk": self._pk(job), "sk": _sk(entry), "schema": 1, "state": "pending", "document": document}
        listed = [{"pk": pk, "sk": sk, "schema": 1, "document": document} for pk, sk in self._listed(entry)]
        try:
            self.table.transact(Put(held, NEW), *map(Put, listed), made=entry.id)
        except Lost:
            return

    def say(self, job: str, verdict: Verdict) -> None:
        """Keep what was said of a job; the last word holds for what is still pending and what is yet to come."""
        self.table.put({"pk": self._pk(job), "sk": "verdict", "schema": 1, "verdict": verdict.document()})

    def verdict(self, job: str) -> Verdict | None:
        """What was said of a job last; strongly consistent."""
        item = self.table.get((self._pk(job), "verdict"))
        return Verdict.of(item["verdict"]) if item else None

    def pending(self, job: str) -> list[Entry]:
        """What awaits the acceptance of a job; strongly consistent."""
        items = self.table.query_all(self._pk(job), sk_prefix="entry#", limit=HELD_LIMIT, consistent=True)
        return [entry_from_document(item["document"])[0] for item in items if item["state"] == "pending"]

    def end(self, entry: Entry, job: str, state: HoldState) -> None:
        """It awaits nothing any more. Again changes nothing."""
        key = (self._pk(job), _sk(entry))
        listed = [Delete(key) for key in self._listed(entry)]
        ended = Update(key, "SET #state = :state", {":state": state, **PENDING_IS}, PENDING)
        try:
            self.table.transact(ended, *listed, made=entry.id)
        except Lost:
            return

    def lines(self, party: str) -> Iterator[PartyLine]:
        """A party's lines that await acceptance, in their order; strongly consistent."""
        items = self.table.query_all(party_pk(self.tenant, party), sk_prefix="held#", limit=HELD_LIMIT, consistent=True)
        for item in items:
            entry, _ = entry_from_document(item["document"])
            yield from (line for line in party_lines(entry) if line.party == party)

    def _listed(self, entry: Entry) -> list[tuple[str, str]]:
        sk = f"held#{rfc3339(entry.occurred_at)}#{_sk(entry).removeprefix('entry#')}"
        return [(party_pk(self.tenant, party), sk) for party in sorted(entry.earned_by_party())]

    def _pk(self, job: str) -> str:
        return f"{self.tenant}#held#{job}"


def _sk(entry: Entry) -> str:
    return f"entry#{entry.fact_id}#{entry.why.rule}#{entry.purpose}"
