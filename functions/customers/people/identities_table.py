"""Identities and merges in the room's table.

    <t>#identity#<key>   identity           whose it is, and whether several people share it
                         teller#<record>    who shares it
    <t>#customer#<id>    identity#<key>     the copy of a claim
                         shared#<key>       an identity that says nothing since others have it as well
                         member#<record>    a record that is part of this one
                         profile            merged_into: what this one is part of; apart: people split it off;
                                            unsettled: its places are still listed as its own

A record that is part of another is listed nowhere: its profile carries no keys of lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.customers.people.identities import Claim, Identity
from functions.customers.people.merging import RECORDS_LIMIT, Merged
from functions.customers.places import Listed
from functions.customers.places_table import tenant_keys
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict
from hub.store.lists import LIST_ATTRIBUTES
from hub.store.table import NEW, Check, Delete, Item, Lost, Put, Table, Update, Write

PARTS_LIMIT = 1000
"""So many items of a record are read with it: names, contacts and places; nobody has more."""
IS_ROOT = "attribute_exists(pk) AND attribute_not_exists(merged_into)"
TELLERS_LIMIT = 20
"""So many of those who share an identity are named."""


class IdentityTable:
    """Who is whom in one tenant. Errors: Conflict for a lost race, Retry for what passes."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    # Identities.

    def claims(self, identities: Sequence[Identity]) -> dict[Identity, Claim]:
        """The claims of those that are tied (strongly consistent)."""
        by_pk = {self._identity_pk(identity): identity for identity in identities}
        items = self._table.get_many([(pk, "identity") for pk in by_pk], consistent=True)
        return {by_pk[item["pk"]]: Claim(item["customer_id"], bool(item.get("shared"))) for item in items}

    def read_ahead(self, identities: Sequence[Identity]) -> None:
        """Have their claims at hand for what follows in this batch."""
        self._table.read_ahead([(self._identity_pk(identity), "identity") for identity in identities])

    def claim(self, customer_id: str, identities: Sequence[Identity], at: datetime, *, new: bool = False) -> bool:
        """Tie identities to a record, which is made if `new`: one transaction, one winner. False when one is tied
        already. Raises Retry while somebody else's transaction holds one of them."""
        writes: list[Write] = [Put(self._profile(customer_id, identities[0].channel, at), NEW)] if new else []
        for identity in identities:
            item = {"version": 1, "schema": 1, "customer_id": customer_id, "linked_at": rfc3339(at), **asdict(identity)}
            own, copy = (self._identity_pk(identity), "identity"), (self._pk(customer_id), f"identity#{identity.key}")
            writes += [Put({"pk": pk, "sk": sk, **item}, NEW) for pk, sk in (own, copy)]
        try:
            self._table.transact(*writes)
        except Lost:
            return False
        return True

    def parts(self, customer_id: str) -> list[dict[str, Any]]:
        """All items of a record but what happened and what was said (strongly consistent)."""
        return self._table.query_all(self._pk(customer_id), sk_before="timeline#", limit=PARTS_LIMIT, consistent=True)

    def names(self, customer_ids: Sequence[str]) -> list[Identity]:
        """The identities of these records."""
        return [identity_of(item) for customer_id in customer_ids for item in self._some(customer_id, "identity#")]

    def share(self, identity: Identity, tellers: Sequence[str]) -> None:
        """Mark an identity as several people's; what is marked already is marked again."""
        writes: list[Write] = [Update((self._identity_pk(identity), "identity"), "SET #shared = :yes", {":yes": True})]
        for teller in dict.fromkeys(tellers):
            item = {"schema": 1, "customer_id": teller}
            writes.append(Put({"pk": self._identity_pk(identity), "sk": f"teller#{teller}", **item}))
            writes.append(Put({"pk": self._pk(teller), "sk": f"shared#{identity.key}", **item}))
        self._table.transact(*writes)

    def tellers(self, key: str) -> list[str]:
        """The records that share the identity of this key; some of them."""
        pk = f"{self._tenant}#identity#{key}"
        items = self._table.query_all(pk, sk_prefix="teller#", limit=TELLERS_LIMIT, only=("customer_id",))
        return [str(item["customer_id"]) for item in items]

    # Merges.

    def root(self, customer_id: str) -> str:
        """The customer that a record is part of; itself where it was not merged, or is none of ours."""
        for _ in range(RECORDS_LIMIT):
            profile = self._table.get((self._pk(customer_id), "profile"), only=("customer_id", "merged_into")) or {}
            if not profile.get("merged_into"):
                return customer_id
            customer_id = str(profile["merged_into"])
        raise Conflict("merged too often", customer=customer_id)

    def records(self, customer_id: str) -> tuple[str, ...]:
        """The customer's records, itself first."""
        return (customer_id, *(merged.customer_id for merged in self.merges(customer_id)))

    def merges(self, customer_id: str) -> Iterator[Merged]:
        """What the customer was merged from, level by level, each record once."""
        waiting = [customer_id]
        for into in waiting:
            for item in self._some(into, "member#"):
                merged = merged_of(item, into)
                if merged.customer_id not in waiting:
                    waiting.append(merged.customer_id)
                    yield merged

    def profiles(self, customer_id: str) -> Iterator[dict[str, Any]]:
        """The profiles of the customer's records, itself first: a query each, which tells what was merged into it."""
        waiting = [customer_id]
        for record_id in waiting:
            for item in self._table.query_all(
                self._pk(record_id), sk_between=("member#", "profile"), limit=PARTS_LIMIT, consistent=True
            ):
                if item["sk"] == "profile":
                    yield item
                elif item["sk"].startswith("member#"):  # places lie between the two as well
                    waiting += [each for each in (str(item["customer_id"]),) if each not in waiting]

    def is_apart(self, customer_id: str) -> bool:
        """Whether people split this one off."""
        profile = self._table.get((self._pk(customer_id), "profile"), only=("customer_id", "apart")) or {}
        return bool(profile.get("apart"))

    def merge(self, merged: Merged) -> None:
        """One transaction; raises Conflict when one of the two is not a customer, or no longer one of its own."""
        off = ", ".join(LIST_ATTRIBUTES)
        change = f"SET merged_into = :into, unsettled = :yes ADD #version :one REMOVE apart, {off}"
        values = {":into": merged.into, ":one": 1, ":yes": True}
        member = {"customer_id": merged.customer_id, "at": rfc3339(merged.at), "evidence": merged.evidence}
        own = {"pk": self._pk(merged.into), "sk": f"member#{merged.customer_id}", "schema": 1, "actor": merged.actor}
        self._table.transact(
            Update((self._pk(merged.customer_id), "profile"), change, values, when=IS_ROOT),
            Check((self._pk(merged.into), "profile"), IS_ROOT),
            Put({**own, **member}),
        )

    def unsettled(self, customer_id: str) -> tuple[str, ...]:
        """Of a merged record and what it is part of, those whose places were not listed anew since they were merged."""
        merged: list[str] = []
        for _ in range(RECORDS_LIMIT):
            profile = self._table.get((self._pk(customer_id), "profile"), only=("merged_into", "unsettled")) or {}
            if not profile.get("merged_into"):
                break
            merged += [customer_id] if profile.get("unsettled") else []
            customer_id = str(profile["merged_into"])
        return tuple(merged)

    def settle(self, customer_id: str) -> None:
        """A merged record's places are listed anew."""
        self._table.update((self._pk(customer_id), "profile"), "REMOVE unsettled", when="attribute_exists(pk)")

    def split(self, merged: Merged, listed: Listed) -> None:
        """Take a record, with all that is part of it, out of what it is part of. Raises Conflict when it is not part of
        that any more."""
        keys = tenant_keys(self._tenant, listed)
        values = {":into": merged.into, ":one": 1, ":yes": True, **{f":{name}": text for name, text in keys.items()}}
        change = ", ".join(("apart = :yes", *(f"{name} = :{name}" for name in keys)))
        self._table.transact(
            Update(
                (self._pk(merged.customer_id), "profile"),
                f"SET {change} ADD #version :one REMOVE merged_into, unsettled",
                values,
                when="merged_into = :into",
            ),
            Delete((self._pk(merged.into), f"member#{merged.customer_id}")),
        )

    def _profile(self, customer_id: str, channel: str, at: datetime) -> dict[str, Any]:
        return {
            "pk": self._pk(customer_id),
            "sk": "profile",
            "version": 1,
            "schema": 1,
            "customer_id": customer_id,
            "created_at": rfc3339(at),
            "first_channel": channel,
            "facts": "{}",
            **tenant_keys(self._tenant, Listed(customer_id, at, channel)),
        }

    def _some(self, customer_id: str, prefix: str) -> list[dict[str, Any]]:
        return self._table.query_all(self._pk(customer_id), sk_prefix=prefix, limit=PARTS_LIMIT, consistent=True)

    def _pk(self, customer_id: str) -> str:
        return f"{self._tenant}#customer#{customer_id}"

    def _identity_pk(self, identity: Identity) -> str:
        return f"{self._tenant}#identity#{identity.key}"


def identity_of(item: Item) -> Identity:
    """The identity that a claim's copy holds."""
    return Identity(item["channel"], item["account"], item["external_id"])


def merged_of(item: Mapping[str, Any], into: str) -> Merged:
    """The merge that a `member#` item tells."""
    return Merged(item["customer_id"], into, parse_rfc3339(item["at"]), item["evidence"], item.get("actor", ""))
