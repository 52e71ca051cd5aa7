"""Merging (合并) and splitting (拆分) people: a pointer from one record to another, so that nothing moves and all of it
can be undone.

Records that point at each other's root are one customer: their histories are read together, and whatever comes for any
of them stays with its own record. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from functions.customers.people.identities import Claim, Identity
from functions.customers.people.persons import PHONE, UNION
from hub.contracts.customers import Evidence
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict

RECORDS_LIMIT = 50
"""A customer is at most so many records: what more than this share is no person's own."""
_ANYBODY_S = frozenset({PHONE, "open", "relay"})
"""Names that no platform vouches for: one person may have several of them."""


@dataclass(frozen=True)
class Merged:
    """That `customer_id` is part of `into` now. actor: whoever said so by hand, "" where the hub did."""

    customer_id: str
    into: str
    at: datetime
    evidence: Evidence
    actor: str = ""


class MergeStore(Protocol):
    """Where merges are kept. Reads are strongly consistent."""

    def root(self, customer_id: str) -> str:
        """The customer that a record is part of; itself where it was not merged."""

    def records(self, customer_id: str) -> tuple[str, ...]:
        """The customer's records, itself first."""

    def is_apart(self, customer_id: str) -> bool:
        """Whether people split this one off: the hub does not merge it again by itself."""

    def names(self, customer_ids: Sequence[str]) -> list[Identity]:
        """The identities of these records."""

    def merge(self, merged: Merged) -> None:
        """Raises Conflict when one of the two was merged meanwhile."""

    def share(self, identity: Identity, tellers: Sequence[str]) -> None:
        """Mark an identity as several people's; the tellers, two records, are among them."""


def merge_known(store: MergeStore, record_id: str, claims: dict[Identity, Claim], at: datetime) -> str:
    """The customer that a record is part of, once all that it is known by has been followed.

    A UnionID is WeChat's own word that two names are one person's. A phone is a hint: whoever has two different names
    of one platform is two people, who share it (a family's), and from then on it leads to nobody. Raises Conflict.
    """
    root = store.root(record_id)
    for identity, claim in claims.items():
        if claim.customer_id == record_id:
            continue
        if claim.shared:
            store.share(identity, (record_id,))
            continue
        other = store.root(claim.customer_id)
        if other != root:
            root = _meet(store, record_id, (root, other), (identity, claim), at)
    return root


def _meet(
    store: MergeStore, record_id: str, roots: tuple[str, str], known: tuple[Identity, Claim], at: datetime
) -> str:
    """The customer after two of them turned out to have one identity: the earlier holder's, where they are merged."""
    (root, other), (identity, claim) = roots, known
    sizes = [store.records(root), store.records(other)]
    if identity.channel != UNION and (are_two(store.names(sizes[0]), store.names(sizes[1])) or _too_many(sizes)):
        store.share(identity, (claim.customer_id, record_id))
        return root
    if _too_many(sizes) or store.is_apart(root) or store.is_apart(other):
        return root
    store.merge(Merged(root, other, at, "unionid" if identity.channel == UNION else "phone"))
    return other


def are_two(names: Iterable[Identity], others: Iterable[Identity]) -> bool:
    """Whether two sets of names can't be one person's: a platform that vouches for its names knows both differently."""
    theirs: dict[tuple[str, str], set[str]] = {}
    for identity in others:
        theirs.setdefault((identity.channel, identity.account), set()).add(identity.external_id)
    ours: dict[tuple[str, str], set[str]] = {}
    for identity in names:
        if identity.channel not in _ANYBODY_S:
            ours.setdefault((identity.channel, identity.account), set()).add(identity.external_id)
    return any(theirs.get(account) and not ids & theirs[account] for account, ids in ours.items())


def merge_by_hand(store: MergeStore, customer_id: str, into: str, at: datetime, actor: str) -> str:
    """Somebody says that two customers are one; the customer that both are now. Nothing to do where they are one
    already. Raises Conflict, and beyond RECORDS_LIMIT."""
    merged = merge_to_do(store, customer_id, into, at, actor)
    if merged:
        store.merge(merged)
    return merged.into if merged else store.root(into)


def merge_to_do(store: MergeStore, customer_id: str, into: str, at: datetime, actor: str) -> Merged | None:
    """What would make two customers one; None where they are one already. Raises Conflict beyond RECORDS_LIMIT."""
    root, other = store.root(customer_id), store.root(into)
    if root == other:
        return None
    if _too_many([store.records(root), store.records(other)]):
        raise Conflict("too many records for one customer", limit=RECORDS_LIMIT)
    return Merged(root, other, at, "hand", actor)


def _too_many(trees: Sequence[Sequence[str]]) -> bool:
    return sum(map(len, trees)) > RECORDS_LIMIT
