"""Reading a customer whole: each record by one query, and what happened to all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from functions.customers.customers_table import to_contact, to_profile
from functions.customers.desk import Desk
from functions.customers.people.identities_table import identity_of, merged_of
from functions.customers.people.merging import Merged
from functions.customers.profile import Fact, with_facts
from functions.customers.views import Record, Whole
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import NotFound, Stale

RECENT_LIMIT = 100
"""So many entries of the timeline make the recent tickets and orders of a customer's page."""


def read_whole(desk: Desk, customer_id: str, joined: Merged | None = None, apart: str = "") -> Whole:
    """A customer with all records: as they are, or as they would be with `joined` merged into them, or without the
    record `apart` and what was merged into it. Raises NotFound."""
    records, waiting = [], [customer_id]
    for record_id in waiting:
        record = _record(desk.people.parts(record_id), record_id)
        merges = [merged for merged in record.merges if merged.customer_id != apart]
        if joined and record_id == joined.into:
            merges.append(joined)
        record = replace(record, merges=tuple(merges))
        waiting += [merged.customer_id for merged in record.merges if merged.customer_id not in waiting]
        records.append(record)
    recent, _ = desk.customers.timeline(waiting, RECENT_LIMIT)
    return Whole(records, recent, _others(desk, records))


def told(whole: Whole, news: Iterable[Fact], seen_version: int | None = None) -> Whole:
    """A customer as they would be with these facts on their own record. Raises Invalid for too many, Conflict where the
    record moved on."""
    own, *others = whole.records
    profile = own.profile
    if seen_version is not None and seen_version != profile.version:
        raise Stale("the customer has changed since", yours=seen_version, now=profile.version)
    after = with_facts(profile.facts, news)
    own = replace(own, profile=replace(profile, facts=tuple(after[name] for name in sorted(after))))
    return replace(whole, records=(own, *others))


def _record(items: Iterable[Mapping[str, Any]], record_id: str) -> Record:
    """The record that these items are; their keys say which is which."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        by_kind.setdefault(str(item["sk"]).partition("#")[0], []).append(item)
    if "profile" not in by_kind:
        raise NotFound("no such item", customer=record_id)
    return Record(
        profile=to_profile(by_kind["profile"][0]),
        identities=tuple((identity_of(i), parse_rfc3339(i["linked_at"])) for i in by_kind.get("identity", ())),
        contacts=tuple(map(to_contact, by_kind.get("contact", ()))),
        merges=tuple(merged_of(item, record_id) for item in by_kind.get("member", ())),
        shared=tuple(str(item["sk"]).partition("#")[2] for item in by_kind.get("shared", ())),
    )


def _others(desk: Desk, records: list[Record]) -> tuple[str, ...]:
    """The customers who share an identity with one of these records: somebody has to say whether they are the same."""
    own = records[0].profile.id
    keys = dict.fromkeys(key for record in records for key in record.shared)
    tellers = [teller for key in keys for teller in desk.people.tellers(key)]
    return tuple(sorted({desk.people.root(teller) for teller in tellers} - {own}))
