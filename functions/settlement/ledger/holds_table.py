"""Amounts that await acceptance, in the table: under their job, and listed with each of their parties.

| item | pk | sk |
|---|---|---|
| held entry | `<t>#held#<job>` | `pending#<fact>#<policy>#<purpose>`: its document |
| ended | `<t>#held#<job>` | `entry#<fact>#<policy>#<purpose>`: what came of it, posted or void |
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
from hub.kernel.dataclass import dataclass
from hub.store.table import NEW, Check, Delete, Lost, Put, Table

HELD_LIMIT = 500
"""Entries that await one job's acceptance, and those of one party."""
THERE = "attribute_exists(pk)"


@dataclass
class Holds:
    """What of a tenant awaits acceptance."""

    tenant: str
    table: Table

    def put(self, entry: Entry, job: str, booking: Booking) -> None:
        """Hold an entry, once; one that was posted or made void stays so. booking: as it would be now."""
        document = entry_document(entry, booking)
        held = {"pk": self._pk(job), "sk": _sk(entry, "pending"), "schema": 1, "document": document}
        listed = [{"pk": pk, "sk": sk, "schema": 1, "document": document} for pk, sk in self._listed(entry)]
        try:
            self.table.transact(
                Check((self._pk(job), _sk(entry)), NEW), Put(held, NEW), *map(Put, listed), made=entry.id
            )
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
        items = self.table.query_all(self._pk(job), sk_prefix="pending#", limit=HELD_LIMIT, consistent=True)
        return [entry_from_document(item["document"])[0] for item in items]

    def end(self, entry: Entry, job: str, state: HoldState) -> None:
        """It awaits nothing any more. Again changes nothing."""
        pk, listed = self._pk(job), [Delete(key) for key in self._listed(entry)]
        ended = Put({"pk": pk, "sk": _sk(entry), "schema": 1, "state": state})
        try:
            self.table.transact(Delete((pk, _sk(entry, "pending")), THERE), ended, *listed, made=entry.id)
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


def _sk(entry: Entry, state: str = "entry") -> str:
    return f"{state}#{entry.fact_id}#{entry.why.rule}#{entry.purpose}"
