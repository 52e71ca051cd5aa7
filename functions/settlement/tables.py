"""The ledger's table: what is stored, and under which keys. The files named …_table read and write it.

| item | pk | sk |
|---|---|---|
| entry | `<t>#entry#<fact id>` | `<policy>#<purpose>`: a fact is one entry a policy and purpose |
| line of a party | `<t>#bucket#<run>#<party>#<shard>` | `<occurred at>#<fact>#<purpose>#<entry>`: the canonical order |
| entry, by book | `<t>#book#<book>#<month>#<shard>` | entry: one that names books |
| balance | `<t>#balance#<account>` | `balance`: of an account that may not be overdrawn |
| still to come | `<t>#deferred#<entry>` | `deferred`: due at its moment |
| bucket, by run | `<t>#buckets#<run>#<shard>` | party: who has lines in it |
| bucket, by party | `<t>#party#<party>` | `bucket#<first day>#<run>` |
| run | `<t>#runs#<scope>` | the period's name; due until it is closed |
| seal | `<t>#seal#<run>#<shard>` | `seal`: who may still post into its period; a shard's result, a batch's count |
| trial | `<t>#trial#<run>#<mode>` | shard: what a rehearsal or a proof came to; from 64 on those of windows |
| statement | `<t>#statement#<id>` | `head`, `page#<first line>`, `dispute#<line>` |
| statement, by party | `<t>#party#<party>` | `statement#<scope>.<period>`: what was carried over |

A run is named by its scope and period (`base.2026-11`). Posting is one transaction: the entry, a line in the bucket of
each of its parties, and the condition that the period is not sealed; so a statement is a query of its bucket. An entry
asks one of SEALS seals, by its id, so that no item is asked by all; who closes a period sets all of them. A bucket
lies in one partition for a person, in WIDE for whom every order of a burst may concern.
"""

from __future__ import annotations

from zlib import crc32

from hub.store.table import Index, Key

SEALS = 64
"""A period is sealed, its parties listed and settled in so many shards."""
SEALED, SEALED_IS = "#state = :sealed", {":sealed": "sealed"}
"""A seal lets the period's own run post, and nobody else; when the period is drained, nobody at all."""
UNSEALED = "attribute_not_exists(#state)"
"""Whoever may post. A batch's seals count its entries as they come, so they are there before they are set."""
WINDOW_SHARDS = 64
"""At most so many shards of windows are worked out side by side."""
WIDE = 64
"""Partitions of the bucket of a store, a region, a platform: of whom all orders may be."""
BY_LIST = Index("by_list", "list_pk", "list_sk")
SPREAD = 64
"""Partitions of a place's month in the lists of entries and statements."""


def shard_of(text: str, shards: int = SEALS) -> int:
    """Which of so many shards something lies in, by its id."""
    return crc32(text.encode()) % shards


def entry_key(tenant: str, fact_id: str, rule: str, purpose: str) -> Key:
    """Where an entry lies."""
    return f"{tenant}#entry#{fact_id}", f"{rule}#{purpose}"


def bucket_pks(tenant: str, run_id: str, party: str) -> tuple[str, ...]:
    """The partitions of a bucket."""
    shards = 1 if party.startswith("person:") else WIDE
    return tuple(f"{tenant}#bucket#{run_id}#{party}#{shard}" for shard in range(shards))


def seal_key(tenant: str, run_id: str, shard: int) -> Key:
    """One seal of a period."""
    return f"{tenant}#seal#{run_id}#{shard}", "seal"


def buckets_pk(tenant: str, run_id: str, shard: int) -> str:
    """The list of the parties of one shard that have lines in a period."""
    return f"{tenant}#buckets#{run_id}#{shard}"


def party_pk(tenant: str, party: str) -> str:
    """What there is of a party: its buckets and its statements."""
    return f"{tenant}#party#{party}"


def run_key(tenant: str, run_id: str) -> Key:
    """A run, by its name."""
    scope, _, name = run_id.partition(".")
    return f"{tenant}#runs#{scope}", name


def statement_pk(tenant: str, statement_id: str) -> str:
    """A statement: its head, its pages, its disputes."""
    return f"{tenant}#statement#{statement_id}"
